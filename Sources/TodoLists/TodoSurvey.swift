import Basics
import Markdown

/// What must be known of a whole to-do list before its first item is read.
struct TodoSurvey {
  /// Whether any item or row has a box, so that only those are tasks.
  private(set) var hasBoxes = false
  /// Whether items do; else it is tables.
  private(set) var hasItemBoxes = false
  private(set) var hasItems = false
  /// Whether a heading says that the things to do are below it.
  private(set) var hasTaskSection = false
  private(set) var hasTableOfStates = false
  /// Whether the sections are the tasks although there are bullets: those only say more of what stands above them.
  private(set) var hasTasksAsSections = false

  init(_ source: TodoSource) {
    look(at: source.root.children, quotes: 0, in: source)
    hasBoxes = hasItemBoxes || hasTableOfStates
    let blocks = source.root.children
    hasTasksAsSections =
      hasItems
      && (hasBoxes
        ? hasBoxesAsSteps(blocks, in: source)
        : !hasTaskSection && Self.hasBulletsAsDetails(blocks) || Self.hasTasksForHeadings(blocks))
  }

  /// Whether every box is below a heading that calls itself a task, so that the boxes are its steps: "Task 3: …".
  private func hasBoxesAsSteps(_ blocks: [MarkdownBlock], in source: TodoSource) -> Bool {
    var task: Int?
    var found = false
    for block in blocks {
      if case .heading(let level) = block.kind {
        if let outer = task, level > outer { continue }
        task = TodoName.isTask(MarkdownLine(block.text).plain) ? level : nil
      } else if holdsBox(block, in: source) {
        guard task != nil else { return false }
        found = true
      }
    }
    return found
  }

  /// Whether most headings with something below them say what is to be done: "Add a cache", "Task 3: …".
  private static func hasTasksForHeadings(_ blocks: [MarkdownBlock]) -> Bool {
    var count = 0
    var tasks = 0
    for (heading, below) in zip(blocks, blocks.dropFirst()) where heading.isHeading && !below.isHeading {
      let title = MarkdownLine(heading.text).plain
      let section = TodoSection(title)
      if section == .tasks, case .list = below.kind { return false }
      guard section == nil else { continue }
      count += 1
      let name = TodoName(title)
      let words = (name?.rest ?? title).split(separator: " ")
      let isNamed = name.map { $0.isCertain && TodoName.isOfOneTask($0.family) } ?? false
      if isNamed || (words.count > 1 && ConventionalTitle.isVerb(words[0])) { tasks += 1 }
    }
    return tasks > 1 && tasks * 2 > count
  }

  /// Whether each list follows prose of its section, and one section at least is prose and nothing else: it would be
  /// lost where only bullets are tasks.
  private static func hasBulletsAsDetails(_ blocks: [MarkdownBlock]) -> Bool {
    var headings = 0
    var isProse = false
    var holdsList = false
    var proseOnly = 0
    var isOther = false
    for (index, block) in blocks.enumerated() {
      switch block.kind {
      case .heading:
        (headings, isProse, holdsList) = (headings + 1, false, false)
        isOther = TodoSection(MarkdownLine(block.text).plain) == .others
      case .paragraph:
        isProse = true
      case .list where !isOther:
        guard isProse else { return false }
        holdsList = true
      default: break
      }
      let isLast = index + 1 == blocks.count
      if isProse, !holdsList, !isOther, headings > 1, isLast || blocks[index + 1].isHeading { proseOnly += 1 }
    }
    return proseOnly > 0
  }

  private mutating func look(at blocks: [MarkdownBlock], quotes: Int, in source: TodoSource) {
    for block in blocks {
      switch block.kind {
      case .list, .item:
        hasItems = true
        if !hasItemBoxes { hasItemBoxes = holdsBox(block, in: source) }
      case .heading:
        if TodoSection(MarkdownLine(block.text).plain) == .tasks { hasTaskSection = true }
      case .table:
        if let table = TodoTable(block), table.hasStates { hasTableOfStates = true }
      case .quote where source.isCallout(block, quotes: quotes):
        look(at: block.children, quotes: quotes + 1, in: source)
      default: break
      }
    }
  }

  /// Whether a box is in a list, or in an item or below it.
  func holdsBox(_ block: MarkdownBlock, in source: TodoSource) -> Bool {
    switch block.kind {
    case .item:
      source.head(of: block).mark?.isBox ?? false || block.children.contains { holdsBox($0, in: source) }
    case .list: block.children.contains { holdsBox($0, in: source) }
    default: false
    }
  }

  /// The lines of the open boxes below an item.
  func openBoxes(below item: MarkdownBlock, in source: TodoSource) -> [Int] {
    item.children.flatMap { block -> [Int] in
      guard case .list = block.kind else { return [] }
      return block.children.flatMap { item in
        let mark = source.head(of: item).mark
        let isOpen = mark.map { $0.isBox && $0.state.isTask } ?? false
        return (isOpen ? [item.firstLine] : []) + (mark?.state.isTask ?? true ? openBoxes(below: item, in: source) : [])
      }
    }
  }

  /// How many boxes are in a list, at any depth.
  func boxes(in block: MarkdownBlock, _ source: TodoSource) -> (open: Int, all: Int) {
    var count = (open: 0, all: 0)
    if block.kind == .item, let mark = source.head(of: block).mark, mark.isBox {
      count = (mark.state.isTask ? 1 : 0, 1)
    }
    for child in block.children {
      let found = boxes(in: child, source)
      count = (count.open + found.open, count.all + found.all)
    }
    return count
  }

  /// `<details>` around tasks, by the places of the blocks that begin and end it: a section, rather than a part of the
  /// item above. Its summary is nil where it ends.
  func sections(of blocks: [MarkdownBlock], in source: TodoSource) -> [Int: (summary: String?, Void)] {
    guard blocks.contains(where: { $0.kind == .html }) else { return [:] }
    var sections: [Int: (summary: String?, Void)] = [:]
    var open: [(index: Int, holdsTasks: Bool)] = []
    var isBelowItem = false
    for (index, block) in blocks.enumerated() {
      switch block.kind {
      case .html where !source.isComment(block):
        let text = block.text.lowercased()
        let depth = text.count(of: "<details") - text.count(of: "</details")
        if depth > 0 {
          open.append((index, false))
        } else if depth < 0 {
          guard let begin = open.popLast() else {
            sections[index] = (nil, ())
            continue
          }
          if begin.holdsTasks {
            sections[begin.index] = (summary(of: blocks[begin.index].text), ())
            sections[index] = (nil, ())
          }
        }
      case .list:
        let holdsTasks = hasBoxes ? holdsBox(block, in: source) : !isBelowItem
        if holdsTasks { for place in open.indices { open[place].holdsTasks = true } }
        isBelowItem = true
      case .heading, .rule:
        isBelowItem = false
      default: break
      }
    }
    for begin in open where begin.holdsTasks { sections[begin.index] = (summary(of: blocks[begin.index].text), ()) }
    return sections
  }

  private func summary(of html: String) -> String {
    guard let start = html.firstRange(of: "<summary>"), let end = html.firstRange(of: "</summary>"),
      start.upperBound <= end.lowerBound
    else { return "" }
    return html[start.upperBound..<end.lowerBound].trimmed
  }
}

extension MarkdownBlock {
  fileprivate var isHeading: Bool {
    if case .heading = kind { true } else { false }
  }
}

extension String {
  fileprivate func count(of part: String) -> Int { ranges(of: part).count }
}
