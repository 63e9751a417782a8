import Basics
package import Git
import Journal
import Platform
package import SystemPackage
import TodoLists

/// Why a to-do list is not marked.
enum TodoObstacle: Error {
  /// It never will be; the reason, as a clause about the list.
  case lasting(String)
  /// It will be tried again; the reason, and what it takes, as clauses about the list.
  case passing(String)
}

/// The file of a to-do list, where it may be changed.
package struct TodoFile: Sendable {
  /// The file itself, behind all links.
  let path: FilePath
  /// As people know it.
  let name: String
  /// Where a new version is written before it takes the file's place; under the lock of ``TodoUpdate``, so that one that a
  /// killed process left is overwritten.
  private let scratch: FilePath
  private let status: stat

  /// Whether a path is in a working tree of this repository.
  package static func isOurs(_ path: FilePath, in place: RepositoryContext) async throws -> Bool {
    let (environment, common) = (place.environment, place.commonDirectory)
    return try await offPool { () throws(GitError) in
      guard let folder = path.realPath?.removingLastComponent(),
        let found = try? Repository.commonDirectory(around: folder, environment: environment)
      else { return false }
      return found.isSamePlace(as: common) && !folder.lies(in: found.inRealFolder)
    }
  }

  /// Blocks.
  init(_ record: TodoRecord, in place: RepositoryContext) throws(TodoObstacle) {
    let written = FilePath(record.file)
    let top = place.checkout ?? place.root
    name = written.lies(in: top) ? String(written.string.dropFirst(top.string.count + 1)) : written.string
    scratch = place.store.folder.appending("todo.new")
    guard let real = written.realPath else { throw .lasting("it is gone") }
    path = real
    var status = stat()
    guard stat(real.string, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .lasting("it is not a regular file")
    }
    self.status = status
    guard access(real.string, W_OK) == 0, status.st_mode & 0o222 != 0 else { throw .lasting("it is write-protected") }
    if let fault = FileSystem.whyNotWritable(real.removingLastComponent()) { throw .lasting("its folder is: \(fault)") }
    // What is put in its place would be one file, and the other name keeps the old one.
    guard status.st_nlink == 1 else { throw .lasting("it has another name, by a hard link") }
    if let editor = SwapFile.living(of: real) {
      throw .passing("it is open in an editor ('\(editor.file)', process \(editor.pid)); once that is closed")
    }
  }

  func read() throws(TodoObstacle) -> [UInt8] {
    do {
      return try path.readBytes(limit: TextFile.limit, .regularOnly)
    } catch {
      throw .lasting("it \(error.summary)")
    }
  }

  /// Puts new bytes in the place of the old ones; false when it has other bytes by now. Whoever reads it, and whatever is
  /// killed, it is the old file or the new one.
  func replace(_ old: [UInt8], with new: [UInt8]) throws -> Bool {
    KillPoint.before(.newFile)
    try write(new, to: scratch)
    KillPoint.after(.newFile)
    guard try path.readBytes(limit: TextFile.limit, .regularOnly) == old else { return false }
    KillPoint.before(.replacedFile)
    if rename(scratch.string, path.string) != 0 {
      guard errno == EXDEV else { throw Errno(rawValue: errno) }
      // Another file system than the repository's.
      let neighbor = path.removingLastComponent().appending(".\(path.name).orch-new")
      try write(new, to: neighbor)
      guard rename(neighbor.string, path.string) == 0 else { throw Errno(rawValue: errno) }
      try? FileSystem.remove(scratch)
    }
    KillPoint.after(.replacedFile)
    if let folder = try? FileDescriptor.open(
      path.removingLastComponent(), .readOnly, options: [.directory, .closeOnExec])
    {
      _ = platform_sync(folder.rawValue)
      try? folder.close()
    }
    return true
  }

  private func write(_ bytes: [UInt8], to file: FilePath) throws {
    let descriptor = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow], permissions: .ownerReadWrite)
    try descriptor.closeAfter {
      _ = try descriptor.writeAll(bytes)
      // The owner first: that takes bits away. Only root may give files away, and a group may be foreign.
      _ = fchown(descriptor.rawValue, status.st_uid, status.st_gid)
      guard fchmod(descriptor.rawValue, status.st_mode & 0o7777) == 0, platform_sync(descriptor.rawValue) == 0 else {
        throw Errno(rawValue: errno)
      }
    }
  }
}

