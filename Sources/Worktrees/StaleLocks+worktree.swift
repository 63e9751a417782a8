import Basics
package import Git
package import Platform
package import SystemPackage

extension StaleLocks {
  /// Moves aside what dead processes left in the record of a worktree of ours, and for its branch.
  ///
  /// For a time at which nobody of ours works there. That somebody else does shows in who has the file open.
  /// - Returns: all that were found.
  package static func clear(
    worktree path: FilePath, branch: String, commonDirectory: FilePath, at moment: timespec = FileStamp.now()
  ) -> [LockFile] {
    var folders: [(folder: String, names: [String])] = []
    if let record = WorktreeLink.record(of: path.string),
      WorktreeLink.isRecord(record, in: "\(commonDirectory.string)/worktrees")
    {
      folders.append((record, (namesInFolder(record) ?? []).filter { $0.hasSuffix(".lock") }))
    }
    let reference = "\(commonDirectory.string)/refs/heads/\(branch)"
    folders.append((FileSystem.folder(of: reference), ["\(FilePath(reference).lastComponent?.string ?? "").lock"]))
    // Not next to the branch's file: git would take it for a branch.
    let aside = "\(commonDirectory.string)/orchestrator/stale-locks"
    return folders.flatMap { place in
      place.names.map { "\(place.folder)/\($0)" }.compactMap { lock in
        FileStatus(lock)?.isRegularFile == true ? clear(lock, into: aside, at: moment) : nil
      }
    }
  }
}
