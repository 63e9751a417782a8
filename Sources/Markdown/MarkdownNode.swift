/// A piece of a Markdown text, as forges understand it: CommonMark with GitHub's extensions.
struct MarkdownNode: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case document
    case quote
    /// The number of the first item; nil for bullets.
    case list(start: Int?, isTight: Bool)
    case item
    case codeBlock(language: String)
    case htmlBlock
    case paragraph
    case heading(level: Int)
    case rule
    case footnote
    /// `l`, `c`, `r`, or 0 for each column.
    case table(alignments: [UInt8])
    case row
    case cell

    case text
    case softBreak
    case lineBreak
    case code
    case html
    case emphasis
    case strong
    case strike
    case link(to: String, hasTitle: Bool)
    case image(of: String)
    case footnoteReference
    /// Of a version that knows more; what is in it counts.
    case other
  }

  let kind: Kind
  /// Of text, code and HTML; entities and escapes of text are resolved.
  var literal = ""
  var children: [MarkdownNode] = []

  /// All text in it, without what formats it.
  var plainText: String {
    switch kind {
    case .softBreak, .lineBreak: " "
    default: literal + children.map(\.plainText).joined()
    }
  }

  /// The address, for a link that is written as nothing but its address.
  var automaticLink: String? {
    guard case .link(let destination, _) = kind, children.count == 1, children[0].kind == .text else { return nil }
    let text = children[0].literal
    return [text, "http://" + text, "mailto:" + text].contains(destination) ? destination : nil
  }
}
