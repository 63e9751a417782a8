/// What libgit2 or the `git` program refused to do, and why, in git's manner of speaking.
package struct GitError: Error, Equatable, CustomStringConvertible {
  /// What is true of the world, for code that decides by it.
  package enum Code: String, Sendable {
    case ambiguous
    /// The task that asked was cancelled; the work was stopped.
    case cancelled
    case checkedOut
    case checkoutConflict
    /// git made a worktree and could not fill it: a filter, a submodule or a file of the commit is in the way.
    case checkoutFailed
    /// The `git` program ended with a status other than 0; the message is its own.
    case commandFailed
    /// A reference was not where the caller expected it to be.
    case conflict
    case dirty
    case diskFull
    case exists
    /// The `git` program is not on `PATH`.
    case gitMissing
    /// The `git` program is too old for what was asked.
    case gitTooOld
    case invalidName
    /// libgit2 is not on this machine, or not in the version that this program was built with.
    case libraryMissing
    case locked
    case notARepository
    case notFound
    case other
    case permissionDenied
    case timedOut
    case unborn
    /// The repository belongs to someone else, and `safe.directory` does not name it.
    case unsafeOwner
    case unsupportedRepository
  }

  package let code: Code
  /// One line or more, without "fatal:" and without a full stop.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
