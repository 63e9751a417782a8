import Platform
package import SystemPackage

extension FilePath {
  /// Removes whatever is at this path, with all that is in it, by folders that are held open: no symbolic link is
  /// followed, whoever puts one there and whenever, and no other file system is entered. Nothing there is no error.
  ///
  /// Names are taken as the system gives them: they need not be UTF-8. Folders without permissions, such as build tools
  /// leave behind, are opened up first.
  /// - Throws: `.improperLink` when another file system, or a part of this one, is mounted in it.
  package func removeTree() throws(Errno) {
    KillPoint.before(.removal)
    defer { KillPoint.after(.removal) }
    let code = withPlatformString { TreeRemoval.remove($0) }
    if code != 0, code != ENOENT { throw Errno(rawValue: code) }
  }
}

private struct TreeRemoval {
  /// Folders below are first moved up to the top: each that is open takes a descriptor and a part of the stack.
  private static let deepest = 64

  private let top: Int32
  private let device: dev_t
  private var moved = 0

  /// Returns 0 or an errno.
  static func remove(_ path: UnsafePointer<CChar>) -> Int32 {
    if unlinkat(AT_FDCWD, path, 0) == 0 { return 0 }
    // For a folder Linux says EISDIR, macOS EPERM.
    guard errno == EISDIR || errno == EPERM else { return errno }
    let folder = open(AT_FDCWD, path)
    guard folder >= 0 else { return errno }
    defer { close(folder) }
    // A part of the same file system has the same device.
    guard MountPoints.present().first(in: path) == nil else { return EXDEV }
    var status = stat()
    guard fstat(folder, &status) == 0 else { return errno }
    var removal = TreeRemoval(top: folder, device: status.st_dev)
    while true {
      let before = removal.moved
      let code = removal.empty(folder, depth: 0)
      if code != 0 { return code }
      if removal.moved == before { break }
    }
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR) == 0 ? 0 : errno
  }

  private init(top: Int32, device: dev_t) {
    self.top = top
    self.device = device
  }

  private mutating func empty(_ folder: Int32, depth: Int) -> Int32 {
    if faccessat(folder, ".", W_OK | X_OK, 0) != 0 { _ = fchmod(folder, 0o700) }
    // One of its own to read by: it begins at the first entry, and is closed with the stream.
    let reading = platform_open_at(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    guard reading >= 0 else { return errno }
    guard let stream = fdopendir(reading) else {
      let code = errno
      close(reading)
      return code
    }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let code = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { name -> Int32 in
          let isDot = name[0] == 0x2e && (name[1] == 0 || (name[1] == 0x2e && name[2] == 0))
          return isDot ? 0 : removeEntry(name, of: folder, depth: depth)
        }
      }
      // Somebody else may be removing it, too.
      if code != 0, code != ENOENT { return code }
    }
    return 0
  }

  private mutating func removeEntry(_ name: UnsafePointer<CChar>, of parent: Int32, depth: Int) -> Int32 {
    if unlinkat(parent, name, 0) == 0 { return 0 }
    guard errno == EISDIR || errno == EPERM else { return errno }
    if depth >= Self.deepest {
      moved += 1
      return renameat(parent, name, top, ".git-orch-deep-\(getpid())-\(moved)") == 0 ? 0 : errno
    }
    let folder = Self.open(parent, name)
    guard folder >= 0 else { return errno }
    defer { close(folder) }
    var status = stat()
    guard fstat(folder, &status) == 0 else { return errno }
    guard status.st_dev == device else { return EXDEV }
    let code = empty(folder, depth: depth + 1)
    if code != 0 { return code }
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno
  }

  private static func open(_ parent: Int32, _ name: UnsafePointer<CChar>) -> Int32 {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    let folder = openat(parent, name, flags)
    guard folder < 0, errno == EACCES else { return folder }
    platform_open_up(parent, name)
    return openat(parent, name, flags)
  }
}
