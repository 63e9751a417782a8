/// Where what was removed lies for a while.
package enum TrashFolder {
  /// The folder next to worktrees that are on another file system than the repository.
  package static let besideWorktrees = ".orch-trash"
}
