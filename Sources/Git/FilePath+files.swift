import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension FilePath {
  private var status: stat? { fileStatus(of: self) }

  /// Whether there is anything at this path, a dangling symbolic link included.
  var exists: Bool { status != nil }
  var isDirectory: Bool { status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }
  var isExecutable: Bool { withPlatformString { access($0, X_OK) } == 0 && !isDirectory }
  /// The user id of the owner.
  var owner: uid_t? { status?.st_uid }

  /// Whether the file system has next to nothing left.
  var isOnFullDisk: Bool {
    var status = statvfs()
    guard withPlatformString({ statvfs($0, &status) }) == 0 else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 64 * 1024
  }

  /// This path without symbolic links; `nil` when there is nothing at it.
  var realPath: FilePath? {
    withPlatformString { path in
      guard let resolved = realpath(path, nil) else { return nil }
      defer { free(resolved) }
      return FilePath(platformString: resolved)
    }
  }

  /// The names in this folder, without `.` and `..`; `nil` when it cannot be read.
  var entries: [String]? {
    guard let folder = withPlatformString({ opendir($0) }) else { return nil }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// The bytes of the file; `nil` when it cannot be read.
  var contents: [UInt8]? {
    guard let file = try? FileDescriptor.open(self, .readOnly, options: .closeOnExec) else { return nil }
    defer { try? file.close() }
    return try? file.readToEnd()
  }

  /// The file's text without white space around it; `nil` when it cannot be read.
  var text: String? {
    guard let contents else { return nil }
    var words = Substring(decoding: contents, as: UTF8.self)
    while words.last?.isWhitespace == true { words.removeLast() }
    while words.first?.isWhitespace == true { words.removeFirst() }
    return String(words)
  }
}

extension FileDescriptor {
  func readToEnd() throws -> [UInt8] {
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
    defer { buffer.deallocate() }
    while case let count = try read(into: buffer), count > 0 { bytes += buffer[..<count] }
    return bytes
  }
}

extension FilePath {
  /// Makes this folder and those on the way to it.
  func createDirectories() throws(GitError) {
    if isDirectory { return }
    let parent = removingLastComponent()
    if !parent.isEmpty, parent != self { try parent.createDirectories() }
    if withPlatformString({ mkdir($0, 0o777) }) != 0 {
      let code = Errno(rawValue: errno)
      // Somebody else may have been faster; a symbolic link to a folder serves as well.
      if code == .fileExists, appending(".").withPlatformString({ access($0, F_OK) }) == 0 { return }
      throw GitError(errno: code, "cannot make the folder '\(self)'")
    }
  }

  /// Removes an empty folder, if that is what it is.
  @discardableResult
  func removeEmptyDirectory() -> Bool { withPlatformString { rmdir($0) } == 0 }

  func removeFile() { _ = withPlatformString { unlink($0) } }

  /// Removes whatever is at this path, and all that lies in it; symbolic links are not followed.
  func removeAll() throws(GitError) {
    let code = withPlatformString { removeTree(AT_FDCWD, $0) }
    if code != 0, code != ENOENT { throw GitError(errno: Errno(rawValue: code), "cannot remove '\(self)'") }
  }

  func move(to target: FilePath) throws(GitError) {
    let code = withPlatformString { from in target.withPlatformString { rename(from, $0) } }
    if code != 0 { throw GitError(errno: Errno(rawValue: errno), "cannot move '\(self)' to '\(target)'") }
  }

  func write(_ bytes: [UInt8]) throws(GitError) {
    do {
      let file = try FileDescriptor.open(
        self, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: FilePermissions(rawValue: 0o644))
      try file.closeAfter { _ = try file.writeAll(bytes) }
    } catch {
      throw GitError(errno: error as? Errno, "cannot write '\(self)'")
    }
  }
}

/// Removes an entry of an open folder, with all that lies in it, by the names as the system gives them: they need not be
/// UTF-8. Folders without permissions, such as build tools leave behind, are opened up first. Returns 0 or an errno.
private func removeTree(_ parent: Int32, _ name: UnsafePointer<CChar>) -> Int32 {
  if unlinkat(parent, name, 0) == 0 { return 0 }
  // For a folder Linux says EISDIR, macOS EPERM.
  guard errno == EISDIR || errno == EPERM else { return errno }
  var folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
  if folder < 0, errno == EACCES, fchmodat(parent, name, 0o700, 0) == 0 {
    folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
  }
  guard folder >= 0, let stream = fdopendir(folder) else { return errno }
  // Closes the descriptor as well.
  defer { closedir(stream) }
  if faccessat(folder, ".", W_OK | X_OK, 0) != 0 { _ = fchmod(folder, 0o700) }
  while let entry = readdir(stream) {
    let code = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { name -> Int32 in
        let isDot = name[0] == 0x2e && (name[1] == 0 || (name[1] == 0x2e && name[2] == 0))
        return isDot ? 0 : removeTree(folder, name)
      }
    }
    // Somebody else may be removing it too.
    if code != 0, code != ENOENT { return code }
  }
  return unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno
}

/// The text of a file of a line or two, without the line break at its end; `nil` when it cannot be read.
func readShortFile(_ path: String) -> String? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  return withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { buffer in
    var count = read(file, buffer.baseAddress, buffer.count)
    guard count >= 0 else { return nil }
    while count > 0, buffer[count - 1] == UInt8(ascii: "\n") { count -= 1 }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}

// Outside the extension, where `stat` would be a member of FilePath.
private func fileStatus(of path: FilePath) -> stat? {
  var result = stat()
  return path.withPlatformString { lstat($0, &result) } == 0 ? result : nil
}
