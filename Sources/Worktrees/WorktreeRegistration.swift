import Basics
import CLibgit2
import Git
import SystemPackage

/// A worktree that git knows of and that has no files yet; locked, so that nobody prunes it meanwhile.
struct WorktreeRegistration: Sendable {
  /// Its record in `.git/worktrees`.
  let record: FilePath
  let path: FilePath
  let tip: ObjectID
  /// The worktree whose sparse checkout it takes over.
  let sourceGitFolder: String
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
    if let index = records.firstIndex(where: { $0.path == wanted }), FileStatus("\(wanted)/.git") == nil,
      FileStatus("\(records[index].folder)/locked") == nil
    {
      try repository.takeOutRecord(records.remove(at: index).name).removeAll()
    }
    try refuseCheckedOut(branch, records, in: repository)
    let hadEmptyFolder = try takePlace(path)
    let madeParents = missingFolders(above: wanted)
    let record = "\(repository.worktreesFolder)/\(freeName(name, in: repository.worktreesFolder))"
    let registration = WorktreeRegistration(
      record: FilePath(record), path: path, tip: tip, sourceGitFolder: repository.gitFolder, madeParents: madeParents,
      hadEmptyFolder: hadEmptyFolder)
    do {
      try registration.writeFiles(branch: branch)
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
  private func writeFiles(branch: String) throws(GitError) {
    try path.createDirectories()
    try record.createDirectories()
    let (path, record) = ((path.realPath ?? path).string, (record.realPath ?? record).string)
    // What git writes there itself while a worktree is being made: before all else, so that nobody prunes it.
    try write(Array("initializing".utf8), to: "\(record)/locked")
    for (file, line) in [
      ("\(record)/commondir", "../.."), ("\(record)/gitdir", "\(path)/.git"),
      ("\(record)/HEAD", "ref: refs/heads/\(branch)"), ("\(path)/.git", "gitdir: \(record)"),
    ] {
      try write(Array("\(line)\n".utf8), to: file)
    }
    try takeOverWorktreeConfiguration(in: record)
  }

  func unlock() {
    KillPoint.before(.unlock)
    record.appending("locked").removeFile()
    KillPoint.after(.unlock)
  }

  /// Removes the record, the files and the folders that this registration made. The caller holds the lock.
  func undo() throws(GitError) {
    try record.removeAll()
    try path.removeAll()
    if hadEmptyFolder { try path.createDirectories() }
    for folder in madeParents.reversed() { folder.removeEmptyDirectory() }
  }

  private static func missingFolders(above path: String) -> [FilePath] {
    let parent = FileSystem.folder(of: path)
    return FileStatus(parent) != nil ? [] : missingFolders(above: parent) + [FilePath(parent)]
  }

  private static func validate(name: String, path: FilePath) throws(GitError) {
    let isValid =
      !name.isEmpty && name != "." && name != ".." && !name.hasPrefix("-") && name.utf8.count <= 200
      && !name.utf8.contains { $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "/") }
    guard isValid else { throw GitError(.invalidName, "'\(name)' is not a valid name for a worktree") }
    let text = path.string
    guard text.hasPrefix("/"), text != "/", lexicallyNormalized(text) == text else {
      throw GitError(.invalidName, "the worktree's path '\(path)' is not absolute, or contains '..'")
    }
  }

  /// Sees to it that `path` is free.
  /// - Returns: Whether there was an empty folder, now removed.
  static func takePlace(_ path: FilePath) throws(GitError) -> Bool {
    guard path.exists else { return false }
    if path.isDirectory, path.removeEmptyDirectory() { return true }
    throw GitError(
      .exists,
      path.isDirectory ? "'\(path)' already exists and is not empty" : "'\(path)' already exists and is not a folder")
  }

  static func refuseCheckedOut(
    _ branch: String, _ records: [WorktreeEntry], in repository: Repository
  ) throws(GitError) {
    if let holder = records.first(where: { $0.branch == branch }) {
      let isGone = FileStatus("\(holder.path)/.git") == nil
      throw GitError(
        .checkedOut,
        "the branch '\(branch)' is already checked out at '\(holder.path)'"
          + (isGone ? ", which no longer exists; see 'git worktree prune'" : ""))
    }
    let main =
      repository.isLinkedWorktree
      ? try Repository.open(repository.commonDirectory, environment: repository.environment) : repository
    guard let folder = main.workingFolder else { return }
    switch try main.head() {
    case .branch(branch, _), .unborn(branch):
      throw GitError(.checkedOut, "the branch '\(branch)' is already checked out at '\(folder)'")
    default: break
    }
  }

  /// A name for the record: what was asked for, made fit to be part of a reference's name (`git fsck` minds), and with
  /// a number when it is taken.
  static func freeName(_ wanted: String, in folder: String) -> String {
    var name = wanted
    if !BranchName.isValid(name) {
      name = String(
        String.UnicodeScalarView(name.unicodeScalars.map { " ~^:?*[\\@{.".unicodeScalars.contains($0) ? "-" : $0 }))
    }
    if !BranchName.isValid(name) { name = "worktree" }
    if FileStatus("\(folder)/\(name)") == nil { return name }
    for number in 2... where FileStatus("\(folder)/\(name)-\(number)") == nil { return "\(name)-\(number)" }
    return name
  }

  /// As `git worktree add`: the sparse patterns, and the worktree configuration without what says where it lies.
  private func takeOverWorktreeConfiguration(in record: String) throws(GitError) {
    func bytes(_ name: String) -> [UInt8]? {
      let file = "\(sourceGitFolder)/\(name)"
      return FileStatus(file) == nil ? nil : try? FilePath(file).readBytes(limit: 64 << 20, .regularOnly)
    }
    if let patterns = bytes("info/sparse-checkout") {
      try createDirectories("\(record)/info")
      try write(patterns, to: "\(record)/info/sparse-checkout")
    }
    guard let own = bytes("config.worktree") else { return }
    let copy = "\(record)/config.worktree"
    try write(own, to: copy)
    let configuration = try Handle(free: git_config_free) { git_config_open_ondisk(&$0, copy) }
    for key in ["core.bare", "core.worktree"] {
      let code = git_config_delete_multivar(configuration.pointer, key, ".*")
      if code != GIT_ENOTFOUND.rawValue { try check(code, "cannot write '\(copy)'") }
    }
  }
}
