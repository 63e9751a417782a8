import Basics
import Markdown
import Plans

/// A place that says what must be done first: `needs: a, b`, `(depends on T001)`, `⛔ x`.
struct NeedClause: Equatable {
  let names: String
  /// Whether it can mean nothing else, so that a name that is unknown is told: it has a colon, or says "depends on".
  let isCertain: Bool
  /// In the list, from 1.
  var line = 0

  /// What they begin with; those that begin prose as well need a colon, or names that all are known.
  private static let certain = [
    "depends on", "depends upon", "depend on", "depends-on", "depends", "dependencies", "dependency", "blocked by",
    "blocked on", "blocked-by", "prerequisites", "prerequisite", "hängt ab von", "abhängig von", "dépend de",
    "depende de", "зависит от", "依赖", "依存",
  ]
  private static let uncertain = [
    "needs", "need", "requires", "after", "benötigt", "braucht", "nach", "nécessite", "après",
  ]

  /// Whether a text says that needs come next, in a list of their own: `Depends on:`.
  static func isHeader(_ text: Substring) -> Bool {
    let bare = text.filter { !"*_`:：".contains($0) }.trimmed.lowercased()
    return bare.utf8.count < 40 && (certain.contains(bare) || uncertain.contains(bare))
      && text.contains { ":：".contains($0) }
  }

  /// - Parameter text: that begins with such a word, if it says so at all.
  init?(statement text: Substring) {
    var text = text.drop { "*_`".contains($0) || $0.isWhitespace || "⛔🔗".contains($0) }
    let start = text.prefix(24).lowercased()
    let isCertain: Bool
    let word: String
    if let found = Self.certain.first(where: { Self.begins(start, with: $0) }) {
      (word, isCertain) = (found, true)
    } else if let found = Self.uncertain.first(where: { Self.begins(start, with: $0) }) {
      (word, isCertain) = (found, false)
    } else {
      return nil
    }
    text = text.dropFirst(word.count).drop { "*_`".contains($0) || $0.isWhitespace }
    let hasColon = text.first == ":" || text.first == "："
    if hasColon { text = text.dropFirst().drop { "*_".contains($0) } }
    let names = text.trimmed
    guard !names.isEmpty else { return nil }
    self.names = names
    self.isCertain = hasColon || isCertain
  }

  init(names: String, isCertain: Bool) {
    self.names = names
    self.isCertain = isCertain
  }

  private static func begins(_ text: String, with word: String) -> Bool {
    guard text.hasPrefix(word) else { return false }
    guard let next = text.dropFirst(word.count).first else { return false }
    return !(next.isASCII && (next.isLetter || next.isNumber || next == "-"))
  }

  /// The clauses within an item's own line, the line without them, and without those that may be prose, too.
  static func clauses(in text: String) -> (clauses: [NeedClause], rest: String, bare: String) {
    var clauses: [NeedClause] = []
    var rest = ""
    var bare = ""
    var tail = text[...]
    while let open = tail.firstIndex(where: { "([{".contains($0) }) {
      let closing: Character = tail[open] == "(" ? ")" : tail[open] == "[" ? "]" : "}"
      let inner = tail[tail.index(after: open)...]
      // No more than a line of names, so that a line of brackets costs no more than its length.
      guard let end = inner.prefix(300).firstIndex(of: closing), let clause = NeedClause(statement: inner[..<end])
      else {
        rest += tail[...open]
        bare += tail[...open]
        tail = inner
        continue
      }
      clauses.append(clause)
      if clause.isCertain || clause.looksLikeNames {
        rest = (rest + tail[..<open]).trimmedAtEnd
      } else {
        // "(after lunch)" stays where it is, and counts if an item is called so.
        rest += tail[...end]
      }
      bare = (bare + tail[..<open]).trimmedAtEnd
      tail = inner[inner.index(after: end)...]
    }
    rest += tail
    bare += tail
    if let (clause, before) = trailing(rest) {
      clauses.append(clause)
      if clause.isCertain || clause.looksLikeNames { rest = before }
      bare = trailing(bare)?.1 ?? bare
    }
    return (clauses, rest.trimmed, bare.trimmed)
  }

