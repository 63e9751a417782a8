import CCMarkGFM

extension MarkdownNode {
  /// Deeper than anybody writes, and shallow enough for recursion.
  private static let deepest = 60

  /// - Returns: nil for a text that is nested too deeply, or that has a row of a table which nobody could read.
  static func parse(_ text: String) -> MarkdownNode? {
    guard !CMark.hasEndlessRow(text) else { return nil }
    return CMark.parsing(text, extensions: ["table", "strikethrough", "autolink"]) { MarkdownNode($0, depth: 0) }
      ?? nil
  }

  private init?(_ node: OpaquePointer, depth: Int) {
    guard depth < Self.deepest else { return nil }
    kind = Self.kind(of: node)
    switch kind {
    case .text, .code, .html, .codeBlock, .htmlBlock, .footnoteReference:
      literal = CMark.literal(of: node)
    default: break
    }
    var next = cmark_node_first_child(node)
    while let child = next {
      guard let child = MarkdownNode(child, depth: depth + 1) else { return nil }
      children.append(child)
      next = cmark_node_next(next)
    }
  }

  private static func kind(of node: OpaquePointer) -> Kind {
    switch cmark_node_get_type(node) {
    case CMARK_NODE_DOCUMENT: return .document
    case CMARK_NODE_BLOCK_QUOTE: return .quote
    case CMARK_NODE_LIST:
      let isOrdered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST
      return .list(
        start: isOrdered ? Int(cmark_node_get_list_start(node)) : nil, isTight: cmark_node_get_list_tight(node) != 0)
    case CMARK_NODE_ITEM: return .item
    case CMARK_NODE_CODE_BLOCK:
      let info = cmark_node_get_fence_info(node).map { String(cString: $0) } ?? ""
      return .codeBlock(language: info)
    case CMARK_NODE_HTML_BLOCK: return .htmlBlock
    case CMARK_NODE_PARAGRAPH: return .paragraph
    case CMARK_NODE_HEADING: return .heading(level: Int(cmark_node_get_heading_level(node)))
    case CMARK_NODE_THEMATIC_BREAK: return .rule
    case CMARK_NODE_FOOTNOTE_DEFINITION: return .footnote
    case CMARK_NODE_TEXT: return .text
    case CMARK_NODE_SOFTBREAK: return .softBreak
    case CMARK_NODE_LINEBREAK: return .lineBreak
    case CMARK_NODE_CODE: return .code
    case CMARK_NODE_HTML_INLINE: return .html
    case CMARK_NODE_EMPH: return .emphasis
    case CMARK_NODE_STRONG: return .strong
    case CMARK_NODE_LINK:
      let title = cmark_node_get_title(node).map { String(cString: $0) } ?? ""
      return .link(to: address(of: node), hasTitle: !title.isEmpty)
    case CMARK_NODE_IMAGE: return .image(of: address(of: node))
    case CMARK_NODE_FOOTNOTE_REFERENCE: return .footnoteReference
    default: return extensionKind(of: node)
    }
  }

  /// The types that extensions register have a number only while the program runs.
  private static func extensionKind(of node: OpaquePointer) -> Kind {
    switch cmark_node_get_type_string(node).map({ String(cString: $0) }) {
    case "table":
      let columns = Int(cmark_gfm_extensions_get_table_columns(node))
      let alignments = UnsafeBufferPointer(start: cmark_gfm_extensions_get_table_alignments(node), count: columns)
      return .table(alignments: Array(alignments))
    case "table_row", "table_header": return .row
    case "table_cell": return .cell
    case "strikethrough": return .strike
    default: return .other
    }
  }

  private static func address(of node: OpaquePointer) -> String {
    cmark_node_get_url(node).map { String(cString: $0) } ?? ""
  }
}
