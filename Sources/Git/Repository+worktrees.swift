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
struct WorktreeEntry {
  let name: String
  fileprivate let parent: String
  /// The worktree's, absolute.
  let path: String
  let branch: String?

  var folder: FilePath { FilePath("\(parent)/\(name)") }
}

extension Repository {
  /// All worktrees but the main one, by name. Those whose record is half written, or just being removed, are left out.
  ///
  /// Read from the files, whose form git documents (gitrepository-layout): libgit2 1.5 takes relative paths in them
  /// (`extensions.relativeWorktrees`) for relative to the present folder.
  package func worktrees() throws(GitError) -> [LinkedWorktree] {
    try worktreeRecords().map(linkedWorktree)
  }

  func linkedWorktree(_ record: WorktreeEntry) -> LinkedWorktree {
    let path = FilePath(record.path)
    return LinkedWorktree(
      name: record.name, path: path, branch: record.branch, lockReason: record.folder.appending("locked").text,
      isPrunable: !path.appending(".git").exists)
  }

  /// What the records say, by name. Plain strings: making a worktree looks through all that there are.
  func worktreeRecords() throws(GitError) -> [WorktreeEntry] {
    guard worktreesDirectory.exists else { return [] }
    guard let names = worktreesDirectory.entries else {
      throw GitError(.permissionDenied, "cannot read '\(worktreesDirectory)'")
    }
    let folder = worktreesDirectory.string
    return names.sorted().compactMap { name in
      guard var link = FilePath("\(folder)/\(name)/gitdir").text, let head = FilePath("\(folder)/\(name)/HEAD").text
      else {
        return nil
      }
      if !link.hasPrefix("/") {
        link = worktreesDirectory.appending(name).pushing(FilePath(link)).lexicallyNormalized().string
      }
      return WorktreeEntry(
        name: name, parent: folder,
        path: link.hasSuffix("/.git") ? String(link.dropLast("/.git".count)) : link,
        branch: head.hasPrefix("ref: refs/heads/") ? String(head.dropFirst("ref: refs/heads/".count)) : nil)
    }
  }

  /// Where the records of linked worktrees lie.
  var worktreesDirectory: FilePath { commonDirectory.appending("worktrees") }
}
