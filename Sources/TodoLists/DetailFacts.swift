import Basics
import Markdown

/// What the detail of an item states about its task: `needs: a, b`, `test: make check`.
package struct DetailFacts: Equatable {
  private(set) var needs: [NeedClause] = []
  package private(set) var testCommand: String?
  /// The detail without the lines that other fields hold.
  private(set) var rest: String
  /// The lines of commands that are blank.
  private(set) var emptyTests: [Int] = []

  package init(_ item: TodoItem) {
    rest = item.detail
    guard Self.mayState(item.detail) else { return }
    let lines = item.detail.split(separator: "\n", omittingEmptySubsequences: false)
    var kept = [Bool](repeating: true, count: lines.count)
    for (number, isNeed) in Self.lines(of: item.detail, lines) where number < lines.count {
      let line = Self.withoutMarker(lines[number])
      let place = number < item.detailLines.count ? item.detailLines[number] : item.line
      if isNeed {
        var clause = NeedClause(names: String(TodoMark(line)?.rest ?? line), isCertain: true)
        clause.line = place
        needs.append(clause)
        continue
      }
      if let value = Self.test(line) {
        let command = Self.command(value)
        if command.isBlank {
          emptyTests.append(place)
          kept[number] = false
        } else if testCommand == nil {
          testCommand = command
          kept[number] = false
        }
      } else if var clause = NeedClause(statement: line) {
        clause.line = place
        needs.append(clause)
      }
    }
    var texts = zip(lines, kept).filter(\.1).map(\.0)
    while texts.first?.isBlank ?? false { texts.removeFirst() }
    while texts.last?.isBlank ?? false { texts.removeLast() }
    rest = texts.joined(separator: "\n")
  }

  private static func mayState(_ text: String) -> Bool {
    // Bytes of other scripts may be a word of these, too.
    text.utf8.contains(UInt8(ascii: ":")) || text.contains { !$0.isASCII }
      || ["epend", "lock", "eed", "fter", "equire", "rereq"].contains { text.contains($0) }
  }

  /// The lines, from 0, of paragraphs on the first level, and of items there: not in code, and not of steps' details.
  /// - Returns: with each whether it is in a list below "Depends on:".
  private static func lines(of detail: String, _ lines: [Substring]) -> [(Int, isNeed: Bool)] {
    var found: [(Int, isNeed: Bool)] = []
    func isHeader(_ number: Int) -> Bool {
      number <= lines.count && NeedClause.isHeader(withoutMarker(lines[number - 1]))
    }
    func take(_ items: [MarkdownBlock], areNeeds: Bool) {
      for item in items where item.children.first?.kind == .paragraph {
        found.append((item.firstLine - 1, areNeeds))
        if !areNeeds, isHeader(item.firstLine), item.children.count > 1, case .list = item.children[1].kind {
          take(item.children[1].children, areNeeds: true)
        }
      }
    }
    var isBelowHeader = false
    for block in MarkdownBlock.outline(of: detail).children {
      switch block.kind {
      case .paragraph: found += (block.firstLine...block.lastLine).map { ($0 - 1, false) }
      case .list: take(block.children, areNeeds: isBelowHeader)
      default: break
      }
      isBelowHeader = block.kind == .paragraph && isHeader(block.lastLine)
    }
    return found
  }

  private static func withoutMarker(_ line: Substring) -> Substring {
    let line = line.drop(while: \.isWhitespace)
    guard let first = line.first, "-*+".contains(first), line.dropFirst().first?.isWhitespace ?? false else {
      return line
    }
    return line.dropFirst().drop(while: \.isWhitespace)
  }

  /// What follows `test:`, in whatever letters; nil where nothing does.
  private static func test(_ line: Substring) -> String? {
    guard let colon = line.prefix(24).firstIndex(of: ":") else { return nil }
    let head = line[..<colon].filter { !"*_`".contains($0) }.trimmed.lowercased()
    var value = line[line.index(after: colon)...]
    // **test:** a
    if line.first.map({ "*_".contains($0) }) ?? false { value = value.drop { "*_".contains($0) || $0.isWhitespace } }
    guard head == "test" || head == "test command", !value.isBlank else { return nil }
    return value.trimmed
  }

  /// The code span that the value is, or the value.
  private static func command(_ value: String) -> String {
    guard value.hasPrefix("`"), value.hasSuffix("`"), value.count > 1 else { return value }
    if value.allSatisfy({ $0 == "`" || $0.isWhitespace }) { return "" }
    let spans = MarkdownLine.codeSpans(in: value)
    return spans.count == 1 ? spans[0].trimmed : value
  }
}
