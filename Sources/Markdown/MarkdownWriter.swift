/// Writes a tree as Markdown with nothing in it that acts: blocks.
///
/// Its own texts come out as they went in. HTML becomes code, images become links, footnotes become plain text, and
/// titles of links go, as does what a reader does not see: comments and definitions.
struct MarkdownWriter {
  /// A list item in which all stands together, without empty lines between.
  private var isTight = false

  static func write(_ document: MarkdownNode) -> String {
    MarkdownWriter().lines(of: document.children).joined(separator: "\n")
  }

  private func lines(of blocks: [MarkdownNode]) -> [String] {
    var lines: [String] = []
    var previous: MarkdownNode?
    var isSecondList = false
    var notes = 0
    for block in blocks {
      var block = block
      if block.kind == .footnote {
        notes += 1
        block.number(as: notes)
      }
      isSecondList = Self.areOneList(previous, block) && !isSecondList
      let new = self.lines(of: block, isSecondList: isSecondList)
      guard !new.isEmpty else { continue }
      if !lines.isEmpty, !(isTight && Self.mayFollow(previous, block)) { lines.append("") }
      lines += new
      previous = block
    }
    return lines
  }

  private static func areOneList(_ first: MarkdownNode?, _ second: MarkdownNode) -> Bool {
    guard case .list(let start, _)? = first?.kind, case .list(let next, _) = second.kind else { return false }
    return (start == nil) == (next == nil)
  }

  /// Whether it is a block of its own without an empty line between.
  private static func mayFollow(_ previous: MarkdownNode?, _ block: MarkdownNode) -> Bool {
    switch block.kind {
    case .codeBlock, .htmlBlock, .heading: true
    case .list(nil, _): block.children.first?.children.isEmpty == false
    case .list(1?, _): block.children.first?.children.isEmpty == false
    case .paragraph: previous?.kind != .paragraph && !Self.takesLines(previous)
    default: false
    }
  }

  /// Whether a paragraph right after it would be taken for a part of it.
  private static func takesLines(_ block: MarkdownNode?) -> Bool {
    switch block?.kind {
    case .codeBlock, .htmlBlock, .heading: false
    default: true
    }
  }

  private func lines(of block: MarkdownNode, isSecondList: Bool) -> [String] {
    switch block.kind {
    case .paragraph: return paragraph(block)
    case .heading(let level):
      let text = InlineWriter.write(block.children, as: .oneLine)
      return [String(repeating: "#", count: level) + (text.isEmpty ? "" : " " + text)]
    case .rule: return ["___"]
    case .codeBlock(let language): return Code.block(block.literal, language: language)
    case .htmlBlock: return Code.block(block.literal, language: "html")
    case .quote:
      let inner = MarkdownWriter().lines(of: block.children)
      return inner.isEmpty ? [">"] : inner.map { $0.isEmpty ? ">" : "> " + $0 }
    case .list(let start, let isTight):
      return list(block.children, start: start, isTight: isTight, isSecond: isSecondList)
    case .table(let alignments): return table(block.children, alignments: alignments)
    default: return MarkdownWriter().lines(of: block.children)
    }
  }

  private func paragraph(_ block: MarkdownNode) -> [String] {
    let text = InlineWriter.write(block.children, as: .lines)
    return text.isEmpty ? [] : text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private func list(_ items: [MarkdownNode], start: Int?, isTight: Bool, isSecond: Bool) -> [String] {
    var lines: [String] = []
    for (index, item) in items.enumerated() {
      let marker =
        if let start { "\(start + index)\(isSecond ? ")" : ".")" } else { isSecond ? "*" : "-" }
      let indent = String(repeating: " ", count: marker.count + 1)
      var writer = MarkdownWriter()
      writer.isTight = isTight
      let inner = writer.lines(of: item.children)
      if index > 0, !isTight { lines.append("") }
      lines.append(inner.first.map { "\(marker) \($0)" } ?? marker)
      lines += inner.dropFirst().map { $0.isEmpty ? "" : indent + $0 }
    }
    return lines
  }

  private func table(_ rows: [MarkdownNode], alignments: [UInt8]) -> [String] {
    var lines = rows.map { row in
      row.children.reduce(into: "|") { $0 += " " + InlineWriter.write($1.children, as: .cell) + " |" }
    }
    let marks = alignments.map { alignment in
      switch alignment {
      case UInt8(ascii: "l"): ":--"
      case UInt8(ascii: "c"): ":-:"
      case UInt8(ascii: "r"): "--:"
      default: "---"
      }
    }
    if !lines.isEmpty { lines.insert("|" + marks.map { " \($0) |" }.joined(), at: 1) }
    return lines
  }
}

extension MarkdownNode {
  /// Puts a footnote's number before it: what refers to it says no more than the number.
  fileprivate mutating func number(as number: Int) {
    let mark = MarkdownNode(kind: .text, literal: "[\(number)] ")
    if children.first?.kind == .paragraph {
      children[0].children.insert(mark, at: 0)
    } else {
      children.insert(MarkdownNode(kind: .paragraph, children: [mark]), at: 0)
    }
  }
}

/// Code in Markdown, between marks that the code cannot contain.
package enum Code {
  /// The lines of a fenced block.
  ///
  /// A bot that reads no Markdown obeys a command in it, too: then the block is moved one column to the right, which
  /// its fence takes back where it is shown.
  package static func block(_ text: String, language: String = "") -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last?.isEmpty == true { lines.removeLast() }
    let fence = String(repeating: "`", count: max(3, longestRun(in: text) + 1))
    let name = language.prefix { !$0.isWhitespace && $0.isASCII && !"`@{\\&<".contains($0) }
    let block = [fence + name] + lines + [fence]
    return lines.contains { Triggers.isCommand($0) } ? block.map { $0.isEmpty ? "" : " " + $0 } : block
  }

  /// A span within a line.
  package static func span(_ text: String) -> String {
    let text = text.replacing("\n", with: " ")
    guard !text.isEmpty else { return "" }
    var fence = "`"
    while runs(in: text).contains(fence.count) { fence += "`" }
    let isPadded =
      text.hasPrefix("`") || text.hasSuffix("`")
      || text.hasPrefix(" ") && text.hasSuffix(" ") && text.contains { $0 != " " }
    return isPadded ? "\(fence) \(text) \(fence)" : "\(fence)\(text)\(fence)"
  }

  private static func longestRun(in text: String) -> Int { runs(in: text).max() ?? 0 }

  private static func runs(in text: String) -> Set<Int> {
    var runs: Set<Int> = []
    var length = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "`") {
        length += 1
      } else if length > 0 {
        runs.insert(length)
        length = 0
      }
    }
    if length > 0 { runs.insert(length) }
    return runs
  }
}
