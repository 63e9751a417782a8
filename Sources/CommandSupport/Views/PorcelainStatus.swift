import Journal

/// A run for scripts, version 1: lines of fields separated by tabs, `-` where there is nothing to say.
///
/// Fields hold neither tabs nor newlines; new ones are only ever added at a line's end.
package struct PorcelainStatus {
  package static func lines(_ report: RunReport) -> [String] {
    let state = report.state
    let header = [
      "run", state.header.id, report.phase.rawValue, state.header.base.branch, state.header.base.commit,
      state.header.remote ?? "-", state.header.review == nil ? "run" : "review",
    ]
    return ["version\t1", header.joined(separator: "\t")] + state.tasks.map(line(of:))
  }

  private static func line(of task: TaskState) -> String {
    let fields: [String] = [
      "task", task.header.id, task.status.rawValue, task.header.branch, "\(task.attempts.count)",
      "\(task.commits.count)", task.tip ?? "-", task.pushedCommit ?? "-", cents(task.cost),
      task.worktree?.path.replacing("\t", with: " ").replacing("\n", with: " ") ?? "-",
      task.pullRequest.map { "\($0.number)" } ?? "-",
      task.pullRequest?.url.filter { !$0.isWhitespace } ?? "-",
    ]
    return fields.joined(separator: "\t")
  }

  /// US dollars with four decimals.
  private static func cents(_ dollars: Double) -> String {
    let scaled = Int64((dollars * 10_000).rounded())
    let fraction = String(scaled % 10_000)
    return "\(scaled / 10_000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
  }
}
