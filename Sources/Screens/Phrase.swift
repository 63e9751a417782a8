import TerminalUI

/// What is in a column whose width is known only when it is drawn: long where there is room, else short, and cut last.
struct Phrase: Sendable, Equatable {
  private enum Kind: Equatable {
    /// The first that fits; the last is cut at its end.
    case texts([String])
    /// A sentence that is cut so that its end stays.
    case ending(String, [String])
    /// Words before a name, which is cut in its middle.
    case name([String], String, String)
  }

  private let kind: Kind
  /// Of its first word.
  let style: Style?

  private init(_ kind: Kind, _ style: Style?) { (self.kind, self.style) = (kind, style) }

  static let none = texts("")

  static func texts(_ texts: String..., style: Style? = nil) -> Phrase { Phrase(.texts(texts), style) }

  static func path(_ words: String, _ path: String) -> Phrase {
    Phrase(.texts(shorterPaths(path).map { "\(words) \($0)" }), nil)
  }

  /// - Parameter ends: from the longest to the shortest.
  static func ending(_ text: String, _ ends: String..., style: Style? = nil) -> Phrase {
    Phrase(.ending(text, ends), style)
  }

  /// The same with more words at its end, where they fit.
  func adding(_ words: String?) -> Phrase {
    guard let words, case .texts(let texts) = kind, let first = texts.first else { return self }
    return Phrase(.texts([first.isEmpty ? words : "\(first) · \(words)"] + texts), style)
  }

  static func name(_ words: String..., name: String, after: String = "", style: Style? = nil) -> Phrase {
    Phrase(.name(words, name, after), style)
  }

  func text(_ width: Int) -> String {
    switch kind {
    case .texts(let texts): return fitting(texts, to: width)
    case .ending(let text, let ends):
      let whole = ends.map { text + $0 }
      if let fit = whole.first(where: { displayWidth($0) <= width }) { return fit }
      guard let end = ends.last, displayWidth(end) + 4 <= width else { return truncated(text, to: width) }
      return truncated(text, to: width - displayWidth(end)) + end
    case .name(let words, let name, let after):
      for word in words where displayWidth(word + name + after) <= width { return word + name + after }
      guard let word = words.last, displayWidth(word + after) + 4 <= width else {
        return truncated((words.last ?? "") + name, to: width)
      }
      return word + cutName(name, to: width - displayWidth(word + after)) + after
    }
  }
}
