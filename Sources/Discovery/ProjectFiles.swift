import Basics
package import SystemPackage

/// The tracked files of a repository, to be read within bounds.
///
/// They are somebody else's: no more than a few thousand are looked at, the shallow ones first; of none more than 1 MiB
/// is read; nothing is reached through a symbolic link but another tracked file; and paths that could do something to a
/// terminal are as if they were not there.
package struct ProjectFiles: Sendable {
  package static let mostFiles = 5000
  package static let mostBytes = 1 << 20

  /// Relative to the root, the shallow ones first, in git's order within a depth.
  package let paths: [String]
  private let root: FilePath
  /// Without symbolic links, with a slash at its end.
  private let realRoot: String?
  private let tracked: Set<String>

  /// - Parameters:
  ///   - root: the top of the checkout, an absolute path.
  ///   - tracked: what `git ls-files` lists.
  package init(root: FilePath, tracked: some Sequence<String>) {
    var byDepth: [[String]] = Array(repeating: [], count: 8)
    for path in tracked {
      let depth = path.utf8.count { $0 == UInt8(ascii: "/") }
      guard depth < byDepth.count, byDepth[depth].count < Self.mostFiles, isPlain(path) else { continue }
      byDepth[depth].append(path)
    }
    paths = Array(byDepth.joined().prefix(Self.mostFiles))
    self.tracked = Set(paths)
    self.root = root
    realRoot = root.realPath.map { $0.string.hasSuffix("/") ? $0.string : "\($0)/" }
  }

  package func contains(_ path: String) -> Bool { tracked.contains(path) }

  /// The text of a tracked file, without a byte order mark; bytes that are not UTF-8 are replaced. nil for what is no
  /// file, lies elsewhere, or is larger than 1 MiB.
  package func text(of path: String) -> String? {
    guard let bytes = bytes(of: path, limit: Self.mostBytes + 1), bytes.count <= Self.mostBytes else { return nil }
    return Self.text(bytes)
  }

  /// What a tracked file begins with, however large it is.
  package func beginning(of path: String, bytes limit: Int) -> String? {
    bytes(of: path, limit: limit).map(Self.text)
  }

  /// Whether it is a file that can be read.
  package func isReadable(_ path: String) -> Bool { bytes(of: path, limit: 1) != nil }

  private static func text(_ bytes: [UInt8]) -> String {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return String(decoding: bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes[...], as: UTF8.self)
  }

  private func bytes(of path: String, limit: Int) -> [UInt8]? {
    guard tracked.contains(path), let place = FilePath("\(root)/\(path)").realPath, isOurs(place.string) else {
      return nil
    }
    return try? place.readBytes(limit: limit, [.plainFile, .beginningOnly])
  }

  /// Whether a path without links is a tracked file: a link may lead to `.env`, or to `.git/config` with its passwords.
  private func isOurs(_ place: String) -> Bool {
    guard let realRoot, place.hasPrefix(realRoot) else { return false }
    return tracked.contains(String(place.dropFirst(realRoot.count)))
  }
}

/// Whether text from outside can be shown and used as a name: no control characters, nothing that reorders or hides.
func isPlain(_ text: String) -> Bool {
  !text.isEmpty
    && text.unicodeScalars.allSatisfy { scalar in
      if scalar.isASCII { return (0x20..<0x7f).contains(scalar.value) }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: return false
      default: return !scalar.properties.isDefaultIgnorableCodePoint && scalar.value != 0xFFFD
      }
    }
}
