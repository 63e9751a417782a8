/// Whether line feeds and tabs survive in text made safe for the terminal.
package enum LineHandling: Sendable {
  /// For a line or a table cell: they become spaces.
  case oneLine
  /// For text of several lines: they stay.
  case keepLines
}

/// Text from outside, unable to do anything to the terminal but be read.
///
/// Control characters become visible (`^[` for escape, `<U+009B>`), and so do the characters that reorder or hide
/// text: bidirectional marks, embeddings, overrides and isolates, zero-width spaces, tags. A carriage return before a
/// line feed goes.
package func sanitized(_ text: String, _ lines: LineHandling = .oneLine) -> String {
  // Nearly all text is plain ASCII; it is looked at once and returned as it is.
  if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text }
  var result = String.UnicodeScalarView()
  for character in text {
    if character.isNewline, character != "\u{0B}", character != "\u{0C}", character != "\r" {
      result.append(lines == .oneLine ? " " : "\n")
      continue
    }
    for scalar in character.unicodeScalars {
      switch scalar.value {
      case 0x09: result.append(lines == .oneLine ? " " : "\t")
      case 0..<0x20:
        result.append("^")
        result.append(Unicode.Scalar(UInt8(scalar.value) + 0x40))
      case 0x7f: result.append(contentsOf: "^?".unicodeScalars)
      case _ where isInvisibleControl(scalar.value):
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let padding = String(repeating: "0", count: max(0, 4 - digits.count))
        result.append(contentsOf: "<U+\(padding)\(digits)>".unicodeScalars)
      default: result.append(scalar)
      }
    }
  }
  return String(result)
}

private func isInvisibleControl(_ value: UInt32) -> Bool {
  switch value {
  case 0x80..<0xa0, 0x061c, 0x180e, 0x200b, 0x200e...0x200f, 0x202a...0x202e, 0x2060...0x206f, 0xfeff, 0xfff9...0xfffb,
    0xe0000...0xe007f:
    true
  default: false
  }
}
