/// A forward-only check of JSON bytes, with no tree built and nothing copied.
///
/// Agents print up to gigabytes of JSON of which a few fields matter, so reading is bounded by how fast the rest can be
/// passed over. `skipValue` accepts exactly the JSON of RFC 8259 in valid UTF-8, nested at most ``depthLimit`` deep.
package struct JSONScanner {
  package static let depthLimit = 512

  package let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  package init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The next byte, or 0 at the end (0 is no valid byte of JSON outside a string, nor inside one).
  private var current: UInt8 {
    position < bytes.count ? bytes[position] : 0
  }

  package mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  /// Passes over `byte` and the space after it.
  package mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    skipSpace()
    return true
  }

  package var isAtEnd: Bool { position == bytes.count }

  /// Passes over one value and the space after it; false when it is malformed.
  package mutating func skipValue(depth: Int = 0) -> Bool {
    switch current {
    case UInt8(ascii: "\""):
      guard skipString() else { return false }
    case UInt8(ascii: "{"):
      guard depth < Self.depthLimit, take(UInt8(ascii: "{")) else { return false }
      if take(UInt8(ascii: "}")) { return true }
      repeat {
        guard skipString() else { return false }
        skipSpace()
        guard take(UInt8(ascii: ":")), skipValue(depth: depth + 1) else { return false }
      } while take(UInt8(ascii: ","))
      return take(UInt8(ascii: "}"))
    case UInt8(ascii: "["):
      guard depth < Self.depthLimit, take(UInt8(ascii: "[")) else { return false }
      if take(UInt8(ascii: "]")) { return true }
      repeat {
        guard skipValue(depth: depth + 1) else { return false }
      } while take(UInt8(ascii: ","))
      return take(UInt8(ascii: "]"))
    case UInt8(ascii: "t"):
      guard skipWord("true") else { return false }
    case UInt8(ascii: "f"):
      guard skipWord("false") else { return false }
    case UInt8(ascii: "n"):
      guard skipWord("null") else { return false }
    default:
      guard skipNumber() else { return false }
    }
    skipSpace()
    return true
  }

  /// Passes over a string, quotes included, and nothing after it.
  package mutating func skipString() -> Bool {
    guard current == UInt8(ascii: "\"") else { return false }
    var index = position + 1
    while true {
      index = endOfPlainText(bytes, from: index, to: bytes.count)
      guard index < bytes.count else { return false }
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "\""):
        position = index + 1
        return true
      case UInt8(ascii: "\\"):
        position = index
        guard skipEscape() else { return false }
        index = position
      case 0x20...0x7F:
        index += 1
      default:
        position = index
        guard byte >= 0x80, skipScalar() else { return false }
        index = position
      }
    }
  }

  private mutating func skipEscape() -> Bool {
    guard position + 1 < bytes.count else { return false }
    switch bytes[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 2
      return true
    case UInt8(ascii: "u"):
      guard position + 6 <= bytes.count else { return false }
      for index in position + 2..<position + 6 where hexDigit(bytes[index]) == nil { return false }
      position += 6
      return true
    default:
      return false
    }
  }

  /// Passes over one multi-byte scalar of well-formed UTF-8 (Unicode 16, table 3-7).
  private mutating func skipScalar() -> Bool {
    let lead = bytes[position]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return false
    }
    guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { return false }
    var index = position + 2
    while index < position + length {
      guard bytes[index] & 0xC0 == 0x80 else { return false }
      index += 1
    }
    position += length
    return true
  }

  private mutating func skipWord(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard position + length <= bytes.count else { return false }
    for index in 0..<length where bytes[position + index] != word.utf8Start[index] { return false }
    position += length
    return true
  }

  private mutating func skipDigits() -> Bool {
    let start = position
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    return position > start
  }

  private mutating func skipNumber() -> Bool {
    if current == UInt8(ascii: "-") { position += 1 }
    if current == UInt8(ascii: "0") {
      position += 1
    } else {
      guard skipDigits() else { return false }
    }
    if current == UInt8(ascii: ".") {
      position += 1
      guard skipDigits() else { return false }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      guard skipDigits() else { return false }
    }
    return true
  }
}

/// Where the first of the bytes `start..<end` stands that is a quote, a backslash, a control character or part of a longer
/// scalar; `end` where there is none.
func endOfPlainText(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
  let ones: UInt64 = 0x0101_0101_0101_0101
  var index = start
  // Eight bytes at a time. The top bit of the first such byte is the lowest one set: borrows may set bits above it,
  // never below.
  while index + 8 <= end {
    let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    let quotes = (word ^ (ones &* 0x22)) &- ones
    let backslashes = (word ^ (ones &* 0x5C)) &- ones
    let special = ((word &- (ones &* 0x20)) | quotes | backslashes | word) & 0x8080_8080_8080_8080
    guard special == 0 else { return index + special.trailingZeroBitCount / 8 }
    index += 8
  }
  while index < end, 0x20..<0x80 ~= bytes[index], bytes[index] != 0x22, bytes[index] != 0x5C { index += 1 }
  return index
}
