import Basics
import Guarding
import Platform
package import Settings
package import SystemPackage

/// Masks what must not leave the machine in texts of whatever origin.
///
/// It hides too much rather than too little: what is known to be secret (values of variables), what looks like it (tokens,
/// keys, passwords in URLs, values that are named like secrets, letters and digits in no order), and local paths.
package struct Redactor: Sendable {
  package let includes: Set<LedgerInclusion>
  /// Known secrets as they are and as they are often written; longest first.
  private let known: [[UInt8]]
  private let places: [String]
  private let roots: Set<String>

  /// - Parameters:
  ///   - environment: whose variables that are named like secrets are masked.
  ///   - hidden: further values that are.
  ///   - places: the user's folders: their home, the repository, the worktrees.
  package init(
    environment: [String: String], hiding hidden: [String] = [], places: [FilePath] = [],
    includes: Set<LedgerInclusion> = []
  ) {
    self.includes = includes
    let named = environment.filter { Secrets.isNamedLikeSecret($0.key) }.map(\.value)
    // Shorter ones would blot out ordinary words.
    let values = Set((named + hidden).filter { $0.utf8.count >= 6 })
    known = Set(values.flatMap(Self.spellings)).sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }.map {
      Array($0.utf8)
    }
    self.places = Set(places.map(\.string) + [environment["HOME"] ?? "", environment["TMPDIR"] ?? ""])
      .filter { $0.utf8.count > 1 }.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    roots = Self.commonRoots.union((FilePath("/").entries ?? []).map { String($0) })
  }

  /// For what was redacted where it was written: known to hold none of the reader's own secrets or paths, but nothing
  /// else is.
  package static let ofOthers = Redactor(environment: [:], includes: Set(LedgerInclusion.allCases))

  private static let commonRoots: Set<String> = [
    "Applications", "Library", "System", "Users", "Volumes", "bin", "boot", "data", "dev", "etc", "home", "lib",
    "media", "mnt", "nix", "opt", "private", "proc", "root", "run", "sbin", "scratch", "srv", "sys", "tmp", "usr",
    "var",
  ]

  /// The text as the ledger may have it.
  package func masked(_ text: String) -> String {
    var text = Self.withoutKeys(text)
    text = withoutKnown(text)
    text = Secrets.withoutPasswords(text)
    if text.utf8.count >= 8 {
      text = Self.lines(of: text) { Self.withoutTokens($0) }
    }
    if !includes.contains(.paths) { text = withoutPaths(text) }
    return text
  }

  /// Whether something that is known to be secret is in there all the same.
  package func holdsKnown(_ bytes: [UInt8]) -> Bool {
    known.contains { secret in
      let escaped = Array(JSON.string(String(decoding: secret, as: UTF8.self)).text.utf8.dropFirst().dropLast())
      return bytes.offset(of: secret) != nil || escaped != secret && bytes.offset(of: escaped) != nil
    }
  }

  // MARK: - What is known

  private static func spellings(_ value: String) -> [String] {
    [value, percentEncoded(value), base64(Array(value.utf8)), value.trimmed].filter { $0.utf8.count >= 6 }
  }

  private func withoutKnown(_ text: String) -> String {
    guard !known.isEmpty else { return text }
    var bytes = Array(text.utf8)
    for secret in known {
      while let start = bytes.offset(of: secret) {
        bytes.replaceSubrange(start..<start + secret.count, with: "***".utf8)
      }
      Self.removePieces(of: secret, from: &bytes)
    }
    return bytes.elementsEqual(text.utf8) ? text : String(decoding: bytes, as: UTF8.self)
  }

  /// Texts are cut: what begins like a secret, and goes on like it for half of it or to the end, is a part of one.
  private static func removePieces(of secret: [UInt8], from bytes: inout [UInt8]) {
    guard secret.count > 8 else { return }
    let beginning = Array(secret.prefix(8))
    var index = 0
    while let start = bytes.offset(of: beginning, from: index) {
      var length = 8
      while length < secret.count, start + length < bytes.count, bytes[start + length] == secret[length] { length += 1 }
      let rest = bytes[(start + length)...]
      let isCut =
        rest.isEmpty || rest[rest.startIndex] == 0x0A || rest.starts(with: "…".utf8) || rest.starts(with: "...".utf8)
      if isCut || length * 2 >= secret.count {
        bytes.replaceSubrange(start..<start + length, with: "***".utf8)
      }
      index = start + 1
    }
    // The end of one, where the beginning of the text was cut off.
    let lead = bytes.starts(with: "…".utf8) ? 3 : 0
    for length in stride(from: min(secret.count - 1, bytes.count - lead), through: 8, by: -1)
    where bytes[lead] == secret[secret.count - length]
      && bytes[lead..<lead + length].elementsEqual(secret.suffix(length))
    {
      bytes.replaceSubrange(lead..<lead + length, with: "***".utf8)
      break
    }
  }

  // MARK: - What looks like it

  /// Without private keys, to their ends, or to that of the text.
  private static func withoutKeys(_ text: String) -> String {
    guard text.utf8.contains(0x2D) else { return text }
    var text = text
    while let begin = text.firstRange(of: "-----BEGIN ") {
      let rest = text[begin.upperBound...]
      let end = rest.firstRange(of: "-----END ").map { end in
        rest[end.upperBound...].firstIndex(where: \.isNewline) ?? text.endIndex
      }
      text.replaceSubrange(begin.lowerBound..<(end ?? text.endIndex), with: "***")
    }
    return text
  }

  private static func lines(of text: String, _ change: (Substring) -> String) -> String {
    guard text.utf8.contains(0x0A) else { return change(text[...]) }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(change).joined(separator: "\n")
  }

  private static func withoutTokens(_ line: Substring) -> String {
    var line = String(line)
    var scanner = SecretScanner()
    let found = line.withUTF8 { scanner.find(in: UnsafeRawBufferPointer($0)) }
    // Where in the line it is, is not known.
    if found != nil { return "***" }
    return TokenMask.masked(line)
  }

  // MARK: - Paths

  private func withoutPaths(_ text: String) -> String {
    guard text.utf8.contains(0x2F) else { return text }
    let bytes = Array(text.replacing("file://", with: "").utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      guard Self.mayStart(index, in: bytes), let length = pathLength(bytes[index...]) else {
        result.append(bytes[index])
        index += 1
        continue
      }
      index += length
      while index < bytes.count, Self.isPathByte(bytes[index]) { index += 1 }
      result += Array(Self.hiddenPath.utf8)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Not within a word, a URL or another path.
  private static func mayStart(_ index: Int, in bytes: [UInt8]) -> Bool {
    guard index > 0 else { return true }
    if bytes[index - 1] == UInt8(ascii: ":") { return index + 1 == bytes.count || bytes[index + 1] != 0x2F }
    return !isPathByte(bytes[index - 1])
  }

  static let hiddenPath = "<path>"

  /// How much of it is surely a path: one of the user's folders, which may have spaces, `~/…`, or what is below a folder
  /// that machines have at their root. `/api/users` is none.
  private func pathLength(_ rest: ArraySlice<UInt8>) -> Int? {
    if rest.starts(with: "~/".utf8) { return 2 }
    guard rest.first == 0x2F else { return nil }
    for place in places where rest.starts(with: place.utf8) {
      let next = rest.dropFirst(place.utf8.count).first
      if next == nil || next == 0x2F || next.map(Self.isPathByte) == false { return place.utf8.count }
    }
    let name = rest.dropFirst().prefix { Self.isPathByte($0) && $0 != 0x2F }
    return !name.isEmpty && roots.contains(String(decoding: name, as: UTF8.self)) ? name.count + 1 : nil
  }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    byte > 0x20 && !"\"'`<>|;,()[]{}:=".utf8.contains(byte)
  }
}

extension [UInt8] {
  /// Where `wanted`, which is not empty, begins for the first time at `start` or later; nil when it is not there.
  fileprivate func offset(of wanted: [UInt8], from start: Int = 0) -> Int? {
    withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let first = wanted.first else { return nil }
      var start = start
      while start + wanted.count <= count, let found = memchr(base + start, Int32(first), count - start) {
        let place = UnsafeRawPointer(found) - base
        guard place + wanted.count <= count else { return nil }
        if memcmp(found, wanted, wanted.count) == 0 { return place }
        start = place + 1
      }
      return nil
    }
  }
}

private func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  // Without its last characters, which depend on what follows.
  for start in stride(from: 0, to: bytes.count - 2, by: 3) {
    let bits = UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
    for shift in [18, 12, 6, 0] as [UInt32] { text.append(alphabet[Int(bits >> shift & 63)]) }
  }
  return String(decoding: text, as: UTF8.self)
}
