import Basics
import Markdown

/// How an item begins.
struct TodoHead {
  let mark: TodoMark?
  /// The rest of its first line.
  let text: String
  /// Whether that is a paragraph: an item may begin with code, or with another item.
  let isParagraph: Bool
  /// Whether all of its first line is struck out.
  let isStruck: Bool

  /// Whether it is nothing but a link to a heading.
  var isLinkToSection: Bool {
    text.hasPrefix("[") && text.hasSuffix(")") && text.contains("](#") && text.count(where: { $0 == "]" }) == 1
  }
}

extension TodoSource {
  func head(of item: MarkdownBlock) -> TodoHead {
    guard let first = item.children.first, first.kind.isText else {
      return TodoHead(mark: nil, text: "", isParagraph: false, isStruck: false)
    }
    let line = first.kind == .paragraph ? start(of: first) : first.text[...]
    let mark = TodoMark(line)
    let text = withoutComments((mark?.rest ?? line).trimmed)
    let isStruck = text.hasPrefix("~") && MarkdownLine(text).isStruck
    return TodoHead(mark: mark, text: text, isParagraph: true, isStruck: isStruck)
  }

  /// What an item says: its text, and the lines below it.
  func draft(of item: MarkdownBlock, _ head: TodoHead, quotes: Int) -> TodoScanner.Draft {
    var text = head.text
    var below: [Int] = []
    var rest = item.children[...]
    if head.isParagraph, let first = rest.popFirst() {
      var lines = Array(first.firstLine...first.lastLine).dropFirst()
      if first.kind != .paragraph { lines = [] }
      if text.isEmpty, let next = lines.popFirst() { text = line(next, quotes: quotes).trimmed }
      let threshold = Self.indent(line(item.firstLine, quotes: quotes)) + min(first.column - item.column, 2)
      while let next = lines.first {
        let line = line(next, quotes: quotes)
        // A continuation that nobody indented, or a long line that was wrapped.
        guard Self.indent(line) < threshold || Self.isWrapped(text, before: line.trimmed) else { break }
        text += " " + line.trimmed
        lines.removeFirst()
      }
      below += lines
    }
    if text.last == "\\" { text.removeLast() }  // a line break
    var texts = below.map { line($0, quotes: quotes) }
    for block in rest where !isComment(block) && block.kind != .footnote {
      if let last = below.last, block.firstLine > last + 1, !texts.isEmpty {
        below.append(last + 1)
        texts.append("")
      }
      for number in block.firstLine...block.lastLine where number > (below.last ?? 0) {
        below.append(number)
        // Code or an item that is in the line of the marker.
        let isFirst = number == item.firstLine && !head.isParagraph
        texts.append(
          isFirst ? String(repeating: " ", count: block.column - 1) + start(of: block) : line(number, quotes: quotes))
      }
    }
    return TodoScanner.Draft(
      text: withoutComments(text), line: item.firstLine, column: item.column, heading: nil, level: 0,
      detail: zip(below, Self.dedented(texts)).map { (line: $0, text: $1) }.trimmingBlankLines,
      steps: steps(below: item), lastLine: item.lastLine)
  }

  /// Makes a block a part of an item, with a gap above it where there was one.
  func append(_ block: MarkdownBlock, to draft: inout TodoScanner.Draft, quotes: Int) {
    let numbers = Array(block.firstLine...block.lastLine)
    let lines = Self.dedented(numbers.map { line($0, quotes: quotes) })
    let added = zip(numbers, lines).map { (line: $0, text: $1) }.trimmingBlankLines
    guard let first = added.first else { return }
    let above = draft.detail.last?.line ?? draft.line
    if !draft.detail.isEmpty, first.line > above + 1 { draft.detail.append((above + 1, "")) }
    draft.detail += added
    draft.lastLine = block.lastLine
  }

