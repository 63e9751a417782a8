import Basics
package import SystemPackage

/// Work in progress that moves a branch at its end.
package struct BranchOperation: Sendable, Equatable {
  /// `a rebase`, `a bisection`.
  package let name: String
  /// The working tree in which it is.
  package let path: FilePath
}

extension Repository {
  /// What is in progress on a branch that no working tree has checked out meanwhile: git lets nobody else move such a
  /// branch either. nil when nothing is.
  package func operation(on branch: String) throws(GitError) -> BranchOperation? {
    var places = mainWorkingDirectory.map { [(record: commonDirectory, path: $0)] } ?? []
    for worktree in try worktrees() where !worktree.isPrunable {
      places.append((commonDirectory.appending("worktrees").appending(worktree.name), worktree.path))
    }
    for (record, path) in places {
      for folder in ["rebase-merge", "rebase-apply"]
      where record.appending(folder).appending("head-name").text?.trimmed == "refs/heads/\(branch)" {
        return BranchOperation(name: "a rebase", path: path)
      }
      if record.appending("BISECT_LOG").exists, record.appending("BISECT_START").text?.trimmed == branch {
        return BranchOperation(name: "a bisection", path: path)
      }
    }
    return nil
  }
}
