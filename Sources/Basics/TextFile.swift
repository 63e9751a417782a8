package import SystemPackage

/// Why a file cannot be read as text.
package enum TextFileFault: Error, Sendable, Equatable {
  case missing
  case directory
  /// Nothing but white space.
  case empty
  case tooLarge(limit: Int)
  /// The first byte, from 0, and its line, from 1, where the UTF-8 breaks off.
  case notUTF8(byte: Int, line: Int)
  /// A NUL: a binary file, however valid its UTF-8.
  case holdsNUL(line: Int)
  case unreadable(Errno)

  /// The fault without its file: `is a directory`.
  package var summary: String {
    switch self {
    case .missing: "does not exist"
    case .directory: "is a directory, not a file"
    case .empty: "is empty"
    case .tooLarge(let limit): "is larger than \(limit / 1_000_000) MB"
    case .notUTF8(let byte, let line): "is not UTF-8 text (line \(line), byte \(byte)): save it as UTF-8"
    case .holdsNUL(let line): "is not a text file (a NUL byte in line \(line))"
    case .unreadable(let errno): "cannot be read: \(errno)"
    }
  }
}

package enum TextFile {
  /// What a person writes by hand stays far below; more is a mistake in the file name.
  package static let limit = 10_000_000

  /// The text of a file of at most ``limit`` bytes, without a byte order mark.
  ///
  /// Pipes and devices are read as well (`/dev/stdin`), bounded likewise.
  package static func read(_ path: FilePath) throws(TextFileFault) -> String {
    try text(of: bytes(of: path))
  }

  private static func bytes(of path: FilePath) throws(TextFileFault) -> [UInt8] {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
      return try file.closeAfter {
        var bytes: [UInt8] = []
        let chunk = 1 << 16
        while bytes.count <= limit {
          let part = try [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
          }
          if part.isEmpty { return bytes }
          bytes += part
        }
        throw TextFileFault.tooLarge(limit: limit)
      }
    } catch let fault as TextFileFault {
      throw fault
    } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
      throw .missing
    } catch Errno.isDirectory {
      throw .directory
    } catch let errno as Errno {
      throw .unreadable(errno)
    } catch {
      throw .unreadable(.ioError)
    }
  }

  private static func text(of bytes: [UInt8]) throws(TextFileFault) -> String {
    guard let whole = String(validating: bytes, as: UTF8.self) else {
      let byte = lengthOfValidPrefix(bytes)
      throw .notUTF8(byte: byte, line: 1 + bytes[..<byte].count { $0 == UInt8(ascii: "\n") })
    }
    if let nul = bytes.firstIndex(of: 0) {
      throw .holdsNUL(line: 1 + bytes[..<nul].count { $0 == UInt8(ascii: "\n") })
    }
    let text = whole.withoutByteOrderMark
    if text.allSatisfy(\.isWhitespace) { throw .empty }
    return text
  }

  private static func lengthOfValidPrefix(_ bytes: [UInt8]) -> Int {
    var decoder = UTF8()
    var rest = bytes.makeIterator()
    var length = 0
    while case .scalarValue(let scalar) = decoder.decode(&rest) { length += UTF8.width(scalar) }
    return length
  }
}
