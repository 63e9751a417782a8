import CCMarkGFM

@testable import Markdown

/// A text as a forge shows it, and what its filters find there: written apart from what is tested, on the HTML that the
/// parser makes.
struct ForgeReading {
  /// What would act, in words.
  private(set) var faults: [String] = []

  /// - Parameter isMarkdown: titles and commits are not.
  init(_ text: String, isMarkdown: Bool) {
    for line in text.split(separator: "\n") where Self.isCommand(line) { faults.append("the command '\(line)'") }
    guard isMarkdown else {
      look(at: text)
      return
    }
    let html = Self.html(text)
    for match in html.matches(of: #/<\/?([a-zA-Z][a-zA-Z0-9]*)|<!/#) {
      let tag = match.output.1.map { String($0).lowercased() } ?? "!"
      if !Self.tags.contains(tag) { faults.append("the tag '\(tag)'") }
    }
    for match in html.matches(of: #/(?:href|src)="([^"]*)"/#) where Self.isReference(String(match.output.1)) {
      faults.append("a link to \(match.output.1)")
    }
    let withoutCode = html.replacing(#/<(pre|code)\b.*?<\/\1>/#.dotMatchesNewlines(), with: "\u{1}")
    for piece in withoutCode.split(separator: #/<[^>]*>/#) {
      look(
        at: piece.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
          .replacing("&amp;", with: "&"))
    }
  }

  private mutating func look(at text: some StringProtocol) {
    let text = String(text)
    let patterns: [(String, Regex<Substring>)] = [
      ("a mention", #/(?:^|[^A-Za-z0-9_])@[A-Za-z0-9{_]/#), ("an issue", #/#[0-9]/#),
      ("an issue", #/(?:^|[^a-z0-9])gh-[0-9]/#.ignoresCase()), ("a commit", #/\w@[0-9a-f]{7,40}(?![0-9a-z_])/#),
      ("a closing word", #/(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):? +(?:[\w./-]*#|issue |bug )[0-9]/#.ignoresCase()),
      ("a skip", #/\[(?:skip ci|ci skip|no ci)\]/#.ignoresCase()),
    ]
    for (name, pattern) in patterns {
      if let match = text.firstMatch(of: pattern) { faults.append("\(name): '\(match.output)'") }
    }
    if Self.isReference(text) { faults.append("a reference in '\(text)'") }
    if text.unicodeScalars.contains(where: { (0x202A...0x202E).contains($0.value) }) { faults.append("hidden text") }
  }

  private static func isReference(_ text: String) -> Bool {
    text.contains(#/\/(?:issues|pull|pull-requests|discussions)\/[0-9]/#) || text.contains(#/\/commit\/[0-9a-f]{7}/#)
  }

  private static func isCommand(_ line: Substring) -> Bool {
    line.contains(
      #/^(?:\/[a-z]+(?:\s|$)|bors |[Jj]enkins|recheck|retest|lgtm|\+1|[A-Za-z-]+-by:|[Ii] have read the )/#)
  }

  private static let tags: Set<String> = [
    "p", "ul", "ol", "li", "blockquote", "pre", "code", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table", "thead",
    "tbody", "tr", "th", "td", "em", "strong", "del", "a", "br",
  ]

  /// With all HTML of the text, as a forge sees it before it removes any.
  static func html(_ text: String) -> String { CMark.alone { rendered(text) } }

  private static func rendered(_ text: String) -> String {
    guard let parser = cmark_parser_new(CMARK_OPT_FOOTNOTES) else { return "" }
    defer { cmark_parser_free(parser) }
    for name in ["table", "strikethrough", "autolink"] {
      cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension(name))
    }
    cmark_parser_feed(parser, text, text.utf8.count)
    let document = cmark_parser_finish(parser)
    defer { cmark_node_free(document) }
    guard let html = cmark_render_html(document, CMARK_OPT_UNSAFE, cmark_parser_get_syntax_extensions(parser)) else {
      return ""
    }
    defer { cmark_get_default_mem_allocator().pointee.free(html) }
    return String(cString: html)
  }
}
