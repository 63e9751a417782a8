import Basics
import Markdown

/// The lines of a to-do list, and what the parser finds in them.
struct TodoSource {
  /// As the user wrote them, without line breaks; front matter is blank.
  let lines: [Substring]
  /// What they define for others, by label: `[1]: https://…` and footnotes.
  private(set) var definitions: [String: [String]] = [:]
  let root: MarkdownBlock
  /// Whether a line begins with an open box and no marker, so that such lines are items, too.
  private let hasBareBoxes: Bool

  init(_ markdown: String) {
    // The parser would put something longer in its place.
    let text = markdown.withoutByteOrderMark.replacing("\0", with: "\u{FFFD}")
    var lines = Self.lines(of: text)
    if let end = Self.endOfFrontMatter(lines) {
      for number in 0...end { lines[number] = "" }
    }
    self.lines = lines
    let hasBareBoxes = lines.contains { Self.bareBox(in: $0)?.state == .open }
    self.hasBareBoxes = hasBareBoxes
    root = MarkdownBlock.outline(
      of: lines.map { Self.asItem($0, hasBareBoxes: hasBareBoxes) }.joined(separator: "\n"))
    for note in root.children where note.kind == .footnote {
      define((note.firstLine...note.lastLine).map { String(self.lines[$0 - 1]) })
    }
    findReferences()
  }

  /// The lines of a text that ends them with LF, CRLF or CR, as CommonMark does; U+2028 and its like end none.
  static func lines(of text: String) -> [Substring] {
    var lines: [Substring] = []
    let bytes = text.utf8
    var start = bytes.startIndex
    var index = start
    while index < bytes.endIndex {
      let byte = bytes[index]
      let next = bytes.index(after: index)
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        lines.append(text[start..<index])
        let isPair = byte == UInt8(ascii: "\r") && next < bytes.endIndex && bytes[next] == UInt8(ascii: "\n")
        index = isPair ? bytes.index(after: next) : next
        start = index
      } else {
        index = next
      }
    }
    lines.append(text[start...])
    return lines
  }

  /// `-[ ] a` and `[ ] a` are no items for CommonMark, but no one who writes them means anything else.
  private static func asItem(_ line: Substring, hasBareBoxes: Bool) -> Substring {
    if hasBareBoxes, bareBox(in: line) != nil {
      let start = line.firstIndex { $0 != " " && $0 != "\t" } ?? line.startIndex
      return line[..<start] + "- " + line[start...]
    }
    let start = line.drop { $0 == " " || $0 == "\t" || $0 == ">" }
    guard let marker = start.first, "-*+".contains(marker), start.dropFirst().first == "[",
      let mark = TodoMark(start.dropFirst()), mark.isBox
    else { return line }
    return line[..<start.startIndex] + "\(marker) " + start.dropFirst()
  }

  private static func bareBox(in line: Substring) -> TodoMark? {
    let start = line.drop { $0 == " " || $0 == "\t" }
    guard let first = start.first, !first.isASCII || first == "[", let mark = TodoMark(start),
      mark.isBox || !first.isASCII,
      mark.unknown == nil, mark.rest.first?.isWhitespace ?? false, !mark.rest.isBlank
    else { return nil }
    return mark
  }

  private static func endOfFrontMatter(_ lines: [Substring]) -> Int? {
    guard let first = lines.first?.trimmedAtEnd, first == "---" || first == "+++" else { return nil }
    return lines.dropFirst().firstIndex { line in
      let end = line.trimmedAtEnd
      return end == first || (first == "---" && end == "...")
    }
  }

  // MARK: Lines

  /// From 1; without the marks of the quotations around it.
  func line(_ number: Int, quotes: Int = 0) -> Substring {
    var line = lines[number - 1]
    for _ in 0..<quotes {
      let rest = line.drop { $0 == " " || $0 == "\t" }
      guard rest.first == ">" else { break }
      line = rest.dropFirst()
      if line.first == " " { line = line.dropFirst() }
    }
    return line
  }

  /// The first line of a block, from where it begins.
  func start(of block: MarkdownBlock) -> Substring {
    let line = Self.asItem(lines[block.firstLine - 1], hasBareBoxes: hasBareBoxes)
    let bytes = line.utf8
    guard let start = bytes.index(bytes.startIndex, offsetBy: block.column - 1, limitedBy: bytes.endIndex) else {
      return ""
    }
    return line[start...]
  }

  /// Lines without the white space that all of them begin with: people align what belongs to an item with its marker,
  /// its box or its text.
  static func dedented(_ lines: [Substring]) -> [String] {
    let columns = lines.filter { !$0.isBlank }.map(indent).min() ?? 0
    return lines.map { $0.isBlank ? "" : dropping(columns, from: $0).trimmedAtEnd }
  }

  /// The columns of white space at the beginning; a tab reaches to the next multiple of four.
  static func indent(_ line: Substring) -> Int {
    var indent = 0
    for byte in line.utf8 {
      if byte == UInt8(ascii: " ") {
        indent += 1
      } else if byte == UInt8(ascii: "\t") {
        indent += 4 - indent % 4
      } else {
        break
      }
    }
    return indent
  }

  private static func dropping(_ columns: Int, from line: Substring) -> String {
    var column = 0
    var rest = line.utf8
    while column < columns, let first = rest.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
      column += first == UInt8(ascii: " ") ? 1 : 4 - column % 4
      rest.removeFirst()
    }
    return String(repeating: " ", count: max(0, column - columns)) + String(Substring(rest))
  }

  // MARK: Definitions

  private mutating func define(_ text: [String]) {
    guard let first = text.first, let label = Self.label(first[...]), definitions[label] == nil else { return }
    var text = text
    while text.last?.isBlank ?? false { text.removeLast() }
    definitions[label] = text
  }

  /// The parser keeps none of them, so they are the lines that it gives to no block.
  private mutating func findReferences() {
    guard lines.contains(where: { $0.contains("]:") }) else { return }
    var isTaken = [Bool](repeating: false, count: lines.count + 1)
    for block in root.children where block.kind != .paragraph {
      for number in block.firstLine...block.lastLine where number < isTaken.count { isTaken[number] = true }
    }
    for (index, line) in lines.enumerated()
    where !isTaken[index + 1] && Self.indent(line) < 4 && Self.label(line) != nil {
      define([line.trimmed])
    }
  }

  /// `[1]: …` gives `1`.
  private static func label(_ line: Substring) -> String? {
    let line = line.drop(while: \.isWhitespace)
    guard line.first == "[", let end = line.prefix(120).firstIndex(of: "]"),
      line[line.index(after: end)...].first == ":"
    else { return nil }
    let label = line[line.index(after: line.startIndex)..<end].trimmed.lowercased()
    return label.isEmpty ? nil : label
  }

  /// What a text needs to be understood by itself, in its order.
  func definitions(for text: String) -> [String] {
    guard !definitions.isEmpty, text.contains("[") else { return [] }
    var found: [String] = []
    var seen: Set<String> = []
    for piece in text.split(separator: "[").dropFirst() {
      guard let end = piece.prefix(120).firstIndex(of: "]") else { continue }
      let label = piece[..<end].trimmed.lowercased()
      if let definition = definitions[label], seen.insert(label).inserted { found += definition }
    }
    return found
  }
}
