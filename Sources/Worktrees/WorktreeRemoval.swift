import Basics
import Git
import SystemPackage

/// A worktree that nobody sees any more, and whose files are still to be removed.
struct WorktreeRemoval: Sendable {
  /// Folder and record, as far as there were any.
  private(set) var paths: [FilePath] = []

  /// Where both go first, in the common git directory.
  static func folder(in commonDirectory: String) -> String { "\(commonDirectory)/orchestrator/removing" }

  /// The same next to worktrees on another file system, to which no rename leads.
  private static func folder(beside worktree: FilePath) -> FilePath {
    worktree.removingLastComponent().appending(TrashFolder.besideWorktrees).appending("removing")
  }

  /// Moves folder and record out of sight, each by one rename. Killed in between, it leaves a record without a folder,
  /// which is struck off the next time; never half a folder, which would look as if somebody had worked in it.
  init(_ worktree: LinkedWorktree, at path: FilePath, in repository: Repository) throws(GitError) {
    let folder = Self.folder(in: repository.commonFolder)
    let name = "\(worktree.name).\(UInt64.random(in: 0 ... .max))"
    if !worktree.isPrunable {
      try createDirectories(folder)
      let target = FilePath("\(folder)/\(name).files")
      if try path.renameWithinFileSystem(to: target) {
        paths.append(target)
      } else {
        let beside = Self.folder(beside: path)
        try beside.createDirectories()
        try path.move(to: beside.appending("\(name).files"))
        paths.append(beside.appending("\(name).files"))
      }
    }
    paths.append(try repository.takeOutRecord(worktree.name))
  }

  /// What earlier processes left of removals: of these worktrees, or of any on the repository's own file system.
  static func left(of worktrees: [FilePath], commonDirectory: FilePath) -> [WorktreeRemoval] {
    let folders = [FilePath(folder(in: commonDirectory.string))] + Set(worktrees.map { folder(beside: $0) })
    return folders.compactMap { folder in
      guard let names = folder.entries, !names.isEmpty else { return nil }
      return WorktreeRemoval(paths: names.map { folder.appending($0) })
    }
  }

  private init(paths: [FilePath]) { self.paths = paths }

  /// Strikes off the records whose folders are here.
  func takeOutRecords(in repository: Repository) throws(GitError) {
    let records = try repository.worktreeRecords()
    for path in paths where path.extension == "files" {
      // `<record>.<number>.files`
      let name = path.lastComponent?.stem.split(separator: ".").dropLast().joined(separator: ".")
      guard let record = records.first(where: { $0.name == name }), FileSystem.isVacant(FilePath(record.path)) else {
        continue
      }
      try repository.takeOutRecord(record.name).removeAll()
    }
  }

  /// Removes it all.
  func finish() throws(GitError) {
    for path in paths {
      try path.removeAll()
      // That of our own stays: the next one is about to need it.
      guard path.string.split(separator: "/").suffix(3).first == TrashFolder.besideWorktrees[...] else { continue }
      let folder = path.removingLastComponent()
      if folder.removeEmptyDirectory() { folder.removingLastComponent().removeEmptyDirectory() }
    }
  }
}

extension Repository {
  func takeOut(_ worktree: LinkedWorktree, at path: FilePath) throws(GitError) -> WorktreeRemoval {
    try WorktreeRemoval(worktree, at: path, in: self)
  }
}
