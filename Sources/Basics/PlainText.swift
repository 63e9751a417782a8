/// Text of an agent made safe to show: no terminal escapes, no control or direction characters, one line unless asked.
///
/// - `text`: whatever the agent printed.
/// - `limit`: the most characters to keep; "…" marks what was left out.
/// - `keepsLines`: keeps "\n"; otherwise every run of white space becomes one space.
package func plainText(_ text: String, limit: Int, keepsLines: Bool = false) -> String {
  var plain = String.UnicodeScalarView()
  var count = 0
  var isSpace = true
  var scalars = text.unicodeScalars.makeIterator()
  while let scalar = scalars.next() {
    var kept: Unicode.Scalar
    switch scalar.value {
    case 0x1B:
      skipEscape(&scalars)
      continue
    case 0x0A where keepsLines: kept = "\n"
    case 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0x85, 0x2028, 0x2029: kept = " "
    case 0...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2069, 0xFEFF: continue
    default: kept = scalar
    }
    if kept == " ", isSpace, !keepsLines { continue }
    if count == limit {
      plain.append("…")
      break
    }
    isSpace = kept == " "
    plain.append(kept)
    count += 1
  }
  while let last = plain.last, last == " " || last == "\n" { plain.removeLast() }
  return String(plain)
}

/// Passes over the rest of an escape sequence: CSI to its final byte, OSC and the like to BEL or ST, else one character.
private func skipEscape(_ scalars: inout String.UnicodeScalarView.Iterator) {
  guard let kind = scalars.next() else { return }
  switch kind {
  case "[":
    while let scalar = scalars.next(), !(0x40...0x7E).contains(scalar.value) {}
  case "]", "P", "X", "^", "_":
    var previous: Unicode.Scalar = " "
    while let scalar = scalars.next(), scalar != "\u{07}", !(previous == "\u{1B}" && scalar == "\\") {
      previous = scalar
    }
  default: return
  }
}
