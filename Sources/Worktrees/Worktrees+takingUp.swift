import Basics
import CLibgit2
package import Git
package import SystemPackage

/// What was found where a worktree of ours should be, and done about it.
package enum WorktreeTakeUp: Sendable, Equatable {
  /// git works there on this very worktree.
  case sound
  /// Folder and record had lost each other, and lead to each other again; all files are as they were.
  case reconnected
  /// It is being made, or whoever made it was killed: nobody has worked there.
  case unfinished
  /// There is none, and its place is free. What lay there, if anything did, lies at `aside` now.
  case gone(aside: FilePath?)
}

extension Worktrees {
  /// Finds a worktree that an earlier process made, and repairs what a kill or somebody's `rm` has left of it, so that no
  /// git that is started in its folder works on another repository. Nothing is deleted that could hold somebody's work.
  /// - Parameters:
  ///   - name: as it was given when it was made.
  ///   - branch: what it has checked out, should its record have to be written again.
  ///   - wasUsed: whether anybody may have worked in it. If not, what there is of a broken one is not kept in place.
  /// - Throws: `.locked` when somebody locked it and its folder is not there: it may be on a disk that is. `.exists` when
  ///   what is there now is none of ours.
  package func takeUp(
    name: String, path: FilePath, branch: String, wasUsed: Bool
  ) async throws(GitError) -> WorktreeTakeUp {
    try await changingRecords { [repository, environment] () async throws(GitError) in
      try await offPool { () throws(GitError) in
        try WorktreeRemains(
          name: name, path: path, branch: branch, wasUsed: wasUsed,
          repository: Repository.open(repository, environment: environment)
        ).takeUp()
      }
    }
  }

  /// Whether git, started in the folder, works on the worktree that this repository has on record for it. Opens nothing:
  /// two small files are read.
  package nonisolated static func isSound(_ path: FilePath, commonDirectory: FilePath) -> Bool {
    WorktreeLink.record(of: path.string).map {
      WorktreeLink.isRecord($0, in: "\(commonDirectory.string)/worktrees") && WorktreeLink.leads($0, to: path.string)
    } ?? false
  }
}

extension Worktrees {
  /// The folder that a worktree's `.git` names; nil where it names none.
  package nonisolated static func record(of worktree: FilePath) -> FilePath? {
    WorktreeLink.record(of: worktree.string).map { FilePath($0) }
  }
}

/// The two files by which a worktree and its record know each other; see gitrepository-layout(5).
enum WorktreeLink {
  /// The folder that the worktree's `.git` names.
  static func record(of worktree: String) -> String? {
    guard FileStatus("\(worktree)/.git")?.isRegularFile == true, let text = shortText(at: "\(worktree)/.git"),
      text.hasPrefix("gitdir:")
    else { return nil }
    let target = String(text.dropFirst("gitdir:".count).trimmed)
    guard !target.isEmpty else { return nil }
    return target.hasPrefix("/") ? target : lexicallyNormalized("\(worktree)/\(target)")
  }

  /// Whether that is a folder of records' own, whatever is in it.
  static func isRecord(_ folder: String, in records: String) -> Bool {
    let (parent, home) = (FileSystem.folder(of: folder), real(records))
    return parent == records || real(parent) == home
  }

  /// Whether git takes the folder for the record of that worktree.
  static func leads(_ record: String, to worktree: String) -> Bool {
    guard isComplete(record), var link = shortText(at: "\(record)/gitdir") else { return false }
    if !link.hasPrefix("/") { link = lexicallyNormalized("\(record)/\(link)") }
    return link == "\(worktree)/.git" || real(FileSystem.folder(of: link)) == real(worktree)
  }

  static func isComplete(_ record: String) -> Bool {
    ["HEAD", "commondir", "gitdir"].allSatisfy { !(shortText(at: "\(record)/\($0)") ?? "").isEmpty }
  }

  private static func real(_ path: String) -> String { FilePath(path).realPath?.string ?? path }
}

/// What is left of one worktree, folder and record. Used under the lock on records.
private struct WorktreeRemains {
  let name: String
  let path: FilePath
  let branch: String
  let wasUsed: Bool
  let repository: Repository

