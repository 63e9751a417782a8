import Platform
package import SystemPackage

/// Texts that people write by hand.
package enum TextFile {
  /// What a person writes stays far below; more is a mistake in the file name.
  package static let limit = 10_000_000

  /// The text of a file of at most ``limit`` bytes, without a byte order mark.
  ///
  /// What a shell hands over is read as well (`/dev/stdin`, `<(…)`), bounded likewise. Anything else that is not a file
  /// is refused: to open a named pipe waits for its writer, and nothing ends that.
  package static func read(_ path: FilePath) throws(FileReadError) -> String {
    let text = try path.readText(limit: limit, path.isDescriptor ? [] : .regularOnly)
    if let nul = text.utf8.firstIndex(of: 0) {
      throw .holdsNUL(line: 1 + text.utf8[..<nul].count { $0 == UInt8(ascii: "\n") })
    }
    if text.withoutByteOrderMark.isBlank { throw .empty }
    return text.withoutByteOrderMark
  }
}

extension FilePath {
  /// Whether it names a descriptor of this process, in the ways that systems have.
  fileprivate var isDescriptor: Bool {
    let folders = ["/dev/fd/", "/proc/self/fd/", "/proc/\(getpid())/fd/"]
    return string == "/dev/stdin"
      || folders.contains { string.hasPrefix($0) && !string.dropFirst($0.count).contains("/") }
  }
}
