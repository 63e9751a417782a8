import Journal
import Merging

extension RunConflicts {
  /// A conflict that is there now, of the later of two tasks with the earlier one, or with the base.
  struct Found: Equatable {
    let task: String
    let with: String?
    let paths: [String]
  }

  static func found(_ report: ConflictReport, in state: RunState) -> [Found] {
    var found: [Found] = []
    for branch in report.branches where !branch.base.isClean {
      found.append(Found(task: branch.name, with: nil, paths: branch.base.paths))
    }
    for pair in report.pairs {
      let (one, other) = (report.branches[pair.first].name, report.branches[pair.second].name)
      let isFirst = TaskOrder(state).comes(one, before: other)
      found.append(
        Found(task: isFirst ? other : one, with: isFirst ? one : other, paths: pair.verdict.paths))
    }
    return found
  }
}