  func item(of draft: TodoScanner.Draft) -> TodoItem {
    let detail = draft.detail.map(\.text).joined(separator: "\n")
    var item = TodoItem(text: draft.text, detail: detail, heading: draft.heading, line: draft.line)
    item.key = draft.key
    item.number = draft.number
    item.list = draft.list
    item.detailLines = draft.detail.map(\.line)
    item.steps = draft.steps
    item.definitions = definitions(for: draft.text + "\n" + detail)
    return item
  }

  /// A long first line that stops in mid sentence continues in the next; a short one is a title with detail below it.
  private static func isWrapped(_ text: String, before next: String) -> Bool {
    guard text.utf8.count >= 60, text.prefix(60).count == 60, let last = text.last, let first = next.first else {
      return false
    }
    return !".:;!?".contains(last) && (first.isLowercase || !(first.isLetter || "-*+`|>#[".contains(first)))
  }

  private func steps(below item: MarkdownBlock) -> [String] {
    var steps: [String] = []
    for block in item.children {
      guard case .list = block.kind else { continue }
      for child in block.children.prefix(200) {
        steps.append(head(of: child).text)
        if steps.count < 1_000 { steps += self.steps(below: child) }
      }
    }
    return steps
  }

  // MARK: Kinds of blocks

  /// Obsidian and GitHub set apart what begins with `[!todo]`; it is the author's own words.
  func isCallout(_ block: MarkdownBlock, quotes: Int) -> Bool {
    guard block.kind == .quote else { return false }
    let first = line(block.firstLine, quotes: quotes + 1).drop(while: \.isWhitespace)
    guard first.hasPrefix("[!"), let end = first.prefix(40).firstIndex(of: "]") else { return false }
    return first[..<end].dropFirst(2).allSatisfy { $0.isLetter || $0 == "-" } && end > first.startIndex
  }

  func isComment(_ block: MarkdownBlock) -> Bool {
    guard block.kind == .html, block.text.trimmed.hasPrefix("<!--") else { return false }
    return block.text.trimmedAtEnd.hasSuffix("-->") || !block.text.contains("-->")
  }

  /// Whether a line has a marker and a box, wherever it stands.
  func looksLikeBox(_ line: Substring) -> Bool {
    var rest = line.drop { $0 == " " || $0 == "\t" || $0 == ">" }
    if rest.hasPrefix("<!--") { rest = rest.dropFirst(4).drop { $0 == " " } }
    guard let first = rest.first else { return false }
    if "-*+".contains(first) {
      rest = rest.dropFirst()
    } else {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard (1...9).contains(digits.count), let end = rest.dropFirst(digits.count).first, ".)".contains(end) else {
        return false
      }
      rest = rest.dropFirst(digits.count + 1)
    }
    rest = rest.drop { $0 == " " || $0 == "\t" }
    guard rest.first == "[", let mark = TodoMark(rest) else { return false }
    return mark.isBox && mark.state.isTask && !mark.rest.isBlank
  }

  /// The text without HTML comments; code keeps what looks like one.
  private func withoutComments(_ text: String) -> String {
    guard text.contains("<!--") else { return text }
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "<!--"), let end = rest[start.upperBound...].firstRange(of: "-->") {
      // An odd number of backticks before it: within code.
      guard rest[..<start.lowerBound].count(where: { $0 == "`" }).isMultiple(of: 2) else {
        result += rest[..<start.upperBound]
        rest = rest[start.upperBound...]
        continue
      }
      result += rest[..<start.lowerBound].trimmedAtEnd
      rest = rest[end.upperBound...]
    }
    return (result + rest).trimmed
  }
}

extension MarkdownBlock.Kind {
  fileprivate var isText: Bool {
    switch self {
    case .paragraph, .heading: true
    default: false
    }
  }
}

extension [(line: Int, text: String)] {
  fileprivate var trimmingBlankLines: Self {
    guard let first = firstIndex(where: { !$0.text.isEmpty }), let last = lastIndex(where: { !$0.text.isEmpty }) else {
      return []
    }
    return Array(self[first...last])
  }
}
