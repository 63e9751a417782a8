import Basics
package import Git
import Processes
package import SystemPackage

/// What git keeps of a worktree in `.git/worktrees`, when it is no worktree: half written, or the worktree gone.
package struct StrayRecord: Sendable, Equatable {
  package let path: FilePath
  /// Whether it holds only what git writes before anybody can work in the worktree.
  package let isBarelyBegun: Bool

  static func isBarelyBegun(_ entries: [String], in record: FilePath) -> Bool {
    let begun: Set = ["locked", "gitdir", "commondir", "HEAD", "HEAD.lock", "refs", "logs"]
    return entries.allSatisfy { begun.contains($0) && (record.appending($0).entries ?? []).isEmpty }
  }
}

extension Worktrees {
  /// Why a worktree cannot go without work being lost, as a clause; `nil` when it can. Of what only its log leads to,
  /// whoever moves it aside makes references.
  package func reasonToStay(_ path: FilePath) async throws(GitError) -> String? {
    do throws(GitError) {
      try await refuseToLoseWork(in: path, saved: nil, keepsLog: true)
      return nil
    } catch {
      guard error.code == .dirty else { throw error }
      let subject = "the worktree '\(path)' "
      return error.message.hasPrefix(subject) ? "it \(error.message.dropFirst(subject.count))" : error.message
    }
  }

  /// Moves a worktree's folder and then its record elsewhere, each by one rename: both put back, it is what it was. Killed
  /// in between, it leaves a record without a folder.
  ///
  /// Looks at nothing but the lock of the worktree.
  /// - Parameters:
  ///   - name: of the record.
  ///   - path: of the folder, as the record has it; it may be gone.
  ///   - folder: where that goes; on its file system, in a folder that is there.
  ///   - record: where the record goes.
  ///   - allowsUnfinished: whether one may go that is locked since git was killed while it made it.
  /// - Throws: `.locked`; `.notFound` when the record is another worktree's by now.
  package func moveAside(
    _ name: String, at path: FilePath, to folder: FilePath, record: FilePath, allowsUnfinished: Bool
  ) async throws(GitError) {
    try await changingRecords { [repository, environment] () async throws(GitError) in
      try await offPool { () throws(GitError) in
        let repository = try Repository.open(repository, environment: environment)
        guard let found = try repository.worktrees().first(where: { $0.name == name }), found.path == path else {
          throw GitError(.notFound, "'\(path)' (\(name)) is no longer a linked worktree of this repository")
        }
        if found.isLocked, !(allowsUnfinished && found.isUnfinished) {
          throw GitError(.locked, "the worktree '\(path)' is locked")
        }
        if path.exists { try path.move(to: folder) }
        try FilePath("\(repository.worktreesFolder)/\(name)").move(to: record)
      }
    }
  }

  /// Moves what is in a worktree's place in git's records, or was taken out of them, elsewhere.
  package func moveRecord(_ path: FilePath, to place: FilePath) async throws(GitError) {
    try await changingRecords { () async throws(GitError) in
      try await offPool { () throws(GitError) in try path.move(to: place) }
    }
  }
}

extension Repository {
  /// The folders among the records of worktrees that are none: git does not list them.
  package func strayRecords() throws(GitError) -> [StrayRecord] {
    let known = Set(try worktreeRecords().map(\.name))
    return (FilePath(worktreesFolder).entries ?? []).sorted().compactMap { name in
      let path = FilePath("\(worktreesFolder)/\(name)")
      guard !known.contains(name), let entries = path.entries else { return nil }
      return StrayRecord(path: path, isBarelyBegun: StrayRecord.isBarelyBegun(entries, in: path))
    }
  }

  /// The records that were taken out of git's sight, to be removed.
  package var removedRecords: [FilePath] {
    ["\(commonFolder)/orchestrator/removed-worktrees", WorktreeRemoval.folder(in: commonFolder)].flatMap { folder in
      (FilePath(folder).entries ?? []).sorted().map { FilePath(folder).appending($0) }
    }
  }

  /// The indices by which work was being saved.
  package var savingIndices: [FilePath] {
    let records = (FilePath(worktreesFolder).entries ?? []).map { FilePath("\(worktreesFolder)/\($0)") }
    return ([FilePath(commonFolder)] + records).flatMap { folder in
      (folder.entries ?? []).filter { $0.hasPrefix("index.saving.") }.sorted().map { folder.appending($0) }
    }
  }

  /// What a rebase, a merge or the like has left in a worktree's record, which is the midst of somebody's work.
  package static func operation(inRecord record: FilePath) -> String? {
    let operations = [
      "rebase-merge": "a rebase", "rebase-apply": "a rebase", "MERGE_HEAD": "a merge",
      "CHERRY_PICK_HEAD": "a cherry-pick", "REVERT_HEAD": "a revert", "BISECT_LOG": "a bisection",
    ]
    let found = operations.keys.sorted().first { record.appending($0).exists }
    return found.flatMap { operations[$0] }
  }

  /// The first file in a folder that a commit does not have so; ignored files count for nothing, nor do those that are
  /// missing. The folder need not be a worktree.
  package func fileBeyond(_ commit: ObjectID, in folder: FilePath) throws(GitError) -> String? {
    let index = FilePath("\(commonFolder)/orchestrator/index.compare.\(UInt64.random(in: 0 ... .max))")
    defer { index.removeFile() }
    try createDirectories("\(commonFolder)/orchestrator")
    let environment = command.environment.merging(
      ["GIT_DIR": commonFolder, "GIT_WORK_TREE": folder.string, "GIT_INDEX_FILE": index.string]) { $1 }
    let read = try BlockingCommand.run(.recording, ["read-tree", "\(commit)"], in: folder, environment: environment)
    guard read.isSuccess else { throw GitError(read) }
    let output = try BlockingCommand.run(
      .reading, ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames"], in: folder,
      environment: environment)
    guard output.isSuccess else { throw GitError(output) }
    // The index is the commit's, whatever `HEAD` is: only the second letter tells of the files.
    return output.records.first { record in
      let letter = record.utf8.dropFirst().first
      return letter != UInt8(ascii: " ") && letter != UInt8(ascii: "D")
    }.map { String($0.dropFirst(3)) }
  }
}
