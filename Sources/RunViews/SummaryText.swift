import Basics
package import Journal
import Processes
package import SystemPackage
package import TerminalUI

/// The summary of a run as text, the same after `run` and from `status`.
package struct SummaryText {
  package let view: RunView
  /// The folder that paths are shown relative to, where that is shorter.
  package let directory: FilePath
  package let palette: Palette
  /// How pull requests and worktrees are linked.
  package var links = Hyperlinks.none

  package init(view: RunView, directory: FilePath, palette: Palette) {
    self.view = view
    self.directory = directory
    self.palette = palette
  }

  /// - Parameter title: nil for one that has ended.
  package func lines(title: String? = nil) -> [String] {
    let title = title ?? (Self.title(of: view.kind))
    var lines = [title, String(repeating: "=", count: title.count)]
    for row in view.rows { lines += self.lines(of: row) }
    lines += ["", totals]
    if let planning = view.planning { lines.append("Planning: \(planningText(planning))") }
    let next = NextStep(view)
    for note in view.notes {
      // The next step says it.
      if note == .canContinue, next?.command.hasPrefix("git orch run --continue") ?? false { continue }
      lines += self.lines(of: note)
    }
    if let next { lines.append(sanitized(next.text)) }
    return lines
  }

  private static func title(of kind: RunView.Kind) -> String {
    switch kind {
    case .run: "EXECUTION SUMMARY"
    case .review: "REVIEW SUMMARY"
    case .landing: "LANDING SUMMARY"
    }
  }

  private func lines(of row: RunView.Row) -> [String] {
    let task = row.task
    // A branch that lands without being a task's is its own name.
    let branch = task.header.branch == task.header.id ? "" : " (\(task.header.branch))"
    var lines = [
      palette.paint(sanitized("\(task.status.symbol) \(task.header.id)\(branch)"), task.status.style)
    ]
    var facts = ["Status: \(task.status.rawValue)".padding(to: 22)]
    if !task.attempts.isEmpty { facts.append("Attempts: \(task.attempts.count)".padding(to: 13)) }
    if !task.commits.isEmpty { facts.append("Commits: \(task.commits.count)".padding(to: 12)) }
    if task.cost > 0 { facts.append("Cost: \(dollarText(task.cost))".padding(to: 13)) }
    if let duration = row.duration { facts.append("Time: \(shortText(duration))") }
    lines.append("  " + facts.joined(separator: " ").trimmedAtEnd)
    if let job = row.job { lines.append("  Job: \(sanitized(job.description))") }
    if let pullRequest = task.pullRequest {
      let end = task.pullRequestState.map { $0.state == "open" ? "" : " (\(sanitized($0.state)))" } ?? ""
      lines.append("  Pull request: #\(pullRequest.number) \(links.link(pullRequest.url))\(end)")
    }
    lines += candidateLines(of: task)
    lines += reviewLines(of: task)
    if let text = fixesText(task.fixes) { lines.append("  Fixed by its agent: \(text)") }
    // Why another was chosen says it.
    if let message = task.message, task.status != .notChosen {
      lines.append("  \(task.status.isGood ? "Note" : "Error"): \(sanitized(message))")
    }
    if let retry = task.retry {
      let time = retry.notBefore.date > view.now ? " at \(retry.notBefore)" : ""
      lines.append("  Next attempt\(time): \(sanitized(retry.reason))")
    }
    if let wait = task.checksWait, let text = row.checksText {
      lines.append("  \(sanitized(text.prefix(1).uppercased() + text.dropFirst())), until \(wait.until)")
    }
    for denied in task.denied.prefix(5) {
      lines.append("  Denied: \(sanitized(denied.tool)) \(sanitized(denied.input))")
      if let rule = denied.deniedBy { lines.append("    Denied by: \(sanitized(rule))") }
      if let remedy = denied.remedy { lines.append("    To allow it: \(sanitized(remedy))") }
    }
    if task.denied.count > 5 {
      lines.append("  Denied: \(task.denied.count - 5) more; see git orch log \(sanitized(task.header.id))")
    }
    for conflict in row.conflicts.prefix(5) {
      let other = conflict.with ?? view.header.base.branch
      lines.append(
        sanitized(
          "  Conflicts with \(other) in \(fileCount(conflict.count)): \(conflictPaths(conflict.paths, of: conflict.count))"
        ))
    }
    if row.conflicts.count > 5 { lines.append("  Conflicts with \(row.conflicts.count - 5) more: git orch conflicts") }
    if !task.heldBy.isEmpty {
      lines.append(sanitized("  Held: its next attempt waits for the end of \(task.heldBy.joined(separator: ", "))"))
    }
    if let text = row.changesText { lines.append("  \(sanitized(text))") }
    // Of a task that did not succeed, the advice says it.
    if let saved = task.savedText, !task.advice.contains(where: { $0.contains("git orch restore") }) {
      lines.append("  Saved: \(sanitized(saved)): git orch restore \(sanitized(task.header.id))")
    }
    let worktree = task.worktreePath.map { FilePath($0) }
    if let worktree, task.status.isFinal {
      lines.append("  Worktree kept: \(links.link(worktree, as: shown(worktree)))")
    }
    for advice in task.advice {
      var text = advice
      if let worktree { text = text.replacing(worktree.string, with: shown(worktree)) }
      lines.append("  \(sanitized(text.prefix(1).uppercased() + text.dropFirst()))")
    }
    return lines
  }

  private func candidateLines(of task: TaskState) -> [String] {
    var lines: [String] = []
    if let choice = task.choice {
      lines.append(
        sanitized("  Chosen: \(choice.candidate) of \(choice.candidates.count) candidates: \(choice.reason)"))
      if let note = choice.note { lines.append(sanitized("  Note: \(note)")) }
    }
    guard let of = task.header.candidateOf, let owner = view.rows.first(where: { $0.id == of })?.task else {
      return lines
    }
    if let reason = owner.choice?.candidates.first(where: { $0.id == task.header.id })?.reason {
      lines.append(sanitized("  Not chosen: \(reason)"))
    }
    if let review = owner.candidateReviews.first(where: { $0.candidate == task.header.id }) {
      lines.append(sanitized("  Reviewer: \(review.score) of 100: \(review.summary)"))
    }
    return lines
  }

  private func reviewLines(of task: TaskState) -> [String] {
    var lines: [String] = []
    if let verdict = task.verdict {
      let decision = verdict.decision == .approve ? "approves" : "requests changes"
      lines.append("  Verdict: \(decision): \(sanitized(verdict.summary))")
      for finding in verdict.findings where !finding.fixed {
        let place = finding.path.map { path in " \(path)\(finding.line.map { ":\($0)" } ?? "")" } ?? ""
        lines.append("    \(finding.severity.rawValue)\(sanitized(place)): \(sanitized(finding.message))")
      }
    }
    if let tests = task.tests {
      lines.append("  Tests: \(tests.passed ? "passed" : "failed (\(sanitized(tests.outcome)))")")
      if !tests.passed { lines.append("    Output: \(sanitized(shown(FilePath(tests.log))))") }
    }
    if let commit = task.mergeCommit, let base = task.pullRequest?.base {
      lines.append(sanitized("  Merged into \(base) as \(commit.prefix(10))"))
    }
    if let commit = task.mergeCommit, view.kind == .landing, task.status == .landed {
      lines.append(sanitized("  In \(view.header.base.branch) as \(commit.prefix(10))"))
    }
    return lines
  }

  private var totals: String {
    let noun = view.kind == .review ? "pull request" : view.kind == .landing ? "branch" : "task"
    let count = view.ownRows.count
    let plural = count == 1 ? "" : view.kind == .landing ? "es" : "s"
    var parts = ["\(count) \(noun)\(plural): \(view.countsText)"]
    let tokens = view.accounts.tokens.total
    if tokens > 0 { parts.append("\(countText(tokens)) tokens") }
    if view.cost > 0 {
      parts.append(dollarText(view.cost) + (view.budget.map { " of \(dollarText($0))" } ?? ""))
    }
    if let text = fixesText(view.rows.flatMap(\.task.fixes)) { parts.append("fixes: \(text)") }
    parts += [shortText(view.duration), "\(view.kind.rawValue) \(sanitized(view.id))"]
    return parts.joined(separator: " · ")
  }

  package func lines(of note: RunView.Note) -> [String] {
    switch note {
    case .localBranches(let reason): ["Branches stay local: \(sanitized(reason))"]
    case .noPullRequests(let reason): ["No pull requests: \(sanitized(reason))"]
    case .warning(let warning): ["Note: \(sanitized(warning))"]
    case .repositoryChanged(let change): self.lines(of: change)
    case .checkoutChanged(let files, let tasks):
      [
        "Changed while \(sanitized(tasks.joined(separator: ", "), limit: 100)) ran: \(files.count) files of your checkout: "
          + "\(sanitized(files.prefix(5).joined(separator: ", ")))\(files.count > 5 ? ", …" : "")"
      ]
    case .moreChanges(let count):
      ["\(count) more change\(count == 1 ? "" : "s") of the repository: git orch status --json \(view.id)"]
    case .paused(let until, let reason): ["Paused\(until.map { " until \($0)" } ?? ""): \(sanitized(reason))"]
    case .waitingForForge(let until, let reason): ["Waiting for the forge until \(until): \(sanitized(reason))"]
    case .interrupted(let signal): ["Interrupted by \(sanitized(signal))"]
    case .died(let process):
      [
        "The process of this \(view.kind.rawValue) (\(process)) died before it ended;",
        "its worktrees and branches are unchanged since then",
      ]
    case .orphan(let task, let process):
      ["The agent of \(sanitized(task)) is still running: process \(process); to stop it: kill \(process)"]
    case .aborted(let command):
      [
        "Given up by \(sanitized(command)); to continue it all the same, name it: "
          + "git orch run --continue \(sanitized(view.id))"
      ]
    case .canContinue: ["To continue it: git orch run --continue" + (view.isNewest ? "" : " \(sanitized(view.id))")]
    case .undone(let time, _, true):
      ["Taken back at \(time); to bring it back: git orch undo \(view.id)"]
    case .undone(_, let isRedo, false):
      ["Only partly \(isRedo ? "brought" : "taken") back; to finish that: git orch undo \(view.id)"]
    case .unreadableLines(let count): ["\(count) line\(count == 1 ? "" : "s") of the journal could not be read"]
    case .unknownEntries(let count):
      ["\(count) entr\(count == 1 ? "y" : "ies") of a newer version \(count == 1 ? "is" : "are") not shown"]
    }
  }

  private func lines(of change: RepositoryChanges.Change) -> [String] {
    let record = change.record
    func value(_ text: String?) -> String { text.map { sanitized($0, limit: 120) } ?? "nothing" }
    var lines = [
      "Changed while \(sanitized(change.tasks.joined(separator: ", "), limit: 100)) ran: "
        + "\(record.noun) \(sanitized(record.name)), from \(value(record.old)) to \(value(record.new))"
    ]
    if let restore = record.restore { lines.append("  To put it back: \(sanitized(restore))") }
    return lines
  }

  private func shown(_ path: FilePath) -> String { path.relative(to: directory).string }
}

