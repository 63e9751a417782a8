package import SystemPackage

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
  package var exists: Bool { status != nil }
  package var isDirectory: Bool { status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }
  package var isExecutable: Bool { withPlatformString { access($0, X_OK) } == 0 && !isDirectory }
  /// The file system that it is on.
  package var device: UInt64? { status.map { UInt64(truncatingIfNeeded: $0.st_dev) } }
  /// The user id of the owner.
  package var owner: UInt32? { status?.st_uid }

  /// Whether the file system has next to nothing left.
  package var isOnFullDisk: Bool {
    var status = statvfs()
    guard withPlatformString({ statvfs($0, &status) }) == 0 else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 64 * 1024
  }

  /// This path without symbolic links; `nil` when there is nothing at it.
  package var realPath: FilePath? {
    withPlatformString { path in
      guard let resolved = realpath(path, nil) else { return nil }
      defer { free(resolved) }
      return FilePath(platformString: resolved)
    }
  }

  /// The names in this folder, without `.` and `..`; `nil` when it cannot be read.
  package var entries: [String]? {
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
  package var contents: [UInt8]? {
    guard let file = try? FileDescriptor.open(self, .readOnly, options: .closeOnExec) else { return nil }
    defer { try? file.close() }
    return try? file.readToEnd()
  }

  /// The file's text without white space around it; `nil` when it cannot be read.
  package var text: String? {
    guard let contents else { return nil }
    var words = Substring(decoding: contents, as: UTF8.self)
    while words.last?.isWhitespace == true { words.removeLast() }
    while words.first?.isWhitespace == true { words.removeFirst() }
    return String(words)
  }
}

extension FileDescriptor {
  package func readToEnd() throws -> [UInt8] {
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
    defer { buffer.deallocate() }
    while case let count = try read(into: buffer), count > 0 { bytes += buffer[..<count] }
    return bytes
  }
}

/// The text of a file of a line or two, without the line break at its end; `nil` when it cannot be read.
package func readShortFile(_ path: String) -> String? {
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
