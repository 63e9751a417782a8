package import CLibgit2

/// The name of an object in git's database: a SHA-1, forty hexadecimal digits.
package struct ObjectID: Hashable, Sendable, CustomStringConvertible {
  /// The forty lower-case hexadecimal digits.
  package let description: String

  /// Makes an id of its full spelling; `nil` for anything but forty hexadecimal digits.
  package init?(_ hex: String) {
    guard hex.utf8.count == 40,
      hex.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || Self.isHexLetter($0) })
    else { return nil }
    description = hex.lowercased()
  }

  /// The first ten digits, as people read them.
  package var abbreviated: String { String(description.prefix(10)) }

  /// As trees have it.
  package var bytes: [UInt8] { withUnsafeBytes(of: oid.id) { Array($0) } }

  /// Forty zeros: how git writes "no object" to hooks and in logs.
  package static let zeros = String(repeating: "0", count: 40)

  private static func isHexLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}

extension ObjectID {
  package init(_ oid: git_oid) {
    var oid = oid
    description = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 41) { buffer in
      String(cString: git_oid_tostr(buffer.baseAddress, 41, &oid))
    }
  }

  package var oid: git_oid {
    var oid = git_oid()
    // Cannot fail: every way to make an ObjectID leads through forty hexadecimal digits.
    git_oid_fromstr(&oid, description)
    return oid
  }
}

extension ObjectID: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let id = ObjectID(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not an object id")
    }
    self = id
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
