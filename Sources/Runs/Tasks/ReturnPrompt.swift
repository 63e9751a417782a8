import Basics
import Engine
import Journal
import SystemPackage

/// What an agent is told whose work is done, but did not land as it was.
struct ReturnPrompt: Sendable {
  let record: ReturnRecord
  let branch: String
  let secrets: Secrets

  /// How much of the log of failing tests it is shown, in bytes.
  private static let mostLog = 8_000
  private static let mostPaths = 100

  private var base: String { record.base.branch }
  private var commit: String { record.base.commit }

  var heading: String {
    """
    Your work on this task was complete, but it could not become part of `\(base)`: \(record.reason). You are the one who
    knows what it is for, so it is yours to fix.
    """
  }

  func text() -> String {
    var parts = ["## Why it did not land\n\n" + why]
    if let test = record.test { parts.append(failure(test)) }
    parts.append("## What to do\n\n" + steps.enumerated().map { "\($0 + 1). \($1)" }.joined(separator: "\n"))
    parts.append(
      """
      For this you may \(record.rebases ? "rebase" : "merge") as said above, and in no other way; all other rules hold. What
      others have brought to `\(base)` stays as it is there: where both changed the same, the result does what both are for.
      """)
    return parts.joined(separator: "\n\n")
  }

  private var why: String {
    var text = "`\(base)` is at \(commit) now, with what others have landed."
    if !record.paths.isEmpty {
      let other = record.with.map { "the work of task `\($0)`, which has landed" } ?? "`\(base)`"
      let shown = record.paths.prefix(Self.mostPaths).map { "- `\($0)`" }.joined(separator: "\n")
      let more = record.paths.count > Self.mostPaths ? "\n- and \(record.paths.count - Self.mostPaths) more" : ""
      text += " Your branch conflicts with \(other), in:\n\n\(shown)\(more)"
    } else if record.test == nil {
      text += " \(record.reason.prefix(1).uppercased() + record.reason.dropFirst())."
    }
    return text
  }

  private func failure(_ test: TestRecord) -> String {
    let tail = secrets.masking(FilePath(test.log).readTail(limit: Self.mostLog))
    var fence = "~~~"
    while tail.contains(fence) { fence += "~" }
    return """
      ## The tests that fail

      With your branch on top of `\(base)`, `\(test.command)` ends with \(test.outcome), twice; without it, it passes. Its
      whole output is in `\(test.log)`. The end of it:

      \(fence)
      \(tail)
      \(fence)
      """
  }

  private var steps: [String] {
    var steps: [String] = []
    if record.rebases {
      let command = Self.commands(of: record)[0]
      steps.append(
        "Put your commits on top of `\(base)`: `\(command)`. At each conflict: resolve it, `git add` the files, "
          + "`git rebase --continue`.")
    } else {
      steps.append(
        "Merge `\(base)` into your branch: `\(Self.commands(of: record)[0])`."
          + (record.test != nil && record.paths.isEmpty
            ? " So you see what the tests saw."
            : " Resolve the conflicts, `git add` the files, `git commit --no-edit`."))
    }
    if record.test != nil { steps.append("Find out why the tests fail with your work in it, and fix that.") }
    steps.append("Run the tests. Commit everything on `\(branch)`, which then has \(commit.prefix(10)) in its history.")
    return steps
  }

  /// The commands of git for which it needs a permission that it has not otherwise; the first is the one to begin with.
  static func commands(of record: ReturnRecord) -> [String] {
    let commit = record.base.commit
    guard record.rebases else { return ["git merge --no-edit \(commit)", "git merge --continue", "git merge --abort"] }
    let start = record.fork.map { "git rebase --onto \(commit) \($0)" } ?? "git rebase \(commit)"
    return [start, "git rebase --continue", "git rebase --abort", "git rebase --skip"]
  }
}