  func takeUp() throws(GitError) -> WorktreeTakeUp {
    let record = try findRecord()
    if FileSystem.isVacant(path) {
      try takeOut(record)
      return .gone(aside: nil)
    }
    let link = WorktreeLink.record(of: path.string)
    let ours = link.flatMap { WorktreeLink.isRecord($0, in: repository.worktreesFolder) ? $0 : nil }
    if let ours, WorktreeLink.leads(ours, to: path.string) {
      return lockReason(ours) == "initializing" ? .unfinished : .sound
    }
    if let ours, wasHandedOn(ours) {
      // Nobody has worked here; the record did not come to say where it is.
      try write(Array("\((path.realPath ?? path).string)/.git\n".utf8), to: "\(ours)/gitdir")
      return .unfinished
    }
    // A repository of its own in its place, the worktree of another one, or something else altogether.
    let isRepository = FileStatus("\(path.string)/.git")?.isDirectory == true || link != nil && ours == nil
    guard !isRepository, record != nil || ours != nil || isBare else {
      throw GitError(.exists, "'\(path)' is no longer a worktree of this repository")
    }
    if wasUsed, !isBare {
      try reconnect(record ?? ours)
      return .reconnected
    }
    let aside = try setAside()
    try takeOut(record)
    return .gone(aside: aside)
  }

  /// The record for this folder, or the part of one that a kill left under the worktree's name.
  private func findRecord() throws(GitError) -> String? {
    if let found = try repository.worktreeRecords().first(where: { WorktreeLink.leads($0.folder, to: path.string) }) {
      return found.folder
    }
    let named = "\(repository.worktreesFolder)/\(name)"
    guard FileStatus(named)?.isDirectory == true else { return nil }
    // A whole one is another worktree's, which has the name now.
    if WorktreeLink.isComplete(named), let link = shortText(at: "\(named)/gitdir"),
      link != "\(path.string)/.git"
    {
      return nil
    }
    return named
  }

  /// Whether a kill has cut short ``Worktrees/handOn(from:to:branch:keepsIgnored:)``: the folder is here, and the record
  /// still says where it was.
  private func wasHandedOn(_ record: String) -> Bool {
    guard lockReason(record) == "initializing", let link = shortText(at: "\(record)/gitdir") else { return false }
    return link.hasPrefix("/") && FileStatus(link) == nil
  }

  private func lockReason(_ record: String) -> String? { shortText(at: "\(record)/locked") }

  private func takeOut(_ record: String?) throws(GitError) {
    guard let record else { return }
    if let reason = lockReason(record), reason != "initializing", WorktreeLink.isComplete(record) {
      throw GitError(
        .locked,
        "the worktree '\(path)' is locked\(reason.isEmpty ? "" : " (\(reason))") and its folder is not there; "
          + "see 'git worktree unlock'")
    }
    // Its submodules' repositories, and the log of its HEAD, may be all that is left of somebody's work; unless it is of a
    // worktree that was being made once more.
    let path = FilePath(record)
    let isKept = wasUsed && !StrayRecord.isBarelyBegun(path.entries ?? [], in: path)
    let trash = try repository.takeOutRecord(path.lastComponent?.string ?? name, keeping: isKept)
    if !isKept { try trash.removeAll() }
  }

  /// Whether there is nothing but what git makes first.
  private var isBare: Bool {
    namesInFolder(path.string) == [".git"] && FileStatus("\(path.string)/.git")?.isRegularFile == true
  }

  /// Moves what is at the path to a free name next to it; nil when there was nothing of anybody's.
  private func setAside() throws(GitError) -> FilePath? {
    if isBare {
      try path.removeAll()
      return nil
    }
    let aside = FileSystem.firstFree(path, "old")
    try path.move(to: aside)
    return aside
  }

  /// Writes what is missing of the two, as git does when it makes a worktree.
  private func reconnect(_ found: String?) throws(GitError) {
    let record =
      found ?? "\(repository.worktreesFolder)/\(WorktreeRegistration.freeName(name, in: repository.worktreesFolder))"
    try createDirectories(record)
    let real = FilePath(record).realPath?.string ?? record
    let head = shortText(at: "\(record)/HEAD") ?? ""
    var lines = [("\(record)/commondir", "../.."), ("\(record)/gitdir", "\((path.realPath ?? path).string)/.git")]
    if head.isEmpty { lines.append(("\(record)/HEAD", "ref: refs/heads/\(branch)")) }
    for (file, line) in lines + [("\(path.string)/.git", "gitdir: \(real)")] {
      try write(Array("\(line)\n".utf8), to: file)
    }
    if lockReason(record) == "initializing" { FilePath("\(record)/locked").removeFile() }
    guard FileStatus("\(record)/index") == nil else { return }
    // Without an index every file would count as deleted and as new.
    try Repository.open(path, environment: repository.environment).resetIndexToHead()
  }
}

extension Repository {
  /// As `git reset --mixed HEAD`: the files stay as they are.
  fileprivate func resetIndexToHead() throws(GitError) {
    guard let tip = try commit(at: "HEAD") else { return }
    let commit = try lookUp(tip)
    try check(
      git_reset(pointer, commit.pointer, GIT_RESET_MIXED, nil), "cannot write the index of '\(workingFolder ?? "")'")
  }
}
