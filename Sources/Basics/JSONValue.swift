/// One JSON value as the bytes it was written in, already checked by ``JSONScanner``.
///
/// Members are looked up by walking the bytes, and strings are decoded only as far as asked, so that a field of a 16 MiB
/// line costs no 16 MiB of memory. Valid only as long as the bytes it points into: never let it escape the scope that
/// lent them.
package struct JSONValue {
  /// Begins with the value; what follows it in the text follows here. Where it ends is found when that matters.
  private let rest: UnsafeRawBufferPointer

  /// A value from bytes that somebody else wrote; `nil` when they are not one JSON value.
  package init?(checking bytes: UnsafeRawBufferPointer) {
    var scanner = JSONScanner(bytes)
    scanner.skipSpace()
    let start = scanner.position
    guard scanner.skipValue(), scanner.isAtEnd else { return nil }
    self.init(beginning: bytes, at: start)
  }

  init(beginning bytes: UnsafeRawBufferPointer, at start: Int) {
    rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
  }

  private var first: UInt8 { rest.first ?? 0 }

  package var isObject: Bool { first == UInt8(ascii: "{") }
  package var isArray: Bool { first == UInt8(ascii: "[") }
  package var isNull: Bool { first == UInt8(ascii: "n") }

  package var bool: Bool? {
    switch first {
    case UInt8(ascii: "t"): true
    case UInt8(ascii: "f"): false
    default: nil
    }
  }

  package var double: Double? {
    guard first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else { return nil }
    let digits = rest.prefix(400).prefix { byte in
      switch byte {
      case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
      default: false
      }
    }
    return Double(String(decoding: digits, as: UTF8.self))
  }

  /// The number as an integer, cut towards zero; `nil` for what an `Int` cannot hold.
  package var int: Int? {
    if let integer { return Int(exactly: integer) }
    return double.flatMap { Int(exactly: $0.rounded(.towardZero)) }
  }

  /// The bytes of a string that is written without escapes; `nil` for any other value, and for a string of more than
  /// `limit` bytes. Valid only as long as the value's.
  package func plainBytes(limit: Int) -> UnsafeRawBufferPointer? {
    guard first == UInt8(ascii: "\"") else { return nil }
    let end = endOfPlainText(rest, from: 1, to: min(rest.count, limit + 2))
    guard end < rest.count, rest[end] == UInt8(ascii: "\"") else { return nil }
    return UnsafeRawBufferPointer(rebasing: rest[1..<end])
  }

  /// The number, where it is written as an integer, of at most 20 digits: as many as a `UInt64` has.
  package var integer: Int128? {
    let isNegative = first == UInt8(ascii: "-")
    let digits = rest.dropFirst(isNegative ? 1 : 0).prefix(21).prefix { 0x30...0x39 ~= $0 }
    guard 1...20 ~= digits.count else { return nil }
    switch digits.endIndex < rest.count ? rest[digits.endIndex] : 0 {
    case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return nil
    default:
      // 19 digits always fit into 64 bits, whose arithmetic is the faster.
      var whole = Int128(digits.prefix(19).reduce(0 as UInt64) { $0 &* 10 &+ UInt64($1 & 0xF) })
      if digits.count == 20 { whole = whole * 10 + Int128(digits[digits.endIndex - 1] & 0xF) }
      return isNegative ? -whole : whole
    }
  }

  /// The value's own bytes.
  package var bytes: UnsafeRawBufferPointer {
    var scanner = JSONScanner(rest)
    _ = scanner.skipValue()
    var end = scanner.position
    while end > 0, rest[end - 1] == 0x20 || (0x09...0x0D).contains(rest[end - 1]) { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: rest[..<end])
  }

  /// Visits each member in order until `body` returns false. Keys are the raw bytes between the quotes.
  package func forEachMember(_ body: (UnsafeRawBufferPointer, JSONValue) -> Bool) {
    var scanner = JSONScanner(rest)
    guard scanner.take(UInt8(ascii: "{")), !scanner.take(UInt8(ascii: "}")) else { return }
    repeat {
      let keyStart = scanner.position
      guard scanner.skipString() else { return }
      let key = UnsafeRawBufferPointer(rebasing: rest[keyStart + 1..<scanner.position - 1])
      scanner.skipSpace()
      guard scanner.take(UInt8(ascii: ":")), body(key, JSONValue(beginning: rest, at: scanner.position)),
        scanner.skipValue()
      else { return }
    } while scanner.take(UInt8(ascii: ","))
  }

  /// The same for all members, their names decoded.
  func forEachNamedMember(_ body: (String, JSONValue) -> Void) {
    var scanner = JSONScanner(rest)
    guard scanner.take(UInt8(ascii: "{")), !scanner.take(UInt8(ascii: "}")) else { return }
    repeat {
      let name = JSONValue(beginning: rest, at: scanner.position).wholeString
      guard let name, scanner.skipString() else { return }
      scanner.skipSpace()
      guard scanner.take(UInt8(ascii: ":")) else { return }
      body(name, JSONValue(beginning: rest, at: scanner.position))
      guard scanner.skipValue() else { return }
    } while scanner.take(UInt8(ascii: ","))
  }

  package func forEachElement(_ body: (JSONValue) -> Void) {
    var scanner = JSONScanner(rest)
    guard scanner.take(UInt8(ascii: "[")), !scanner.take(UInt8(ascii: "]")) else { return }
    repeat {
      body(JSONValue(beginning: rest, at: scanner.position))
      guard scanner.skipValue() else { return }
    } while scanner.take(UInt8(ascii: ","))
  }

  /// The first member of that name.
  package subscript(_ name: StaticString) -> JSONValue? {
    var found: JSONValue?
    forEachMember { key, value in
      guard equal(key, name) else { return true }
      found = value
      return false
    }
    return found
  }

  /// Whether this is the string `text`, which must need no escapes.
  package func isString(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard rest.count >= length + 2, first == UInt8(ascii: "\""), rest[length + 1] == UInt8(ascii: "\"") else {
      return false
    }
    return equal(UnsafeRawBufferPointer(rebasing: rest[1...length]), text)
  }

  /// The string's text, or the beginning of it: at most `limit` bytes of UTF-8, cut between scalars.
  /// A lone surrogate becomes U+FFFD.
  package func string(limit: Int = 4096) -> String? {
    guard first == UInt8(ascii: "\"") else { return nil }
    var index = endOfPlainText(rest, from: 1, to: min(rest.count, limit + 1))
    // Most strings need no decoding.
    if rest[index] == UInt8(ascii: "\"") { return String(decoding: rest[1..<index], as: UTF8.self) }
    var text: [UInt8] = []
    text.reserveCapacity(min(rest.count, limit))
    text.append(contentsOf: rest[1..<index])
    while text.count < limit, rest[index] != UInt8(ascii: "\"") {
      guard rest[index] == UInt8(ascii: "\\") else {
        // A scalar of several bytes, and what follows it.
        let end = endOfPlainText(rest, from: index + 1, to: min(rest.count, index + limit - text.count))
        text.append(contentsOf: rest[index..<end])
        index = end
        continue
      }
      let escape = rest[index + 1]
      index += 2
      switch escape {
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "u"):
        var code = codeUnit(rest, at: index)
        index += 4
        if code & 0xFC00 == 0xD800, rest[index] == UInt8(ascii: "\\"), rest[index + 1] == UInt8(ascii: "u") {
          let low = codeUnit(rest, at: index + 2)
          if low & 0xFC00 == 0xDC00 {
            code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF)
            index += 6
          }
        }
        text.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
      default: text.append(escape)
      }
    }
    if rest[index] != UInt8(ascii: "\"") || text.count > limit { trimToScalar(&text, limit: limit) }
    return String(decoding: text, as: UTF8.self)
  }

  /// The string's text, however long.
  package var wholeString: String? {
    guard first == UInt8(ascii: "\"") else { return nil }
    // Most need no decoding, and where they end is found only once.
    let end = endOfPlainText(rest, from: 1, to: rest.count)
    if end < rest.count, rest[end] == UInt8(ascii: "\"") { return String(decoding: rest[1..<end], as: UTF8.self) }
    var scanner = JSONScanner(rest)
    return scanner.skipString() ? string(limit: scanner.position) : nil
  }

  /// The value as it was written, at most `limit` bytes of it.
  package func source(limit: Int = 4096) -> String {
    let bytes = self.bytes
    var text = Array(bytes.prefix(limit))
    if bytes.count > limit { trimToScalar(&text, limit: limit) }
    return String(decoding: text, as: UTF8.self)
  }
}

package func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
  guard bytes.count == text.utf8CodeUnitCount else { return false }
  for index in 0..<bytes.count where bytes[index] != text.utf8Start[index] { return false }
  return true
}

private func codeUnit(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt32 {
  var code: UInt32 = 0
  for index in start..<min(start + 4, bytes.count) { code = code << 4 | (hexDigit(bytes[index]) ?? 0) }
  return code
}

/// Cuts `text` to `limit` bytes, and further back to where a scalar ends.
private func trimToScalar(_ text: inout [UInt8], limit: Int) {
  if text.count > limit { text.removeLast(text.count - limit) }
  var start = text.count
  while start > 0, text.count - start < 4, text[start - 1] & 0xC0 == 0x80 { start -= 1 }
  guard start > 0, text[start - 1] >= 0xC0 else { return }
  let lead = text[start - 1]
  let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
  if text.count - (start - 1) < length { text.removeLast(text.count - (start - 1)) }
}
