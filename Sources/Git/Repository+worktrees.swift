import Basics
package import SystemPackage

/// A worktree other than the main one, as the repository has it on record.
package struct LinkedWorktree: Sendable, Equatable {
  /// The name of its folder in `.git/worktrees`.
  package let name: String
  package let path: FilePath
  /// The branch it has checked out; `nil` when its `HEAD` is detached.
  package let branch: String?
  /// Why it is kept from being pruned or removed, which may be the empty text; `nil` when it is not.
  package let lockReason: String?
  /// Its folder is gone.
  package let isPrunable: Bool

  package var isLocked: Bool { lockReason != nil }

  /// It is just being made, by git or by us, or whoever made it was killed meanwhile: nobody has worked in it yet.
  package var isUnfinished: Bool { lockReason == "initializing" }

  package init(name: String, path: FilePath, branch: String?, lockReason: String?, isPrunable: Bool) {
    self.name = name
    self.path = path
    self.branch = branch
    self.lockReason = lockReason
    self.isPrunable = isPrunable
  }
}

/// A folder in `.git/worktrees`.
package struct WorktreeEntry {
  package let name: String
  /// Its own path.
  package let folder: String
  /// The worktree's, absolute.
  package let path: String
  package let branch: String?
}

extension Repository {
  /// All worktrees but the main one, by name. Those whose record is half written, or just being removed, are left out.
  ///
  /// Read from the files, whose form git documents (gitrepository-layout): libgit2 1.5 takes relative paths in them
  /// (`extensions.relativeWorktrees`) for relative to the present folder.
  package func worktrees() throws(GitError) -> [LinkedWorktree] {
    try worktreeRecords().map(linkedWorktree)
  }

  package func linkedWorktree(_ record: WorktreeEntry) -> LinkedWorktree {
    LinkedWorktree(
      name: record.name, path: FilePath(record.path), branch: record.branch,
      lockReason: shortText(at: "\(record.folder)/locked"), isPrunable: FileStatus("\(record.path)/.git") == nil)
  }

  /// What the records say, by name. Plain strings: making a worktree looks through all that there are.
  package func worktreeRecords() throws(GitError) -> [WorktreeEntry] {
    guard FileStatus(worktreesFolder) != nil else { return [] }
    guard let names = FilePath(worktreesFolder).entries else {
      throw GitError(.permissionDenied, "cannot read '\(worktreesFolder)'")
    }
    return names.sorted().compactMap { name in
      let folder = "\(worktreesFolder)/\(name)"
      guard var link = shortText(at: "\(folder)/gitdir"), let head = shortText(at: "\(folder)/HEAD") else { return nil }
      if !link.hasPrefix("/") { link = lexicallyNormalized("\(folder)/\(link)") }
      return WorktreeEntry(
        name: name, folder: folder,
        path: link.hasSuffix("/.git") ? String(link.dropLast("/.git".count)) : link,
        branch: head.hasPrefix("ref: refs/heads/") ? String(head.dropFirst("ref: refs/heads/".count)) : nil)
    }
  }

  /// Where the records of linked worktrees lie.
  package var worktreesFolder: String { "\(commonFolder)/worktrees" }
}
