/// Which edge of its column a text keeps to.
package enum Alignment: Sendable {
  case left, right
}

/// The text cut to `width` columns, the last of them an ellipsis when something was cut. Colours are kept and ended.
package func truncated(_ text: String, to width: Int) -> String {
  guard displayWidth(text) > width else { return text }
  guard width > 0 else { return "" }
  var result = ""
  var used = 0
  var hasColour = false
  forEachPiece(of: text) { piece in
    switch piece {
    case .colour(let sequence):
      result += sequence
      hasColour = true
    case .visible(let character):
      let next = displayWidth(character)
      if used + next > width - 1 { return false }
      result.append(character)
      used += next
    }
    return true
  }
  return result + "…" + (hasColour ? "\u{1B}[0m" : "")
}

/// The text filled with spaces to `width` columns; a wider text stays as it is.
package func padded(_ text: String, to width: Int, _ alignment: Alignment = .left) -> String {
  let padding = String(repeating: " ", count: max(0, width - displayWidth(text)))
  return alignment == .left ? text + padding : padding + text
}
