import Agents
import Basics
import Git
import Journal
import RunViews
import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A task as the live view shows it, before it is known how much room there is.
struct LiveRow: Sendable {
  let id: String
  let name: String
  let state: DisplayState
  /// `↯` of a task whose branch conflicts, and of one whose needs could not be merged; "" of others.
  let mark: String
  let time: String
  /// `2/3` or `2`, from the second attempt on.
  let attempt: String
  let attempts: Int
  let now: Phrase
  let commits: String
  let lines: String
  let tokens: Int
  let cost: Double
  /// Whether tokens and cost are still growing.
  let isFinal: Bool
  let status: TaskStatus
  /// `conflicts with a in 2 files`; nil when it conflicts with nothing.
  let conflict: String?
  /// Whether it waits for its next attempt, which the user may want at once.
  let canRetry: Bool
  /// Of its pull request.
  let url: String?

  init(_ row: RunView.Row, in frame: LiveFrame) {
    let task = row.task
    // An agent that outlived its run works on, though its task has not begun again.
    let isAdopted = row.status == .waiting && frame.activities[row.id] != nil
    let status = isAdopted ? .running : row.status
    let activity = status == .running ? frame.activities[row.id] : nil
    id = row.id
    self.status = status
    url = task.pullRequest?.url
    name = Self.name(of: task)
    let isPaused: Bool =
      switch (status, activity?.doing) {
      case (.running, .retrying): true
      case (.retrying, _), (.starting, _): frame.view.pause != nil
      default: false
      }
    let isHeld = !task.heldBy.isEmpty && [.waiting, .retrying].contains(status)
    state = isHeld ? .waiting : isPaused ? .paused : DisplayState(status)
    mark = row.status == .conflict || !row.conflicts.isEmpty ? "↯" : ""
    conflict = row.conflictText
    canRetry = isHeld || status == .retrying || isPaused && activity == nil
    time = Self.workTime(of: task, frame).map(shortText) ?? ""
    let count = task.attempts.count
    attempts = count
    attempt = count > 1 ? frame.mostAttempts.flatMap { count <= $0 ? "\(count)/\($0)" : nil } ?? "\(count)" : ""
    if isHeld, let first = task.heldBy.first {
      let more = task.heldBy.count > 1 ? " +\(task.heldBy.count - 1)" : ""
      now = .name("held: conflicts with ", "held: ", name: sanitized(first), after: more)
    } else {
      now = (isAdopted ? Self.running(activity, frame) : Self.now(task, activity, state, frame))
        .adding(row.conflictText)
    }
    if let amount = frame.amounts[row.id], task.startedAt != nil {
      commits = "\(amount.commits)"
      lines =
        amount.added + amount.removed > 0 ? linesText(added: amount.added, removed: amount.removed) : ""
    } else {
      commits = task.commits.isEmpty && !task.status.isFinal || task.startedAt == nil ? "" : "\(task.commits.count)"
      lines = ""
    }
    tokens = task.accounts.tokens.total.addingSaturated(activity?.used.usage.total ?? 0)
    let live = activity.flatMap { frame.prices.cost(of: $0.used.all) }
    // What was stopped could not tell its cost.
    let estimated = task.estimatedCost
    cost = finiteSum(finiteSum(task.cost, estimated), live ?? 0)
    // What has no price grows all the same.
    isFinal = (activity?.used.usage.total ?? 0) == 0 && estimated == 0
  }

  static func name(of task: TaskState) -> String {
    guard let number = task.header.pullRequest else { return sanitized(task.header.id) }
    return sanitized("#\(number) \(task.header.branch)")
  }

  var costText: String { cost > 0 ? (isFinal ? "" : "~") + shortDollarText(cost) : "" }
  var tokenText: String { tokens > 0 ? countText(tokens) : "" }

  /// Over all attempts, the time between them not counted.
  static func workTime(of task: TaskState, _ frame: LiveFrame) -> Duration? {
    guard let started = task.startedAt else { return nil }
    func seconds(_ from: JournalTime, _ to: JournalTime?) -> Double {
      // Nothing is known of a run that died after its newest entry.
      let end = to?.date ?? (frame.view.phase == .died ? frame.view.endedAt?.date ?? from.date : frame.now)
      return max(0, end.timeIntervalSince(from.date))
    }
    let work =
      task.attempts.isEmpty
      ? seconds(started, task.endedAt)
      : task.attempts.reduce(0) { $0 + seconds($1.startedAt, $1.endedAt ?? task.endedAt) }
    return .milliseconds((min(work, 1e9) * 1000).rounded())
  }

  // MARK: - What it does now

  private static func now(
    _ task: TaskState, _ activity: TaskActivity?, _ state: DisplayState, _ frame: LiveFrame
  ) -> Phrase {
    if let wait = task.checksWait, !task.status.isFinal {
      return .texts(sanitized(RunView.Row.text(waitingFor: wait.checks)), "waiting for checks", "checks")
    }
    switch task.status {
    case .waiting: return waiting(task, frame)
    case .starting:
      if state == .paused { return paused(frame) }
      guard let setup = frame.setups[task.header.id] else { return .texts("starting") }
      return .texts("setup: \(sanitized(setup))")
    case .running:
      if let job = task.attempts.last?.job, job.stage != .running { return pending(job) }
      return running(activity, frame)
    case .retrying:
      let reason = sanitized(task.retry?.reason ?? "")
      guard let left = task.retry.map({ $0.notBefore.date.timeIntervalSince(frame.now) }), left >= 1 else {
        return .ending(reason, ", again now", ", again", style: nil)
      }
      let time = shortText(.seconds(left.rounded(.up)))
      return .ending(reason, ", again in \(time)", ", \(time)")
    case .pushing:
      guard let tip = task.tip?.prefix(7) else { return .texts("pushing") }
      return .texts("pushing \(tip)", "pushing")
    case .opening: return .texts("opening a pull request", "opening")
    case .testing: return .texts("running the tests", "testing")
    case .posting:
      return .texts(task.verdict?.decision == .approve ? "approve, posting" : "posting the review", "posting")
    case .merging: return .texts("merging")
    case .fixing: return .texts("given back to its agent", "fixing")
    default: break
    }
    return ended(task, state, frame)
  }

