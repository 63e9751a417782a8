import Basics
package import Engine
import Git
package import SystemPackage

/// The worktree that has a branch checked out.
package enum BranchCheckout {
  /// The working tree that has the branch checked out.
  /// - Throws: `LandingError` where something is in progress on it that moves it at its end.
  package static func find(of branch: String, in place: RepositoryContext) async throws -> FilePath? {
    if let checkout = try await workingTree(on: branch, in: place) { return checkout }
    let operation = try await place.withRepository { repository throws(GitError) in
      try repository.operation(on: branch)
    }
    guard let operation else { return nil }
    throw LandingError(
      "\(operation.name) of '\(branch)' is in progress at '\(operation.path)'",
      hints: ["finish it, or give it up: git -C \(shellQuoted(operation.path.string)) status"])
  }

  private static func workingTree(on branch: String, in place: RepositoryContext) async throws -> FilePath? {
    let environment = place.environment
    return try await place.withRepository { repository throws(GitError) in
      if let main = repository.mainWorkingDirectory,
        case .branch(branch, _) = try Repository.open(main, environment: environment).head()
      {
        return main
      }
      return try repository.worktrees().first { $0.branch == branch && !$0.isPrunable }?.path
    }
  }

  /// Untracked files may stay, and what this program itself put on a to-do list: git refuses if one would be overwritten.
  package static func refuseUnclean(_ checkout: FilePath, _ branch: String, in place: RepositoryContext) async throws {
    let environment = place.environment
    let changed = try await offPool { () throws(GitError) in
      try Repository.open(checkout, environment: environment).entriesBeyondTodoMarks()
    }
    guard let first = changed.first else { return }
    let others = changed.count > 1 ? " and \(changed.count - 1) more" : ""
    throw LandingError(
      "'\(checkout)' has '\(branch)' checked out, and changes that are not committed: '\(first.path)'\(others)",
      hints: ["commit them, or put them aside: git -C \(shellQuoted(checkout.string)) stash"])
  }
}
