import Basics
import Markdown

/// Finds the tasks of a to-do list, and what belongs to each: the rules of git-orch-generate(1), "The to-do list", on
/// top of what the parser sees.
///
/// In a text with any box, the outermost open boxes are the tasks; in one without, the items of the first level are,
/// and where there are none, the rows of tables or the sections. What stands between two tasks belongs to the one above
/// as far as the next heading or rule.
struct TodoScanner {
  /// A task that may still grow.
  struct Draft {
    let text: String
    let line: Int
    let column: Int
    let heading: String?
    /// Of the section that it is in; 0 without one.
    let level: Int
    var isTask = true
    var key: String?
    var number: Int?
    var list = 0
    var detail: [(line: Int, text: String)] = []
    var steps: [String] = []
    var lastLine: Int
  }

  let source: TodoSource
  let survey: TodoSurvey

  /// What the next block belongs to: an open task, or one that was left out.
  var current: Draft?
  /// The headings above, outermost first.
  var headings: [(level: Int, text: String, section: TodoSection?)] = []
  /// The item without a box, or the summary of `<details>`, that the next ones are below.
  var groups: [String] = []
  /// Whether a line that says "acceptance criteria" or the like stands above.
  var isBelowLabel = false
  var listCount = 0

  var items: [TodoItem] = []
  var closed: [TodoItem] = []
  var notes: [TodoNote] = []
  /// The lines of which it is settled what they are.
  var isSettled: [Bool]

  init(_ source: TodoSource) {
    self.source = source
    survey = TodoSurvey(source)
    isSettled = [Bool](repeating: false, count: source.lines.count + 2)
  }

  mutating func scan() -> TodoList {
    if !survey.hasTasksAsSections {
      readAll(source.root.children, quotes: 0)
      endCurrent()
    }
    if items.isEmpty, closed.isEmpty { readSections() }
    noteUnsettledBoxes()
    return TodoList(items: items, notes: notes.inOrder, closed: closed)
  }

  // MARK: Blocks

  mutating func readAll(_ blocks: [MarkdownBlock], quotes: Int) {
    let details = survey.sections(of: blocks, in: source)
    for (index, block) in blocks.enumerated() {
      if let section = details[index] {
        endCurrent()
        if let summary = section.summary { groups.append(summary) } else if !groups.isEmpty { groups.removeLast() }
      } else {
        read(block, quotes: quotes)
      }
    }
  }

  private mutating func read(_ block: MarkdownBlock, quotes: Int) {
    switch block.kind {
    case .heading(let level):
      let title = MarkdownLine(block.text).plain
      if current != nil, level > (current?.level ?? 0), TodoSection(title) == .details {
        attach(block, quotes: quotes)
        isBelowLabel = true
      } else {
        endCurrent()
        groups = []
        headings.removeAll { $0.level >= level }
        headings.append((level, block.text, TodoSection(title)))
      }
    case .list(let start):
      readList(block, start: start, quotes: quotes)
    case .quote where source.isCallout(block, quotes: quotes):
      readAll(block.children, quotes: quotes + 1)
    case .table where readTable(block, quotes: quotes):
      break
    case .rule:
      endCurrent()
    case .html where source.isComment(block):
      break
    case .footnote:
      break
    default:
      if block.kind == .paragraph, current != nil { isBelowLabel = isLabel(block, quotes: quotes) }
      attachOrNote(block, quotes: quotes)
    }
  }

  private func isLabel(_ block: MarkdownBlock, quotes: Int) -> Bool {
    guard block.firstLine == block.lastLine else { return false }
    return TodoSection(MarkdownLine(String(source.line(block.firstLine, quotes: quotes))).plain) == .details
  }

  private mutating func attachOrNote(_ block: MarkdownBlock, quotes: Int) {
    if current == nil {
      if block.kind != .quote { notes.append(TodoNote(block.firstLine, .prose, "left out: belongs to no item")) }
    } else {
      attach(block, quotes: quotes)
    }
  }

  /// Makes a block a part of what the current item says.
  mutating func attach(_ block: MarkdownBlock, quotes: Int) {
    settle(block)
    guard var draft = current, draft.isTask else { return }
    source.append(block, to: &draft, quotes: quotes)
    current = draft
  }

  // MARK: Lists

  private mutating func readList(_ list: MarkdownBlock, start: Int?, quotes: Int) {
    listCount += 1
    let number = listCount
    // A list that is indented a little is meant to be below: `1.` needs three columns, people give it two.
    if let draft = current, list.column >= draft.column + 2, quotes == 0 {
      attach(list, quotes: quotes)
      current?.steps += list.children.prefix(200).map { source.head(of: $0).text }
      return
    }
    for (index, item) in list.children.enumerated() {
      let head = source.head(of: item)
      if survey.hasBoxes {
        readAmongBoxes(item, head, quotes: quotes)
      } else {
        readAmongBullets(item, head, quotes: quotes)
      }
      if current?.line == item.firstLine {
        current?.number = start.map { $0 + index }
        current?.list = number
      }
    }
  }