extension TodoFile {
  /// Whether nothing of the user's is uncommitted in it: it differs in nothing but marks from what was read for the plan,
  /// or from what is committed. Blocks.
  func isSettled(_ bytes: [UInt8], _ record: TodoRecord, environment: [String: String]) -> Bool {
    guard
      let repository = try? Repository.discover(
        from: path.removingLastComponent(), environment: environment)
    else { return false }
    if let blob = record.blob.flatMap(ObjectID.init), let known = try? repository.read(blob, .blob),
      TodoAnchors.differOnlyInMarks(bytes, from: known)
    {
      return true
    }
    return Self.differsOnlyInMarks(bytes, of: path, from: repository)
  }

  /// Whether a file has no other changes since the last commit than marks of to-do lists.
  fileprivate static func differsOnlyInMarks(_ bytes: [UInt8], of path: FilePath, from repository: Repository) -> Bool {
    guard let top = repository.workingDirectory?.realPath, let path = path.realPath, path.lies(in: top),
      let tip = try? repository.branchTip, let tree = try? repository.tree(of: tip),
      let entry = try? repository.entry(at: Array(path.string.utf8.dropFirst(top.string.utf8.count + 1)), in: tree),
      entry.isRegular, let committed = try? repository.read(entry.id, .blob)
    else { return false }
    return TodoAnchors.differOnlyInMarks(bytes, from: committed)
  }
}

extension Repository {
  /// The commit that is checked out; nil before the first.
  fileprivate var branchTip: ObjectID? {
    get throws(GitError) {
      switch try head() {
      case .branch(_, let tip), .detached(let tip): tip
      case .unborn: nil
      }
    }
  }

  /// What is changed in the working tree beyond the marks of to-do lists: links to pull requests and ticks, which this
  /// program puts there itself. Untracked files do not count.
  package func entriesBeyondTodoMarks() throws(GitError) -> [WorkingTreeStatus.Entry] {
    let entries = try status().entries.filter { $0.kind != .untracked }
    let marked = onlyMarkedAsTodo(entries.filter { $0.kind == .modified }.map(\.path))
    return entries.filter { $0.kind != .modified || !marked.contains($0.path) }
  }

  /// The files of the working tree that differ from the last commit in nothing but marks of to-do lists. None of many:
  /// those are the user's.
  /// - Parameter modified: paths from the root of the working tree.
  package func onlyMarkedAsTodo(_ modified: [String]) -> Set<String> {
    guard let top = workingDirectory, modified.count <= 3 else { return [] }
    return Set(
      modified.filter { name in
        let path = FilePath("\(top)/\(name)")
        guard let bytes = try? path.readBytes(limit: TextFile.limit, .regularOnly) else { return false }
        return TodoFile.differsOnlyInMarks(bytes, of: path, from: self)
      })
  }
}

/// What editors put next to a file that they have open.
enum SwapFile {
  /// One whose process lives.
  static func living(of path: FilePath) -> (file: String, pid: Int32)? {
    let folder = path.removingLastComponent()
    let name = path.name
    // Vim and nano; `.swo` and so on when several have it open.
    for file in folder.entries ?? [] where file.hasPrefix(".\(name).sw") && file.utf8.count == name.utf8.count + 5 {
      if let pid = pid(inSwapFile: folder.appending(file)), lives(pid) { return (file, pid) }
    }
    // Emacs: a link that leads nowhere, to `user@host.pid:boot`.
    let lock = ".#\(name)"
    if let target = folder.appending(lock).linkTarget, let dot = target.lastIndex(of: "."),
      let pid = Int32(target[target.index(after: dot)...].prefix { $0 != ":" }), lives(pid)
    {
      return (lock, pid)
    }
    return nil
  }

  /// Behind id, version, page size, time and inode.
  private static let pidOffset = 24

  private static func pid(inSwapFile file: FilePath) -> Int32? {
    guard let descriptor = try? FileDescriptor.open(file, .readOnly, options: [.closeOnExec, .nonBlocking]) else {
      return nil
    }
    defer { try? descriptor.close() }
    var bytes = [UInt8](repeating: 0, count: pidOffset + 4)
    let count = (try? bytes.withUnsafeMutableBytes { try descriptor.read(fromAbsoluteOffset: 0, into: $0) }) ?? 0
    guard count == bytes.count, bytes.starts(with: Array("b0".utf8)) else { return nil }
    return bytes[pidOffset...].reversed().reduce(0) { $0 << 8 | Int32($1) }
  }

  private static func lives(_ pid: Int32) -> Bool { pid > 0 && (kill(pid, 0) == 0 || errno == EPERM) }
}
