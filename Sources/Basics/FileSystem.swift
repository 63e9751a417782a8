import Platform
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Questions to the file system that several rooms of a run ask.
package enum FileSystem {
  /// `NAME.SUFFIX`, or the first of `NAME-2.SUFFIX`, `NAME-3.SUFFIX`, … that is not there.
  package static func firstFree(_ name: FilePath, _ suffix: String) -> FilePath {
    var path = FilePath("\(name.string).\(suffix)")
    var number = 2
    while !isAbsent(path) {
      path = FilePath("\(name.string)-\(number).\(suffix)")
      number += 1
    }
    return path
  }

  /// Whether a worktree can be made at that path: nothing is there, or an empty folder.
  package static func isVacant(_ path: FilePath) -> Bool {
    var information = stat()
    guard lstat(path.string, &information) == 0 else { return errno == ENOENT }
    guard information.st_mode & S_IFMT == S_IFDIR else { return false }
    return (try? FileManager.default.contentsOfDirectory(atPath: path.string).isEmpty) ?? false
  }

  /// Why nothing can be made in that folder, which need not exist yet; nil when it can.
  package static func whyNotWritable(_ folder: FilePath) -> String? {
    var ancestor = folder.string
    while true {
      var information = stat()
      if stat(ancestor, &information) == 0 {
        guard information.st_mode & S_IFMT == S_IFDIR else { return "'\(ancestor)' is not a folder" }
        return access(ancestor, W_OK | X_OK) == 0 ? nil : "'\(ancestor)': \(Errno(rawValue: errno))"
      }
      let fault = Errno(rawValue: errno)
      let parent = Self.folder(of: ancestor)
      guard fault == .noSuchFileOrDirectory, parent != ancestor else { return "'\(ancestor)': \(fault)" }
      ancestor = parent
    }
  }

  /// Whether the file holds nothing, or is not there.
  package static func isEmpty(_ path: FilePath) -> Bool {
    var information = stat()
    return stat(path.string, &information) != 0 || information.st_size == 0
  }

  /// The folder that a file is in, as text.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Makes a folder, with those on the way, unless it is there.
  package static func createFolder(_ path: FilePath, permissions: Int? = nil) throws {
    guard !path.isDirectory else { return }
    KillPoint.before(.newFolder)
    defer { KillPoint.after(.newFolder) }
    try FileManager.default.createDirectory(
      atPath: path.string, withIntermediateDirectories: true, attributes: permissions.map { [.posixPermissions: $0] })
  }

  /// Writes a file that did not exist, readable by its owner alone.
  package static func create(_ path: FilePath, containing text: String) throws {
    try create(path, containing: Array(text.utf8))
  }

  /// The same of bytes that need not be text.
  package static func create(_ path: FilePath, containing bytes: [UInt8]) throws {
    KillPoint.before(.newFile)
    defer { KillPoint.after(.newFile) }
    let path = path.string
    func open() throws -> FileDescriptor {
      try FileDescriptor.open(
        path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
    }
    let file: FileDescriptor
    do {
      file = try open()
    } catch Errno.noSuchFileOrDirectory {
      try FileManager.default.createDirectory(
        atPath: folder(of: path), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      file = try open()
    }
    try file.closeAfter { _ = try file.writeAll(bytes) }
  }
}

/// Replacing files that may hold somebody's work.
extension FileSystem {
  package static func isAbsent(_ path: FilePath) -> Bool {
    var information = stat()
    return lstat(path.string, &information) != 0 && errno == ENOENT
  }

  /// Puts a file in place as a whole, with the folders on the way: whoever reads it sees the old text or the new one.
  package static func replace(_ path: FilePath, with text: String) throws {
    try replace(path, with: Array(text.utf8))
  }

  /// The same of bytes that need not be text.
  package static func replace(_ path: FilePath, with bytes: [UInt8]) throws {
    KillPoint.before(.replacedFile)
    defer { KillPoint.after(.replacedFile) }
    try FileManager.default.createDirectory(
      atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: path.string), options: .atomic)
  }

  /// Removes a file; one that is not there is no error.
  package static func remove(_ path: FilePath) throws {
    guard unlink(path.string) != 0, errno != ENOENT else { return }
    throw Errno(rawValue: errno)
  }

  /// Renames a file to the first free one of `NAME.~1~`, `NAME.~2~`, …
  package static func moveToBackup(_ path: FilePath) throws -> FilePath {
    var number = 1
    while true {
      let backup = FilePath("\(path.string).~\(number)~")
      // A hard link first: unlike a rename it fails when the name is taken, so that no backup is overwritten.
      if link(path.string, backup.string) == 0 {
        guard unlink(path.string) == 0 else { throw Errno(rawValue: errno) }
        return backup
      }
      guard errno == EEXIST else { throw Errno(rawValue: errno) }
      number += 1
    }
  }

  /// The system's words for an error of Foundation's.
  package static func reason(_ error: any Error) -> String {
    guard let cocoa = error as? CocoaError else { return "\(error)" }
    if let underlying = cocoa.underlying as? POSIXError { return Errno(rawValue: underlying.code.rawValue).description }
    return "\(cocoa.code)"
  }
}
