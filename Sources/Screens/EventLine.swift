package import Agents
import Basics
package import Git
package import Journal
import Processes
package import RunViews
package import TerminalUI

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What happens in a run, a line an event: with a symbol above the live view, with a word to search for elsewhere.
package struct EventLine: Sendable, Equatable {
  /// What a line without a terminal begins with, after the time; one of a few.
  package let word: String
  /// The task that it is about; nil of the run.
  package let task: String?
  package let text: String
  /// nil for one that the live view shows anyway.
  package let symbol: String?
  package let style: Style?

  private init(_ word: String, _ task: String?, _ text: String, _ symbol: String? = nil, _ style: Style? = nil) {
    (self.word, self.task, self.text, self.symbol, self.style) = (word, task, text, symbol, style)
  }

  /// As a line of a log.
  package func plain(at time: Date, _ clock: LocalClock) -> String {
    sanitized("\(clock.full(time)) \(word) " + (task.map { $0 + (text.isEmpty ? "" : " ") } ?? "") + text)
  }

  /// As lines above the live view; none where that shows it anyway. What is about a task is cut to one: the rest is in
  /// the view, and in the log.
  package func painted(at time: Date, _ clock: LocalClock, width: Int, _ palette: Palette) -> [String] {
    guard let symbol else { return [] }
    let begin = "\(clock.minutes(time)) \(palette.paint(symbol, style)) "
    guard let task else {
      // Above the view, its word is not there.
      let word = ["paused", "wait", "stop", "retry", "run", "review", "landing"].contains(word) ? "\(word) " : ""
      return wrapped(begin + word + sanitized(text), to: max(1, width), indent: min(8, width / 3)).map(palette.spelled)
    }
    let name = sanitized(task)
    let room = width >= 72 ? 28 : 20
    let cut = padded(cutName(name, to: room), to: width >= 72 ? room + 1 : min(displayWidth(name), room) + 1)
    return [palette.spelled(truncated(begin + cut + " " + sanitized(text), to: width))]
  }

  // MARK: - From the journal

  /// nil for events that need no line of their own.
  package init?(
    _ event: JournalEvent, in state: RunState, mostAttempts: Int? = nil, amount: ChangeAmount? = nil,
    clock: LocalClock = .system
  ) {
    let review = state.header.review != nil
    let (yellow, red, green): (Style, Style, Style) = (.yellow, .red, .green)
    // A run that is continued gives a task as many once more.
    func attempt(_ number: Int) -> String {
      "attempt \(number)" + (mostAttempts.flatMap { number <= $0 ? " of \($0)" : nil } ?? "")
    }
    switch event {
    case .runStarted(let header):
      self.init(review ? "review" : header.landing == nil ? "run" : "landing", nil, Self.begin(header), " ")
    case .warned(let message):
      self.init("warning", nil, message, "!", yellow)
    case .repositoryChanged(_, let changes):
      let names = changes.prefix(3).map { "\($0.noun) \($0.name)" }.joined(separator: ", ")
      self.init(
        "warning", nil,
        "changed in the repository: \(names)" + (changes.count > 3 ? " and \(changes.count - 3) more" : "")
          + "; see the summary", "!", yellow)
    case .planPaid(let planning):
      self.init(
        "plan", nil, "making the plan \(planning.wholeCost > 0 ? "cost" : "took") \(planningText(planning))", " ")
    case .setupStarting(let task, let command, _): self.init("setup", task, command)
    case .attemptStarting(let task, let number, _, let resumed, _, _):
      self.init("start", task, attempt(number) + (resumed ? ", session resumed" : ""))
    case .attemptJob(let task, _, let job):
      // The next one says more.
      guard job.stage != .submitting || job.reason != nil else { return nil }
      self.init("job", task, job.description)
    case .retryPlanned(let task, let notBefore, let reason):
      let wait = notBefore.date.timeIntervalSince(state.updatedAt.date).rounded()
      let number = (state[task: task]?.attempts.last?.number ?? 0) + 1
      self.init(
        "retry", task, attempt(number) + (wait > 0 ? " in \(shortText(.seconds(wait)))" : "") + ": \(reason)", "↻",
        yellow)
    case .workSaved(let task, _, let reference, _, let contents):
      self.init("saved", task, "to \(reference): \(contents?.description ?? "uncommitted work")")
    case .pushStarting(let task, let remote, let commit):
      self.init("push", task, "\(commit.prefix(10)) to '\(remote)'")
    case .pullRequestOpened(let task, let pullRequest, let adopted):
      self.init(
        "opened", task,
        "pull request #\(pullRequest.number) \(adopted ? "was already open" : "opened"): \(pullRequest.url)")
    case .verdictGiven(let task, let verdict):
      self.init(
        "verdict", task,
        "\(verdict.decision == .approve ? "the reviewer approves" : "the reviewer requests changes"): \(verdict.summary)",
        verdict.decision == .approve ? " " : "!", yellow)
    case .testsStarting(let task, let command, let commit, _):
      self.init("tests", task, "testing \(commit.prefix(10)): \(command)")
    case .testsEnded(let task, let result):
      self.init("tests", task, "the tests \(result.passed ? "pass" : "fail (\(result.outcome))")")
    case .reviewPosted(let task, let review):
      self.init(
        "posted", task, "\(review.wasThere ? "was already posted" : "posted")\(review.url.map { ": \($0)" } ?? "")")
    case .waitingForChecks(let task, let checks, let until):
      self.init("wait", task, "\(RunView.Row.text(waitingFor: checks)), until \(clock.full(until.date))")
    case .mergeStarting(let task, let commit, _): self.init("merge", task, "merging \(commit.prefix(10))")
    case .trainTesting(let tasks, let command, let commit, _):
      self.init("tests", nil, "testing \(Self.text(tasks)) at \(commit.prefix(10)): \(command)")
    case .trainTested(let tasks, let result, let isCached):
      self.init(
        "tests", nil,
        "\(Self.text(tasks)): the tests \(result.passed ? "pass" : "fail (\(result.outcome))")"
          + (isCached ? ", as they did before" : ""), result.passed ? " " : "!", yellow)
    case .landed(let task, let commit, let earlier):
      let earlierText = earlier == nil ? "" : "already, "
      self.init(
        "landed", task, earlierText + "in \(state.header.base.branch)" + (commit.map { " as \($0.prefix(10))" } ?? ""),
        "✓", green)
    case .conflictFound(let task, let with, let paths, let count, let isNew):
      // What changes in it is told by `git orch conflicts`.
      guard isNew else { return nil }
      self.init(
        "conflict", task,
        "conflicts with \(with ?? state.header.base.branch) in \(fileCount(count)): \(conflictPaths(paths, of: count))",
        "↯", yellow)
    case .conflictGone(let task, let with):
      self.init("conflict", task, "no longer conflicts with \(with ?? state.header.base.branch)", " ")
    case .held(let task, let tasks):
      guard !tasks.isEmpty else { return nil }
      self.init("held", task, "its next attempt waits for the end of \(tasks.joined(separator: ", "))", "◦", yellow)
    case .retryRequested(let tasks, let by):
      self.init("retry", nil, "\(by.description): \(tasks.joined(separator: ", ")) now", "↻", yellow)
    case .candidatesReviewed(let task, let reviews):
      let best = reviews.max { $0.score < $1.score }
      self.init(
        "verdict", task,
        "the reviewer has compared \(reviews.count) candidates"
          + (best.map { "; \($0.candidate) gets the most: \($0.score) of 100" } ?? ""), " ")
    case .candidateChosen(let task, let choice):
      let note = choice.note.map { " (\($0))" } ?? ""
      self.init(
        "chosen", task, "\(choice.candidate) of \(choice.candidates.count): \(choice.reason)\(note)", "✓", green)
    case .returned(let task, let record):
      // The landing has said so.
      if state.header.isRun { return nil }
      self.init("fix", task, "given back to its agent: \(record.reason)", "↻", yellow)
    case .startedOver(let task, let reason): self.init("restart", task, "starting over: \(reason)", "↻", yellow)
    case .waitingForForge(let until, let reason):
      self.init("wait", nil, "for the forge until \(clock.full(until.date)): \(reason)", "◫", yellow)
    case .takenOver(_, let host, let from, let again):
      self.init(
        "run", nil,
        "\(state.header.id) is taken over by the clone on '\(host)' from the one on '\(from)'"
          + (again.isEmpty ? "" : "; done again: \(again.joined(separator: ", "))"), " ")
    case .continued(_, _, let jobs, let agent, let tasks):
      let isLanding = state.header.landing != nil
      // Candidates are counted as the task that they are for.
      let count = Set(tasks.map { state[task: $0]?.header.candidateOf ?? $0 }).count
      let noun = isLanding ? (count == 1 ? "branch" : "branches") : count == 1 ? "task" : "tasks"
      // No agent has a part in a landing.
      self.init(
        isLanding ? "landing" : "run", nil,
        "\(state.header.id) continues: \(count) \(noun) left"
          + (isLanding ? "" : ", \(jobs) at a time, \(agent)"), " ")
    // That it landed says so.
    case .taskEnded(_, .landed, _, _): return nil
    case .taskEnded(let task, let status, let message, _):
      self = Self.end(task, status, message, state, amount)
    case .paused(let until, let reason):
      self.init("paused", nil, until.map { "until \(clock.full($0.date)): \(reason)" } ?? reason, "◫", yellow)
    case .resumed: self.init("resumed", nil, "agents may start again", "▸", .cyan)
    case .halted(let reason): self.init("halted", nil, "nothing new starts: \(reason)", "!", red)
    case .stopRequested(let tasks, let now, let by):
      let what = tasks.isEmpty ? "" : " \(tasks.joined(separator: ", "))"
      self.init("stop", nil, "\(by.description): \(now ? "killing" : "stopping")\(what); all work is kept", "▮", yellow)
    case .aborted(let by): self.init("stop", nil, "given up by \(by.description)", "▮", yellow)
    case .attached(let task, let session, let process, _):
      self.init(
        "attached", task, "session \(session.prefix(8)) is opened by hand (process \(process.pid))", " ", green)
    case .taskStarting, .worktreeCreated, .attemptLaunched, .attemptEnded, .proven, .leftUnproven, .pushed,
      .pullRequestStarting, .pullRequestSeen, .reviewStarting, .merged, .pullRequestRefreshed, .worktreeRemoved,
      .interrupted, .runEnded, .taskAdded,
      .effect, .undoStarting, .undoEnded, .todoRead, .todoMarked, .budgetSet, .budgetReached, .conflictTold,
      .fixed:
      return nil
    }
  }

  /// Some branches of a train: the last is the one that is new.
  private static func text(_ tasks: [String]) -> String {
    guard let last = tasks.last else { return "the base" }
    return tasks.count == 1 ? last : "\(tasks.count) branches up to \(last)"
  }

  private static func begin(_ header: RunHeader) -> String {
    let count = header.ownTasks.count
    if let landing = header.landing {
      return "\(header.id): \(count) branch\(count == 1 ? "" : "es") onto \(header.base.branch) at "
        + "\(header.base.commit.prefix(7)) by \(landing.mode)"
        + (landing.remote.map { ", pushed to '\($0)'" } ?? "")
        + (landing.testCommand.map { ", proven by: \($0)" } ?? ", without tests")
    }
    if let review = header.review {
      return "\(header.id): \(count) pull request\(count == 1 ? "" : "s") of "
        + "\(header.forge?.repository ?? ""), \(header.jobs) at a time, \(header.agent)"
        + (review.merges ? "; those that pass are merged" : "")
    }
    let destination = header.remote.map { "pushed to '\($0)'" } ?? "kept local (\(header.localReason ?? ""))"
    return "\(header.id): \(count) task\(count == 1 ? "" : "s") from \(header.base.branch) at "
      + "\(header.base.commit.prefix(7)), \(header.jobs) at a time, \(header.agent); branches are \(destination)"
      + (header.forge.map { ", pull requests opened in \($0.repository)" } ?? "")
  }

  private static func end(
    _ id: String, _ status: TaskStatus, _ message: String?, _ state: RunState, _ amount: ChangeAmount?
  ) -> EventLine {
    let display = DisplayState(status)
    var facts: [String] = []
    if let task = state[task: id] {
      if let number = task.pullRequest?.number, state.header.review == nil { facts.append("#\(number)") }
      if !task.commits.isEmpty {
        // A look that is older than the last commit has other figures.
        let lines =
          amount.flatMap { amount in
            amount.commits == task.commits.count ? " " + linesText(added: amount.added, removed: amount.removed) : nil
          } ?? ""
        facts.append("\(task.commits.count) commit\(task.commits.count == 1 ? "" : "s")" + lines)
      }
      let isCounted = message?.hasSuffix(", \(task.attempts.count) attempts") ?? false
      if task.attempts.count > 1, !isCounted { facts.append("\(task.attempts.count) attempts") }
      if let begin = task.startedAt, let end = task.endedAt {
        facts.append(shortText(.milliseconds((end.date.timeIntervalSince(begin.date) * 1000).rounded())))
      }
      if task.cost > 0 { facts.append(dollarText(task.cost)) }
    }
    let word =
      switch display {
      case .done: status == .success ? "done" : status.rawValue
      case .blocked, .stopped: status.rawValue
      default: "failed"
      }
    let name = status == .success || word == status.rawValue ? "" : status.rawValue
    let reason = [name, message ?? ""].filter { !$0.isEmpty }.joined(separator: ": ")
    let text = ([reason].filter { !$0.isEmpty } + facts).joined(separator: ", ")
    return EventLine(word, id, text, display.symbol, display.style)
  }

  // MARK: - From an agent

  /// What of an agent's doing the user should know, though it continues.
  package init?(_ event: AgentEvent, of task: String, activity: TaskActivity?) {
    switch event {
    case .denied(let call):
      let denied = activity?.denied?.text ?? "\(call.tool) \(call.summary)"
      self.init("denied", task, "denied: \(denied)", "!", .yellow)
    case .apiRetry(let retry):
      let what =
        retry.status == 429
        ? "rate limit (429)" : retry.status.map { "API \($0) \(retry.error)" } ?? "no answer of the API: \(retry.error)"
      self.init("wait", task, "\(what), attempt \(retry.attempt) of \(retry.maxRetries)", "◫", .yellow)
    default: return nil
    }
  }

  /// Something else that the user should hear.
  package init(note: String) { self.init("note", nil, note) }

  /// Where things stand, where nothing else was said for a while, or at the end.
  package init(standing word: String, _ frame: LiveFrame) {
    // Candidates are part of their tasks, and count while they are at work.
    let rows = frame.view.rows.filter { $0.task.header.candidateOf == nil || !$0.status.isFinal }
      .map { LiveRow($0, in: frame) }
    let done = rows.count { $0.state == .done }
    let others = LiveFoot.counts(rows.filter { $0.state != .done }).map { "\($0.count) \($0.state.rawValue)" }
    var facts = ["\(done) of \(frame.view.ownRows.count) done"] + others
    let (cost, isFinal) = frame.cost
    if cost > 0 { facts.append((isFinal ? "" : "~") + dollarText(cost)) }
    if let rate = frame.rate, rate > 0 { facts.append("\(dollarText(rate))/min") }
    facts.append(shortText(frame.view.duration))
    if let pause = frame.view.pause {
      facts.insert("paused" + (pause.until.map { " until \(frame.clock.full($0.date))" } ?? ""), at: 0)
    }
    self.init(word, nil, facts.joined(separator: ", "))
  }

  package init(next: NextStep) { self.init("next", nil, next.command) }

  /// A source of plans that is asked, or failed.
  package init(plan text: String, hasFailed: Bool = false) {
    self.init("plan", nil, text, hasFailed ? "✗" : " ", hasFailed ? .red : nil)
  }
}
