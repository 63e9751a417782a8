import Basics
import CLibgit2
import SystemPackage

/// A worktree that git knows of and that has no files yet; locked, so that nobody prunes it meanwhile.
struct WorktreeRegistration: Sendable {
  /// Its record in `.git/worktrees`.
  let record: FilePath
  let path: FilePath
  let tip: ObjectID
  /// The worktree whose sparse checkout it takes over.
  let sourceGitDirectory: FilePath
  /// The folders on the way to `path` that were not there, outermost first.
  private let madeParents: [FilePath]
  private let hadEmptyFolder: Bool

  /// Enters the worktree into the records. The caller holds the lock on them.
  static func make(
    name: String, path: FilePath, branch: String, from repository: Repository
  ) throws(GitError) -> WorktreeRegistration {
    try validate(name: name, path: path)
    guard let tip = try repository.branch(branch) else {
      throw GitError(.notFound, "there is no branch '\(branch)' for the worktree '\(path)'")
    }
    // A record whose folder is gone is the remains of a worktree that once was here.
    var records = try repository.worktreeRecords()
    let wanted = path.string
    if let index = records.firstIndex(where: { $0.path == wanted }), !path.appending(".git").exists,
      !records[index].folder.appending("locked").exists
    {
      try repository.takeOutRecord(records.remove(at: index).name).removeAll()
    }
    try refuseCheckedOut(branch, records, in: repository)
    let hadEmptyFolder = try takePlace(path)
    let madeParents = missingFolders(on: path.removingLastComponent())
    let record = repository.worktreesDirectory.appending(freeName(name, in: repository.worktreesDirectory))
    let registration = WorktreeRegistration(
      record: record, path: path, tip: tip, sourceGitDirectory: repository.gitDirectory, madeParents: madeParents,
      hadEmptyFolder: hadEmptyFolder)
    do {
      try registration.write(branch: branch, in: repository)
      return registration
    } catch {
      try? registration.undo()
      throw GitError(error.code, "cannot create the worktree '\(path)': \(error.message)")
    }
  }

  /// Writes the files that make a worktree (gitrepository-layout), without filling it.
  ///
  /// Not by `git_worktree_add`: it opens the repository of every worktree that there is, though no other is on that
  /// branch, so that a thousand of them took minutes.
  private func write(branch: String, in repository: Repository) throws(GitError) {
    try path.createDirectories()
    try record.createDirectories()
    func write(_ line: String, to file: FilePath) throws(GitError) { try file.write(Array("\(line)\n".utf8)) }
    // What git writes there itself while a worktree is being made: before all else, so that nobody prunes it.
    try record.appending("locked").write(Array("initializing".utf8))
    try write("../..", to: record.appending("commondir"))
    try write("\((path.realPath ?? path).appending(".git"))", to: record.appending("gitdir"))
    try write("ref: refs/heads/\(branch)", to: record.appending("HEAD"))
    try write("gitdir: \(record.realPath ?? record)", to: path.appending(".git"))
    try takeOverWorktreeConfiguration(in: record)
  }

  func unlock() { record.appending("locked").removeFile() }

  /// Removes the record, the files and the folders that this registration made. The caller holds the lock.
  func undo() throws(GitError) {
    try record.removeAll()
    try path.removeAll()
    if hadEmptyFolder { try path.createDirectories() }
    for folder in madeParents.reversed() { folder.removeEmptyDirectory() }
  }

  private static func missingFolders(on path: FilePath) -> [FilePath] {
    path.exists || path.lastComponent == nil ? [] : missingFolders(on: path.removingLastComponent()) + [path]
  }

  private static func validate(name: String, path: FilePath) throws(GitError) {
    let isValid =
      !name.isEmpty && name != "." && name != ".." && !name.hasPrefix("-") && name.utf8.count <= 200
      && !name.utf8.contains { $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "/") }
    guard isValid else { throw GitError(.invalidName, "'\(name)' is not a valid name for a worktree") }
    guard path.isAbsolute, path.isLexicallyNormal, path.lastComponent != nil else {
      throw GitError(.invalidName, "the worktree's path '\(path)' is not absolute, or contains '..'")
    }
  }

  /// Sees to it that `path` is free.
  /// - Returns: Whether there was an empty folder, now removed.
  private static func takePlace(_ path: FilePath) throws(GitError) -> Bool {
    guard path.exists else { return false }
    if path.isDirectory, path.removeEmptyDirectory() { return true }
    throw GitError(
      .exists,
      path.isDirectory ? "'\(path)' already exists and is not empty" : "'\(path)' already exists and is not a folder")
  }

  private static func refuseCheckedOut(
    _ branch: String, _ records: [WorktreeEntry], in repository: Repository
  ) throws(GitError) {
    if let holder = records.first(where: { $0.branch == branch }) {
      let isGone = !FilePath(holder.path).appending(".git").exists
      throw GitError(
        .checkedOut,
        "the branch '\(branch)' is already checked out at '\(holder.path)'"
          + (isGone ? ", which no longer exists; see 'git worktree prune'" : ""))
    }
    let main = try Repository.open(repository.commonDirectory, environment: repository.environment)
    guard let folder = main.workingDirectory else { return }
    switch try main.head() {
    case .branch(branch, _), .unborn(branch):
      throw GitError(.checkedOut, "the branch '\(branch)' is already checked out at '\(folder)'")
    default: break
    }
  }

  /// A name for the record: what was asked for, made fit to be part of a reference's name (`git fsck` minds), and with
  /// a number when it is taken.
  private static func freeName(_ wanted: String, in folder: FilePath) -> String {
    var name = wanted
    if !BranchName.isValid(name) {
      name = String(
        String.UnicodeScalarView(name.unicodeScalars.map { " ~^:?*[\\@{.".unicodeScalars.contains($0) ? "-" : $0 }))
    }
    if !BranchName.isValid(name) { name = "worktree" }
    if !folder.appending(name).exists { return name }
    for number in 2... where !folder.appending("\(name)-\(number)").exists { return "\(name)-\(number)" }
    return name
  }

  /// As `git worktree add`: the sparse patterns, and the worktree configuration without what says where it lies.
  private func takeOverWorktreeConfiguration(in record: FilePath) throws(GitError) {
    let patterns = sourceGitDirectory.appending("info/sparse-checkout")
    if let bytes = try? patterns.readBytes(limit: 64 << 20) {
      try record.appending("info").createDirectories()
      try record.appending("info/sparse-checkout").write(bytes)
    }
    guard let bytes = try? sourceGitDirectory.appending("config.worktree").readBytes(limit: 64 << 20) else { return }
    let copy = record.appending("config.worktree")
    try copy.write(bytes)
    let configuration = try Handle(free: git_config_free) { git_config_open_ondisk(&$0, copy.string) }
    for key in ["core.bare", "core.worktree"] {
      let code = git_config_delete_multivar(configuration.pointer, key, ".*")
      if code != GIT_ENOTFOUND.rawValue { try check(code, "cannot write '\(copy)'") }
    }
  }
}
