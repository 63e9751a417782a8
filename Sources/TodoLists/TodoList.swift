package import Basics
package import SystemPackage

/// One item of a to-do list.
package struct TodoItem: Sendable, Equatable {
  /// The item's own line, in Markdown as written, without its marker and box.
  package let text: String
  /// What belongs to it: paragraphs, sub-lists, code, in Markdown, without the common indentation.
  package let detail: String
  /// The nearest heading above, or the item without a box that it is below.
  package let heading: String?
  /// From 1.
  package let line: Int

  /// What names it next to its text: the key of its row.
  var key: String?
  /// Its number in an ordered list, and which list that is.
  var number: Int?
  var list = 0
  /// The line of each line of `detail`.
  var detailLines: [Int] = []
  /// The first lines of the items below it.
  var steps: [String] = []
  /// The footnotes and links that it refers to.
  var definitions: [String] = []

  package init(text: String, detail: String = "", heading: String? = nil, line: Int = 1) {
    self.text = text
    self.detail = detail
    self.heading = heading
    self.line = line
    let lines = detail.split(separator: "\n", omittingEmptySubsequences: false)
    detailLines = lines.indices.map { line + 1 + $0 }
  }
}

/// The things to do of a Markdown text, and what was left out of it.
///
/// What is a task, and what belongs to it, is told in git-orch-generate(1), "The to-do list"; see ``TodoScanner``.
package struct TodoList: Sendable, Equatable {
  /// In the order of the text.
  package let items: [TodoItem]
  /// What was left out or understood otherwise, by line.
  package let notes: [TodoNote]
  /// Items that are done or given up.
  let closed: [TodoItem]

  /// How many items are ticked off.
  package var doneCount: Int { notes.count { $0.kind == .done } }

  package init(markdown: String) {
    var scanner = TodoScanner(TodoSource(markdown))
    self = scanner.scan()
  }

  init(items: [TodoItem], notes: [TodoNote], closed: [TodoItem]) {
    self.items = items
    self.notes = notes
    self.closed = closed
  }

  /// Reads a Markdown file of at most 10 MB.
  ///
  /// `displayName` is the file's name in error messages; by default the path. A file of another format is an error, and
  /// so is one where all is done: neither is worth asking a model. One without items is none: a model can plan prose.
  package static func read(
    _ path: FilePath, displayName: String? = nil
  ) throws(TodoError) -> (list: TodoList, text: String) {
    let name = displayName ?? path.string
    let text: String
    do {
      text = try TextFile.read(path)
    } catch {
      throw TodoError(file: name, reason: .unreadable(error))
    }
    if let format = ForeignFormat(of: text, name: path.lastComponent?.string ?? "") {
      throw TodoError(file: name, reason: .foreign(format))
    }
    let list = TodoList(markdown: text)
    let isAllSaid = !list.notes.contains { [.prose, .unboxed, .section].contains($0.kind) }
    if list.items.isEmpty, !list.closed.isEmpty, isAllSaid { throw TodoError(file: name, reason: list.nothingToDo) }
    return (list, text)
  }

  /// Why there is no item, where there is none.
  package var nothingToDo: TodoError.Reason {
    .noOpenItems(done: doneCount, leftOut: TodoNote.summary(of: notes.filter { $0.kind.isLeftOut }))
  }
}

/// Why a to-do list gives no tasks.
package struct TodoError: Error, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    case unreadable(FileReadError)
    case foreign(ForeignFormat)
    /// `leftOut` sums up what there was.
    case noOpenItems(done: Int, leftOut: String?)
  }

  /// As the user named it.
  package let file: String
  package let reason: Reason

  package init(file: String, reason: Reason) {
    self.file = file
    self.reason = reason
  }

  package var description: String {
    if case .foreign(let format) = reason {
      "'\(file)' is \(format.description), not a to-do list in Markdown; \(format.advice(file: file))"
    } else {
      "to-do list '\(file)' \(reason.words)"
    }
  }
}

extension TodoError.Reason {
  /// What is said of the list.
  package var words: String {
    switch self {
    case .unreadable(.empty): "is empty; write one task a line: - [ ] add a login page"
    case .unreadable(let fault): fault.summary
    case .foreign(let format): "is \(format.description)"
    case .noOpenItems(_, nil): "has no items; write one task a line: - [ ] add a login page"
    case .noOpenItems(1, "1 left out (1 ticked off)"): "has no open item: its one item is ticked off"
    case .noOpenItems(let done, let leftOut?) where leftOut == "\(done) left out (\(done) ticked off)":
      "has no open item: all \(done) items are ticked off"
    case .noOpenItems(_, let leftOut?): "has no open item: \(leftOut)"
    }
  }
}
