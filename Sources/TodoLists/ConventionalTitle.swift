import Basics

/// A title in conventional-commit form: `fix: the login page forgets the user`.
struct ConventionalTitle: Equatable {
  /// With its type, at most 72 characters.
  let title: String
  /// Without type and scope, as long as it was.
  let subject: String
  /// Whether the title has less than the subject says.
  let isCut: Bool

  private static let longest = 72
  private static let types = [
    "build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test",
  ]
  private static let verbs: [String: [String]] = [
    "chore": ["bump", "configure", "delete", "pin", "release", "remove", "update", "upgrade"],
    "docs": ["describe", "document", "explain"],
    "feat": [
      "add", "allow", "build", "create", "enable", "extend", "implement", "introduce", "make", "support", "write",
    ],
    "fix": ["avoid", "correct", "fix", "mend", "prevent", "repair", "resolve", "solve"],
    "refactor": [
      "clean", "deduplicate", "extract", "improve", "merge", "move", "optimise", "optimize", "refactor", "rename",
      "reorganise", "reorganize", "replace", "restructure", "rewrite", "simplify", "split",
    ],
    "test": ["cover", "test"],
  ]
  private static let typeOfVerb: [String: String] = Dictionary(
    uniqueKeysWithValues: verbs.flatMap { type, verbs in verbs.map { ($0, type) } })

  /// Keeps a type that is there; otherwise guesses one from the first verb and what it is about.
  ///
  /// - Parameter text: One line of plain text.
  init(_ text: String) {
    var text = text
    if text.last == "." || text.last == ":", !text.hasSuffix("..") { text.removeLast() }
    let prefix: String
    if let (written, rest) = Self.writtenPrefix(of: text) {
      prefix = written
      subject = rest
    } else {
      let words = text.split(separator: " ")
      let verb = words.first?.lowercased() ?? ""
      prefix = Self.guessedType(verb: verb, words: words) + ": "
      // Other first words may be names, which keep their capitals.
      subject = Self.typeOfVerb[verb] == nil ? text : text.prefix(1).lowercased() + text.dropFirst()
    }
    let room = max(20, Self.longest - prefix.count)
    isCut = subject.count > room
    title = prefix + (isCut ? Self.cut(subject, to: room - 1) + "…" : subject)
  }

  /// Whether it is a word that work begins with.
  static func isVerb(_ word: Substring) -> Bool { typeOfVerb[word.lowercased()] != nil }

  private static func writtenPrefix(of text: String) -> (prefix: String, subject: String)? {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let rest = text[text.index(after: colon)...].trimmed
    let head = text[..<colon]
    let word = head.prefix { $0.isLetter }.lowercased()
    let scope = head.dropFirst(word.count)
    let isScope =
      scope.isEmpty || scope == "!" || (scope.first == "(" && (scope.hasSuffix(")") || scope.hasSuffix(")!")))
    guard !rest.isEmpty, types.contains(word), isScope, scope.count <= 40 else { return nil }
    return ("\(word)\(scope): ", rest)
  }

  private static func guessedType(verb: String, words: [Substring]) -> String {
    let rest = words.dropFirst().prefix(6).map { $0.lowercased().trimmingPunctuation }
    let guess = typeOfVerb[verb] ?? "feat"
    switch guess {
    case "feat", "chore", "refactor":
      if rest.contains(where: { $0 == "test" || $0 == "tests" })
        && ["add", "write", "improve", "extend"].contains(verb)
      {
        return "test"
      }
      let documents = ["changelog", "docs", "documentation", "readme", "readme.md", "changelog.md", "tutorial"]
      if rest.contains(where: documents.contains) { return "docs" }
      return guess
    default:
      return guess
    }
  }

  /// Cuts between words where there is a gap not too far from the end.
  private static func cut(_ text: String, to limit: Int) -> String {
    let start = text.prefix(limit)
    guard let gap = start.lastIndex(of: " "), text.distance(from: text.startIndex, to: gap) > limit / 2 else {
      return String(start)
    }
    return start[..<gap].trimmed
  }
}

extension String {
  fileprivate var trimmingPunctuation: String {
    guard let first = firstIndex(where: { $0.isLetter || $0.isNumber }),
      let last = lastIndex(where: { $0.isLetter || $0.isNumber })
    else { return self }
    return String(self[first...last])
  }
}
