/// A key that was pressed.
package enum Key: Sendable, Equatable {
  case character(Character)
  case up, down, pageUp, pageDown, home, end
  case enter, escape, backspace
  /// One that nothing is known of.
  case other
}

/// Reads keys out of what a terminal sends for them.
package struct KeyDecoder: Sendable {
  /// The beginning of a key that is not whole.
  private var rest: [UInt8] = []

  package init() {}

  /// Whether an Escape was read that may be the key, or the beginning of another one: `flush` decides, a moment later.
  package var isWaiting: Bool { !rest.isEmpty }

  package mutating func feed(_ bytes: some Sequence<UInt8>) -> [Key] {
    rest += bytes
    var keys: [Key] = []
    while let (key, length) = Self.first(of: rest[...]) {
      if let key { keys.append(key) }
      rest.removeFirst(length)
    }
    return keys
  }

  /// Nothing more came: what there is, is all of the key.
  package mutating func flush() -> [Key] {
    defer { rest = [] }
    return rest.first == 0x1B ? [rest.count == 1 ? .escape : .other] : []
  }

  /// The first key and its length; the key is nil for what is none, all is nil when more bytes are needed.
  private static func first(of bytes: ArraySlice<UInt8>) -> (key: Key?, length: Int)? {
    guard let byte = bytes.first else { return nil }
    switch byte {
    case 0x1B: return sequence(bytes)
    case 0x0D, 0x0A: return (.enter, 1)
    case 0x7F, 0x08: return (.backspace, 1)
    case 0..<0x20: return (.other, 1)
    case 0x20..<0x7F: return (.character(Character(Unicode.Scalar(byte))), 1)
    default:
      let length = max(1, (~byte).leadingZeroBitCount)
      guard length > 1, length <= 4 else { return (nil, 1) }
      guard bytes.count >= length else { return nil }
      let text = String(decoding: bytes.prefix(length), as: UTF8.self)
      guard let character = text.first, text.count == 1, character != "\u{FFFD}" else { return (nil, 1) }
      return (.character(character), length)
    }
  }

  private static func sequence(_ bytes: ArraySlice<UInt8>) -> (key: Key?, length: Int)? {
    let body = bytes.dropFirst()
    guard let kind = body.first else { return nil }
    switch kind {
    case UInt8(ascii: "["):
      guard let end = body.dropFirst().firstIndex(where: { (0x40...0x7E).contains($0) }) else {
        // Longer than any: garbage.
        return bytes.count > 32 ? (nil, bytes.count) : nil
      }
      let parameters = String(decoding: body[(body.startIndex + 1)..<end], as: UTF8.self)
      return (key(bytes[end], parameters), end - bytes.startIndex + 1)
    case UInt8(ascii: "O"):
      guard let letter = body.dropFirst().first else { return nil }
      return (key(letter, ""), 3)
    case UInt8(ascii: "]"), UInt8(ascii: "P"):
      // An answer of the terminal, which nobody asked for.
      if let end = bytes.firstIndex(of: 0x07) { return (nil, end - bytes.startIndex + 1) }
      return bytes.count > 256 ? (nil, bytes.count) : nil
    case 0x1B: return (.escape, 1)
    default: return (.other, 2)
    }
  }

  private static func key(_ letter: UInt8, _ parameters: String) -> Key {
    switch (letter, parameters.split(separator: ";").first ?? "") {
    case (UInt8(ascii: "A"), _): .up
    case (UInt8(ascii: "B"), _): .down
    case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), "1"), (UInt8(ascii: "~"), "7"): .home
    case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), "4"), (UInt8(ascii: "~"), "8"): .end
    case (UInt8(ascii: "~"), "5"): .pageUp
    case (UInt8(ascii: "~"), "6"): .pageDown
    default: .other
    }
  }
}
