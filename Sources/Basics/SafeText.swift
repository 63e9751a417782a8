/// What becomes of line breaks and tabs in text made safe for the terminal.
package enum LineHandling: Sendable {
  /// For a line or a table cell: they become spaces.
  case oneLine
  /// For text of several lines: they stay.
  case keepLines
  /// For a value in quotes, of which they are a part: `^J` and `^I`.
  case markLines
}

/// What becomes of the characters that would do something, or hide something, instead of being read.
package enum HiddenCharacters: Sendable {
  /// They become visible: `^[` for escape, `<U+009B>`.
  case shown
  /// They go, and escape sequences go as a whole: for what programs print for people. White space at the end goes too,
  /// and in one line each run of it becomes one space.
  case dropped
}

/// Text from outside, unable to do anything to the terminal but be read.
///
/// What is hidden are control characters, and the characters that reorder, hide or smuggle text: bidirectional marks,
/// embeddings, overrides and isolates, zero-width spaces, fillers, tags, joiners and variation selectors where no script
/// has them, and combining marks beyond eight on one character, which would be drawn over other lines. A carriage return
/// before a line feed goes, unless breaks are marked.
///
/// - Parameter limit: the most Unicode scalars of the text to keep; "…" stands for what was left out.
package func sanitized(
  _ text: String, _ lines: LineHandling = .oneLine, limit: Int = .max, hidden: HiddenCharacters = .shown
) -> String {
  if isSafe(text, lines, limit: limit, hidden: hidden) { return text }
  var text = text
  let safe = text.withUTF8 { bytes in
    var safe = SafeText(limit: limit, capacity: bytes.count, joinsSpaces: hidden == .dropped && lines == .oneLine)
    var rest = UTF8Rest(bytes)
    while !safe.isFull {
      // Nearly all of nearly every text: what is left is looked at one scalar at a time.
      safe.add(plain: rest.popPlain(spaces: !safe.joinsSpaces))
      guard !safe.isFull, let scalar = rest.popFirst() else { break }
      switch scalar.value {
      case 0x0D where rest.isBeforeNewline && lines != .markLines: continue
      case let value where isOrdinary(value): safe.add(scalar)
      case let value where lines != .markLines && isBreak(value): safe.add(break: lines == .keepLines ? "\n" : " ")
      case 0x09 where lines != .markLines: safe.add(lines == .keepLines ? "\t" : " ")
      case 0x1B where hidden == .dropped: skipEscape(&rest)
      case 0x0B...0x0D where hidden == .dropped: safe.add(" ")
      case 0..<0x20, 0x7F: if hidden == .shown { safe.add(caret: scalar) }
      case _ where !safe.takes(scalar): if hidden == .shown { safe.add(code: scalar) }
      default: safe.add(scalar)
      }
    }
    return safe.text
  }
  return hidden == .dropped ? safe.trimmedAtEnd : safe
}

/// What a program printed for people, as plain text: one line, unless its lines are to be kept.
package func plainText(_ text: String, limit: Int, keepsLines: Bool = false) -> String {
  sanitized(text, keepsLines ? .keepLines : .oneLine, limit: limit, hidden: .dropped)
}

/// Whether the text is returned as it is. Nearly all text is plain ASCII, and some of it comes with each event of a
/// stream: it is looked at once.
private func isSafe(_ text: String, _ lines: LineHandling, limit: Int, hidden: HiddenCharacters) -> Bool {
  var text = text
  return text.withUTF8 { bytes in
    guard bytes.count <= limit else { return false }
    let joinsSpaces = hidden == .dropped && lines == .oneLine
    var previous: UInt8 = 0x20
    for byte in bytes {
      switch byte {
      case 0x21..<0x7F: break
      case 0x20 where !joinsSpaces || previous != 0x20: break
      case 0x0A where lines == .keepLines: break
      default: return false
      }
      previous = byte
    }
    return hidden == .shown || previous != 0x20 && previous != 0x0A
  }
}

/// A text in the making.
private struct SafeText {
  private var bytes: [UInt8] = []
  /// How many scalars of the text are in it.
  private var count = 0
  private var last: Unicode.Scalar?
  private var hasSpace = false
  private var marks = MarkCount()
  /// Whether there was more than the limit allows.
  private(set) var isFull = false
  private let limit: Int
  let joinsSpaces: Bool

  /// - Parameter capacity: about how many bytes there may be, if the limit allows.
  init(limit: Int, capacity: Int, joinsSpaces: Bool) {
    self.limit = limit
    self.joinsSpaces = joinsSpaces
    bytes.reserveCapacity(min(limit, capacity))
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  func takes(_ scalar: Unicode.Scalar) -> Bool {
    !isHarmful(scalar, after: last) && marks.takes(scalar)
  }

  /// Adds characters that are safe whatever stands before them.
  mutating func add(plain run: UnsafeBufferPointer<UInt8>) {
    guard let end = run.last, makeRoom() else { return }
    let added = min(run.count, limit - count + 1)
    bytes.append(contentsOf: run.prefix(added))
    count += added - 1
    last = Unicode.Scalar(end)
    marks.close()
    if added < run.count { overflow() }
  }

  mutating func add(_ scalar: Unicode.Scalar) {
    if joinsSpaces, scalar == " " {
      hasSpace = !bytes.isEmpty
    } else if makeRoom() {
      append(scalar)
      marks.see(scalar)
    }
  }

  mutating func add(break scalar: Unicode.Scalar) {
    add(scalar)
    marks.begin()
  }

  mutating func add(caret scalar: Unicode.Scalar) {
    guard makeRoom() else { return }
    append("^")
    append(Unicode.Scalar(UInt8(scalar.value) ^ 0x40))
    marks.see("^")
  }

  mutating func add(code scalar: Unicode.Scalar) {
    guard makeRoom() else { return }
    for scalar in "<U+\(hex(scalar.value, digits: 4))>".unicodeScalars { append(scalar) }
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    bytes.append(contentsOf: scalar.utf8)
    last = scalar
  }

  /// Counts a scalar that is about to be added, unless there are enough.
  private mutating func makeRoom() -> Bool {
    if hasSpace, count < limit {
      append(" ")
      count += 1
      hasSpace = false
      marks.begin()
    }
    guard count < limit else {
      overflow()
      return false
    }
    count += 1
    return true
  }

  private mutating func overflow() {
    append("…")
    isFull = true
  }
}

/// What has not been looked at yet of a text.
private struct UTF8Rest {
  private var rest: Slice<UnsafeBufferPointer<UInt8>>

