/// Whether line feeds and tabs survive in text made safe for the terminal.
package enum LineHandling: Sendable {
  /// For a line or a table cell: they become spaces.
  case oneLine
  /// For text of several lines: they stay.
  case keepLines
}

/// Text from outside, unable to do anything to the terminal but be read.
///
/// Control characters become visible (`^[` for escape, `<U+009B>`), and so do the characters that reorder, hide or
/// smuggle text: bidirectional marks, embeddings, overrides and isolates, zero-width spaces, fillers, tags, joiners and
/// variation selectors where no script has them, and combining marks beyond eight on one character, which would be
/// drawn over other lines. A carriage return before a line feed goes.
package func sanitized(_ text: String, _ lines: LineHandling = .oneLine) -> String {
  // Nearly all text is plain ASCII; it is looked at once and returned as it is.
  if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text }
  var result = String.UnicodeScalarView()
  var marks = MarkCount()
  for character in text {
    if character.isNewline, character != "\u{0B}", character != "\u{0C}", character != "\r" {
      result.append(lines == .oneLine ? " " : "\n")
      marks.begin()
      continue
    }
    for scalar in character.unicodeScalars {
      switch scalar.value {
      case 0x09: result.append(lines == .oneLine ? " " : "\t")
      case 0..<0x20:
        result.append("^")
        result.append(Unicode.Scalar(UInt8(scalar.value) + 0x40))
      case 0x7f: result.append(contentsOf: "^?".unicodeScalars)
      case 0x20..<0x7f: result.append(scalar)
      case _ where isHarmful(scalar, after: result.last) || !marks.takes(scalar):
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let padding = String(repeating: "0", count: max(0, 4 - digits.count))
        result.append(contentsOf: "<U+\(padding)\(digits)>".unicodeScalars)
        continue
      default: result.append(scalar)
      }
      marks.see(scalar)
    }
  }
  return String(result)
}

/// How many marks the last character has got.
private struct MarkCount {
  /// Stacked marks of any living script are fewer.
  private static let limit = 8
  /// A mark without a character before it would join what is drawn to its left.
  private var count = limit

  mutating func begin() { count = Self.limit }

  func takes(_ scalar: Unicode.Scalar) -> Bool { !isMark(scalar) || count < Self.limit }

  mutating func see(_ scalar: Unicode.Scalar) {
    if isMark(scalar) {
      count += 1
    } else if !scalar.properties.isDefaultIgnorableCodePoint {
      count = 0
    }
  }

  private func isMark(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x300 && !isVariationSelector(scalar.value)
      && [.nonspacingMark, .enclosingMark].contains(scalar.properties.generalCategory)
  }
}

private func isHarmful(_ scalar: Unicode.Scalar, after previous: Unicode.Scalar?) -> Bool {
  switch scalar.value {
  case 0x80..<0xa0, 0x061c, 0x180e, 0x200e...0x200f, 0x202a...0x202e, 0x2060...0x206f, 0xfff9...0xfffb: true
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

private func isJoiner(_ value: UInt32) -> Bool { (0x200c...0x200d).contains(value) }

private func isVariationSelector(_ value: UInt32) -> Bool {
  (0xfe00...0xfe0f).contains(value) || (0xe0100...0xe01ef).contains(value)
}
