import Basics

/// A command of a shell command line, as the shell would see it.
struct ShellPart: Equatable {
  /// `A=1` before the command, as written.
  var assignments: [String] = []
  /// Without quotes.
  var words: [String] = []
  /// Whether each word stands in a rule as it is written: without quotes, patterns and commas.
  var isPlain = true
  var redirections: [Redirection] = []

  struct Redirection: Equatable {
    /// `>`, `>>`, `>|`, `&>`, `<`, `>&`, ….
    var mark: String
    var target: String
  }

  /// The words with a space between, as rules are compared with them.
  var command: String { words.joined(separator: " ") }
}

/// Takes a command line apart: at `&&`, `||`, `;`, `|` and newlines.
///
/// nil for whatever has parts that only a shell can tell: substitutions, variables, subshells, loops, conditions, brace
/// expansion, documents in place, the background.
func shellParts(of line: String) -> [ShellPart]? {
  var reader = ShellLineReader(line)
  return reader.parts()
}

private struct ShellLineReader {
  private var rest: Substring
  private var finished: [ShellPart] = []
  private var part = ShellPart()
  private var word: String?
  private var isQuoted = false
  /// The redirection whose target comes next.
  private var mark: String?

  init(_ line: String) {
    rest = line[...]
  }

  private static let keywords: Set<String> = [
    "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "select",
    "time", "coproc", "{", "}", "[[", "!",
  ]

  mutating func parts() -> [ShellPart]? {
    while let character = rest.popFirst() {
      guard take(character) else { return nil }
    }
    guard endPart() else { return nil }
    return finished
  }

  /// False for what cannot be told.
  private mutating func take(_ character: Character) -> Bool {
    switch character {
    case "'":
      guard let end = rest.firstIndex(of: "'") else { return false }
      word = (word ?? "") + rest[..<end]
      isQuoted = true
      rest = rest[rest.index(after: end)...]
      return true
    case "\"": return takeQuoted()
    case "\\":
      guard let next = rest.popFirst() else { return false }
      if next == "\n" { return true }
      word = (word ?? "") + String(next)
      isQuoted = true
      return true
    case " ", "\t": return endWord()
    case "\n", "\r\n", ";": return rest.first != ";" && endPart()
    case "&":
      if rest.first == "&" {
        rest.removeFirst()
        return endPart()
      }
      return rest.first == ">" && takeRedirection("&")
    case "|":
      if rest.first == "|" { rest.removeFirst() }
      return rest.first != "&" && endPart()
    case ">", "<": return takeRedirection(String(character))
    case "$", "`", "(", ")", "{", "}": return false
    case "#": return word != nil && append(character)
    default: return append(character)
    }
  }

  private mutating func append(_ character: Character) -> Bool {
    word = (word ?? "") + String(character)
    return true
  }

  private mutating func takeQuoted() -> Bool {
    var text = word ?? ""
    while let character = rest.popFirst() {
      switch character {
      case "\"":
        word = text
        isQuoted = true
        return true
      case "$", "`", "\\": return false
      default: text.append(character)
      }
    }
    return false
  }

  private mutating func takeRedirection(_ first: String) -> Bool {
    // A number right before it says which descriptor is meant.
    if let number = word, number.allSatisfy(\.isNumber), !isQuoted { word = nil }
    guard endWord() else { return false }
    var text = first
    while let next = rest.first, next == ">" || next == "<" || next == "|" || next == "&" {
      text.append(next)
      rest.removeFirst()
    }
    guard ["<", ">", ">>", ">|", "&>", "&>>", ">&", "<&"].contains(text) else { return false }
    mark = text
    return true
  }

  private mutating func endWord() -> Bool {
    guard let word else { return true }
    defer {
      self.word = nil
      isQuoted = false
    }
    if let mark {
      self.mark = nil
      // To another descriptor, as in `2>&1`.
      if mark.hasSuffix("&"), word.allSatisfy({ $0.isNumber || $0 == "-" }) { return true }
      part.redirections.append(ShellPart.Redirection(mark: mark, target: word))
      return true
    }
    if part.words.isEmpty, !isQuoted {
      if Self.keywords.contains(word) { return false }
      if isAssignment(word) {
        part.assignments.append(word)
        return true
      }
    }
    part.words.append(word)
    if isQuoted || !isRuleWord(word) { part.isPlain = false }
    return true
  }

  private mutating func endPart() -> Bool {
    guard endWord(), mark == nil else { return false }
    if !part.words.isEmpty || !part.assignments.isEmpty || !part.redirections.isEmpty { finished.append(part) }
    part = ShellPart()
    return true
  }
}

private func isAssignment(_ word: String) -> Bool {
  guard let equals = word.firstIndex(of: "="), let first = word.first, first.isLetter || first == "_" else {
    return false
  }
  return word[..<equals].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
}

/// Whether a word can stand in a rule, and in a setting that is a list: no pattern, bracket, comma or quote.
private func isRuleWord(_ word: String) -> Bool {
  !word.isEmpty
    && word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "._/+-=:@%".utf8.contains(byte)
      }
    }
}

/// Whether a word may name something outside the folder in which the command stands.
func leadsOut(_ word: String) -> Bool {
  word.hasPrefix("/") || word.hasPrefix("~") || word.contains("..") || word.contains("=/") || word.contains("=~")
    || word.contains("://") || word.hasPrefix("-") && word.contains("/")
}