  init(_ bytes: UnsafeBufferPointer<UInt8>) { rest = bytes[...] }

  var isBeforeNewline: Bool { rest.first == 0x0A }

  /// Takes the ASCII characters that begin it and can be read, with spaces or up to the first one.
  mutating func popPlain(spaces: Bool) -> UnsafeBufferPointer<UInt8> {
    let plain = spaces ? 0x20..<0x7F as Range<UInt8> : 0x21..<0x7F
    let run = rest.prefix { plain.contains($0) }
    rest = rest[run.endIndex...]
    return UnsafeBufferPointer(rebasing: run)
  }

  mutating func popFirst() -> Unicode.Scalar? {
    guard let first = rest.popFirst() else { return nil }
    guard first >= 0x80 else { return Unicode.Scalar(first) }
    // Of a string's own bytes, which are well-formed.
    let length = (~first).leadingZeroBitCount
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for byte in rest.prefix(length - 1) { value = value << 6 | UInt32(byte & 0x3F) }
    rest = rest.dropFirst(length - 1)
    return Unicode.Scalar(value)
  }
}

/// Passes over the rest of an escape sequence: CSI to its final byte, OSC and the like to BEL or ST, else one character.
private func skipEscape(_ rest: inout UTF8Rest) {
  switch rest.popFirst() {
  case "[":
    while let scalar = rest.popFirst(), !(0x40...0x7E).contains(scalar.value) {}
  case "]", "P", "X", "^", "_":
    var previous: Unicode.Scalar = " "
    while let scalar = rest.popFirst(), scalar != "\u{07}", !(previous == "\u{1B}" && scalar == "\\") {
      previous = scalar
    }
  default: return
  }
}

/// How many marks the last character has got.
private struct MarkCount {
  /// Stacked marks of any living script are fewer.
  private static let limit = 8
  /// A mark without a character before it would join what is drawn to its left.
  private var count = limit

  mutating func begin() { count = Self.limit }

  /// A character that marks may follow.
  mutating func close() { count = 0 }

  func takes(_ scalar: Unicode.Scalar) -> Bool { !isMark(scalar) || count < Self.limit }

  mutating func see(_ scalar: Unicode.Scalar) {
    if isOrdinary(scalar.value) {
      close()
    } else if isMark(scalar) {
      count += 1
    } else if !scalar.properties.isDefaultIgnorableCodePoint {
      close()
    }
  }

  private func isMark(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x300 && !isVariationSelector(scalar.value)
      && [.nonspacingMark, .enclosingMark].contains(scalar.properties.generalCategory)
  }
}

private func isHarmful(_ scalar: Unicode.Scalar, after previous: Unicode.Scalar?) -> Bool {
  switch scalar.value {
  case 0x80..<0xa0, 0x061c, 0x180e, 0x200e...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfff9...0xfffb: true
  // Joiners belong to scripts from Arabic on and to emoji; between Latin letters they only make a word look like
  // another.
  case 0x200c...0x200d: previous.map { $0.value < 0x590 || isJoiner($0.value) } ?? true
  // One a character picks its form; a row of them can hold a hidden text. `1`, `#` and the like begin emoji of keys.
  case let value where isVariationSelector(value):
    previous.map {
      isVariationSelector($0.value) || isJoiner($0.value)
        || $0.value < 0xa0 && !"0123456789#*".unicodeScalars.contains($0)
    } ?? true
  default: scalar.properties.isDefaultIgnorableCodePoint
  }
}

private func isBreak(_ value: UInt32) -> Bool {
  switch value {
  case 0x0A, 0x85, 0x2028, 0x2029: true
  default: false
  }
}

/// Whether it is one of the letters, punctuation, arrows and ideographs of most text: neither hidden nor a mark, without a
/// search of Unicode's tables.
private func isOrdinary(_ value: UInt32) -> Bool {
  switch value {
  case 0x20..<0x7F, 0xA0..<0xAD, 0xAE..<0x300, 0x370..<0x483, 0x2010..<0x2028, 0x2030..<0x2060, 0x2070..<0x20D0,
    0x2100..<0x2C00, 0x3100..<0x3164, 0x3165..<0xA000:
    true
  default: false
  }
}

private func isJoiner(_ value: UInt32) -> Bool { (0x200c...0x200d).contains(value) }

private func isVariationSelector(_ value: UInt32) -> Bool {
  (0xfe00...0xfe0f).contains(value) || (0xe0100...0xe01ef).contains(value)
}
