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
    do throws(GitError) {
      try await refuseToLoseWork(in: old, saved: nil)
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
    let (record, tip): (FilePath, ObjectID)
    switch moved {
    case .refused(let reason): return reason
    case .moved(let found, let commit): (record, tip) = (found, commit)
    }
    do throws(GitError) {
      try await fill(new, from: tip, keepsIgnored: keepsIgnored, removing: removed)
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

  /// Makes the files those of the branch, with the index that is there. All of them were as in `old` a moment ago, so that
  /// only those that differ need be looked at.
  private func fill(
    _ path: FilePath, from old: ObjectID, keepsIgnored: Bool, removing removed: [String]
  ) async throws(GitError) {
    let hooks = try await offPool { [environment] () throws(GitError) in
      try Repository.hooks(around: path, environment: environment)
    }
    let git = GitCommand(directory: path, environment: environment)
    let isRead = try await git.run(.checkout(hooks: hooks), ["read-tree", "-m", "-u", "\(old)", "HEAD"]).isSuccess
    // Where something is in the way all the same, git looks at each file.
    if !isRead {
      try await git.require(.checkout(hooks: hooks), ["reset", "--hard", "--quiet", "--no-recurse-submodules"])
    }
    // Twice `--force`: repositories within go as with a worktree.
    let options = ["--force", "--force", "--quiet", "-d"]
    // What was ignored there may be untracked here.
    let hasSameRules = try await git.run(
      .reading, ["diff-tree", "-r", "--quiet", "\(old)", "HEAD", "--", ":(top,glob)**/.gitignore"]
    ).isSuccess
    if !keepsIgnored || !isRead || !hasSameRules {
      try await git.require(.recording, ["clean"] + options + (keepsIgnored ? [] : ["-x"]))
    }
    if keepsIgnored {
      // By git, which follows no link out of the worktree. A command line has its limits.
      for start in stride(from: 0, to: removed.count, by: 500) {
        let paths = removed[start..<min(start + 500, removed.count)].map { ":(top,literal)\($0)" }
        try await git.require(.recording, ["clean"] + options + ["-x", "--"] + paths)
      }
    }
    guard let hook = hooks?.appending("post-checkout"), hook.isExecutable else { return }
    let tip = try await offPool { [environment] () throws(GitError) in
      try Repository.open(path, environment: environment).commit(at: "HEAD")
    }
    let complaint = try await WorktreeCheckout.run(
      hook, in: path, at: tip?.description ?? ObjectID.zeros, environment: git.environment)
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
    /// - commit: what the files are of.
    case moved(record: FilePath, commit: ObjectID)
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
    guard try repository.branch(branch) != nil else {
      throw GitError(.notFound, "there is no branch '\(branch)' for the worktree '\(new)'")
    }
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
    return .moved(record: record, commit: commit)
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
    let worktree = try Repository.open(old, environment: repository.environment)
    if try worktree.indexHidesFiles() { return "has files that git was told not to look at" }
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
