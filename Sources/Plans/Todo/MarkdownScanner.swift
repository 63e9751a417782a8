import Basics

/// Finds the list items of the first level in a Markdown text, with all that belongs to them.
///
/// Follows CommonMark's block structure as far as it decides what is an item, and what a line belongs to. It is milder
/// in two things: two columns of indentation are enough to be below an item, also below `1.`; and boxes need no space
/// around them.
struct MarkdownScanner {
  private struct Item {
    let marker: MarkdownMarker
    let heading: String?
    let line: Int
    var text: String
    /// Lines below the item, as they stand.
    var detail: [MarkdownLine] = []
    var blankLines = 0
    var fence: MarkdownFence?
    /// Whether the next line may still belong to the item's own text.
    var isInFirstParagraph = true
    /// Whether the next line may be a continuation that is not indented.
    var isInParagraph = true

    /// The indentation from which a line belongs to the item.
    var threshold: Int { min(marker.contentIndent, marker.indent + 2) }
  }

  private let lines: [MarkdownLine]
  private let lastCommentEnd: Int
  private var heading: String?
  private var list: [Item] = []
  private var item: Item?
  private var fence: MarkdownFence?
  private var isInComment = false
  private var paragraph: String?

  private var open: [TodoItem] = []
  private var doneCount = 0

  init(_ markdown: String) {
    lines = MarkdownLine.lines(of: markdown.withoutByteOrderMark)
    lastCommentEnd = lines.lastIndex { $0.content.contains("-->") } ?? -1
  }

  mutating func scan() -> (open: [TodoItem], doneCount: Int) {
    for number in endOfFrontMatter..<lines.count { read(lines[number], number: number) }
    endList()
    return (open, doneCount)
  }

  private var endOfFrontMatter: Int {
    guard let first = lines.first, first.raw == "---",
      let end = lines.dropFirst().firstIndex(where: { $0.raw == "---" || $0.raw == "..." })
    else { return 0 }
    return end + 1
  }

  // MARK: Lines

  private mutating func read(_ line: MarkdownLine, number: Int) {
    if isInComment {
      isInComment = !line.content.contains("-->")
    } else if let open = fence {
      if open.isClosed(by: line) { fence = nil }
    } else if line.isBlank {
      item?.blankLines += 1
      item?.isInParagraph = false
      item?.isInFirstParagraph = false
      paragraph = nil
    } else if var current = item, line.indent >= current.threshold {
      readBelow(&current, line, number: number)
      item = current
    } else {
      readOnFirstLevel(line, number: number)
    }
  }

  private mutating func readBelow(_ item: inout Item, _ line: MarkdownLine, number: Int) {
    if let fence = item.fence {
      append(line, to: &item)
      if fence.isClosed(by: line) { item.fence = nil }
      return
    }
    if beginsComment(line, number: number) { return }
    let isParagraph = line.fence == nil && line.marker == nil && !line.isQuote && line.heading == nil
    if item.isInFirstParagraph, isParagraph, item.text.isEmpty || Self.isWrapped(item.text, before: line.content) {
      item.text += (item.text.isEmpty ? "" : " ") + line.content
      return
    }
    item.fence = line.fence
    item.isInFirstParagraph = false
    item.isInParagraph = isParagraph || line.marker != nil
    append(line, to: &item)
    isInComment = leavesCommentOpen(line, number: number)
  }

  private mutating func readOnFirstLevel(_ line: MarkdownLine, number: Int) {
    if beginsComment(line, number: number) { return }
    if let underlined = paragraph, line.isHeadingUnderline {
      endList()
      heading = underlined
      paragraph = nil
    } else if line.indent >= 4, item == nil {
      return  // code by indentation, or more of a paragraph
    } else if let text = line.heading {
      endList()
      heading = text
    } else if let opened = line.fence {
      endList()
      fence = opened
    } else if line.isThematicBreak || line.isQuote {
      endList()
    } else if let marker = line.marker, paragraph == nil || marker.mayInterruptParagraph {
      isInComment = leavesCommentOpen(line, number: number)
      begin(marker, number: number)
    } else if var current = item, current.isInParagraph {
      // A continuation that nobody indented.
      if current.isInFirstParagraph {
        current.text += " " + line.content
      } else {
        append(line, to: &current)
      }
      item = current
    } else {
      endList()
      paragraph = line.content
    }
  }

