import Platform
package import SystemPackage

/// Why a file cannot be read.
package enum FileReadError: Error, Sendable, Equatable {
  case missing
  case directory
  /// A pipe, a device or a socket, where only a file will do.
  case notRegular
  /// A symbolic link, where it may be none.
  case link
  /// Nothing but white space.
  case empty
  /// Larger than that many bytes.
  case tooLarge(limit: Int)
  /// The first byte, from 0, and its line, from 1, where the UTF-8 breaks off.
  case notUTF8(byte: Int, line: Int)
  /// A NUL: a binary file, however valid its UTF-8.
  case holdsNUL(line: Int)
  case unreadable(Errno)

  /// The error without its file: `is a directory`.
  package var summary: String {
    switch self {
    case .missing: "does not exist"
    case .directory: "is a directory, not a file"
    case .notRegular: "is not a regular file"
    case .link: "is a symbolic link"
    case .empty: "is empty"
    case .tooLarge(let limit): "is larger than \(limit / 1_000_000) MB"
    case .notUTF8(let byte, let line): "is not UTF-8 text (line \(line), byte \(byte)): save it as UTF-8"
    case .holdsNUL(let line): "is not a text file (a NUL byte in line \(line))"
    case .unreadable(let errno): "cannot be read: \(errno)"
    }
  }
}

package struct ReadOptions: OptionSet, Sendable {
  package let rawValue: Int
  package init(rawValue: Int) { self.rawValue = rawValue }

  /// A symbolic link is an error, since it could lead anywhere.
  package static let noLinks = ReadOptions(rawValue: 1)
  /// What is not a regular file is an error, at once: a named pipe without a writer must be no wait.
  package static let regularOnly = ReadOptions(rawValue: 2)
  /// Of a larger file, what it begins with is read.
  package static let beginningOnly = ReadOptions(rawValue: 4)
  /// Bytes that are not UTF-8 are replaced.
  package static let repairsText = ReadOptions(rawValue: 8)

  /// A regular file, and no link to one.
  package static let plainFile: ReadOptions = [.noLinks, .regularOnly]
}

extension FilePath {
  /// The bytes of a file that has at most `limit` of them.
  package func readBytes(limit: Int, _ options: ReadOptions = []) throws(FileReadError) -> [UInt8] {
    var flags: FileDescriptor.OpenOptions = [.closeOnExec]
    if options.contains(.regularOnly) { flags.insert(.nonBlocking) }
    if options.contains(.noLinks) { flags.insert(.noFollow) }
    do {
      let file = try FileDescriptor.open(self, .readOnly, options: flags)
      return try file.closeAfter { try file.readBytes(limit: limit, options) }
    } catch let error as FileReadError {
      throw error
    } catch let error as Errno {
      switch error {
      case .noSuchFileOrDirectory, .notDirectory: throw .missing
      case .isDirectory: throw .directory
      case .tooManySymbolicLinkLevels where options.contains(.noLinks): throw .link
      // What opening a socket gives.
      case .noSuchAddressOrDevice: throw .notRegular
      default: throw .unreadable(error)
      }
    } catch {
      throw .unreadable(.ioError)
    }
  }

  /// The text of a file of at most `limit` bytes.
  package func readText(limit: Int, _ options: ReadOptions = []) throws(FileReadError) -> String {
    let bytes = try readBytes(limit: limit, options)
    if options.contains(.repairsText) { return String(decoding: bytes, as: UTF8.self) }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    let byte = lengthOfValidPrefix(bytes)
    throw .notUTF8(byte: byte, line: 1 + bytes[..<byte].count { $0 == UInt8(ascii: "\n") })
  }

  /// The text of a file of a line or two, without white space around it; `nil` when it cannot be read.
  package var text: String? { withPlatformString { shortText(at: $0) } }

  /// What the file ends with, at most `limit` bytes of it, from the beginning of a line on if it holds a whole one; ""
  /// when it cannot be read.
  package func readTail(limit: Int) -> String {
    guard let file = try? FileDescriptor.open(self, .readOnly, options: [.closeOnExec, .nonBlocking]) else { return "" }
    defer { try? file.close() }
    guard let size = try? file.seek(offset: 0, from: .end) else { return "" }
    let start = max(0, size - Int64(limit))
    let bytes = try? [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = try file.read(fromAbsoluteOffset: start, into: UnsafeMutableRawBufferPointer(buffer))
    }
    let tail = (bytes ?? [])[...]
    if start > 0, let end = tail.firstIndex(of: UInt8(ascii: "\n")), end + 1 < tail.endIndex {
      return String(decoding: tail[(end + 1)...], as: UTF8.self)
    }
    return String(decoding: tail, as: UTF8.self)
  }
}

/// The same for a path in text form; see ``FileStatus``.
package func shortText(at path: UnsafePointer<CChar>) -> String? {
  guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]) else { return nil }
  defer { try? file.close() }
  return (try? file.readBytes(limit: 1 << 20, .regularOnly)).map { String(decoding: $0, as: UTF8.self).trimmed }
}

extension FileDescriptor {
  package func readToEnd() throws -> [UInt8] { try readBytes(limit: .max, []) }

  fileprivate func readBytes(limit: Int, _ options: ReadOptions) throws -> [UInt8] {
    if options.contains(.regularOnly) {
      switch try fileType(of: rawValue) {
      case S_IFREG: break
      case S_IFDIR: throw FileReadError.directory
      default: throw FileReadError.notRegular
      }
    }
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while bytes.count <= limit, case let count = try read(into: buffer), count > 0 { bytes += buffer[..<count] }
    if bytes.count > limit {
      guard options.contains(.beginningOnly) else { throw FileReadError.tooLarge(limit: limit) }
      bytes.removeLast(bytes.count - limit)
    }
    return bytes
  }
}

// Outside the extension, where `stat` would be a member of FileDescriptor.
private func fileType(of descriptor: Int32) throws -> mode_t {
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw Errno(rawValue: errno) }
  return status.st_mode & S_IFMT
}

private func lengthOfValidPrefix(_ bytes: [UInt8]) -> Int {
  var decoder = UTF8()
  var rest = bytes.makeIterator()
  var length = 0
  while case .scalarValue(let scalar) = decoder.decode(&rest) { length += UTF8.width(scalar) }
  return length
}
