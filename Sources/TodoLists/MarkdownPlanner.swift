import Basics
import Markdown
package import Plans

/// Makes tasks of the items of a to-do list without asking a model.
package struct MarkdownPlanner {
  /// The tasks, not checked yet.
  package private(set) var tasks: [AgentTask] = []
  /// What of the list was left out or understood otherwise, by line.
  package private(set) var notes: [TodoNote]

  private struct Part {
    let item: TodoItem
    let facts: DetailFacts
    let clauses: [NeedClause]
    let names: [String]
    let title: ConventionalTitle
    let id: String
  }

  /// `reservedBranches` are names that no task may take for its branch.
  package init(_ list: TodoList, trackedFiles: [String] = [], reservedBranches: [String] = []) {
    notes = list.notes
    let paths = PathGuess(trackedFiles: trackedFiles)
    let prefix = AgentTask.defaultBranch(for: "")
    var ids = TaskIDMaker(
      taken: Set(reservedBranches.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }))
    let texts = list.items.map { ItemText($0) }
    let closed = list.closed.map { ItemText($0) }
    let families = Dictionary((texts + closed).compactMap { $0.name?.family }.map { ($0, 1) }, uniquingKeysWith: +)
    let parts = zip(list.items, texts).map { item, text in
      let title = ConventionalTitle(text.title(families: families))
      return Part(
        item: item, facts: DetailFacts(item), clauses: text.clauses, names: text.names, title: title,
        id: ids.makeID(from: text.idText(families: families, subject: title.subject)))
    }
    let directory = Self.directory(of: parts, closed: zip(list.closed, closed).map { ($0, $1.names) })
    for (index, part) in parts.enumerated() {
      notes += part.facts.emptyTests.map { TodoNote($0, .test, "'test:' names no command, so it is ignored") }
      let needs = needs(of: part, at: index, in: directory).map { parts[$0].id }
      tasks.append(
        AgentTask(
          id: part.id, title: part.title.title, description: Self.description(part.item, part.facts),
          filesHint: paths.paths(in: part.item), testCommand: part.facts.testCommand, needs: needs))
    }
    notes = notes.inOrder
  }

  // MARK: Needs

  private static func directory(of parts: [Part], closed: [(TodoItem, names: [String])]) -> TodoDirectory {
    var directory = TodoDirectory()
    for (item, names) in closed {
      for name in names { directory.add(name, task: nil) }
      if let number = item.number { directory.add(number: number, list: item.list, task: nil) }
    }
    for (index, part) in parts.enumerated() {
      for name in part.names + [part.title.subject, part.id, AgentTask.defaultBranch(for: part.id)] {
        directory.add(name, task: index)
      }
      if let number = part.item.number { directory.add(number: number, list: part.item.list, task: index) }
    }
    for (index, part) in parts.enumerated() {
      for step in part.item.steps {
        if let name = TodoName(MarkdownLine(step).plain)?.name { directory.addStep(name, task: index) }
      }
    }
    return directory
  }

  private mutating func needs(of part: Part, at index: Int, in directory: TodoDirectory) -> [Int] {
    var needs: [Int] = []
    var isNeeded: Set<Int> = [index]
    for clause in part.clauses + part.facts.needs {
      let line = clause.line > 0 ? clause.line : part.item.line
      let found = directory.resolve(clause, from: index, list: part.item.list)
      if !found.unknown.isEmpty, !clause.isCertain { continue }
      for need in found.tasks where isNeeded.insert(need).inserted { needs.append(need) }
      notes += found.closed.map {
        TodoNote(line, .needMet, "\($0.quoted) is left out of the plan, so nothing waits for it")
      }
      notes += found.unknown.map {
        TodoNote(line, .need, "\($0.quoted) does not name a single item of the list, so it is ignored")
      }
    }
    return needs
  }

  // MARK: Texts

  private static func description(_ item: TodoItem, _ facts: DetailFacts) -> String {
    var parts = [item.text, facts.rest, item.definitions.joined(separator: "\n")].filter { !$0.isEmpty }
    if let heading = item.heading.map({ MarkdownLine($0).plain }), !heading.isEmpty {
      parts.append("(From the section \"\(heading)\" of the to-do list.)")
    }
    return parts.joined(separator: "\n\n")
  }
}

/// The first line of an item, taken apart.
private struct ItemText {
  let plain: String
  let name: TodoName?
  let clauses: [NeedClause]
  /// All that others may call it.
  let names: [String]
  private let key: String?

  init(_ item: TodoItem) {
    let whole = MarkdownLine(item.text, definitions: item.definitions)
    let (clauses, rest, bare) = NeedClause.clauses(in: Self.withoutTags(whole.plain))
    self.clauses = clauses
    plain = rest.isEmpty ? Self.firstWords(of: item.detail) : rest
    name = TodoName(rest)
    key = item.key
    var names = [rest, bare, whole.plain]
    if let name { names += [name.name, name.rest] }
    if let key { names.append(key) }
    if let bold = whole.leadingStrong { names.append(bold.last == ":" ? String(bold.dropLast()) : bold) }
    if let mark = item.text.firstIndex(of: "🆔") {
      names.append(
        String(item.text[item.text.index(after: mark)...].drop(while: \.isWhitespace).prefix { !$0.isWhitespace }))
    }
    self.names = names.filter { !$0.isEmpty }
  }

  /// Without its name, where it is one for certain, or others of the list have one like it.
  func title(families: [String: Int]) -> String {
    guard let name, name.isCertain || families[name.family] ?? 0 > 1, !name.rest.isEmpty else { return plain }
    return name.rest
  }

  func idText(families: [String: Int], subject: String) -> String {
    if let key { return "\(key) \(subject)" }
    guard let name, name.isCertain || families[name.family] ?? 0 > 1, !name.rest.isEmpty else { return subject }
    return "\(name.name) \(subject)"
  }

  /// An item that is only code has no words; the first line of it must do.
  private static func firstWords(of detail: String) -> String {
    let lines = detail.split(separator: "\n").prefix(50).map(\.trimmed)
    let words = lines.lazy.filter { !$0.hasPrefix("```") && !$0.hasPrefix("~~~") }.map { line in
      let bare = line.drop { "-*+".contains($0) }.drop(while: \.isWhitespace)
      return MarkdownLine(String(TodoMark(bare)?.rest ?? bare).trimmed).plain
    }
    return words.first { !$0.isEmpty } ?? "to-do item"
  }

  /// Without what Obsidian and Logseq hang on an item: dates, priorities, ids, anchors.
  private static func withoutTags(_ text: String) -> String {
    guard text.contains(where: { marks.contains($0) || priorities.contains($0) || "^[".contains($0) }) else {
      return text
    }
    var words: [Substring] = []
    var isAfterMark = false
    for word in text.split(separator: " ") {
      let first = word.first ?? " "
      if marks.contains(first) || priorities.contains(first) {
        isAfterMark = marks.contains(first) && word.count == 1
      } else if isAfterMark || (first == "^" && word.count > 1) || ["[#A]", "[#B]", "[#C]"].contains(word) {
        isAfterMark = false
      } else {
        words.append(word)
      }
    }
    return words.joined(separator: " ")
  }

  private static let marks: Set<Character> = ["📅", "⏳", "🛫", "➕", "✅", "❌", "🆔", "🗓", "🗓️", "🏁"]
  private static let priorities: Set<Character> = ["🔺", "⏫", "🔼", "🔽", "⏬", "⏬️"]
}