  private static func ended(_ task: TaskState, _ state: DisplayState, _ frame: LiveFrame) -> Phrase {
    let message = sanitized(task.message ?? "")
    switch task.status {
    case .success:
      if let number = task.pullRequest?.number { return .texts("#\(number) opened", "#\(number)") }
      return task.pushedCommit != nil ? .texts("branch pushed", "pushed") : .texts("branch is local", "local")
    case .approved, .merged, .queued, .landed, .chosen, .proven: return .texts(task.status.rawValue)
    case .blocked:
      let culprit = task.header.needs.first { id in
        frame.view.rows.contains { $0.id == id && $0.status.isFinal && !$0.status.isGood }
      }
      return culprit.map { .name("blocked: ", name: sanitized($0)) } ?? .texts("blocked: \(message)", "blocked")
    case .failed: return .texts("failed: \(message)", message.isEmpty ? "failed" : message, style: .red)
    case .interrupted: return .texts(message.isEmpty ? "interrupted" : message)
    default:
      let word = task.status.rawValue
      return .texts(message.isEmpty ? word : "\(word): \(message)", word, style: state == .failed ? .red : nil)
    }
  }

  private static func waiting(_ task: TaskState, _ frame: LiveFrame) -> Phrase {
    let open = task.header.needs.filter { id in frame.view.rows.contains { $0.id == id && !$0.status.isGood } }
    if let first = open.first {
      return .name("needs ", name: sanitized(first), after: open.count > 1 ? " +\(open.count - 1)" : "")
    }
    let candidates = frame.view.rows.filter { $0.task.header.candidateOf == task.header.id }
    if let done = candidates.isEmpty ? nil : candidates.count(where: { $0.status.isFinal }), done < candidates.count {
      return .texts("\(done) of \(candidates.count) candidates done", "\(done)/\(candidates.count) done")
    }
    if frame.view.pause != nil { return paused(frame) }
    if frame.view.phase == .ending { return .texts("will not start") }
    return .texts("next, no free slot", "next")
  }

  private static func paused(_ frame: LiveFrame) -> Phrase {
    guard let until = frame.view.pause?.until else { return .texts("paused") }
    return .texts("paused until \(frame.clock.minutes(until.date))", "paused")
  }

  private static func pending(_ job: JobRecord) -> Phrase {
    let reason = job.reason.flatMap { $0.isEmpty ? nil : sanitized($0) }
    guard job.stage == .pending else { return .texts("submitting" + (reason.map { ": \($0)" } ?? ""), "submitting") }
    let name = job.id.map { "job \(sanitized($0)) " } ?? ""
    return .texts(
      "\(name)pending" + (reason.map { ": \($0)" } ?? ""), "pending" + (reason.map { ": \($0)" } ?? ""), "pending")
  }

  private static func running(_ activity: TaskActivity?, _ frame: LiveFrame) -> Phrase {
    guard let activity else { return .texts("starting") }
    func since(_ date: Date) -> String {
      shortText(.seconds(max(0, frame.now.timeIntervalSince(date).rounded(.down))))
    }
    // For a moment, that is no news.
    let thinking =
      frame.now.timeIntervalSince(activity.since) >= 1 ? "thinking \(since(activity.since))" : "thinking"
    if let denied = activity.denied, frame.now.timeIntervalSince(denied.at) < 5 {
      return .texts("denied: \(sanitized(denied.text))", style: .yellow)
    }
    if let limit = frame.quietAfter, frame.now.timeIntervalSince(activity.lastProgress) >= limit / .seconds(1) {
      let time = since(activity.lastProgress)
      return .texts("no progress \(time)", "quiet \(time)", style: .yellow)
    }
    switch activity.doing {
    case .starting: return .texts("starting")
    case .thinking: return .texts(thinking)
    case .said(let text):
      // Then it is old news.
      if frame.now.timeIntervalSince(activity.since) >= 5 { return .texts(thinking) }
      return .texts(sanitized(text))
    case .tool(let name, let input):
      let input = sanitized(input)
      if input.isEmpty { return .texts(sanitized(name)) }
      return input.contains(" ") || !input.contains("/")
        ? .texts("\(sanitized(name)) \(input)") : .path(sanitized(name), input)
    case .retrying(let retry):
      let left = max(0, activity.since.addingTimeInterval(retry.delay / .seconds(1)).timeIntervalSince(frame.now))
      let time = shortText(.seconds(left.rounded(.up)))
      let what = retry.status == 429 ? "rate limit" : retry.status.map { "API \($0)" } ?? "no answer of the API"
      return .texts(
        "\(what), try \(retry.attempt) of \(retry.maxRetries), \(time)", "\(what), again in \(time)",
        "\(what), \(time)",
        style: .yellow)
    }
  }
}