/// `$0.11`, or `~$0.11` where some of it is an estimate; "" where nothing is known.
package func planningCostText(_ planning: PlanningRecord) -> String {
  guard planning.wholeCost > 0 else { return "" }
  return ((planning.estimatedCost ?? 0) > 0 ? "~" : "") + dollarText(planning.wholeCost)
}

/// `$0.11, 38k tokens`
package func planningText(_ planning: PlanningRecord) -> String {
  let tokens = planning.accounts.tokens.total
  return [planningCostText(planning), tokens > 0 ? "\(countText(tokens)) tokens" : ""].filter { !$0.isEmpty }
    .joined(separator: ", ")
}

/// `2 attempts, $0.11, 35s`; nil where nothing was fixed.
func fixesText(_ fixes: [FixRecord]) -> String? {
  guard !fixes.isEmpty else { return nil }
  let count = fixes.reduce(0) { $0.addingSaturated(max(0, $1.attempts)) }
  let cost = fixes.reduce(0) { finiteSum($0, max(0, $1.cost)) }
  let seconds = fixes.reduce(0) { finiteSum($0, max(0, $1.seconds)) }
  let parts = [
    "\(count) attempt\(count == 1 ? "" : "s")", cost > 0 ? dollarText(cost) : nil,
    shortText(.seconds(seconds.rounded())),
  ]
  return parts.compactMap(\.self).joined(separator: ", ")
}

extension FilePath {
  /// The path as seen from `directory` when that is the shorter way to write it; both absolute.
  package func relative(to directory: FilePath) -> FilePath {
    let mine = Basics.lexicallyNormalized(string).split(separator: "/")
    let theirs = Basics.lexicallyNormalized(directory.string).split(separator: "/")
    let common = zip(mine, theirs).prefix { $0 == $1 }.count
    let steps = Array(repeating: "..", count: theirs.count - common) + mine.dropFirst(common)
    let relative = steps.isEmpty ? "." : steps.joined(separator: "/")
    return relative.count < string.count ? FilePath(relative) : self
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String { padded(self, to: width) }
}
