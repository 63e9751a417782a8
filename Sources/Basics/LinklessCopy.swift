import Platform
package import SystemPackage

/// Copies files from one tree to the same places in another, step by step through folders that are held open: no link
/// on the way is followed, neither in what is read nor in what is written, whoever puts one there and whenever.
package struct LinklessCopy: Sendable {
  package let source: FilePath
  package let target: FilePath

  /// - Parameters:
  ///   - source: the top of the tree that is read; links above it are the caller's.
  ///   - target: the top of the tree that is written; it is there.
  package init(from source: FilePath, to target: FilePath) {
    self.source = source
    self.target = target
  }

  package enum Outcome: Sendable, Equatable {
    case copied
    /// Something is there already, and was left alone.
    case present
    /// The reason, as a clause.
    case skipped(String)
  }

  /// Copies one file with its permissions, and makes the folders on the way.
  /// - Parameter path: relative to both tops.
  package func copy(_ path: String) throws(Errno) -> Outcome {
    var names = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let name = names.popLast(), !name.isEmpty else { return .skipped("it is a folder") }
    guard !(names + [name]).contains(where: Self.isNoFile) else {
      return .skipped("its path leads out of the folder")
    }
    var from = try Folder(top: source)
    for folder in names {
      guard let next = try from.folder(folder) else { return .skipped("'\(folder)' is a link or not a folder") }
      from = next
    }
    guard let kind = from.kind(of: name) else { return .skipped("it is gone") }
    guard kind == S_IFREG else { return .skipped("it is \(Self.description(of: kind))") }
    let file = try from.open(name)
    defer { try? file.close() }
    let mode = try Self.mode(of: file)
    // It may have been replaced since it was looked at.
    guard mode & S_IFMT == S_IFREG else { return .skipped("it is not a file") }
    var to = try Folder(top: target)
    for (depth, folder) in names.enumerated() {
      try to.make(folder, mode: folderMode(names[...depth]))
      guard let next = try to.folder(folder) else {
        return .skipped("'\(folder)' is a link or a file there")
      }
      to = next
    }
    return try to.write(name, mode: mode & 0o777, contentsOf: file)
  }

  /// Whether a path from a tree, whose author may have written anything, has a name in it that is no file's there.
  package static func leadsElsewhere(path: String) -> Bool {
    path.split(separator: "/", omittingEmptySubsequences: false).contains { isNoFile(String($0)) }
  }

  private static func isNoFile(_ name: String) -> Bool {
    ["", ".", ".."].contains(name) || name.lowercased() == ".git"
  }

  private static func description(of kind: mode_t) -> String {
    switch kind {
    case S_IFLNK: "a link"
    case S_IFDIR: "a folder"
    case S_IFIFO: "a FIFO"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }

  private static func mode(of file: FileDescriptor) throws(Errno) -> mode_t {
    var status = stat()
    guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
    return status.st_mode
  }

  /// The permissions of a folder of the source, which the owner can use.
  private func folderMode(_ names: ArraySlice<String>) -> mode_t {
    var status = stat()
    let path = names.reduce(source) { $0.appending($1) }
    guard path.withPlatformString({ lstat($0, &status) }) == 0 else { return 0o700 }
    return status.st_mode & 0o777 | 0o700
  }
}

/// A folder that is held open.
private struct Folder: ~Copyable {
  private let descriptor: FileDescriptor

  init(top: FilePath) throws(Errno) {
    descriptor = try Self.opened(AT_FDCWD, top.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  private init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

  deinit { try? descriptor.close() }

  /// A folder in it; nil when it is something else, a link to a folder included.
  func folder(_ name: String) throws(Errno) -> Folder? {
    do throws(Errno) {
      return Folder(
        try Self.opened(descriptor.rawValue, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
    } catch {
      if [.tooManySymbolicLinkLevels, .notDirectory].contains(error) { return nil }
      throw error
    }
  }

  func make(_ name: String, mode: mode_t) throws(Errno) {
    guard mkdirat(descriptor.rawValue, name, mode) != 0, errno != EEXIST else { return }
    throw Errno(rawValue: errno)
  }

  /// What `S_IFMT` says of a name in it; nil when there is nothing.
  func kind(of name: String) -> mode_t? {
    var status = stat()
    guard fstatat(descriptor.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    return status.st_mode & S_IFMT
  }

  /// Does not wait, in case it has become a FIFO.
  func open(_ name: String) throws(Errno) -> FileDescriptor {
    try Self.opened(descriptor.rawValue, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
  }

  /// Writes a file that is not there yet.
  func write(
    _ name: String, mode: mode_t, contentsOf file: FileDescriptor
  ) throws(Errno) -> LinklessCopy.Outcome {
    let new: FileDescriptor
    do throws(Errno) {
      new = try Self.opened(
        descriptor.rawValue, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode: 0o600)
    } catch {
      if error == .fileExists { return .present }
      throw error
    }
    defer { try? new.close() }
    guard platform_copy_contents(file.rawValue, new.rawValue) == 0, fchmod(new.rawValue, mode) == 0 else {
      let failure = Errno(rawValue: errno)
      // Half a file would be taken for the whole.
      unlinkat(descriptor.rawValue, name, 0)
      throw failure
    }
    return .copied
  }

  private static func opened(
    _ folder: Int32, _ name: String, _ flags: Int32, mode: UInt32 = 0
  ) throws(Errno) -> FileDescriptor {
    let descriptor = platform_open_at(folder, name, flags, mode)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: descriptor)
  }
}