  /// `Write it — depends on T001`, `Write it ⛔ abc`.
  private static func trailing(_ text: String) -> (NeedClause, String)? {
    guard text.utf8.count < 2_000 else { return nil }
    if let mark = text.lastIndex(of: "⛔") {
      let names = text[text.index(after: mark)...].drop { $0 == "\u{FE0F}" || $0 == " " }.prefix { !$0.isWhitespace }
      if !names.isEmpty {
        let before = text[..<mark].trimmedAtEnd
        return (NeedClause(names: String(names), isCertain: true), before + text[names.endIndex...])
      }
    }
    for index in text.indices.reversed() where "—–-;,.:| ".contains(text[index]) {
      let after = text[text.index(after: index)...]
      guard let clause = NeedClause(statement: after) else { continue }
      // Without a mark before it, only names that can be nothing else: "retry after 3" is no need.
      let isClause =
        text[index] == " "
        ? clause.looksLikeNames && !clause.names.allSatisfy { $0.isNumber || $0.isWhitespace }
        : after.first == " "
      guard isClause, index > text.startIndex else { continue }
      var before = text[..<index].trimmedAtEnd[...]
      while let last = before.last, "—–-;,.:| ".contains(last) { before = before.dropLast() }
      return (clause, String(before))
    }
    return nil
  }

  /// Whether all that it names has the form of a name: `T001`, `#12`, `1.1 and 1.2`.
  private var looksLikeNames: Bool {
    let words = names.split { $0.isWhitespace || ",;&+/".contains($0) }
    return !words.isEmpty
      && words.allSatisfy { word in
        ["and", "or", "und", "et"].contains(word.lowercased()) || TodoName.family(of: word) != nil
      }
  }
}

/// The items of a list by all that they are called.
struct TodoDirectory {
  private enum Place: Equatable {
    case task(Int)
    case closed
    case ambiguous
  }

  private var places: [String: Place] = [:]
  private var numbers: [String: Place] = [:]

  /// An earlier name of the same item is no contradiction; of another, the two cannot be told apart.
  mutating func add(_ name: String, task: Int?) {
    let place = task.map { Place.task($0) } ?? .closed
    for key in Self.keys(of: name) {
      switch places[key] {
      case nil, .closed: places[key] = place
      case place: break
      default: if task != nil { places[key] = .ambiguous }
      }
    }
  }

  /// What a step is called, too, unless an item is called so.
  mutating func addStep(_ name: String, task: Int) {
    for key in Self.keys(of: name) where places[key] == nil { places[key] = .task(task) }
  }

  mutating func add(number: Int, list: Int, task: Int?) {
    let place = task.map { Place.task($0) } ?? .closed
    numbers["\(list).\(number)"] = place
    let key = "\(number)"
    numbers[key] = numbers[key] == nil || numbers[key] == place ? place : .ambiguous
  }

  private static func keys(of name: String) -> [String] {
    let plain = name.trimmed.lowercased()
    return [plain, TaskIDMaker.name(for: name)].compactMap(\.self).filter { !$0.isEmpty }
  }

  enum Answer: Equatable {
    case tasks([Int])
    case closed
    case unknown
  }

