import Basics
import CLibgit2
package import Git
import Processes
package import SystemPackage

/// Handing on a worktree that one branch does not need any more to another: of many files, only those that differ are
/// written.
extension Worktrees {
  /// Moves a worktree's folder, and what git has on record of it, to another path and branch, and sets the files to that
  /// branch as in a new worktree: tracked files are as committed, nothing is untracked, the hook has run.
  ///
  /// It is handed on only if it could be removed, and if nothing about it is out of the ordinary: what git keeps for this
  /// worktree alone must be what it has of a new one.
  ///
  /// Killed on the way, it leaves one of the two: the worktree where it was, or one at the new place that ``takeUp(name:path:branch:wasUsed:)``
  /// calls unfinished. When it fails on the way, nothing of the worktree is left.
  /// - Parameters:
  ///   - old: Its folder.
  ///   - new: Absolute; nothing or an empty folder.
  ///   - branch: An existing one that no worktree has checked out.
  ///   - keepsIgnored: Whether ignored files stay as they are. They are removed otherwise.
  ///   - removed: Paths of files that are removed in any case, relative to the top.
  /// - Returns: Why it was not handed on and is as it was, as a clause; nil when it was.
  package func handOn(
    from old: FilePath, to new: FilePath, branch: String, keepsIgnored: Bool, removing removed: [String] = []
  ) async throws(GitError) -> String? {
    let ignored: [String]
    do throws(GitError) {
      ignored = try await refuseUnlessOrdinary(old)
    } catch {
      if error.code == .cancelled { throw error }
      return error.message
    }
    let moved = try await changingRecords { [repository, environment] () async throws(GitError) in
      try await offPool { () throws(GitError) in
        try WorktreeHandOver(
          old: old, new: new, branch: branch, repository: Repository.open(repository, environment: environment)
        ).move()
      }
    }
    let (record, change): (FilePath, WorktreeHandOver.Change)
    switch moved {
    case .refused(let reason): return reason
    case .moved(let found, let difference): (record, change) = (found, difference)
    }
    do throws(GitError) {
      try await fill(new, change, ignored: ignored, keepsIgnored: keepsIgnored, removing: removed)
      record.appending("locked").removeFile()
      return nil
    } catch {
      // In a task of its own: this one may be cancelled. Nobody has worked at the new place.
      let rollback = Task {
        try await self.changingRecords { () async throws(GitError) in
          try await offPool { () throws(GitError) in
            try record.removeAll()
            try new.removeAll()
          }
        }
      }
      if case .failure(let leftover) = await rollback.result {
        throw GitError(error.code, "\(error.message)\n(and what was moved could not be removed: \(leftover))")
      }
      throw error
    }
  }

  /// Refuses what could lose something, or would show as what it is not; returns what is ignored there, as git names it.
  ///
  /// git looks at the files once for all of it, while the index is read here.
  private func refuseUnlessOrdinary(_ path: FilePath) async throws(GitError) -> [String] {
    async let index = hidesFiles(path)
    // Submodules are refused by the index, and not looked into: their configuration says what git runs there.
    let output = try await GitCommand(directory: path, environment: environment).run(
      .reading,
      [
        "status", "--porcelain=v1", "-z", "--untracked-files=all", "--ignored=matching", "--no-renames",
        "--ignore-submodules=all",
      ])
    let hides = try await index.get()
    guard output.isSuccess else { throw GitError(output) }
    if hides { throw GitError(.dirty, "the worktree '\(path)' has files that git was told not to look at") }
    let records = output.records
    let ignored = records.filter { $0.utf8.starts(with: "!! ".utf8) }
    try await refuseToLoseWork(
      in: path, saved: nil,
      status: WorkingTreeStatus(porcelain: records.filter { !$0.utf8.starts(with: "!! ".utf8) }))
    return ignored
  }

  private func hidesFiles(_ path: FilePath) async -> Result<Bool, GitError> {
    do throws(GitError) {
      let hides = try await offPool { [environment] () throws(GitError) in
        try Repository.open(path, environment: environment).indexHidesFiles()
      }
      return .success(hides)
    } catch {
      return .failure(error)
    }
  }

  /// Of more files, git compares the whole trees.
  private static let mostNamed = 200

  /// Makes the files those of the branch, with the index that is there. All of them were as in the old one a moment ago,
  /// so that only those that differ need be looked at.
  private func fill(
    _ path: FilePath, _ change: WorktreeHandOver.Change, ignored: [String], keepsIgnored: Bool,
    removing removed: [String]
  ) async throws(GitError) {
    let hooks = try await offPool { [environment] () throws(GitError) in
      try Repository.hooks(around: path, environment: environment)
    }
    let git = GitCommand(directory: path, environment: environment)
    var isRead = change.paths.isEmpty
    if !isRead, change.paths.count <= Self.mostNamed {
      // No hook: it would be told of some files, and not of a new worktree.
      isRead = try await git.adding(["GIT_LITERAL_PATHSPECS": "1"]).run(
        .checkout(hooks: nil),
        ["checkout", "--quiet", "--no-overlay", "--pathspec-from-file=-", "--pathspec-file-nul", "\(change.new)"],
        input: Array(change.paths.joined(separator: [0]))
      ).isSuccess
    } else if !isRead {
      isRead = try await git.run(.checkout(hooks: hooks), ["read-tree", "-m", "-u", "\(change.old)", "HEAD"]).isSuccess
    }
    // Where something is in the way all the same, git looks at each file.
    if !isRead {
      try await git.require(.checkout(hooks: hooks), ["reset", "--hard", "--quiet", "--no-recurse-submodules"])
    }
    // Twice `--force`: repositories within go as with a worktree.
    let options = ["--force", "--force", "--quiet", "-d"]
    // What was ignored there may be untracked here. Where nothing was, nothing can be.
    if !isRead || !ignored.isEmpty && (!keepsIgnored || change.hasOtherRules) {
      try await git.require(.recording, ["clean"] + options + (keepsIgnored ? [] : ["-x"]))
    }
    if keepsIgnored, !ignored.isEmpty {
      // By git, which follows no link out of the worktree. A command line has its limits.
      for start in stride(from: 0, to: removed.count, by: 500) {
        let paths = removed[start..<min(start + 500, removed.count)].map { ":(top,literal)\($0)" }
        try await git.require(.recording, ["clean"] + options + ["-x", "--"] + paths)
      }
    }
    guard let hook = hooks?.appending("post-checkout"), hook.isExecutable else { return }
    let complaint = try await WorktreeCheckout.run(
      hook, in: path, at: change.new.description, environment: git.environment)
    note([complaint].compactMap(\.self))
  }
}