  private mutating func readAmongBoxes(_ item: MarkdownBlock, _ head: TodoHead, quotes: Int) {
    if let mark = head.mark, mark.isBox || !mark.state.isTask {
      begin(item, head, state: mark.state, quotes: quotes)
    } else if survey.holdsBox(item, in: source) {
      // A name for those below it.
      endCurrent()
      groups.append(head.text)
      readAll(Array(item.children.dropFirst(head.isParagraph ? 1 : 0)), quotes: quotes)
      endCurrent()
      groups.removeLast()
    } else if current != nil {
      attach(item, quotes: quotes)
    } else {
      settle(item)
      notes.append(TodoNote(item.firstLine, .unboxed, "left out: no box, in a list where others have one"))
    }
  }

  private mutating func readAmongBullets(_ item: MarkdownBlock, _ head: TodoHead, quotes: Int) {
    if isBelowLabel, current != nil {
      attach(item, quotes: quotes)
    } else if let section = excludedSection {
      settle(item)
      endCurrent()
      notes.append(TodoNote(item.firstLine, .section, "left out: \(section)"))
    } else if head.isLinkToSection, item.children.count == 1 {
      settle(item)
      notes.append(TodoNote(item.firstLine, .contents, "left out: an entry of a table of contents"))
    } else {
      begin(item, head, state: head.mark?.state ?? .open, quotes: quotes)
    }
  }

  /// Why bullets of this section are no tasks, where none has a box.
  private var excludedSection: String? {
    let named = headings.last { $0.section == .tasks || $0.section == .others }
    if let named, named.section == .others { return "under \(MarkdownLine(named.text).plain.quoted)" }
    return survey.hasTaskSection && named == nil ? "not under a heading that says what is to be done" : nil
  }

  private mutating func begin(_ item: MarkdownBlock, _ head: TodoHead, state: TodoState, quotes: Int) {
    endCurrent()
    settle(item)
    var draft = source.draft(of: item, head, quotes: quotes)
    draft = Draft(
      text: draft.text, line: draft.line, column: draft.column, heading: groups.last ?? headings.last?.text,
      level: headings.last?.level ?? 0, isTask: state.isTask && !head.isStruck, detail: draft.detail,
      steps: draft.steps, lastLine: draft.lastLine)
    if let unknown = head.mark?.unknown {
      notes.append(TodoNote(draft.line, .mark, "\(unknown.quoted) has no meaning here: taken as open"))
    }
    let isOpen = draft.isTask
    current = draft
    guard !isOpen else {
      if state == .inProgress { notes.append(TodoNote(draft.line, .started, "in progress: taken as open")) }
      return
    }
    let reason = head.isStruck && state.isTask ? TodoNote.Kind.cancelled : state.leftOut
    let words = head.isStruck && state.isTask ? "struck out" : reason.words
    notes.append(TodoNote(draft.line, reason, "left out: \(words)"))
    for child in survey.openBoxes(below: item, in: source) {
      notes.append(
        TodoNote(child, .belowClosed, "left out: open, but below line \(item.firstLine), which is \(words)"))
    }
  }

  /// What comes next belongs to no item.
  mutating func endCurrent() {
    isBelowLabel = false
    guard let draft = current else { return }
    current = nil
    let item = source.item(of: draft)
    if draft.isTask, item.text.isEmpty, item.detail.isEmpty {
      notes.append(TodoNote(draft.line, .empty, "left out: empty"))
    } else if draft.isTask {
      items.append(item)
    } else {
      closed.append(item)
    }
  }

  // MARK: What is no item

  mutating func settle(_ block: MarkdownBlock) {
    for line in block.firstLine...max(block.firstLine, block.lastLine) where line < isSettled.count {
      isSettled[line] = true
    }
  }

  /// A box in a quotation or in code is none, but its author may see it otherwise.
  private mutating func noteUnsettledBoxes() {
    var quoted: Set<Int> = []
    for block in source.root.children where block.kind == .quote {
      quoted.formUnion(block.firstLine...block.lastLine)
    }
    for (index, line) in source.lines.enumerated() where !isSettled[index + 1] && source.looksLikeBox(line) {
      let isQuoted = quoted.contains(index + 1)
      notes.append(
        TodoNote(
          index + 1, isQuoted ? .quoted : .hidden,
          isQuoted ? "left out: in a quotation" : "left out: in code or in a comment"))
    }
  }
}

extension [TodoNote] {
  /// Sorted by line; several of one line as they were.
  var inOrder: [TodoNote] {
    enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
  }
}
