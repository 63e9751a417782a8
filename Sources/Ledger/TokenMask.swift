import Basics

/// Masks values that are named like secrets, and letters and digits that are in no order, in one line of text.
enum TokenMask {
  static func masked(_ line: String) -> String {
    let bytes = Array(line.utf8)
    var result: [UInt8] = []
    var index = 0
    // What the next value is, by what is before it.
    var expected = Expectation.nothing
    while index < bytes.count {
      let start = index
      guard isToken(bytes[index]) else {
        result.append(bytes[index])
        // Only what follows at once belongs to a name.
        if bytes[index] > 0x20, !"\"'`:=".utf8.contains(bytes[index]) { expected = .nothing }
        if bytes[index] == 0x3D, expected == .perhaps { expected = .surely }
        index += 1
        continue
      }
      while index < bytes.count, isToken(bytes[index]) { index += 1 }
      let token = bytes[start..<index]
      let separator = bytes[index...].first { $0 != 0x22 && $0 != 0x27 }
      if separator == 0x3D || separator == 0x3A, let name = Name(token) {
        result += token
        expected = name == .password ? .surely : .perhaps
      } else if isScheme(token), expected != .nothing || separator == 0x20 {
        result += token
        expected = .scheme
      } else if expected.takes(token) || looksRandom(token) {
        result += Array("***".utf8)
        expected = .nothing
      } else {
        result += token
        expected = .nothing
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private enum Expectation {
    case nothing
    /// After `token:`, which also begins the subject of a commit.
    case perhaps
    /// After `Bearer`, which is also a word.
    case scheme
    /// After `TOKEN=`, and after `password:`.
    case surely

    func takes(_ token: ArraySlice<UInt8>) -> Bool {
      switch self {
      case .nothing: false
      case .surely: token.count >= 3
      case .perhaps, .scheme: token.count >= 16 || token.count >= 6 && token.contains { 0x30...0x39 ~= $0 }
      }
    }
  }

  private enum Name {
    case password, other

    init?(_ token: ArraySlice<UInt8>) {
      let text = String(decoding: token, as: UTF8.self).lowercased()
      if text.contains("passw") || text.contains("passphrase") {
        self = .password
      } else if ["token", "secret", "credential", "apikey", "api_key", "api-key", "access_key", "private_key", "auth"]
        .contains(where: text.contains) || text.hasSuffix("_key") || text.hasSuffix("_pat") || text == "cookie"
      {
        self = .other
      } else {
        return nil
      }
    }
  }

  private static func isScheme(_ token: ArraySlice<UInt8>) -> Bool {
    5...6 ~= token.count && ["bearer", "basic"].contains(String(decoding: token, as: UTF8.self).lowercased())
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    isWord(byte) || "-_.~/%".utf8.contains(byte) || byte >= 0x80
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    0x61...0x7A ~= byte | 0x20 || 0x30...0x39 ~= byte || byte == UInt8(ascii: "+")
  }

  /// Whether there is a run of letters and digits in it that change their kind as often as chance would have it. The id of
  /// an object is none.
  static func looksRandom(_ token: ArraySlice<UInt8>) -> Bool {
    var start = token.startIndex
    while start < token.endIndex {
      guard isWord(token[start]) else {
        start += 1
        continue
      }
      var end = start
      while end < token.endIndex, isWord(token[end]) { end += 1 }
      if isRandom(token[start..<end]) { return true }
      start = end
    }
    return false
  }

  private static func isRandom(_ run: ArraySlice<UInt8>) -> Bool {
    guard run.count >= 16 else { return false }
    func kind(_ byte: UInt8) -> Int { 0x30...0x39 ~= byte ? 0 : 0x61...0x7A ~= byte ? 1 : 2 }
    let kinds = run.map(kind)
    guard kinds.contains(0), Set(kinds).count > 1 else { return false }
    if run.count == 40, run.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }) { return false }
    let changes = zip(kinds, kinds.dropFirst()).count { $0 != $1 }
    return Set(kinds).count == 3 ? changes * 100 >= run.count * 40 : run.count >= 20 && changes * 100 >= run.count * 28
  }
}
