import Basics

/// Markdown within a line: code, emphasis, links, comments.
enum InlineMarkdown {
  /// Titles are cut far below; so a line of a megabyte costs no more than this.
  private static let longest = 2_000

  /// The text as a reader would see it, on one line, without marks; only the first 2,000 characters of it.
  static func plain(_ markdown: String) -> String {
    var reader = Reader(Array(withoutComments(String(markdown.prefix(longest)))))
    let text = reader.plain()
    return text.split { $0.isWhitespace || $0.unicodeScalars.allSatisfy(\.isControlOrLineBreak) }.joined(separator: " ")
  }

  /// The contents of the code spans, in order.
  static func codeSpans(_ markdown: String) -> [String] {
    pieces(markdown).compactMap { piece in
      if case .code(let code) = piece { code.trimmed } else { nil }
    }
  }

  /// The text with its code spans left out.
  static func withoutCode(_ markdown: String) -> String {
    guard markdown.contains("`") else { return markdown }
    return pieces(markdown).map { piece in
      if case .text(let text) = piece { text } else { " " }
    }.joined()
  }

  /// The text without HTML comments; code keeps what looks like one.
  ///
  /// One that is never closed runs to the end if `closesLast`; otherwise it is text.
  static func withoutComments(_ markdown: String, closesLast: Bool = false) -> String {
    guard markdown.contains("<!--") else { return markdown }
    var result = ""
    /// What follows the opening mark of a comment that is not closed yet, the mark included.
    var comment: String?
    for piece in pieces(markdown) {
      switch piece {
      case .code(let code):
        if comment == nil { result += "`\(code)`" } else { comment? += "`\(code)`" }
      case .text(let text):
        var rest = text[...]
        while !rest.isEmpty {
          if comment != nil {
            guard let end = rest.firstRange(of: "-->") else {
              comment? += rest
              break
            }
            rest = rest[end.upperBound...]
            comment = nil
          } else if let start = rest.firstRange(of: "<!--") {
            result += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            comment = "<!--"
          } else {
            result += rest
            break
          }
        }
      }
    }
    return (closesLast ? result : result + (comment ?? "")).trimmed
  }

  private enum Piece {
    case text(String)
    case code(String)
  }

  private static func pieces(_ markdown: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = markdown[...]
    // A run of backticks without a match further on has none later either. Not to look twice, and no longer runs than
    // anyone writes, bounds the time.
    var unmatched: Set<Int> = []
    while let open = rest.firstIndex(of: "`") {
      let run = rest[open...].prefix { $0 == "`" }
      let body = rest[run.endIndex...]
      if run.count <= 20, !unmatched.contains(run.count), let close = firstRun(ofLength: run.count, in: body) {
        pieces.append(.text(String(rest[..<open])))
        pieces.append(.code(String(body[..<close.startIndex])))
        rest = body[close.endIndex...]
      } else {
        unmatched.insert(run.count)
        pieces.append(.text(String(rest[..<run.endIndex])))
        rest = body
      }
    }
    pieces.append(.text(String(rest)))
    return pieces
  }

  private static func firstRun(ofLength length: Int, in text: Substring) -> Substring? {
    var rest = text
    while let start = rest.firstIndex(of: "`") {
      let run = rest[start...].prefix { $0 == "`" }
      if run.count == length { return run }
      rest = rest[run.endIndex...]
    }
    return nil
  }

  /// Reads inline marks from left to right.
  private struct Reader {
    private let text: [Character]
    private var position = 0

    init(_ text: [Character]) { self.text = text }

    mutating func plain() -> String {
      var result = ""
      while position < text.count { result += next() }
      return result
    }

    private mutating func next() -> String {
      let character = text[position]
      switch character {
      case "\\" where position + 1 < text.count && (text[position + 1].isPunctuation || text[position + 1].isSymbol):
        position += 2
        return String(text[position - 1])
      case "`": return code()
      case "!" where position + 1 < text.count && text[position + 1] == "[":
        position += 1
        return next()
      case "[": return link()
      case "<": return tag()
      case "*", "_", "~": return emphasis(character)
      default:
        position += 1
        return String(character)
      }
    }

    private mutating func code() -> String {
      let length = runLength(at: position)
      var end = position + length
      while end < text.count {
        let run = text[end] == "`" ? runLength(at: end) : 0
        if run == length {
          defer { position = end + length }
          return String(text[(position + length)..<end])
        }
        end += max(1, run)
      }
      defer { position += length }
      return String(text[position..<(position + length)])
    }

    /// `[text](target)` and `[text][reference]` give the text.
    private mutating func link() -> String {
      guard let close = matching("[", "]", from: position), close + 1 < text.count, "([".contains(text[close + 1]),
        let end = text[close + 1] == "(" ? matching("(", ")", from: close + 1) : matching("[", "]", from: close + 1)
      else {
        position += 1
        return "["
      }
      var inner = Reader(Array(text[(position + 1)..<close]))
      position = end + 1
      return inner.plain()
    }

    /// `<https://…>` gives the address, `<br>` nothing; any other `<` is itself.
    private mutating func tag() -> String {
      guard let end = text[position...].firstIndex(of: ">"), position + 1 < end else {
        position += 1
        return "<"
      }
      let inner = String(text[(position + 1)..<end])
      if inner.contains("://") || inner.contains("@"), !inner.contains(" ") {
        position = end + 1
        return inner
      }
      let names = ["b", "br", "code", "del", "em", "i", "kbd", "p", "s", "span", "strong", "sub", "sup", "u"]
      let name = inner.drop { $0 == "/" }.prefix { $0.isLetter }.lowercased()
      guard names.contains(name) else {
        position += 1
        return "<"
      }
      position = end + 1
      return name == "br" ? " " : ""
    }

    /// Drops a run of marks that opens or closes emphasis; others (`a * b`, `snake_case`, `*.swift`) stay.
    private mutating func emphasis(_ mark: Character) -> String {
      let length = runLength(at: position)
      let end = position + length
      let before = position > 0 ? text[position - 1] : " "
      let after = end < text.count ? text[end] : " "
      let run = String(text[position..<end])
      defer { position = end }
      if mark == "~" && length != 2 { return run }
      let opens = !after.isWhitespace && (mark == "*" || !Self.isWord(before))
      let closes = !before.isWhitespace && (mark == "*" || !Self.isWord(after))
      if opens, hasRun(of: mark, length: length, from: end) { return "" }
      return closes && wasOpened(mark, length: length) ? "" : run
    }

    private func hasRun(of mark: Character, length: Int, from start: Int) -> Bool {
      var index = start
      while index < text.count {
        guard text[index] == mark else {
          index += 1
          continue
        }
        let run = runLength(at: index)
        let after = index + run < text.count ? text[index + run] : " "
        if run == length, !text[index - 1].isWhitespace, mark != "_" || !Self.isWord(after) { return true }
        index += run
      }
      return false
    }

    private func wasOpened(_ mark: Character, length: Int) -> Bool {
      var index = 0
      var isOpen = false
      while index < position {
        guard text[index] == mark else {
          index += 1
          continue
        }
        let run = runLength(at: index)
        if run == length { isOpen.toggle() }
        index += run
      }
      return isOpen
    }

    private func runLength(at start: Int) -> Int {
      text[start...].prefix { $0 == text[start] }.count
    }

    private func matching(_ open: Character, _ close: Character, from start: Int) -> Int? {
      var depth = 0
      for index in start..<text.count {
        if text[index] == open { depth += 1 }
        if text[index] == close { depth -= 1 }
        if depth == 0 { return index }
      }
      return nil
    }

    private static func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }
  }
}
