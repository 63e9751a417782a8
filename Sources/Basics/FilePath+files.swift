import Platform
package import SystemPackage

/// The folders of a list such as `PATH`. Its empty parts, which stand for something else in each, are left out.
func folders(inList list: String?) -> [String] { (list ?? "").split(separator: ":").map(String.init) }

/// What the file system says of a path; `nil` when nothing is there. Links are not followed.
///
/// For paths in text form, too: to make a `FilePath` of each that is asked about takes longer than the answer, in debug
/// builds a hundred times as long.
package struct FileStatus: Sendable {
  package let isDirectory: Bool
  package let isRegularFile: Bool
  /// The file system that it is on.
  package let device: UInt64
  /// The user id of the owner.
  package let owner: UInt32
  /// When it was last written to, in seconds since 1970.
  package let modified: Int
  /// In bytes.
  package let size: Int64

  package init?(_ path: String) {
    guard let status = fileStatus(of: path) else { return nil }
    self.init(status)
  }

  package init?(_ path: FilePath) {
    guard let status = path.withPlatformString({ fileStatus(of: $0) }) else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
    isRegularFile = status.st_mode & S_IFMT == S_IFREG
    device = UInt64(truncatingIfNeeded: status.st_dev)
    owner = status.st_uid
    size = Int64(status.st_size)
    #if canImport(Darwin)
      modified = status.st_mtimespec.tv_sec
    #else
      modified = status.st_mtim.tv_sec
    #endif
  }
}

/// A path in text form without `.`, `..` and needless slashes. Links are not looked at.
package func lexicallyNormalized(_ path: String) -> String {
  let start = path.hasPrefix("/") ? "/" : ""
  var components: [Substring] = []
  for component in path.split(separator: "/") where component != "." {
    if component != ".." || (components.last ?? "..") == ".." && start.isEmpty {
      components.append(component)
    } else {
      _ = components.popLast()
    }
  }
  // Every command comes by here: `joined` would have the runtime look up what arrays conform to, which takes its time.
  var normal = start
  for component in components {
    if normal.utf8.count > start.utf8.count { normal += "/" }
    normal += String(component)
  }
  return normal
}

/// A path in text form without symbolic links; `nil` when there is nothing at it.
package func realPath(of path: UnsafePointer<CChar>) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// What the symbolic link at a path leads to, as it is written there; `nil` when there is none.
package func linkTarget(at path: UnsafePointer<CChar>) -> String? {
  withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
    guard let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
    let count = readlink(path, base, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}

/// The names in a folder, without `.` and `..`; `nil` when it cannot be read.
package func namesInFolder(_ path: UnsafePointer<CChar>) -> [String]? {
  guard let folder = opendir(path) else { return nil }
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

/// What stands after a path's last slash.
package func lastName(of path: UnsafePointer<CChar>) -> String {
  guard let slash = strrchr(path, Int32(UInt8(ascii: "/"))) else { return String(cString: path) }
  return String(cString: slash + 1)
}

/// Whether a path is that of the folder or of something below it, both without `.`, `..` and needless slashes. Links are
/// not looked at.
package func pathLies(_ path: UnsafePointer<CChar>, in folder: UnsafePointer<CChar>) -> Bool {
  let length = strlen(folder)
  guard length > 0, strncmp(path, folder, length) == 0 else { return false }
  let slash = CChar(bitPattern: UInt8(ascii: "/"))
  return path[length] == 0 || path[length] == slash || folder[length - 1] == slash
}

extension FilePath {
  /// The same, as paths.
  package static func folders(in list: String?) -> [FilePath] { Basics.folders(inList: list).map { FilePath($0) } }

  /// Without `.`, `..` and needless slashes. Links are not looked at.
  package var normalized: FilePath { FilePath(Basics.lexicallyNormalized(string)) }

  /// Whether this is the folder or is below it, both being ``normalized``. By bytes: `starts(with:)` makes all the
  /// components of both.
  package func lies(in folder: FilePath) -> Bool {
    withPlatformString { path in folder.withPlatformString { pathLies(path, in: $0) } }
  }

  /// The last component as text, empty for the root. By bytes: `lastComponent` makes all the components.
  package var name: String { withPlatformString { Basics.lastName(of: $0) } }

  /// Whether there is anything at this path, a dangling symbolic link included.
  package var exists: Bool { FileStatus(self) != nil }
  package var isDirectory: Bool { FileStatus(self)?.isDirectory ?? false }
  package var isRegularFile: Bool { FileStatus(self)?.isRegularFile ?? false }
  /// What the symbolic link at this path leads to, as it is written there; `nil` when there is none.
  package var linkTarget: String? { withPlatformString { Basics.linkTarget(at: $0) } }
  package var isExecutable: Bool { withPlatformString { access($0, X_OK) } == 0 && !isDirectory }

  /// Whether the file system has next to nothing left.
  package var isOnFullDisk: Bool {
    var status = statvfs()
    guard withPlatformString({ statvfs($0, &status) }) == 0 else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 64 * 1024
  }

  /// What the user may still fill in the file system that holds this folder, or will hold it once it is made.
  package var freeBytes: Int64? {
    var ancestor = self
    var status = statvfs()
    while ancestor.withPlatformString({ statvfs($0, &status) }) != 0 {
      guard errno == ENOENT, ancestor.removeLastComponent() else { return nil }
    }
    return Int64(
      clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
  }

  /// This path without symbolic links; `nil` when there is nothing at it.
  package var realPath: FilePath? {
    withPlatformString { path in
      guard let resolved = realpath(path, nil) else { return nil }
      defer { free(resolved) }
      return FilePath(platformString: resolved)
    }
  }

  /// With the links in the folders above it resolved; it may be gone itself.
  package var inRealFolder: FilePath {
    let text = string
    let folder = FileSystem.folder(of: text)
    guard let real = Basics.realPath(of: folder), real != folder else { return self }
    return FilePath("\(real)/\(text[text.index(after: text.lastIndex(of: "/") ?? text.startIndex)...])")
  }

  /// Whether both are the same place, although links in the folders above may lead there.
  package func isSamePlace(as other: FilePath) -> Bool { self == other || inRealFolder == other.inRealFolder }

  /// The names in this folder, without `.` and `..`; `nil` when it cannot be read.
  package var entries: [String]? { withPlatformString { namesInFolder($0) } }
}

private func fileStatus(of path: UnsafePointer<CChar>) -> stat? {
  var result = stat()
  return lstat(path, &result) == 0 ? result : nil
}
