import Basics
package import Git
import Platform
package import SystemPackage

/// Putting worktrees away whole, with what is in them, so that they can be brought back.
///
/// In the folder of the trash that is theirs are `worktree`, the folder, and `record`, git's record of it. On another
/// file system the folder lies next to its place instead, below `.orch-trash`.
extension Worktrees {
  /// Moves a worktree and git's record of it to the trash; each step only if it is still to be done.
  package func putAway(_ path: FilePath, into trash: FilePath) async throws(GitError) {
    try await changingRecords { [repository, environment] () async throws(GitError) in
      try await offPool { () throws(GitError) in
        let repository = try Repository.open(repository, environment: environment)
        try trash.createDirectories()
        // The record first: a record without its folder may be pruned by anybody.
        if let found = try repository.worktree(at: path) {
          try FilePath("\(repository.worktreesFolder)/\(found.name)").move(to: trash.appending("record"))
          FilePath(repository.worktreesFolder).removeEmptyDirectory()
        }
        guard FileStatus(path.string) != nil else { return }
        if try path.renameWithinFileSystem(to: trash.appending("worktree")) { return }
        let beside = Self.beside(path, trash)
        try beside.removingLastComponent().createDirectories()
        try path.move(to: beside)
      }
    }
  }

  /// Moves a worktree back to its place, under the name that its record had.
  /// - Returns: false when it is not in the trash any more.
  package func bringBack(_ path: FilePath, named name: String, from trash: FilePath) async throws(GitError) -> Bool {
    try await changingRecords { [repository, environment] () async throws(GitError) in
      try await offPool { () throws(GitError) in
        let repository = try Repository.open(repository, environment: environment)
        let folder = [trash.appending("worktree"), Self.beside(path, trash)].first { FileStatus($0.string) != nil }
        let record = trash.appending("record")
        if let folder {
          try path.removingLastComponent().createDirectories()
          // An empty folder may be in its place.
          path.removeEmptyDirectory()
          try folder.move(to: path)
        }
        if FileStatus(record.string) != nil {
          let place = FilePath("\(repository.worktreesFolder)/\(name)")
          guard FileStatus(place.string) == nil else {
            throw GitError(.exists, "another worktree has the name '\(name)' now")
          }
          try place.removingLastComponent().createDirectories()
          try record.move(to: place)
        }
        guard FileStatus(path.string) != nil else { return false }
        try trash.removeAll()
        let beside = Self.beside(path, trash).removingLastComponent()
        beside.removeEmptyDirectory()
        beside.removingLastComponent().removeEmptyDirectory()
        return true
      }
    }
  }

  /// Whether the trash has a worktree that can be brought back.
  package nonisolated static func isInTrash(_ path: FilePath, _ trash: FilePath) -> Bool {
    [trash.appending("worktree"), beside(path, trash), trash.appending("record")].contains {
      FileStatus($0.string) != nil
    }
  }

  /// Where the folder is if that is on another file system than the trash.
  package nonisolated static func beside(_ path: FilePath, _ trash: FilePath) -> FilePath {
    path.removingLastComponent().appending(TrashFolder.besideWorktrees)
      .appending(trash.lastComponent?.string ?? "worktree").appending("worktree")
  }

  /// Whether its folder has come back and its record has not: whoever was at it was killed.
  package nonisolated static func isHalfBack(_ path: FilePath, named name: String, from trash: FilePath) -> Bool {
    guard FileStatus(trash.appending("record").string) != nil,
      ![trash.appending("worktree"), beside(path, trash)].contains(where: { FileStatus($0.string) != nil })
    else { return false }
    return WorktreeLink.record(of: path.string).map { FilePath($0).lastComponent?.string == name } ?? false
  }
}

extension FilePath {
  /// Renames it; false, and nothing done, when the target is on another file system.
  func renameWithinFileSystem(to target: FilePath) throws(GitError) -> Bool {
    KillPoint.before(.move)
    defer { KillPoint.after(.move) }
    if withPlatformString({ from in target.withPlatformString { rename(from, $0) } }) == 0 { return true }
    let code = Errno(rawValue: errno)
    if code == .improperLink { return false }
    throw GitError(errno: code, "cannot move '\(self)' to '\(target)'")
  }
}
