import CCMarkGFM
import Synchronization

/// The one place that runs the parser.
enum CMark {
  /// cmark is not made for several threads: while it parses, the characters at which its extensions look are in tables
  /// of the whole process, and the end of one parsing takes them out of all others, which then see no mention, no link.
  private static let isParsing = Mutex(())

  private static let registersExtensions: Void = cmark_gfm_core_extensions_ensure_registered()

  /// Whatever parses does it in here.
  static func alone<Result: Sendable>(_ body: () -> Result) -> Result {
    isParsing.withLock { _ in
      _ = registersExtensions
      return body()
    }
  }

  /// Its time for tables grows with the square of the cells in a line; nobody reads a row that wide.
  private static let widestRow = 500

  /// - Parameter body: must not keep the document, which ends with the call.
  /// - Returns: nil where the parser lacks an extension.
  static func parsing<Result>(
    _ text: String, extensions: [String], _ body: (_ document: OpaquePointer) -> Result
  ) -> Result? {
    let parsed = alone { Self.document(of: text, extensions: extensions).map { UInt(bitPattern: $0) } }
    guard let document = parsed.flatMap({ OpaquePointer(bitPattern: $0) }) else { return nil }
    defer { cmark_node_free(document) }
    cmark_consolidate_text_nodes(document)
    return body(document)
  }

  private static func document(of text: String, extensions: [String]) -> OpaquePointer? {
    guard let parser = cmark_parser_new(CMARK_OPT_FOOTNOTES | CMARK_OPT_VALIDATE_UTF8) else { return nil }
    defer { cmark_parser_free(parser) }
    for name in extensions {
      guard let found = cmark_find_syntax_extension(name) else { return nil }
      cmark_parser_attach_syntax_extension(parser, found)
    }
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
    }
    return cmark_parser_finish(parser)
  }

  static func hasEndlessRow(_ text: String) -> Bool {
    var bars = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): bars = 0
      case UInt8(ascii: "|"):
        bars += 1
        if bars > widestRow { return true }
      default: break
      }
    }
    return false
  }

  static func literal(of node: OpaquePointer) -> String {
    cmark_node_get_literal(node).map { String(cString: $0) } ?? ""
  }

  /// What formats the text below a block, as Markdown on one line, escapes resolved.
  ///
  /// Walked rather than descended into: emphasis may be nested as deep as the line is long.
  static func inlineText(of block: OpaquePointer) -> String {
    guard let walk = cmark_iter_new(block) else { return "" }
    defer { cmark_iter_free(walk) }
    var text = ""
    while case let event = cmark_iter_next(walk), event != CMARK_EVENT_DONE {
      guard let node = cmark_iter_get_node(walk) else { continue }
      switch cmark_node_get_type(node) {
      case CMARK_NODE_TEXT, CMARK_NODE_HTML_INLINE: text += literal(of: node)
      case CMARK_NODE_CODE: text += Code.span(literal(of: node))
      case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: text += " "
      case CMARK_NODE_STRONG: text += "**"
      case CMARK_NODE_LINK where event == CMARK_EVENT_ENTER: text += "["
      case CMARK_NODE_LINK: text += "](\(cmark_node_get_url(node).map { String(cString: $0) } ?? ""))"
      default:
        if String(cString: cmark_node_get_type_string(node)) == "strikethrough" { text += "~~" }
      }
    }
    return text
  }

  /// The contents of all code spans, in order.
  static func codeSpans(below document: OpaquePointer) -> [String] {
    guard let walk = cmark_iter_new(document) else { return [] }
    defer { cmark_iter_free(walk) }
    var spans: [String] = []
    while case let event = cmark_iter_next(walk), event != CMARK_EVENT_DONE {
      guard let node = cmark_iter_get_node(walk), cmark_node_get_type(node) == CMARK_NODE_CODE else { continue }
      spans.append(literal(of: node))
    }
    return spans
  }
}
