import Basics
import Markdown

/// A table whose rows may be tasks, as trackers export them.
struct TodoTable {
  private static let titles: [String] = [
    "task", "tasks", "todo", "to do", "summary", "title", "item", "feature", "user story", "story", "what", "issue",
    "work", "description", "aufgabe", "titel", "tâche", "titre", "tarea", "задача", "任务", "标题", "タスク",
  ]
  private static let states: Set<String> = [
    "status", "state", "done", "done?", "progress", "✓", "✅", "☑", "[ ]", "[x]", "статус", "statut", "estado", "状态",
    "状態", "erledigt",
  ]
  private static let keys: Set<String> = ["key", "id", "#", "no", "no.", "nr", "nr.", "ticket", "number", "issue key"]

  let header: [String]
  /// The columns of the title, the state, and the name; nil where the table has none.
  private(set) var title: Int?
  private(set) var state: Int?
  private(set) var key: Int?
  let rows: [MarkdownBlock]
  /// Whether a column of states or boxes tells which rows are done.
  private(set) var hasStates = false

  /// - Returns: nil for a table without rows.
  init?(_ block: MarkdownBlock) {
    guard block.kind == .table, let first = block.children.first, block.children.count > 1 else { return nil }
    let header = first.children.map { MarkdownLine($0.text).plain.lowercased() }
    let rows = Array(block.children.dropFirst())
    self.header = header
    self.rows = rows
    key = header.firstIndex(where: Self.keys.contains)
    state = header.firstIndex(where: Self.states.contains)
    let cells = { (column: Int) in rows.compactMap { column < $0.children.count ? $0.children[column].text : nil } }
    if state == nil {
      state = header.indices.first { column in
        let boxes = cells(column)
        return boxes.allSatisfy { TodoMark($0[...]).map { $0.isBox && $0.rest.isBlank } ?? false }
      }
    }
    let others = [state, key]
    title = Self.titles.compactMap { header.firstIndex(of: $0) }.first { !others.contains($0) }
    let hasBoxColumn = state.map { column in
      cells(column).contains { TodoMark($0[...]).map { $0.isBox && $0.rest.isBlank } ?? false }
    }
    if title == nil, hasBoxColumn ?? false { title = header.indices.first { !others.contains($0) } }
    let titlesHaveBoxes = title.map { cells($0).contains { TodoMark($0[...])?.isBox ?? false } } ?? false
    hasStates = title != nil && (state != nil || titlesHaveBoxes)
  }
}

extension TodoScanner {
  /// Makes tasks of the rows, where the table is a list of tasks rather than a part of one.
  mutating func readTable(_ block: MarkdownBlock, quotes: Int) -> Bool {
    guard let table = TodoTable(block), let title = table.title, !survey.hasItemBoxes,
      table.hasStates || (!survey.hasItems && !survey.hasTableOfStates && excludesNoTable)
    else { return false }
    endCurrent()
    settle(block)
    listCount += 1
    for row in table.rows {
      let cells = row.children.map(\.text.trimmed)
      guard title < cells.count else { continue }
      let box = TodoMark(cells[title][...]).flatMap { $0.isBox ? $0 : nil }
      let mark = table.state.flatMap { $0 < cells.count ? TodoMark(status: cells[$0]) : nil } ?? box
      let text = (box?.rest ?? cells[title][...]).trimmed
      var draft = Draft(
        text: text, line: row.firstLine, column: 1, heading: groups.last ?? headings.last?.text,
        level: headings.last?.level ?? 0, isTask: mark?.state.isTask ?? true, list: listCount, lastLine: row.firstLine)
      draft.key = table.key.flatMap { $0 < cells.count && !cells[$0].isEmpty ? MarkdownLine(cells[$0]).plain : nil }
      let names = block.children[0].children.map { MarkdownLine($0.text).plain }
      for (column, cell) in cells.enumerated() where column != title && !cell.isEmpty && column != table.state {
        let name = column < names.count ? names[column] : ""
        draft.detail.append((row.firstLine, name.isEmpty ? cell : "\(name): \(cell)"))
      }
      noteRow(draft, mark)
      current = draft
      endCurrent()
    }
    return true
  }

  private var excludesNoTable: Bool { !headings.contains { $0.section == .others } }

  private mutating func noteRow(_ draft: Draft, _ mark: TodoMark?) {
    guard let mark, !draft.text.isEmpty else { return }
    if let unknown = mark.unknown {
      notes.append(TodoNote(draft.line, .mark, "\(unknown.quoted) has no meaning here: taken as open"))
    } else if mark.state == .inProgress {
      notes.append(TodoNote(draft.line, .started, "in progress: taken as open"))
    } else if !mark.state.isTask {
      notes.append(TodoNote(draft.line, mark.state.leftOut, "left out: \(mark.state.leftOut.words)"))
    }
  }
}
