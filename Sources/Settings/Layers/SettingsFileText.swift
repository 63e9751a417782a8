import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Gets the text of a settings file, whatever somebody may have put in its place.
enum SettingsFileText {
  private static let limit = 256 << 10

  /// nil when there is no such file.
  static func read(_ path: FilePath, followsLinks: Bool, name: String) throws(SettingsError) -> String? {
    do throws(Refusal) {
      return try read(path, followsLinks: followsLinks)
    } catch {
      throw .badFile([SettingsFileProblem(file: name, line: error.line, column: nil, message: error.reason)])
    }
  }

  private static func read(_ path: FilePath, followsLinks: Bool) throws(Refusal) -> String? {
    guard let bytes = try contents(of: path, followsLinks: followsLinks) else { return nil }
    guard bytes.count <= limit else { throw Refusal("it is larger than \(limit >> 10) KiB") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Refusal("it is not UTF-8", line: firstInvalidLine(bytes))
    }
    return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
  }

  private static func contents(of path: FilePath, followsLinks: Bool) throws(Refusal) -> [UInt8]? {
    do {
      // Not blocking: a named pipe without a writer must be an error, not a wait.
      var options: FileDescriptor.OpenOptions = [.closeOnExec, .nonBlocking]
      if !followsLinks { options.insert(.noFollow) }
      let file = try FileDescriptor.open(path, .readOnly, options: options)
      return try file.closeAfter {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw Refusal("it is a folder")
        default: throw Refusal("it is not a regular file")
        }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
          let chunk = try [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
          }
          if chunk.isEmpty { break }
          bytes += chunk
        }
        return bytes
      }
    } catch let refusal as Refusal {
      throw refusal
    } catch let error as Errno {
      switch error {
      case .noSuchFileOrDirectory, .notDirectory: return nil
      case .tooManySymbolicLinkLevels where !followsLinks:
        throw Refusal("it is a symbolic link; a committed one could point anywhere, so a plain file is needed")
      // Opening a socket.
      case .noSuchAddressOrDevice: throw Refusal("it is not a regular file")
      default: throw Refusal("cannot read it: \(error)")
      }
    } catch {
      throw Refusal("cannot read it: \(error)")
    }
  }

  private static func firstInvalidLine(_ bytes: [UInt8]) -> Int? {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .firstIndex { String(validating: $0, as: UTF8.self) == nil }.map { $0 + 1 }
  }

  private struct Refusal: Error {
    let reason: String
    let line: Int?

    init(_ reason: String, line: Int? = nil) {
      self.reason = reason
      self.line = line
    }
  }
}