  /// What one name stands for, from where an item of a list says it.
  func find(_ name: String, from task: Int, list: Int) -> Answer {
    let bare = name.trimmingNames
    if bare.isEmpty { return .unknown }
    for key in [bare.lowercased(), TaskIDMaker.name(for: bare)].compactMap(\.self) {
      if let answer = answer(places[key]) { return answer }
    }
    var short = bare
    for word in ["tasks ", "task ", "items ", "item ", "steps ", "step ", "issues ", "issue ", "story ", "no. "]
    where short.lowercased().hasPrefix(word) {
      short = String(short.dropFirst(word.count))
      if let answer = answer(places[short.lowercased()]) { return answer }
    }
    if short.hasPrefix("#") { short.removeFirst() }
    if Int(short) != nil, let answer = answer(numbers["\(list).\(short)"] ?? numbers[short]) { return answer }
    let previous = [
      "previous", "the previous", "previous task", "the previous task", "above", "the above", "the one above",
    ]
    if task > 0, previous.contains(bare.lowercased()) { return .tasks([task - 1]) }
    return range(bare, from: task, list: list) ?? .unknown
  }

  private func answer(_ place: Place?) -> Answer? {
    switch place {
    case .task(let index): .tasks([index])
    case .closed: .closed
    case .ambiguous, nil: nil
    }
  }

  /// `T001-T003`
  private func range(_ text: String, from task: Int, list: Int) -> Answer? {
    guard text.utf8.count <= 40 else { return nil }
    for mark in ["–", "—", "..", "-", " to ", " through "] {
      let ends = text.split(separator: mark).map(\.trimmed)
      guard ends.count == 2, ends.allSatisfy({ TodoName.family(of: $0[...]) != nil }) else { continue }
      if case .tasks(let first) = find(ends[0], from: task, list: list),
        case .tasks(let last) = find(ends[1], from: task, list: list), let low = first.first, let high = last.first,
        low < high
      {
        return .tasks(Array(low...high))
      }
    }
    return nil
  }

  /// What the names of a clause stand for, and those that stand for nothing.
  func resolve(_ clause: NeedClause, from task: Int, list: Int) -> (tasks: [Int], closed: [String], unknown: [String]) {
    var result: (tasks: [Int], closed: [String], unknown: [String]) = ([], [], [])
    func take(_ name: String) -> Bool {
      switch find(name, from: task, list: list) {
      case .tasks(let found): result.tasks += found
      case .closed: result.closed.append(name)
      case .unknown: return false
      }
      return true
    }
    let names = clause.names.split { ",;、，".contains($0) }.map { MarkdownLine(String($0)).plain.trimmingNames }
    for name in names where !name.isEmpty && !Self.nothing.contains(name.lowercased()) {
      if take(name) { continue }
      let parts = Self.parts(of: name)
      let known = parts.map { find($0, from: task, list: list) != .unknown }
      if parts.count > 1, clause.isCertain ? known.contains(true) : !known.contains(false) {
        for part in parts where !take(part) { result.unknown.append(part) }
      } else {
        result.unknown.append(name)
      }
    }
    return result
  }

  private static let nothing: Set<String> = [
    "none", "nothing", "n/a", "-", "—", "–", "no", "keine", "aucune", "нет", "无",
  ]

  /// `T001 and T002`, `T001 T002`.
  private static func parts(of name: String) -> [String] {
    var parts: [String] = []
    var words: [Substring] = []
    for word in name.split(whereSeparator: \.isWhitespace) {
      if ["and", "or", "&", "+", "/", "und", "et", "y", "и"].contains(word.lowercased()) {
        if !words.isEmpty { parts.append(words.joined(separator: " ")) }
        words = []
      } else {
        words.append(word)
      }
    }
    if !words.isEmpty { parts.append(words.joined(separator: " ")) }
    return parts.flatMap { part -> [String] in
      let words = part.split { $0.isWhitespace || "&+/".contains($0) }
      return words.allSatisfy { TodoName.family(of: $0) != nil } ? words.map(String.init) : [part]
    }
  }
}

extension String {
  /// Without what people put around a name.
  fileprivate var trimmingNames: String {
    var text = trimmed[...]
    while let last = text.last, ".\"'`)]".contains(last) { text = text.dropLast() }
    while let first = text.first, "\"'`([".contains(first) { text = text.dropFirst() }
    for word in ["and ", "the task "] where text.lowercased().hasPrefix(word) { text = text.dropFirst(word.count) }
    return text.trimmed
  }
}
