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

  /// Removes whatever is at this path, and all that lies in it; symbolic links are not followed. Folders that cannot be
  /// searched are opened up first: build tools leave such behind.
  func removeAll() throws(GitError) {
    guard isDirectory else {
      if exists, withPlatformString({ unlink($0) }) != 0 {
        throw GitError(errno: Errno(rawValue: errno), "cannot remove '\(self)'")
      }
      return
    }
    if withPlatformString({ access($0, R_OK | W_OK | X_OK) }) != 0 { _ = withPlatformString { chmod($0, 0o700) } }
    guard let entries else { throw GitError(errno: Errno(rawValue: errno), "cannot read '\(self)'") }
    for entry in entries { try appending(entry).removeAll() }
    guard removeEmptyDirectory() else { throw GitError(errno: Errno(rawValue: errno), "cannot remove '\(self)'") }
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

// Outside the extension, where `stat` would be a member of FilePath.
private func fileStatus(of path: FilePath) -> stat? {
  var result = stat()
  return path.withPlatformString { lstat($0, &result) } == 0 ? result : nil
}
