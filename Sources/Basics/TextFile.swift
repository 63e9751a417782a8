package import SystemPackage

/// Texts that people write by hand.
package enum TextFile {
  /// What a person writes stays far below; more is a mistake in the file name.
  package static let limit = 10_000_000

  /// The text of a file of at most ``limit`` bytes, without a byte order mark.
  ///
  /// Pipes and devices are read as well (`/dev/stdin`), bounded likewise.
  package static func read(_ path: FilePath) throws(FileReadError) -> String {
    let text = try path.readText(limit: limit)
    if let nul = text.utf8.firstIndex(of: 0) {
      throw .holdsNUL(line: 1 + text.utf8[..<nul].count { $0 == UInt8(ascii: "\n") })
    }
    if text.withoutByteOrderMark.isBlank { throw .empty }
    return text.withoutByteOrderMark
  }
}
