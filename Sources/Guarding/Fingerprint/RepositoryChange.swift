import Basics
package import SystemPackage

/// Something of a repository that is not as it was, and how to put it back.
package struct RepositoryChange: Equatable, Sendable {
  package enum Kind: String, Sendable {
    /// A key of a configuration file below the repository.
    case configuration
    /// A file in a folder of hooks.
    case hook
    case reference
    /// The record of a linked worktree.
    case worktree
    /// Another file by which git decides: `info/attributes`, `info/exclude`, `objects/info/alternates`.
    case file
    /// What the user's checkout is on, or a file in it.
    case checkout
    /// The same of another task's worktree.
    case neighbor
  }

  package let kind: Kind
  /// The key, the reference or the path, as the user knows it.
  package let name: String
  /// nil where there was nothing; for configuration, several values stand on lines of their own.
  package let old: String?
  /// nil where there is nothing any more.
  package let new: String?
  /// A command that puts it back; nil when there is none.
  package let restore: String?
  /// The file that it is in.
  package let path: FilePath
  /// The worktree that the record is of.
  package let worktree: FilePath?

  package init(
    _ kind: Kind, _ name: String, old: String?, new: String?, restore: String?, path: FilePath,
    worktree: FilePath? = nil
  ) {
    self.kind = kind
    self.name = name
    self.old = old
    self.new = new
    self.restore = restore
    self.path = path
    self.worktree = worktree
  }

  /// The same, with the command of an earlier change of the same thing: from what was there before both.
  package func following(_ earlier: RepositoryChange) -> RepositoryChange {
    RepositoryChange(
      kind, name, old: earlier.old, new: new, restore: earlier.restore, path: path,
      worktree: worktree ?? earlier.worktree)
  }
}
