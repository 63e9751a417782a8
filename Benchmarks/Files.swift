import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The few things that are done with files.
enum Files {
  static func read(_ path: FilePath) throws -> String {
    let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    return try file.closeAfter {
      var bytes: [UInt8] = []
      try withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { buffer in
        while case let count = try file.read(into: buffer), count > 0 { bytes += buffer[..<count] }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// Writes a file, with the folders on the way.
  static func write(_ path: FilePath, _ text: String, isExecutable: Bool = false) throws {
    let folder = path.removingLastComponent()
    if !folder.isEmpty { try makeFolder(folder) }
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate, .closeOnExec],
      permissions: isExecutable ? [.ownerReadWriteExecute, .groupReadExecute] : [.ownerReadWrite, .groupRead])
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
  }

  static func makeFolder(_ path: FilePath) throws {
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
  }

  static func exists(_ path: FilePath) -> Bool { FileManager.default.fileExists(atPath: path.string) }

  /// What is in a folder, in order; nothing when there is none.
  static func names(in folder: FilePath) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []).sorted()
  }

  /// In bytes; 0 when there is none.
  static func size(_ path: FilePath) -> Int {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return 0 }
    defer { try? file.close() }
    return (try? file.seek(offset: 0, from: .end)).map(Int.init) ?? 0
  }
}

/// Writes a large file piece by piece: we must stay small ourselves.
struct FileWriter: ~Copyable {
  private let file: FileDescriptor
  private var buffer: [UInt8] = []
  private(set) var count = 0

  init(_ path: FilePath) throws {
    try Files.makeFolder(path.removingLastComponent())
    file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
    buffer.reserveCapacity(300 << 10)
  }

  deinit { try? file.close() }

  mutating func write(_ text: String) throws { try write(bytes: text.utf8) }

  mutating func write(bytes: some Collection<UInt8>) throws {
    buffer.append(contentsOf: bytes)
    count += bytes.count
    if buffer.count > 256 << 10 { try flush() }
  }

  mutating func flush() throws {
    try Interrupts.check()
    try file.writeAll(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
