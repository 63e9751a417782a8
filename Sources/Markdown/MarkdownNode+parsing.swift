import CCMarkGFM

extension MarkdownNode {
  /// Deeper than anybody writes, and shallow enough for recursion.
  private static let deepest = 60

  /// cmark's registry is not made for several threads; a static is made once.
  private static let registersExtensions: Void = cmark_gfm_core_extensions_ensure_registered()

  /// - Returns: nil for a text that is nested too deeply.
  static func parse(_ text: String) -> MarkdownNode? {
    _ = registersExtensions
    guard let parser = cmark_parser_new(CMARK_OPT_FOOTNOTES | CMARK_OPT_VALIDATE_UTF8) else { return nil }
    defer { cmark_parser_free(parser) }
    for name in ["table", "strikethrough", "autolink"] {
      guard let found = cmark_find_syntax_extension(name) else { return nil }
      cmark_parser_attach_syntax_extension(parser, found)
    }
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
    }
    guard let document = cmark_parser_finish(parser) else { return nil }
    defer { cmark_node_free(document) }
    cmark_consolidate_text_nodes(document)
    return MarkdownNode(document, depth: 0)
  }

  private init?(_ node: OpaquePointer, depth: Int) {
    guard depth < Self.deepest else { return nil }
    kind = Self.kind(of: node)
    switch kind {
    case .text, .code, .html, .codeBlock, .htmlBlock, .footnoteReference:
      literal = cmark_node_get_literal(node).map { String(cString: $0) } ?? ""
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
