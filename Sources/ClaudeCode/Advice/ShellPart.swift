import Basics

/// A command of a shell command line, as the shell would see it.
struct ShellPart: Equatable {
  /// `A=1` before the command, as written.
  var assignments: [String] = []
  /// Without quotes.
  var words: [String] = []
  /// Whether each word is in a rule as it is written: without quotes, patterns and commas.
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
  let line = ShellLine(line)
  guard line.isComplete else { return nil }
  var builder = ShellPartBuilder()
  for token in line.tokens {
    guard builder.take(token) else { return nil }
  }
  return builder.endPart() ? builder.finished : nil
}

private struct ShellPartBuilder {
  private(set) var finished: [ShellPart] = []
  private var part = ShellPart()
  /// The redirection whose target comes next.
  private var mark: String?

  private static let keywords: Set<String> = [
    "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "select",
    "time", "coproc", "{", "}", "[[", "!",
  ]

  /// False for what cannot be told.
  mutating func take(_ token: ShellLine.Token) -> Bool {
    switch token.kind {
    case .bracket: return false
    case .end(let operation): return ["&&", "||", ";", "|", "\n"].contains(operation) && endPart()
    case .redirection(let mark):
      guard self.mark == nil, ["<", ">", ">>", ">|", "&>", "&>>", ">&", "<&"].contains(mark) else { return false }
      self.mark = mark
      return true
    case .word(let word): return !token.isExpanded && take(word, isQuoted: token.isQuoted)
    }
  }

  private mutating func take(_ word: String, isQuoted: Bool) -> Bool {
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

  mutating func endPart() -> Bool {
    guard mark == nil else { return false }
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

/// Whether a word can be in a rule, and in a setting that is a list: no pattern, bracket, comma or quote.
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
