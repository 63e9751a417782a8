import Basics

/// What forges, and the programs that listen to them, take for more than words: mentions, references, words at which a
/// bot acts. Matched where text is text; what is code is not asked.
///
/// A zero-width space in it leaves it readable and makes it nothing: `@` and the name, `#` and the number are no longer
/// side by side, or a command no longer begins its line.
enum Triggers {
  static let breaker: Unicode.Scalar = "\u{200B}"

  /// - Parameters:
  ///   - isLineStart: whether the text begins a line of what is read.
  ///   - isSubject: of a title or a commit, which is never Markdown, and to which more programs listen.
  static func defused(_ text: String, isLineStart: Bool, isSubject: Bool = false) -> String {
    guard mayHaveOne(text, isLineStart: isLineStart) else { return text }
    let scalars = Array(text.unicodeScalars)
    let hasIssueKey = isSubject && hasIssueKey(scalars)
    var result = String.UnicodeScalarView()
    var index = 0
    if isLineStart, let start = commandStart(scalars, from: 0) {
      result.append(contentsOf: scalars[..<start])
      result.append(breaker)
      index = start
    }
    while index < scalars.count {
      if breaksBefore(scalars, index) { result.append(breaker) }
      result.append(scalars[index])
      if breaksAfter(scalars, index, hasIssueKey: hasIssueKey) { result.append(breaker) }
      index += 1
    }
    return String(result)
  }

  /// Whether a line, as it is in the source, is one that a program may obey that does not read Markdown: no space
  /// before it.
  static func isCommand(_ line: some StringProtocol) -> Bool {
    commandStart(Array(line.unicodeScalars.prefix(200)), from: 0) == 0
  }

  /// Nearly all text has none.
  private static func mayHaveOne(_ text: String, isLineStart: Bool) -> Bool {
    isLineStart || text.unicodeScalars.contains { "@#/[".unicodeScalars.contains($0) || isDigit($0) }
  }

  // MARK: Inside of a line

  private static func breaksAfter(_ text: [Unicode.Scalar], _ index: Int, hasIssueKey: Bool) -> Bool {
    guard index + 1 < text.count else { return false }
    let next = text[index + 1]
    switch text[index] {
    case "@":
      guard next.properties.isAlphabetic || isDigit(next) || "{_-".unicodeScalars.contains(next) else { return false }
      // Part of an address, unless it is owner/name@commit.
      return !(index > 0 && isWord(text[index - 1])) || isCommit(text, from: index + 1)
    case "#":
      return isDigit(next) || hasIssueKey && isLetter(next)
    case "-":
      return isDigit(next) && index > 1 && matches("gh", text, from: index - 2)
        && !(index > 2 && (isLetter(text[index - 3]) || isDigit(text[index - 3])))
    case "/":
      let folder = word(in: text, before: index)
      return references.contains(folder) && isDigit(next)
        || folder.hasPrefix("commit") && isCommit(text, from: index + 1)
    case "[":
      return skips.contains { matches($0, text, from: index + 1) }
    default: return false
    }
  }

  /// Bitbucket's "closes bug 12".
  private static func breaksBefore(_ text: [Unicode.Scalar], _ index: Int) -> Bool {
    guard isDigit(text[index]), index > 1, text[index - 1] == " " else { return false }
    return ["issue", "issues", "bug", "ticket"].contains(word(in: text, before: index - 1))
  }

  private static let skips = [
    "skip ci]", "ci skip]", "no ci]", "skip actions]", "actions skip]", "skip-ci]", "ci-skip]",
  ]

  /// What is before the number in the address of an issue or a pull request, at any forge.
  private static let references: Set<String> = [
    "issue", "issues", "pull", "pulls", "pull-requests", "pullrequests", "merge_requests", "discussions",
  ]

  /// Whether an address is one of which its forge makes a reference from there to here.
  static func isReference(_ address: String) -> Bool {
    let scalars = Array(address.unicodeScalars)
    return scalars.indices.contains { scalars[$0] == "/" && breaksAfter(scalars, $0, hasIssueKey: false) }
  }

  // MARK: At the start of a line

  /// Where a command begins: after the spaces at the start of the line.
  private static func commandStart(_ text: [Unicode.Scalar], from start: Int) -> Int? {
    var index = start
    while index < text.count, text[index] == " " || text[index] == "\t" { index += 1 }
    guard index + 1 < text.count else { return nil }
    let isCommand =
      switch text[index] {
      case "/", "!": isLetter(text[index + 1]) && isOneWord(text, from: index + 1)
      default: phrases.contains { matches($0, text, from: index) } || isTrailer(text, from: index)
      }
    return isCommand ? index : nil
  }

  /// `/approve`, and not `/etc/passwd`.
  private static func isOneWord(_ text: [Unicode.Scalar], from start: Int) -> Bool {
    let end = text[start...].firstIndex { !isWord($0) && $0 != "-" } ?? text.endIndex
    return end == text.endIndex || text[end] != "/" && text[end] != "."
  }

  /// What the bots of several forges obey without a sign before it. `@bors r+` is a mention.
  private static let phrases = [
    "bors ", "homu ", "r+", "r-", "jenkins", "azp ", "recheck", "retest", "rebase!", "test this", "ok to test",
    "add to whitelist", "lgtm", "+1", ":+1:", ":shipit:", ".deploy", ".noop", ".lock", ".unlock", "skip-checks:",
    "i have read the ",
  ]

  /// `Co-authored-by:` and its kin, which become part of a commit when a forge makes its message of this text.
  private static func isTrailer(_ text: [Unicode.Scalar], from start: Int) -> Bool {
    let key = text[start...].prefix { isLetter($0) || $0 == "-" }
    guard key.endIndex < text.endIndex, text[key.endIndex] == ":" else { return false }
    return String(String.UnicodeScalarView(key)).lowercased().hasSuffix("-by")
  }

  // MARK: Letters

  /// `ABC-12`: with one of these, `#close` is a command to an issue tracker.
  private static func hasIssueKey(_ text: [Unicode.Scalar]) -> Bool {
    text.indices.dropFirst().contains { index in
      text[index] == "-" && index + 1 < text.count && isDigit(text[index + 1]) && isLetter(text[index - 1])
    }
  }

  private static func isCommit(_ text: [Unicode.Scalar], from start: Int) -> Bool {
    text[start...].prefix { $0.properties.isASCIIHexDigit }.count >= 7
  }

  /// In lower case; with `-` and `_`.
  private static func word(in text: [Unicode.Scalar], before end: Int) -> String {
    let word = text[..<end].suffix(16).reversed().prefix { isWord($0) || $0 == "-" }
    return String(String.UnicodeScalarView(word.reversed())).lowercased()
  }

  private static func matches(_ phrase: String, _ text: [Unicode.Scalar], from start: Int) -> Bool {
    let found = text[start...].prefix(phrase.unicodeScalars.count)
    return String(String.UnicodeScalarView(found)).lowercased() == phrase
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }

  /// As forges' patterns have it: ASCII alone.
  private static func isWord(_ scalar: Unicode.Scalar) -> Bool { isLetter(scalar) || isDigit(scalar) || scalar == "_" }
}
