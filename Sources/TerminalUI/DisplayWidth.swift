/// The columns a text takes on a terminal: 2 for East Asian wide characters and emoji, 0 for combining marks.
///
/// Colour sequences (`ESC [ … m`) take none; other control characters have no width and should have been
/// `sanitized` away.
package func displayWidth(_ text: String) -> Int {
  if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text.utf8.count }
  var width = 0
  forEachPiece(of: text) { piece in
    if case .visible(let character) = piece { width += displayWidth(character) }
    return true
  }
  return width
}

/// A part of a line: a character that is seen, or a whole colour sequence.
enum LinePiece {
  case visible(Character)
  case colour(Substring)
}

/// Calls `body` with each piece until it returns false.
func forEachPiece(of text: String, _ body: (LinePiece) -> Bool) {
  var rest = Substring(text)
  while let character = rest.first {
    if character == "\u{1B}", rest.dropFirst().first == "[",
      let end = rest.dropFirst(2).firstIndex(where: { !("0"..."9").contains($0) && $0 != ";" }), rest[end] == "m"
    {
      guard body(.colour(rest[...end])) else { return }
      rest = rest[rest.index(after: end)...]
    } else {
      guard body(.visible(character)) else { return }
      rest.removeFirst()
    }
  }
}

func displayWidth(_ character: Character) -> Int {
  let scalars = character.unicodeScalars
  guard let first = scalars.first, scalars.count > 1 else {
    return scalars.first.map { displayWidth($0) } ?? 0
  }
  // A flag is two letters.
  if (0x1f1e6...0x1f1ff).contains(first.value) { return 2 }
  if first.properties.isEmoji {
    // The emoji variation selector turns a narrow symbol into a wide picture; what is joined to it takes no more.
    return scalars.contains { $0.value == 0xfe0f } ? 2 : scalars.map { displayWidth($0) }.max() ?? 0
  }
  // Letters of a syllable and spacing vowels stand side by side (Devanagari, Thai).
  return scalars.reduce(0) { $0 + displayWidth($1) }
}

private func displayWidth(_ scalar: Unicode.Scalar) -> Int {
  let value = scalar.value
  if value < 0x7f { return value < 0x20 ? 0 : 1 }
  if value < 0xa0 { return 0 }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format, .lineSeparator, .paragraphSeparator:
    // The soft hyphen is a format character that terminals show.
    return value == 0xad ? 1 : 0
  default: break
  }
  // Vowels and finals of decomposed Hangul join the leading consonant, which is wide.
  if (0x1160...0x11ff).contains(value) || (0xd7b0...0xd7ff).contains(value) { return 0 }
  if (0x1f1e6...0x1f1ff).contains(value) { return 1 }
  return scalar.properties.isEmojiPresentation || isEastAsianWide(value) ? 2 : 1
}

/// The classes W and F of Unicode's EastAsianWidth.txt, gaps inside CJK blocks included; emoji are found otherwise.
private func isEastAsianWide(_ value: UInt32) -> Bool {
  switch value {
  case 0x1100...0x115f, 0x2329...0x232a, 0x2630...0x2637, 0x268a...0x268f, 0x2e80...0x303e, 0x3041...0x4dbf,
    0x4dc0...0xa4c6, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6b,
    0xff01...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18dff, 0x1aff0...0x1b2ff, 0x1d300...0x1d376, 0x1f200...0x1f265,
    0x20000...0x2fffd, 0x30000...0x3fffd:
    true
  default: false
  }
}
