import Basics

/// What the name of a section says of what is in it.
enum TodoSection: Sendable, Equatable {
  /// The things to do, next to other sections.
  case tasks
  /// No things to do.
  case others
  /// More about the item above.
  case details

  private static let names: [TodoSection: Set<String>] = [
    .tasks: [
      "to do", "todo", "todos", "to dos", "tasks", "open tasks", "backlog", "next", "next steps", "up next", "open",
      "in progress", "doing", "planned", "work", "action items", "remaining", "remaining work",
      "offen", "aufgaben", "zu erledigen", "à faire", "tâches", "por hacer", "tareas", "da fare", "сделать", "задачи",
      "план", "待办", "待办事项", "やること", "할 일",
    ],
    .others: [
      "done", "completed", "finished", "archive", "archived", "changelog", "history", "released", "shipped", "idea",
      "ideas", "someday", "someday maybe", "maybe", "icebox", "out of scope", "non goals", "not planned", "wont do",
      "wontfix", "cancelled", "canceled", "rejected", "references", "reference", "links", "resources",
      "further reading",
      "open questions", "questions", "contents", "table of contents", "risks", "glossary",
      "erledigt", "fertig", "ideen", "später", "fait", "terminé", "idées", "plus tard", "hecho", "ideas futuras",
      "fatto", "готово", "сделано", "выполнено", "идеи", "已完成", "完成", "想法", "完了", "アイデア", "완료",
    ],
    .details: [
      "acceptance criteria", "acceptance", "criteria", "definition of done", "done when", "details", "requirements",
      "steps", "how", "how to test", "test plan", "tests", "verification", "notes", "note", "context", "hints",
      "constraints", "scope", "akzeptanzkriterien", "critères dacceptation", "критерии приёмки", "验收标准", "受け入れ条件",
    ],
  ]
  private static let ofName: [String: TodoSection] = Dictionary(
    names.flatMap { section, names in names.map { ($0, section) } }, uniquingKeysWith: { first, _ in first })
  private static let suffixes: Set<String> = ["tasks", "task", "items", "list", "stuff", "work", "ideas"]

  /// - Parameter title: of a heading, or of a line that stands for one, without marks.
  init?(_ title: String) {
    let bare = title.filter { $0.isLetter || $0.isNumber || $0.isWhitespace || "'’-–/".contains($0) }
    var words = bare.lowercased().split { $0.isWhitespace || "-–/".contains($0) }.map {
      String($0.filter { !"'’".contains($0) })
    }
    if let found = Self.ofName[words.joined(separator: " ")] {
      self = found
    } else if let last = words.popLast(), Self.suffixes.contains(last),
      let found = Self.ofName[words.joined(separator: " ")]
    {
      self = found
    } else {
      return nil
    }
  }
}
