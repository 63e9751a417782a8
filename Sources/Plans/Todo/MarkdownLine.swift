import Basics

/// One line of Markdown and what it could begin, by the rules of CommonMark.
struct MarkdownLine {
  /// Without its line break.
  let raw: Substring
  /// The columns of white space before the content; a tab reaches to the next multiple of four.
  let indent: Int
  /// Without white space at both ends.
  let content: String

  init(_ raw: Substring) {
    self.raw = raw
    var indent = 0
    for scalar in raw.unicodeScalars {
      if scalar == " " { indent += 1 } else if scalar == "\t" { indent += 4 - indent % 4 } else { break }
    }
    self.indent = indent
    content = raw.trimmed
  }

  var isBlank: Bool { content.isEmpty }

  /// The lines of a text that ends them with LF, CRLF or CR; U+2028 and its like end none.
  static func lines(of text: String) -> [MarkdownLine] {
    // CRLF is one Character in Swift.
    text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }.map { MarkdownLine($0) }
  }

  /// The line without its first columns of white space; a tab that reaches further leaves spaces.
  func dropping(columns: Int) -> String {
    var column = 0
    var rest = raw.unicodeScalars
    while column < columns, let first = rest.first, first == " " || first == "\t" {
      column += first == " " ? 1 : 4 - column % 4
      rest.removeFirst()
    }
    return String(repeating: " ", count: max(0, column - columns)) + String(rest)
  }

  /// The text of a heading of the `## heading ##` form.
  var heading: String? {
    let marks = content.prefix { $0 == "#" }
    guard indent < 4, (1...6).contains(marks.count) else { return nil }
    let rest = content.dropFirst(marks.count)
    guard rest.first?.isWhitespace ?? true else { return nil }
    let text = rest.trimmed
    let closing = text.reversed().prefix { $0 == "#" }.count
    let body = text.dropLast(closing)
    return body.last?.isWhitespace ?? true ? body.trimmed : text
  }

  /// Whether the line, below a paragraph, makes that a heading.
  var isHeadingUnderline: Bool {
    indent < 4 && (content.allSatisfy { $0 == "=" } || content.allSatisfy { $0 == "-" }) && !isBlank
  }

  var isThematicBreak: Bool {
    let marks = content.filter { $0 != " " && $0 != "\t" }
    guard indent < 4, marks.count >= 3, let first = marks.first, "-*_".contains(first) else { return false }
    return marks.allSatisfy { $0 == first }
  }

  /// The fence that the line opens.
  var fence: MarkdownFence? { MarkdownFence(opening: content) }

  /// The marker of a list item that the line begins with.
  var marker: MarkdownMarker? { isThematicBreak ? nil : MarkdownMarker(self) }

  var isQuote: Bool { content.hasPrefix(">") }
}

/// ```` ``` ```` or `~~~`.
struct MarkdownFence {
  private let mark: Character
  private let length: Int

  init?(opening content: String) {
    guard let mark = content.first, mark == "`" || mark == "~" else { return nil }
    let length = content.prefix { $0 == mark }.count
    // A backtick further on makes it code within a line.
    guard length >= 3, mark == "~" || !content.dropFirst(length).contains("`") else { return nil }
    self.mark = mark
    self.length = length
  }

  func isClosed(by line: MarkdownLine) -> Bool {
    line.content.count >= length && line.content.allSatisfy { $0 == mark }
  }
}

/// `-`, `*`, `+`, `1.` or `1)`, with or without a checkbox after it.
struct MarkdownMarker {
  enum Checkbox { case none, open, closed }

  /// The column of the marker, and that of the text after it.
  let indent: Int
  let contentIndent: Int
  let checkbox: Checkbox
  /// After marker and checkbox.
  let text: String
  /// Whether it may follow a line of a paragraph without a blank line between: a line of prose may begin with `1984.`
  let mayInterruptParagraph: Bool

  init?(_ line: MarkdownLine) {
    let content = line.content
    var width: Int
    var number: Substring = ""
    if let first = content.first, "-*+".contains(first) {
      width = 1
    } else {
      number = content.prefix { $0.isASCII && $0.isNumber }
      guard (1...9).contains(number.count), let end = content.dropFirst(number.count).first, ".)".contains(end) else {
        return nil
      }
      width = number.count + 1
    }
    let rest = content.dropFirst(width)
    let text = rest.trimmed
    let (checkbox, textAfterBox) = Self.checkbox(of: text)
    // `-[ ] a` is no item for CommonMark, but no one who writes it means anything else.
    guard rest.first?.isWhitespace ?? true || (number.isEmpty && checkbox != .none) else { return nil }
    let gap = MarkdownLine(rest).indent

    indent = line.indent
    contentIndent = line.indent + width + (text.isEmpty || gap > 4 ? 1 : gap)
    self.checkbox = checkbox
    self.text = textAfterBox
    mayInterruptParagraph = !text.isEmpty && (number.isEmpty || number == "1")
  }

  private static func checkbox(of text: String) -> (Checkbox, String) {
    guard text.first == "[", let end = text.firstIndex(of: "]") else { return (.none, text) }
    let mark = text[text.index(after: text.startIndex)..<end]
    let rest = text[text.index(after: end)...]
    // A link is no box: [x](y), [x][y].
    guard mark.count <= 1, !(rest.first.map { "([:".contains($0) } ?? false) else { return (.none, text) }
    // "[]" is what people type who mean an open box; "-" and "~" are common for what is given up.
    if mark.allSatisfy(\.isWhitespace) { return (.open, rest.trimmed) }
    return "xX-~✓✔".contains(mark) ? (.closed, rest.trimmed) : (.none, text)
  }
}
