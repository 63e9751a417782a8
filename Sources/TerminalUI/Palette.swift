/// The few ways text can look different.
package enum Style: String, Sendable, CaseIterable {
  case bold = "1"
  case dim = "2"
  case red = "31"
  case green = "32"
  case yellow = "33"
  case blue = "34"
  case cyan = "36"
}

/// Colours where they are wanted, and the text alone where they are not.
package struct Palette: Sendable, Equatable {
  package let isColored: Bool

  /// Text without any colour.
  package static let plain = Palette(isColored: false)

  package init(isColored: Bool) {
    self.isColored = isColored
  }

  /// The text in the style; nothing is added to an empty one.
  package func paint(_ text: String, _ style: Style?) -> String {
    guard isColored, let style, !text.isEmpty else { return text }
    return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
  }
}
