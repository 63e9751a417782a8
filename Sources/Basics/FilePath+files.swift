import Platform
package import SystemPackage

/// The folders of a list such as `PATH`. Its empty parts, which stand for something else in each, are left out.
func folders(inList list: String?) -> [String] { (list ?? "").split(separator: ":").map(String.init) }

extension FilePath {
  /// The same, as paths.
  package static func folders(in list: String?) -> [FilePath] { Basics.folders(inList: list).map { FilePath($0) } }

  private var status: stat? { fileStatus(of: self) }

  /// Whether there is anything at this path, a dangling symbolic link included.
  package var exists: Bool { status != nil }
  package var isDirectory: Bool { status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }
  package var isRegularFile: Bool { status.map { $0.st_mode & S_IFMT == S_IFREG } ?? false }
  /// What the symbolic link at this path leads to, as it is written there; `nil` when there is none.
  package var linkTarget: String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let count = withPlatformString { readlink($0, base, buffer.count) }
      guard count > 0 else { return nil }
      return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
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
}

// Outside the extension, where `stat` would be a member of FilePath.
private func fileStatus(of path: FilePath) -> stat? {
  var result = stat()
  return path.withPlatformString { lstat($0, &result) } == 0 ? result : nil
}
