package import Engine
package import Git

/// Names of branches that git cannot keep next to those that are there.
package enum BranchNames {
  /// The names of which the remote must have no branch if it is to take `branch`: `a` and `a/b` for `a/b/c`.
  package static func folders(of branch: String) -> [String] {
    branch.indices.filter { branch[$0] == "/" }.map { String(branch[..<$0]) }
  }

  /// - Parameters:
  ///   - local: the names of all branches here, sorted.
  ///   - remote: those of the remote, as far as they were asked for.
  /// - Returns: why the branch cannot be made or pushed; nil when it can.
  package static func fault(
    _ branch: String, of task: String, local: [String], remote: (name: String, branches: [String: ObjectID])?
  ) -> RunError? {
    if let other = local.first(where: { exclude(branch, $0) }) {
      return RunError(
        .branchInTheWay, "cannot have branch '\(branch)' for task '\(task)' next to branch '\(other)'",
        hints: ["give the task another branch in the plan, or rename the other: git branch -m \(other) NAME"])
    }
    guard let remote, let other = remote.branches.keys.sorted().first(where: { exclude(branch, $0) }) else {
      return nil
    }
    return RunError(
      .branchInTheWay,
      "'\(remote.name)' cannot have branch '\(branch)' of task '\(task)' next to its branch '\(other)'",
      hints: [
        "give the task another branch in the plan",
        "or, if nobody needs the other, delete it there: git push \(remote.name) --delete \(other)",
      ])
  }

  /// What to say where the base is the default branch only as far as is known here.
  package static func renamedDefault(of remote: String, from branch: String, to now: String) -> RunError {
    RunError(
      .noBaseBranch, "the default branch of '\(remote)' is '\(now)' now, and it has no '\(branch)' any more",
      hints: [
        "take note of it: git remote set-head \(remote) --auto",
        "or base the run on '\(branch)' all the same: git config orchestrator.git.baseBranch \(branch)",
      ])
  }

  /// Whether one name is a folder of the other: git keeps only one of them.
  private static func exclude(_ one: String, _ other: String) -> Bool {
    one.hasPrefix("\(other)/") || other.hasPrefix("\(one)/")
  }
}
