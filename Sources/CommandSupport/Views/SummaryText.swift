import Basics
package import Journal
import Processes
package import SystemPackage
package import TerminalUI

/// The summary of a run as text, the same after `run` and from `status`.
package struct SummaryText {
  package let report: RunReport
  /// The folder that paths are shown relative to, where that is shorter.
  package let directory: FilePath
  package let palette: Palette

  package init(report: RunReport, directory: FilePath, palette: Palette) {
    self.report = report
    self.directory = directory
    self.palette = palette
  }

  /// The title of one that has ended.
  package var endedTitle: String { report.state.header.review == nil ? "EXECUTION SUMMARY" : "REVIEW SUMMARY" }

  package func lines(title: String) -> [String] {
    var lines = [title, String(repeating: "=", count: title.count)]
    for task in report.state.tasks { lines += self.lines(of: task) }
    lines.append("")
    lines += closing()
    return lines
  }

  private func lines(of task: TaskState) -> [String] {
    var lines = [
      palette.paint("\(task.status.symbol) \(task.header.id) (\(sanitized(task.header.branch)))", task.status.style)
    ]
    var facts = ["Status: \(task.status.rawValue)".padding(to: 22)]
    if !task.attempts.isEmpty { facts.append("Attempts: \(task.attempts.count)".padding(to: 13)) }
    if !task.commits.isEmpty { facts.append("Commits: \(task.commits.count)".padding(to: 12)) }
    if task.cost > 0 { facts.append("Cost: \(dollarText(task.cost))".padding(to: 13)) }
    if let duration = report.duration(of: task) { facts.append("Time: \(shortText(duration))") }
    lines.append("  " + facts.joined(separator: " ").trimmedAtEnd)
    if let pullRequest = task.pullRequest {
      lines.append("  Pull request: #\(pullRequest.number) \(sanitized(pullRequest.url))")
    }
    lines += reviewLines(of: task)
    if let message = task.message {
      lines.append("  \(task.status.isGood ? "Note" : "Error"): \(sanitized(message))")
    }
    if let retry = task.retry {
      let time = retry.notBefore.date > report.now ? " at \(retry.notBefore)" : ""
      lines.append("  Next attempt\(time): \(sanitized(retry.reason))")
    }
    for denied in task.denied.prefix(5) {
      lines.append("  Denied: \(sanitized(denied.tool)) \(sanitized(denied.input))")
      if let remedy = denied.remedy { lines.append("    To allow it: \(sanitized(remedy))") }
    }
    if task.denied.count > 5 {
      lines.append("  Denied: \(task.denied.count - 5) more; see git orch log \(task.header.id)")
    }
    let worktree = task.worktree.map { FilePath($0.path) }
    if let worktree, task.status.isFinal { lines.append("  Worktree kept: \(sanitized(shown(worktree)))") }
    for advice in task.advice {
      var text = advice
      if let worktree { text = text.replacing(worktree.string, with: shown(worktree)) }
      lines.append("  \(sanitized(text.prefix(1).uppercased() + text.dropFirst()))")
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
      lines.append("  Merged into \(sanitized(base)) as \(commit.prefix(10))")
    }
    return lines
  }

  private func closing() -> [String] {
    let state = report.state
    let counts = report.counts.map { "\($0.count) \($0.status.rawValue)" }.joined(separator: ", ")
    let isReview = state.header.review != nil
    let noun = isReview ? "pull request" : "task"
    var parts = ["\(state.tasks.count) \(noun)\(state.tasks.count == 1 ? "" : "s"): \(counts)"]
    if state.cost > 0 { parts.append(dollarText(state.cost)) }
    parts.append(shortText(report.duration))
    parts.append("\(isReview ? "review" : "run") \(state.header.id)")
    var lines = [parts.joined(separator: " · ")]
    if let reason = state.header.localReason { lines.append("Branches stay local: \(sanitized(reason))") }
    if let reason = state.header.noPullRequestsReason { lines.append("No pull requests: \(sanitized(reason))") }
    for warning in state.warnings { lines.append("Note: \(sanitized(warning))") }
    if case .paused(let until, let reason) = state.phase, report.isAlive {
      lines.append("Paused\(until.map { " until \($0)" } ?? ""): \(sanitized(reason))")
    }
    if let wait = state.forgeWait, report.isAlive, wait.until.date > report.now {
      lines.append("Waiting for the forge until \(wait.until): \(sanitized(wait.reason))")
    }
    if let signal = state.interruptedBy { lines.append("Interrupted by \(signal)") }
    if report.phase == .died {
      lines.append(
        "The process of this \(isReview ? "review" : "run") (\(state.process.pid)) died before it ended;")
      lines.append("its worktrees and branches are unchanged since then")
      for orphan in report.orphans {
        lines.append(
          "The agent of \(orphan.task) is still running: process \(orphan.pid); to stop it: kill \(orphan.pid)")
      }
    }
    if report.canContinue { lines.append("To continue it: git orch run --continue") }
    if state.unreadableLines > 0 {
      lines.append(
        "\(state.unreadableLines) line\(state.unreadableLines == 1 ? "" : "s") of the journal could not be read")
    }
    return lines
  }

  private func shown(_ path: FilePath) -> String { path.relative(to: directory).string }
}

extension TaskStatus {
  package var symbol: String {
    switch self {
    case .waiting: "·"
    case .starting, .running, .pushing, .opening, .testing, .posting, .merging: "▶"
    case .retrying: "↻"
    case .success, .approved, .merged: "✓"
    case .timeout: "⏱"
    case .interrupted: "■"
    case .skipped, .blocked: "–"
    case .failed, .noChanges, .uncommitted, .pushFailed, .prFailed, .conflict, .changesRequested, .testsFailed: "✗"
    }
  }

  package var style: Style? {
    switch self {
    case .success, .approved, .merged: .green
    case .waiting, .skipped, .blocked: .dim
    case .starting, .running, .pushing, .opening, .testing, .posting, .merging: .cyan
    case .retrying, .timeout, .interrupted: .yellow
    case .failed, .noChanges, .uncommitted, .pushFailed, .prFailed, .conflict, .changesRequested, .testsFailed: .red
    }
  }
}

extension FilePath {
  /// The path as seen from `directory` when that is the shorter way to write it; both absolute.
  package func relative(to directory: FilePath) -> FilePath {
    let mine = lexicallyNormalized().components.map(\.string)
    let theirs = directory.lexicallyNormalized().components.map(\.string)
    let common = zip(mine, theirs).prefix { $0 == $1 }.count
    let steps = Array(repeating: "..", count: theirs.count - common) + mine.dropFirst(common)
    let relative = steps.isEmpty ? "." : steps.joined(separator: "/")
    return relative.count < string.count ? FilePath(relative) : self
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String { padded(self, to: width) }
}
