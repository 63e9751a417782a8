import CCMarkGFM

/// A block of a Markdown text and the lines it is in, as GitHub shows the text.
///
/// For those who need the text as it was written, and from the parser only where things begin and end.
package struct MarkdownBlock: Sendable {
  package enum Kind: Sendable, Equatable {
    case document, quote, item, paragraph, code, html, table, row, cell, rule, footnote, other
    /// The number of the first item; nil for bullets.
    case list(start: Int?)
    case heading(level: Int)
  }

  package let kind: Kind
  /// From 1.
  package let firstLine: Int
  package private(set) var lastLine: Int
  /// Where its first line begins, in bytes from 1.
  package let column: Int
  /// Of a heading and a cell, on one line and still Markdown; of code and HTML as it stands.
  package let text: String
  /// What is nested more deeply than anybody writes is left out.
  package private(set) var children: [MarkdownBlock] = []

  /// - Parameter text: with LF at the ends of lines, and no NUL.
  package static func outline(of text: String) -> MarkdownBlock {
    let extensions = ["strikethrough"] + (CMark.hasEndlessRow(text) ? [] : ["table"])
    let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
    let whole = CMark.parsing(text, extensions: extensions) { MarkdownBlock($0, depth: 0, lastLine: lines) }
    return whole ?? MarkdownBlock(kind: .document, firstLine: 1, lastLine: lines, column: 1, text: "")
  }

  private static let deepest = 60

  private init(kind: Kind, firstLine: Int, lastLine: Int, column: Int, text: String) {
    self.kind = kind
    self.firstLine = firstLine
    self.lastLine = lastLine
    self.column = column
    self.text = text
  }

  private init(_ node: OpaquePointer, depth: Int, lastLine limit: Int) {
    kind = Self.kind(of: node)
    firstLine = max(1, Int(cmark_node_get_start_line(node)))
    column = max(1, Int(cmark_node_get_start_column(node)))
    // The parser's own last lines are one off for some blocks, so no block reaches beyond what is around it.
    lastLine = max(firstLine, min(limit, Int(cmark_node_get_end_line(node))))
    switch kind {
    case .heading, .cell:
      text = CMark.inlineText(of: node)
    case .code:
      text = CMark.literal(of: node)
    case .html:
      text = CMark.literal(of: node)
      lastLine = min(limit, firstLine + max(0, text.count { $0.isNewline } - 1))
    default:
      text = ""
    }
    guard depth < Self.deepest, Self.holdsBlocks(kind) else { return }
    var next = cmark_node_first_child(node)
    while let child = next {
      next = cmark_node_next(child)
      // Footnotes are moved to the end of the text, wherever they stand.
      let isBefore = next.map { cmark_node_get_start_line($0) > cmark_node_get_start_line(child) } ?? false
      let end = isBefore ? next.map { Int(cmark_node_get_start_line($0)) - 1 } : nil
      children.append(MarkdownBlock(child, depth: depth + 1, lastLine: min(end ?? lastLine, lastLine)))
    }
  }

  private static func holdsBlocks(_ kind: Kind) -> Bool {
    switch kind {
    case .document, .quote, .list, .item, .table, .row, .footnote: true
    default: false
    }
  }

  private static func kind(of node: OpaquePointer) -> Kind {
    switch cmark_node_get_type(node) {
    case CMARK_NODE_DOCUMENT: return .document
    case CMARK_NODE_BLOCK_QUOTE: return .quote
    case CMARK_NODE_LIST:
      let isOrdered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST
      return .list(start: isOrdered ? Int(cmark_node_get_list_start(node)) : nil)
    case CMARK_NODE_ITEM: return .item
    case CMARK_NODE_CODE_BLOCK: return .code
    case CMARK_NODE_HTML_BLOCK: return .html
    case CMARK_NODE_PARAGRAPH: return .paragraph
    case CMARK_NODE_HEADING: return .heading(level: Int(cmark_node_get_heading_level(node)))
    case CMARK_NODE_THEMATIC_BREAK: return .rule
    case CMARK_NODE_FOOTNOTE_DEFINITION: return .footnote
    default:
      switch cmark_node_get_type_string(node).map({ String(cString: $0) }) {
      case "table": return .table
      case "table_row", "table_header": return .row
      case "table_cell": return .cell
      default: return .other
      }
    }
  }
}
