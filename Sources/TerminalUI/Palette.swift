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

/// Which characters a terminal can show.
package enum Glyphs: Sendable, Equatable {
  case unicode
  /// All but those that are two cells wide in East Asian fonts.
  case narrow
  case ascii
}

/// Colours where they are wanted, and the text alone where they are not.
package struct Palette: Sendable, Equatable {
  package let isColored: Bool
  package let glyphs: Glyphs
  /// Whether the background is light, where yellow and cyan can hardly be read.
  package let isLight: Bool

  /// Text without any colour.
  package static let plain = Palette(isColored: false)

  package init(isColored: Bool, glyphs: Glyphs = .unicode, isLight: Bool = false) {
    self.isColored = isColored
    self.glyphs = glyphs
    self.isLight = isLight
  }

  /// What the variables of an interactive terminal say: `NO_COLOR` (no-color.org), the locale, and `COLORFGBG`. The
  /// terminal itself is not asked for its background: an answer that comes late would be typed into the shell.
  package init(environment: [String: String]) {
    let term = environment["TERM"] ?? ""
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    let charset = locale.lowercased().split(separator: ".").dropFirst().first ?? ""
    let isUnicode = charset.hasPrefix("utf-8") || charset.hasPrefix("utf8")
    let isWide = ["zh", "ja", "ko"].contains { locale.hasPrefix($0) }
    let background = (environment["COLORFGBG"] ?? "").split(separator: ";").last.flatMap { Int($0) }
    self.init(
      isColored: (environment["NO_COLOR"] ?? "").isEmpty,
      glyphs: !isUnicode || term == "linux" ? .ascii : isWide ? .narrow : .unicode,
      isLight: background.map { $0 == 7 || $0 > 8 } ?? false)
  }

  /// The text in the style; nothing is added to an empty one.
  package func paint(_ text: String, _ style: Style?) -> String {
    guard isColored, let style, !text.isEmpty else { return text }
    let code =
      switch style {
      case .yellow where isLight: "35"
      case .cyan where isLight: "34"
      default: style.rawValue
      }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  /// A line of ours in the characters that the terminal has. Each becomes one as wide as itself.
  package func spelled(_ line: String) -> String {
    guard glyphs != .unicode, !line.utf8.allSatisfy({ $0 < 0x80 }) else { return line }
    var result = ""
    for character in line {
      if character.isASCII {
        result.append(character)
      } else if let other = Self.narrow[character] {
        result.append(other)
      } else if glyphs == .narrow {
        result.append(character)
      } else {
        result.append(Self.ascii[character] ?? "?")
        // What it is spelled with takes one cell.
        if Self.ascii[character] == nil, displayWidth(character) == 2 { result.append("?") }
      }
    }
    return result
  }

  /// Characters of ambiguous width.
  private static let narrow: [Character: Character] = [
    "…": "~", "·": "|", "─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "↑": "^",
    "↓": "v",
  ]

  private static let ascii: [Character: Character] = [
    "›": ">", "▸": "*", "⇡": "^", "◦": ".", "↻": "r", "◫": "=", "✓": "+", "∅": "0", "✗": "x", "⊘": "/", "▮": "#",
    "↯": "!",
  ]
}
