package import SystemPackage

/// A worktree beside the main one, as the repository has it on record.
package struct LinkedWorktree: Sendable, Equatable {
  /// The name of its folder in `.git/worktrees`.
  package let name: String
  package let path: FilePath
  /// The branch it has checked out; `nil` when its `HEAD` is detached.
  package let branch: String?
  /// Kept from being pruned or removed, by the user or while it is being made.
  package let isLocked: Bool
  /// Its folder is gone.
  package let isPrunable: Bool

  package init(name: String, path: FilePath, branch: String?, isLocked: Bool, isPrunable: Bool) {
    self.name = name
    self.path = path
    self.branch = branch
    self.isLocked = isLocked
    self.isPrunable = isPrunable
  }
}

extension Repository {
  /// All worktrees but the main one, by name. Those whose record is half written, or just being removed, are left out.
  ///
  /// Read from the files, whose form git documents (gitrepository-layout): libgit2 1.5 takes relative paths in them
  /// (`extensions.relativeWorktrees`) for relative to the present folder.
  package func worktrees() throws(GitError) -> [LinkedWorktree] {
    let folder = worktreesDirectory
    guard folder.exists else { return [] }
    guard let names = folder.entries else { throw GitError(.permissionDenied, "cannot read '\(folder)'") }
    return names.sorted().compactMap { name in
      let record = folder.appending(name)
      guard let link = record.appending("gitdir").text, let head = record.appending("HEAD").text else { return nil }
      let path = record.pushing(FilePath(link)).removingLastComponent().lexicallyNormalized()
      let branch = head.hasPrefix("ref: refs/heads/") ? String(head.dropFirst("ref: refs/heads/".count)) : nil
      return LinkedWorktree(
        name: name, path: path, branch: branch, isLocked: record.appending("locked").exists,
        isPrunable: !path.appending(".git").exists)
    }
  }

  /// Where the records of linked worktrees lie.
  var worktreesDirectory: FilePath { commonDirectory.appending("worktrees") }
}
