/// The tokens of a shell command line, as far as they can be told without running it.
///
/// Nothing is expanded: variables and substitutions stay in the words as they are written, and are marked. What is within
/// brackets, braces and backquotes is made of tokens like the rest, marked as nested. Each user decides what an unknown
/// means to it: whoever advises to allow a command is silent, whoever looks for what was run looks into all of it.
package struct ShellLine: Sendable {
  package struct Token: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
      /// Without its quotes.
      case word(String)
      /// `>`, `>>`, `&>`, `<<`, …, without the number of a descriptor. The next word is its target.
      case redirection(String)
      /// Between commands: `;`, `;;`, `&&`, `||`, `|`, `|&`, `&` or a line's end.
      case end(String)
      /// `(`, `)` or a backquote.
      case bracket
    }

    package let kind: Kind
    /// Where it is in the line; of a redirection with the descriptor's number.
    package let range: Range<String.Index>
    /// Whether it is within brackets, braces or backquotes.
    package let isNested: Bool
    /// Whether a part of the word has quotes or a backslash.
    package let isQuoted: Bool
    /// Whether the shell makes something else of the word: a variable, a substitution, braces, a comment.
    package let isExpanded: Bool
  }

  package let text: String
  package private(set) var tokens: [Token] = []
  /// Whether all quotes and brackets are closed. What is in an open quote is a word all the same.
  package private(set) var isComplete = true

  package init(_ text: String) {
    self.text = text
    var lexer = Lexer(text)
    lexer.run()
    tokens = lexer.tokens
    isComplete = lexer.isComplete
  }
}

extension ShellLine.Token {
  package var word: String? {
    if case .word(let text) = kind { text } else { nil }
  }
}

/// Works by the scalar: to a shell a `;` ends a command also where a combining accent comes after it.
private struct Lexer {
  private let text: String
  private var position: String.Index
  private(set) var tokens: [ShellLine.Token] = []
  private var word: String?
  private var start: String.Index
  private var isNestedWord = false
  private var isQuoted = false
  private var isExpanded = false
  private var depth = 0
  private var isInBackquotes = false
  private var hasOpenQuote = false

  init(_ text: String) {
    self.text = text
    position = text.startIndex
    start = text.startIndex
  }

  var isComplete: Bool { !hasOpenQuote && !isNested }
  private var isNested: Bool { depth != 0 || isInBackquotes }
  private var next: Unicode.Scalar? { position < text.endIndex ? text.unicodeScalars[position] : nil }

  private mutating func advance() { position = text.unicodeScalars.index(after: position) }

  private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    advance()
    return true
  }

  mutating func run() {
    while let scalar = next {
      let begin = position
      advance()
      take(scalar, from: begin)
    }
    endWord(at: position)
  }

  private mutating func take(_ scalar: Unicode.Scalar, from begin: String.Index) {
    switch scalar {
    case "'", "\"": takeQuoted(by: scalar, from: begin)
    case "\\":
      guard let escaped = next else {
        hasOpenQuote = true
        return
      }
      advance()
      if escaped == "\n" { return }
      append(escaped, from: begin)
      isQuoted = true
    case " ", "\t": endWord(at: begin)
    case "\r" where next == "\n":
      advance()
      add(.end("\n"), from: begin)
    case "\n": add(.end("\n"), from: begin)
    case ";": add(.end(skip(";") ? ";;" : ";"), from: begin)
    case "|": add(.end(skip("|") ? "||" : skip("&") ? "|&" : "|"), from: begin)
    case "&":
      if skip(">") {
        add(.redirection(skip(">") ? "&>>" : "&>"), from: begin)
      } else {
        add(.end(skip("&") ? "&&" : "&"), from: begin)
      }
    case "<", ">": takeRedirection(scalar, from: begin)
    case "(", ")":
      if scalar == ")" { depth -= 1 }
      add(.bracket, from: begin)
      if scalar == "(" { depth += 1 }
    case "`":
      add(.bracket, from: begin)
      isInBackquotes.toggle()
    default:
      append(scalar, from: begin)
      switch scalar {
      case "{": depth += 1
      case "}": depth -= 1
      default: break
      }
      if "${}".unicodeScalars.contains(scalar) || scalar == "#" && word == "#" && !isQuoted { isExpanded = true }
    }
  }

  private mutating func takeQuoted(by quote: Unicode.Scalar, from begin: String.Index) {
    beginWord(at: begin)
    isQuoted = true
    while let scalar = next {
      advance()
      switch scalar {
      case quote: return
      case "\\" where quote == "\"":
        isExpanded = true
        guard let escaped = next else { break }
        advance()
        if escaped != "\n" { append(escaped, from: begin) }
      default:
        if quote == "\"", scalar == "$" || scalar == "`" { isExpanded = true }
        append(scalar, from: begin)
      }
    }
    hasOpenQuote = true
  }

  private mutating func takeRedirection(_ first: Unicode.Scalar, from begin: String.Index) {
    // A number right before it says which descriptor is meant.
    var begin = begin
    if let number = word, !isQuoted, number.allSatisfy(\.isNumber) {
      begin = start
      word = nil
    }
    var mark = String(first)
    if first == ">" {
      for second in [">", "&", "|"] as [Unicode.Scalar] where skip(second) {
        mark.unicodeScalars.append(second)
        break
      }
    } else if skip("<") {
      mark += skip("<") ? "<<" : skip("-") ? "<-" : "<"
    } else {
      for second in ["&", ">"] as [Unicode.Scalar] where skip(second) {
        mark.unicodeScalars.append(second)
        break
      }
    }
    add(.redirection(mark), from: begin)
  }

  // MARK: - Words

  private mutating func beginWord(at begin: String.Index) {
    guard word == nil else { return }
    (word, start, isNestedWord) = ("", begin, isNested)
  }

  private mutating func append(_ scalar: Unicode.Scalar, from begin: String.Index) {
    beginWord(at: begin)
    word?.unicodeScalars.append(scalar)
  }

  private mutating func endWord(at end: String.Index) {
    if let word {
      tokens.append(
        ShellLine.Token(
          kind: .word(word), range: start..<end, isNested: isNestedWord, isQuoted: isQuoted, isExpanded: isExpanded))
    }
    (word, isQuoted, isExpanded) = (nil, false, false)
  }

  /// Ends the word before it.
  private mutating func add(_ kind: ShellLine.Token.Kind, from begin: String.Index) {
    endWord(at: begin)
    tokens.append(
      ShellLine.Token(kind: kind, range: begin..<position, isNested: isNested, isQuoted: false, isExpanded: false))
  }
}
