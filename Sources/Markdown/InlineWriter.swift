import Basics

/// Writes what is within a paragraph, a heading or a cell.
struct InlineWriter {
  enum Form {
    /// Breaks stay.
    case lines
    /// A heading, or a part of somebody else's line.
    case oneLine
    case cell
  }

  private let form: Form
  private var text = ""
  private var isLineStart: Bool
  private var isInLink = false

  private init(_ form: Form, isLineStart: Bool) {
    self.form = form
    self.isLineStart = isLineStart
  }

  static func write(_ nodes: [MarkdownNode], as form: Form, isLineStart: Bool = true) -> String {
    var writer = InlineWriter(form, isLineStart: isLineStart)
    writer.write(nodes)
    var text = writer.text
    while text.hasSuffix(" ") || text.hasSuffix("\n") { text.removeLast() }
    // A heading would end with them.
    if form == .oneLine, text.hasSuffix("#"), !text.hasSuffix("\\#") { text = text.dropLast() + "\\#" }
    return text
  }

  /// A text as it is, of which no character formats anything.
  static func write(plain text: String, isLineStart: Bool = true) -> String {
    write([MarkdownNode(kind: .text, literal: text)], as: .oneLine, isLineStart: isLineStart)
  }

  private mutating func write(_ nodes: [MarkdownNode]) {
    var previous: MarkdownNode?
    for (index, node) in nodes.enumerated() {
      // Marks that meet would be taken for longer ones.
      if let previous, Self.meet(previous, node) { put(String(Triggers.breaker)) }
      write(node, hasNext: index + 1 < nodes.count)
      previous = node
    }
  }

  private static func meet(_ first: MarkdownNode, _ second: MarkdownNode) -> Bool {
    (first.isWrittenAsCode && second.isWrittenAsCode)
      || ([.emphasis, .strong].contains(first.kind) && [.emphasis, .strong].contains(second.kind))
      || (first.kind == .strike && second.kind == .strike)
  }

  private mutating func write(_ node: MarkdownNode, hasNext: Bool) {
    switch node.kind {
    case .text: put(text: node.literal, hasNext: hasNext)
    case .softBreak: form == .lines ? breakLine() : put(" ")
    case .lineBreak:
      put(form == .lines ? "  " : " ")
      if form == .lines { breakLine() }
    case .code, .html: put(code: node.literal)
    case .emphasis: put(node.children, between: "*")
    case .strong: put(node.children, between: "**")
    case .strike: put(node.children, between: "~~")
    case .link(let address, _): put(link: node, to: address)
    case .image(let address):
      let alternative = node.children.isEmpty ? [MarkdownNode(kind: .text, literal: "image")] : node.children
      put(link: MarkdownNode(kind: .link(to: address, hasTitle: false), children: alternative), to: address)
    case .footnoteReference: put(text: "[\(node.literal)]", hasNext: hasNext)
    default: write(node.children)
    }
  }

  private mutating func put(_ words: String) {
    guard !words.isEmpty else { return }
    text += words
    isLineStart = false
  }

  private mutating func breakLine() {
    text += "\n"
    isLineStart = true
  }

  private mutating func put(code: String) {
    let span = Code.span(code)
    put(form == .cell ? span.replacing("|", with: "\\|") : span)
  }

  private mutating func put(_ children: [MarkdownNode], between mark: String) {
    guard !children.isEmpty else { return }
    put(mark)
    write(children)
    put(mark)
  }

  // MARK: Links

  private mutating func put(link node: MarkdownNode, to address: String) {
    let address = visible(address)
    if Triggers.isReference(address) || node.automaticLink != nil && !Self.isHarmless(address: address) {
      if node.automaticLink == nil {
        write(node.children)
        put(" (")
        put(code: address)
        put(")")
      } else {
        put(code: address)
      }
    } else if isInLink || address.hasPrefix("data:") {
      write(node.children)
    } else if let automatic = node.automaticLink, Self.hasScheme(automatic), !automatic.contains(where: Self.isOdd) {
      put("<" + node.children[0].literal.replacing("&", with: "&amp;") + ">")
    } else {
      isInLink = true
      put("[")
      write(node.children)
      put("](" + Self.destination(address, form) + ")")
      isInLink = false
    }
  }

