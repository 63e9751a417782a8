/// Why a run cannot begin. Nothing of the user's was changed when one of these is thrown.
package struct RunError: Error, Equatable, CustomStringConvertible {
  package enum Code: Sendable, Equatable {
    case noCommits, noBaseBranch, ambiguousBaseBranch, fetchFailed, neededBranchMissing
    case branchHasWork, branchCheckedOut, branchInTheWay, remoteBranchHasWork
    case worktreeInTheWay, worktreeFolderUnwritable, worktreeFolderOutside
    case planExists, unusablePlanFile
  }

  package let code: Code
  /// What is wrong and where, in git's manner.
  package let description: String
  /// What to do about it, a line each.
  package let hints: [String]

  init(_ code: Code, _ description: String, hints: [String] = []) {
    self.code = code
    self.description = description
    self.hints = hints
  }
}
