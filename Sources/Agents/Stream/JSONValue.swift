/// One JSON value as the bytes it was written in, already checked by ``JSONScanner``.
///
/// Members are looked up by walking the bytes, and strings are decoded only as far as asked, so that a field of a 16 MiB
/// line costs no 16 MiB of memory. Valid only as long as the bytes it points into: never let it escape the scope that
/// lent them.
struct JSONValue {
  let bytes: UnsafeRawBufferPointer

  /// A value from bytes that somebody else wrote; `nil` when they are not one JSON value.
  init?(checking bytes: UnsafeRawBufferPointer) {
    var scanner = JSONScanner(bytes)
    scanner.skipSpace()
    let start = scanner.position
    guard scanner.skipValue(), scanner.isAtEnd else { return nil }
    self.bytes = UnsafeRawBufferPointer(rebasing: bytes[start...])
  }

  private init(trusted bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  private var first: UInt8 { bytes.first ?? 0 }

  var isObject: Bool { first == UInt8(ascii: "{") }
  var isArray: Bool { first == UInt8(ascii: "[") }
  var isNull: Bool { first == UInt8(ascii: "n") }

  var bool: Bool? {
    switch first {
    case UInt8(ascii: "t"): true
    case UInt8(ascii: "f"): false
    default: nil
    }
  }

  var double: Double? {
    guard first == UInt8(ascii: "-") || (0x30...0x39).contains(first), bytes.count < 400 else { return nil }
    var text = String(decoding: bytes, as: UTF8.self)
    while let last = text.unicodeScalars.last, last.properties.isWhitespace { text.unicodeScalars.removeLast() }
    return Double(text)
  }

  /// The number as an integer; `nil` for what an `Int` cannot hold.
  var int: Int? {
    double.flatMap { Int(exactly: $0.rounded(.towardZero)) }
  }

  /// Visits each member in order until `body` returns false. Keys are the raw bytes between the quotes.
  func forEachMember(_ body: (UnsafeRawBufferPointer, JSONValue) -> Bool) {
    guard isObject else { return }
    var scanner = JSONScanner(bytes)
    guard scanner.take(UInt8(ascii: "{")), !scanner.take(UInt8(ascii: "}")) else { return }
    repeat {
      let keyStart = scanner.position
      guard scanner.skipString() else { return }
      let key = UnsafeRawBufferPointer(rebasing: bytes[keyStart + 1..<scanner.position - 1])
      scanner.skipSpace()
      guard scanner.take(UInt8(ascii: ":")) else { return }
      let valueStart = scanner.position
      guard scanner.skipValue() else { return }
      let value = JSONValue(trusted: UnsafeRawBufferPointer(rebasing: bytes[valueStart..<scanner.position]))
      guard body(key, value) else { return }
    } while scanner.take(UInt8(ascii: ","))
  }

  func forEachElement(_ body: (JSONValue) -> Void) {
    guard isArray else { return }
    var scanner = JSONScanner(bytes)
    guard scanner.take(UInt8(ascii: "[")), !scanner.take(UInt8(ascii: "]")) else { return }
    repeat {
      let start = scanner.position
      guard scanner.skipValue() else { return }
      body(JSONValue(trusted: UnsafeRawBufferPointer(rebasing: bytes[start..<scanner.position])))
    } while scanner.take(UInt8(ascii: ","))
  }

  /// The first member of that name.
  subscript(_ name: StaticString) -> JSONValue? {
    var found: JSONValue?
    forEachMember { key, value in
      guard equal(key, name) else { return true }
      found = value
      return false
    }
    return found
  }

  /// Whether this is the string `text`, which must need no escapes.
  func isString(_ text: StaticString) -> Bool {
    guard first == UInt8(ascii: "\""), let contents else { return false }
    return equal(contents, text)
  }

  /// The bytes between the quotes, escapes and all.
  private var contents: UnsafeRawBufferPointer? {
    guard first == UInt8(ascii: "\"") else { return nil }
    var scanner = JSONScanner(bytes)
    guard scanner.skipString() else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[1..<scanner.position - 1])
  }

  /// The string's text, or the beginning of it: at most `limit` bytes of UTF-8, cut between scalars.
  /// A lone surrogate becomes U+FFFD.
  func string(limit: Int = 4096) -> String? {
    guard let contents else { return nil }
    var text: [UInt8] = []
    text.reserveCapacity(min(contents.count, limit))
    var index = 0
    while index < contents.count, text.count < limit {
      let byte = contents[index]
      guard byte == UInt8(ascii: "\\"), index + 1 < contents.count else {
        text.append(byte)
        index += 1
        continue
      }
      let escape = contents[index + 1]
      index += 2
      switch escape {
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "u"):
        var code = codeUnit(contents, at: index)
        index += 4
        if code & 0xFC00 == 0xD800, index + 5 < contents.count, contents[index] == UInt8(ascii: "\\"),
          contents[index + 1] == UInt8(ascii: "u")
        {
          let low = codeUnit(contents, at: index + 2)
          if low & 0xFC00 == 0xDC00 {
            code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF)
            index += 6
          }
        }
        text.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
      default: text.append(escape)
      }
    }
    if index < contents.count || text.count > limit { trimToScalar(&text, limit: limit) }
    return String(decoding: text, as: UTF8.self)
  }

  /// The value as it was written, at most `limit` bytes of it.
  func source(limit: Int = 4096) -> String {
    var text = Array(bytes.prefix(limit))
    if bytes.count > limit { trimToScalar(&text, limit: limit) }
    return String(decoding: text, as: UTF8.self)
  }
}

func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
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
