package import Basics
package import SystemPackage

/// One open item of a to-do list.
package struct TodoItem: Sendable, Equatable {
  /// The item's own line, in Markdown as written, without its marker and checkbox.
  package let text: String
  /// What is indented below it: paragraphs, sub-lists, code, in Markdown, without the common indentation.
  package let detail: String
  /// The text of the nearest heading above.
  package let heading: String?
  /// From 1.
  package let line: Int

  package init(text: String, detail: String = "", heading: String? = nil, line: Int = 1) {
    self.text = text
    self.detail = detail
    self.heading = heading
    self.line = line
  }
}

/// The open items of a Markdown text.
///
/// In a list with checkboxes every item of the first level with an open one (`- [ ]`) counts; in a list without, every
/// item of the first level does. What is ticked off is left out with all below it.
package struct TodoList: Sendable, Equatable {
  /// In the order of the text.
  package let items: [TodoItem]
  /// How many items of the first level are ticked off.
  package let doneCount: Int

  package init(markdown: String) {
    var scanner = MarkdownScanner(markdown)
    let found = scanner.scan()
    items = found.open
    doneCount = found.doneCount
  }

  /// Reads a Markdown file of at most 10 MB that has at least one open item.
  ///
  /// `displayName` is the file's name in error messages; by default the path.
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
    let list = TodoList(markdown: text)
    guard !list.items.isEmpty else { throw TodoError(file: name, reason: .noOpenItems(done: list.doneCount)) }
    return (list, text)
  }
}

/// Why a to-do list gives no tasks.
package struct TodoError: Error, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    case unreadable(FileReadError)
    case noOpenItems(done: Int)
  }

  /// As the user named it.
  package let file: String
  package let reason: Reason

  package init(file: String, reason: Reason) {
    self.file = file
    self.reason = reason
  }

  package var description: String {
    switch reason {
    case .unreadable(.empty):
      "to-do list '\(file)' is empty; write one task a line: - [ ] add a login page"
    case .unreadable(let fault):
      "to-do list '\(file)' \(fault.summary)"
    case .noOpenItems(0):
      "to-do list '\(file)' has no items; write one task a line: - [ ] add a login page"
    case .noOpenItems(let done):
      "to-do list '\(file)' has no open item: \(done == 1 ? "its one item is" : "all \(done) items are") ticked off"
    }
  }
}