  private func append(_ line: MarkdownLine, to item: inout Item) {
    if !item.detail.isEmpty { item.detail += Array(repeating: MarkdownLine(""), count: item.blankLines) }
    item.blankLines = 0
    item.detail.append(line)
  }

  /// A long first line that stops in mid sentence continues in the next; a short one is a title with detail below it.
  private static func isWrapped(_ text: String, before next: String) -> Bool {
    guard text.count >= 60, let last = text.last, let first = next.first else { return false }
    return !".:;!?".contains(last) && (first.isLowercase || !first.isLetter)
  }

  // MARK: Comments

  /// Whether the line is an HTML comment, or the first line of one that is closed further down.
  private mutating func beginsComment(_ line: MarkdownLine, number: Int) -> Bool {
    guard line.content.hasPrefix("<!--"), number <= lastCommentEnd else { return false }
    isInComment = !line.content.dropFirst(4).contains("-->")
    return true
  }

  private func leavesCommentOpen(_ line: MarkdownLine, number: Int) -> Bool {
    guard number < lastCommentEnd, let text = InlineMarkdown.withoutCode(line.content).text(afterLast: "<!--") else {
      return false
    }
    return !text.contains("-->")
  }

  // MARK: Items and lists

  private mutating func begin(_ marker: MarkdownMarker, number: Int) {
    endItem()
    paragraph = nil
    let text = isInComment ? InlineMarkdown.withoutComments(marker.text, closesLast: true) : marker.text
    var item = Item(marker: marker, heading: heading, line: number + 1, text: text)
    // An item that is nothing but a code block has no text of its own.
    if let fence = MarkdownFence(opening: marker.text) {
      item.text = ""
      item.fence = fence
      item.isInFirstParagraph = false
      item.detail = [MarkdownLine(Substring(String(repeating: " ", count: marker.contentIndent) + marker.text))]
    }
    self.item = item
  }

  private mutating func endItem() {
    if let item { list.append(item) }
    item = nil
  }

  private mutating func endList() {
    endItem()
    let hasCheckboxes = list.contains { $0.marker.checkbox != .none }
    for item in list {
      switch item.marker.checkbox {
      case .closed: doneCount += 1
      case .none where hasCheckboxes: break  // a note among the tasks
      case .open, .none: add(item)
      }
    }
    list = []
    paragraph = nil
  }

  private mutating func add(_ item: Item) {
    let text = InlineMarkdown.withoutComments(item.text)
    let detail = Self.dedented(item.detail)
    if text.isEmpty && detail.isEmpty { return }
    // An entry of a table of contents is no work.
    if item.marker.checkbox == .none, detail.isEmpty, text.hasPrefix("["), text.hasSuffix(")"), text.contains("](#"),
      text.count(where: { $0 == "]" }) == 1
    {
      return
    }
    open.append(TodoItem(text: text, detail: detail, heading: item.heading, line: item.line))
  }

  /// The lines without the indentation that all have: people align detail with the marker, the box or the text.
  private static func dedented(_ lines: [MarkdownLine]) -> String {
    let columns = lines.filter { !$0.isBlank }.map(\.indent).min() ?? 0
    return lines.map { $0.isBlank ? "" : $0.dropping(columns: columns).trimmedAtEnd }
      .joined(separator: "\n")
  }
}

extension String {
  /// What follows the last occurrence of a mark, or `nil` without one.
  fileprivate func text(afterLast mark: String) -> Substring? {
    guard let range = ranges(of: mark).last else { return nil }
    return self[range.upperBound...]
  }
}
