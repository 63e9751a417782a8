import Basics

/// What an item calls itself at its beginning: `T001`, `PROJ-12:`, `1.1`, `#12`, `Task 3:`.
struct TodoName: Equatable {
  /// As others write it: `T001`.
  let name: String
  /// The letters of `T001`, `1.1` for numbers with dots: what has a name like it in the same list.
  let family: String
  /// Whether nothing but a name can be meant. `S3 bucket` may be one; if others of its family are there, it is.
  let isCertain: Bool
  /// The text without it.
  let rest: String

  /// Words of the trade that look like names.
  private static let noFamilies: Set<String> = [
    "AES", "ARM", "BASE", "CP", "EC", "ES", "GB", "GPT", "H", "HTTP", "IE", "IPV", "ISO", "K", "KB", "MB", "MD", "MP",
    "OAUTH", "PEP", "PY", "RFC", "RSA", "S", "SHA", "SSL", "TLS", "UTC", "UTF", "V", "WIN", "X", "Y",
  ]
  private static let words: Set<String> = [
    "task", "step", "story", "item", "issue", "epic", "phase", "milestone", "ticket", "feature", "aufgabe", "schritt",
    "tâche", "étape", "задача", "шаг", "tarea", "paso",
  ]

  /// Whether what is called so is one piece of work, rather than a chapter of several.
  static func isOfOneTask(_ family: String) -> Bool {
    !["epic", "phase", "milestone", "#", "1", "1.1"].contains(family)
  }

  /// Whether a title says "Task 3: …".
  static func isTask(_ title: String) -> Bool {
    TodoName(title).map { ["task", "aufgabe", "tâche", "задача", "tarea"].contains($0.family) } ?? false
  }

  init?(_ plain: String) {
    guard let found = Self.inBrackets(plain) ?? Self.afterWord(plain) ?? Self.bare(plain) else { return nil }
    self = found
  }

  private init(name: Substring, family: String, isCertain: Bool, rest: some StringProtocol) {
    self.name = String(name)
    self.family = family
    self.isCertain = isCertain
    var rest = rest.trimmed[...]
    // What spec kits put behind: [P] for parallel, [US1] for a story.
    while rest.first == "[", let end = rest.prefix(14).firstIndex(of: "]") {
      let after = rest[rest.index(after: end)...]
      guard after.first?.isWhitespace ?? false else { break }
      rest = after.drop(while: \.isWhitespace)
    }
    self.rest = String(rest)
  }

  private static func inBrackets(_ text: String) -> TodoName? {
    guard let first = text.first, first == "[" || first == "(",
      let end = text.prefix(24).firstIndex(of: first == "[" ? "]" : ")")
    else { return nil }
    let inner = text[text.index(after: text.startIndex)..<end]
    let rest = text[text.index(after: end)...].drop { $0 == ":" }
    guard let family = family(of: inner) else { return nil }
    return TodoName(name: inner, family: family, isCertain: !noFamilies.contains(family), rest: rest)
  }

  /// `Task 3: …`
  private static func afterWord(_ text: String) -> TodoName? {
    let word = text.prefix { $0.isLetter }
    let gap = text[word.endIndex...]
    guard gap.first == " ", words.contains(word.lowercased()) else { return nil }
    let number = gap.dropFirst().prefix { ($0.isASCII && $0.isNumber) || $0 == "." }
    let bare = number.last == "." ? number.dropLast() : number
    guard !bare.isEmpty, bare.count <= 8, let rest = afterSeparator(text[bare.endIndex...]) else { return nil }
    return TodoName(name: text[..<bare.endIndex], family: word.lowercased(), isCertain: true, rest: rest)
  }

  private static func bare(_ text: String) -> TodoName? {
    var token = text.prefix(24).prefix { !$0.isWhitespace && !":|–—".contains($0) }
    while let last = token.last, ".),-".contains(last) { token = token.dropLast() }
    guard let family = family(of: token) else { return nil }
    let after = text[token.endIndex...]
    let rest = afterSeparator(after)
    guard rest != nil || after.isEmpty || after.first?.isWhitespace ?? false else { return nil }
    // A year or a count: "3 new pages".
    let isNumber = token.allSatisfy(\.isNumber)
    if isNumber, rest == nil { return nil }
    let isPadded = token.drop { !$0.isNumber }.hasPrefix("0") && token.count > 2 && !token.contains(".")
    let isCertain = token.first == "#" || (rest != nil && !noFamilies.contains(family)) || isPadded || after.isEmpty
    return TodoName(name: token, family: family, isCertain: isCertain, rest: rest ?? after)
  }

  /// What follows `:`, `.`, `)` or a dash between gaps.
  private static func afterSeparator(_ text: Substring) -> Substring? {
    guard let first = text.first else { return nil }
    if ":.)|".contains(first) {
      let rest = text.dropFirst()
      return rest.first?.isWhitespace ?? true ? rest : nil
    }
    let dash = text.drop(while: \.isWhitespace)
    guard let mark = dash.first, "-–—|".contains(mark), dash.dropFirst().first?.isWhitespace ?? false else {
      return nil
    }
    return dash.dropFirst()
  }

  /// What kind of name a word is; nil for one that is none.
  static func family(of token: Substring) -> String? {
    func isDigits(_ text: Substring, upTo most: Int) -> Bool {
      (1...most).contains(text.count) && text.allSatisfy { $0.isASCII && $0.isNumber }
    }
    if token.first == "#" { return isDigits(token.dropFirst(), upTo: 7) ? "#" : nil }
    if token.first?.isNumber ?? false {
      let parts = token.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count <= 5, parts.allSatisfy({ isDigits($0, upTo: 4) }) else { return nil }
      return parts.count == 1 ? "1" : "1.1"
    }
    let letters = token.prefix { $0.isASCII && $0.isUppercase }
    guard (1...10).contains(letters.count) else { return nil }
    var digits = token.dropFirst(letters.count)
    if digits.first == "-" { digits = digits.dropFirst() }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard let last = parts.last, parts.count <= 4 else { return nil }
    let end = last.last.map { $0.isASCII && $0.isLowercase } ?? false ? last.dropLast() : last
    guard (parts.dropLast() + [end]).allSatisfy({ isDigits($0, upTo: 6) }) else { return nil }
    return String(letters)
  }
}
