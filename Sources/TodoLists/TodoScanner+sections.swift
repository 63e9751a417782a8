import Basics
import Markdown

extension TodoScanner {
  /// Makes tasks of the sections of a text without items: each heading with what stands below it.
  ///
  /// One that has nothing of its own but other headings names a group; so does a single heading above all others.
  mutating func readSections() {
    let blocks = source.root.children
    let places = blocks.indices.filter { blocks[$0].level != nil }
    guard let first = places.first else { return }
    let top = places.compactMap { blocks[$0].level }.min() ?? 1
    let isTitled = places.count > 1 && blocks[first].level == top && places.count { blocks[$0].level == top } == 1
    let notesBefore = notes
    // What was said of the same lines when they were no tasks.
    notes.removeAll { $0.kind == .prose || $0.kind == .section }

    var index = 0
    var group: (level: Int, text: String, section: TodoSection?)?
    var hasTasks = false
    while index < places.count {
      let place = places[index]
      let heading = blocks[place]
      let level = heading.level ?? 1
      /// The first heading that is not below this one.
      let next = places[(index + 1)...].first { (blocks[$0].level ?? 1) <= level } ?? blocks.endIndex
      let hasBelow = index + 1 < places.count && places[index + 1] < next
      let own = blocks[(place + 1)..<(hasBelow ? places[index + 1] : next)].contains { $0.isContent(in: source) }
      if let outer = group, level <= outer.level { group = nil }
      if hasBelow, !own || (isTitled && place == first) {
        group = (level, heading.text, TodoSection(MarkdownLine(heading.text).plain))
        index += 1
        continue
      }
      let section = TodoSection(MarkdownLine(heading.text).plain)
      if section == .tasks {
        // "To do", and then nothing.
      } else if let kind = section ?? group?.section, kind != .tasks {
        notes.append(
          TodoNote(heading.firstLine, .section, "left out: under \(MarkdownLine(heading.text).plain.quoted)"))
      } else {
        readSection(heading, blocks[(place + 1)..<next], group: group?.text)
        hasTasks = true
      }
      while index < places.count, places[index] < next { index += 1 }
    }
    if hasTasks {
      notes.append(TodoNote(blocks[first].firstLine, .headings, "each section is a task"))
    } else {
      notes = notesBefore
    }
  }

  private mutating func readSection(_ heading: MarkdownBlock, _ blocks: ArraySlice<MarkdownBlock>, group: String?) {
    let mark = TodoMark(heading.text[...])
    let text = (mark?.rest ?? heading.text[...]).trimmed
    let isStruck = text.hasPrefix("~") && MarkdownLine(text).isStruck
    var draft = Draft(
      text: text, line: heading.firstLine, column: 1, heading: group, level: 0,
      isTask: mark?.state.isTask ?? true && !isStruck, lastLine: heading.lastLine)
    for block in blocks where block.isContent(in: source) {
      settle(block)
      source.append(block, to: &draft, quotes: 0)
    }
    let boxes = blocks.reduce(into: (open: 0, all: 0)) { count, block in
      let found = survey.boxes(in: block, source)
      count = (count.open + found.open, count.all + found.all)
    }
    if boxes.all > 0, boxes.open == 0 { draft.isTask = false }
    if !draft.isTask {
      let reason = isStruck ? .cancelled : mark?.state.leftOut ?? .done
      notes.append(TodoNote(draft.line, reason, "left out: \(reason.words)"))
    }
    current = draft
    endCurrent()
  }
}

extension MarkdownBlock {
  fileprivate var level: Int? {
    if case .heading(let level) = kind { level } else { nil }
  }

  fileprivate func isContent(in source: TodoSource) -> Bool {
    kind != .footnote && kind != .rule && !source.isComment(self)
  }
}