/// The part of handing on that changes git's records. Used under the lock on them.
private struct WorktreeHandOver {
  let old: FilePath
  let new: FilePath
  let branch: String
  let repository: Repository

  enum Result: Sendable {
    case refused(String)
    case moved(record: FilePath, Change)
  }

  /// From one branch to the other.
  struct Change: Sendable {
    let old: ObjectID
    let new: ObjectID
    /// The files that differ, as git has them.
    let paths: [[UInt8]]
    /// Whether other files may be ignored.
    let hasOtherRules: Bool
  }

  /// What git has on record of an ordinary worktree in which somebody has committed.
  private static let ordinary: Set = [
    "HEAD", "commondir", "gitdir", "index", "logs", "ORIG_HEAD", "FETCH_HEAD", "COMMIT_EDITMSG", "refs",
  ]
  /// Of these, what the next one is to have.
  private static let lasting: Set = ["HEAD", "commondir", "gitdir", "index"]

  func move() throws(GitError) -> Result {
    guard let found = try repository.worktree(at: old), !found.isPrunable, found.path == old,
      Worktrees.isSound(old, commonDirectory: repository.commonDirectory)
    else { return .refused("'\(old)' is not a linked worktree of this repository") }
    if found.isLocked { return .refused("the worktree '\(old)' is locked") }
    let record = FilePath("\(repository.worktreesFolder)/\(found.name)")
    if let reason = try reasonAgainst(record) { return .refused("the worktree '\(old)' \(reason)") }
    guard let commit = try Repository.open(old, environment: repository.environment).commit(at: "HEAD") else {
      return .refused("the worktree '\(old)' has no commit")
    }
    guard let tip = try repository.branch(branch) else {
      throw GitError(.notFound, "there is no branch '\(branch)' for the worktree '\(new)'")
    }
    let changes = try repository.difference(from: repository.tree(of: commit), to: repository.tree(of: tip)).changes
    if changes.contains(where: { $0.new?.isSubmodule ?? false }) { return .refused("'\(branch)' has submodules") }
    func names(_ file: String) -> Bool {
      changes.contains { $0.path.split(separator: UInt8(ascii: "/")).last?.elementsEqual(file.utf8) ?? false }
    }
    // They hold for files that are the same in both.
    if names(".gitattributes") { return .refused("'\(branch)' has other attributes") }
    try WorktreeRegistration.refuseCheckedOut(
      branch, try repository.worktreeRecords().filter { $0.name != found.name }, in: repository)
    _ = try WorktreeRegistration.takePlace(new)
    try new.removingLastComponent().createDirectories()
    // As while git makes one: nobody prunes it, and whoever finds it later knows that nobody has worked there.
    try record.appending("locked").write(Array("initializing".utf8))
    do throws(GitError) {
      try old.move(to: new)
    } catch {
      record.appending("locked").removeFile()
      return .refused(error.message)
    }
    try record.appending("gitdir").write(Array("\((new.realPath ?? new).string)/.git\n".utf8))
    try record.appending("HEAD").write(Array("ref: refs/heads/\(branch)\n".utf8))
    for name in record.entries ?? [] where name != "locked" && !Self.lasting.contains(name) {
      try record.appending(name).removeAll()
    }
    return .moved(
      record: record, Change(old: commit, new: tip, paths: changes.map(\.path), hasOtherRules: names(".gitignore")))
  }

  /// Why the next one would not find it as a new one.
  private func reasonAgainst(_ record: FilePath) throws(GitError) -> String? {
    let entries = record.entries ?? []
    if let other = entries.sorted().first(where: { !Self.ordinary.contains($0) }) {
      return "has '\(other)' of its own in git's records"
    }
    if !(record.appending("refs").entries ?? []).isEmpty { return "has references of its own" }
    if old.appending(".gitmodules").exists { return "has submodules" }
    if let process = WorkingFolders.present().process(in: old) { return "is where process \(process) works" }
    return nil
  }
}

extension Repository {
  /// Whether a change of some file would not show, or the file is another repository.
  fileprivate func indexHidesFiles() throws(GitError) -> Bool {
    let index = try Handle(free: git_index_free) { git_repository_index(&$0, pointer) }
    let hiding = UInt16(GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue | GIT_INDEX_ENTRY_INTENT_TO_ADD.rawValue)
    for position in 0..<git_index_entrycount(index.pointer) {
      guard let entry = git_index_get_byindex(index.pointer, position)?.pointee else { return true }
      if UInt32(entry.flags) & GIT_INDEX_ENTRY_VALID.rawValue != 0 || entry.flags_extended & hiding != 0
        || UInt32(entry.mode) == GIT_FILEMODE_COMMIT.rawValue
      {
        return true
      }
    }
    return false
  }
}
