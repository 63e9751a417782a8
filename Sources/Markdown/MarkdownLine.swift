import Basics

/// What a reader sees of one line of Markdown.
package struct MarkdownLine: Sendable, Equatable {
  /// Without marks, images' addresses, tags and comments.
  package let plain: String
  /// Whether all of it is struck out.
  package let isStruck: Bool
  /// The bold words that it begins with.
  package let leadingStrong: String?

  /// Titles are cut far below; so a line of a megabyte costs no more than this.
  private static let longest = 2_000

  /// - Parameters:
  ///   - markdown: what is between blocks' marks: a `#` at its beginning is a `#`. Only its first 2,000 characters are
  ///     read.
  ///   - definitions: of the links and footnotes in it, a line each.
  package init(_ markdown: String, definitions: [String] = []) {
    // What stands before it keeps it from being a heading, a list or code.
    let front = "x "
    let line = String(String(markdown.prefix(Self.longest)).map { $0.isNewline ? " " : $0 })
    let end = definitions.isEmpty ? "" : "\n\n" + definitions.joined(separator: "\n")
    guard let document = MarkdownNode.parse(front + line + end), var nodes = document.children.first?.children,
      document.children.count == 1 || !definitions.isEmpty, nodes.first?.kind == .text,
      nodes.first?.literal.hasPrefix(front) == true
    else {
      plain = Self.words(line)
      isStruck = false
      leadingStrong = nil
      return
    }
    nodes[0].literal.removeFirst(front.count)
    nodes.removeAll { $0.kind == .text && $0.literal.isBlank }
    plain = Self.words(document.children[0].children.map(Self.seen).joined().dropFirst(front.count))
    isStruck = !nodes.isEmpty && nodes.allSatisfy { $0.kind == .strike }
    leadingStrong = nodes.first.flatMap { $0.kind == .strong ? Self.words(Self.seen($0)) : nil }
  }

  /// The contents of the code spans in a whole text, in order; blocks of code are none.
  package static func codeSpans(in markdown: String) -> [String] {
    guard markdown.utf8.contains(UInt8(ascii: "`")) else { return [] }
    return CMark.parsing(markdown, extensions: []) { CMark.codeSpans(below: $0) } ?? []
  }

  private static func seen(_ node: MarkdownNode) -> String {
    switch node.kind {
    case .softBreak, .lineBreak: " "
    case .html: seenOfTag(node.literal)
    case .footnoteReference: ""
    case .link: node.automaticLink.map { _ in node.literal + node.plainText } ?? node.children.map(seen).joined()
    default: node.literal + node.children.map(seen).joined()
    }
  }

  /// `<br>` is a gap, other tags nothing; `<T>` is no tag that anybody means.
  private static func seenOfTag(_ tag: String) -> String {
    if tag.hasPrefix("<!--") { return "" }
    let name = tag.dropFirst().drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }.lowercased()
    return name == "br" ? " " : tags.contains(name) ? "" : tag
  }

  private static let tags: Set<String> = [
    "a", "b", "br", "code", "del", "details", "div", "em", "font", "i", "img", "ins", "kbd", "mark", "p", "s", "small",
    "span", "strike", "strong", "sub", "summary", "sup", "u",
  ]

  private static func words(_ text: some StringProtocol) -> String {
    text.split { $0.isWhitespace || $0.unicodeScalars.allSatisfy(\.isControlOrLineBreak) }.joined(separator: " ")
  }
}
