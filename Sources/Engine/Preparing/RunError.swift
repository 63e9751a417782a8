/// Why a run cannot begin. Nothing of the user's was changed when one of these is thrown.
package struct RunError: Error, Equatable, CustomStringConvertible {
  package enum Code: Sendable, Equatable {
    case repositoryNotFindable
    case noCommits, noBaseBranch, ambiguousBaseBranch, fetchFailed, neededBranchMissing, noIdentity
    case branchHasWork, branchCheckedOut, branchInTheWay, branchIsBase, remoteBranchHasWork
    case worktreeInTheWay, worktreeFolderUnwritable, worktreeFolderOutside
    case planExists, unusablePlanFile
    case unusableForge, noPullRequests, destinationMissing, unusableRemote
    /// Something that a run needs is missing, known before an agent was started.
    case preflight
    case nothingToContinue, performedElsewhere, planMissing, alreadyDone, pullRequestMissing
    case sandboxMissing, tooFewDescriptors
    case sessionAttached, sessionInUse, noSession
    case overBudget
  }

  package let code: Code
  /// What is wrong and where, in git's manner.
  package let fault: String
  /// What to do about it.
  package let hints: [String]

  package init(_ code: Code, _ fault: String, hints: [String] = []) {
    self.code = code
    self.fault = fault
    self.hints = hints
  }

  /// The fault, then the hints in lines that begin with `hint: `.
  package var description: String { ([fault] + hints.map { "hint: \($0)" }).joined(separator: "\n") }

  /// The same error with one more thing to do about it.
  package func adding(hint: String) -> RunError { RunError(code, fault, hints: hints + [hint]) }
}
