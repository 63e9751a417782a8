import Basics
import Journal

/// A run for scripts, version 1: lines of fields separated by tabs, `-` where there is nothing to say.
///
/// Fields hold neither tabs, newlines nor other control characters; new ones are only ever added at a line's end.
package enum PorcelainStatus {
  package static func lines(_ view: RunView) -> [String] {
    let header = [
      "run", view.id, view.phase.rawValue, view.header.base.branch, view.header.base.commit,
      view.header.remote ?? "-", view.kind.rawValue,
    ]
    return ["version\t1", line(header)] + view.rows.map { line(of: $0.task) }
  }

  private static func line(of task: TaskState) -> String {
    let fields: [String] = [
      "task", task.header.id, task.status.rawValue, task.header.branch, "\(task.attempts.count)",
      "\(task.commits.count)", task.tip ?? "-", task.pushedCommit ?? "-", cents(task.cost),
      task.worktreePath ?? "-",
      task.pullRequest.map { "\($0.number)" } ?? "-",
      task.pullRequest?.url.filter { !$0.isWhitespace } ?? "-",
    ]
    return line(fields)
  }

  private static func line(_ fields: [String]) -> String { fields.map { sanitized($0) }.joined(separator: "\t") }

  /// US dollars with four decimals.
  private static func cents(_ dollars: Double) -> String {
    let scaled = Int64(exactly: (dollars * 10_000).rounded()) ?? (dollars > 0 ? .max : 0)
    let fraction = String(scaled % 10_000)
    return "\(scaled / 10_000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
  }
}