  /// Whether it mentions and refers to nothing where it is shown as it is; `mailto:` has its `@` inside of words.
  static func isHarmless(address: String) -> Bool {
    Triggers.defused(address, isLineStart: false) == address
  }

  private static func hasScheme(_ address: String) -> Bool {
    ["http://", "https://", "mailto:", "ftp://"].contains { address.hasPrefix($0) }
  }

  /// What an address between angle brackets cannot hold, or would have to escape.
  private static func isOdd(_ character: Character) -> Bool {
    character.isWhitespace || "<>\\|`".contains(character) || !character.isASCII
  }

  private static func destination(_ address: String, _ form: Form) -> String {
    var result = ""
    for character in address {
      switch character {
      case "<", ">", "\\": result += "\\\(character)"
      case "&": result += "&amp;"
      case "|" where form == .cell: result += "%7C"
      case "\n", "\r": result += "%0A"
      default: result.append(character)
      }
    }
    let isPlain = !address.isEmpty && !address.contains { $0.isWhitespace || "()<>\\".contains($0) }
    return isPlain ? result : "<\(result)>"
  }

  // MARK: Text

  private mutating func put(text literal: String, hasNext: Bool) {
    let words = Triggers.defused(visible(literal), isLineStart: isLineStart)
    put(Self.escaped(words, isLineStart: isLineStart, hasNext: hasNext, isInTable: form == .cell))
  }

  private static func escaped(_ words: String, isLineStart: Bool, hasNext: Bool, isInTable: Bool) -> String {
    let text = Array(words.unicodeScalars)
    var result = String.UnicodeScalarView()
    let start = isLineStart ? lineStart(text) : nil
    for (index, scalar) in text.enumerated() {
      let next = index + 1 < text.count ? text[index + 1] : nil
      /// Whether what follows is one of them, or is not known.
      func precedes(_ scalars: String) -> Bool { next.map { scalars.unicodeScalars.contains($0) } ?? hasNext }
      if index == 0, isLineStart, scalar == " " || scalar == "\t" {
        result.append(contentsOf: (scalar == " " ? "&#32;" : "&#9;").unicodeScalars)
        continue
      }
      let isEscaped =
        switch scalar {
        case "\\", "`", "*", "~": true
        case "_": !(index > 0 && isAlphanumeric(text[index - 1]) && next.map(isAlphanumeric) == true)
        case "[": next == "^"
        case "]": precedes("([:")
        case "!": precedes("[")
        case "|": isInTable
        default: false
        }
      switch scalar {
      case "<" where next.map { isAlphanumeric($0) || "/!?".unicodeScalars.contains($0) } ?? hasNext:
        result.append(contentsOf: "&lt;".unicodeScalars)
      case "&" where next.map { isAlphanumeric($0) || $0 == "#" } ?? hasNext:
        result.append(contentsOf: "&amp;".unicodeScalars)
      default:
        if isEscaped || index == start { result.append("\\") }
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// The character at the start of a line that would make a block of it.
  private static func lineStart(_ text: [Unicode.Scalar]) -> Int? {
    guard let first = text.first else { return nil }
    switch first {
    case "#", ">", "-", "+", "=", "|", ":": return 0
    case "0"..."9":
      guard let end = text.firstIndex(where: { !("0"..."9").contains($0) }), end <= 9 else { return nil }
      return text[end] == "." || text[end] == ")" ? end : nil
    default: return nil
    }
  }

  private static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
  }
}

extension MarkdownNode {
  fileprivate var isWrittenAsCode: Bool {
    switch kind {
    case .code, .html: true
    case .link(let address, _):
      automaticLink != nil && (Triggers.isReference(address) || !InlineWriter.isHarmless(address: address))
    default: false
    }
  }
}
