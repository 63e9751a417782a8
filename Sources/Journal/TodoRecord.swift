/// The to-do list that a plan was made from, and where in it each task comes from.
package struct TodoRecord: Codable, Equatable, Sendable {
  /// Its absolute path.
  package var file: String
  /// The blob that it was when it was read; nil where that is not kept, outside of the repository.
  package var blob: String?
  package var items: [Item]

  package struct Item: Codable, Equatable, Sendable {
    /// Those that were made of it; several where it was split.
    package var tasks: [String]
    /// From 1.
    package var line: Int
    /// Without its box and a link to a pull request at its end.
    package var text: String
    /// The texts of the items around it; nil at an end of the list.
    package var before: String?
    package var after: String?

    package init(tasks: [String], line: Int, text: String, before: String?, after: String?) {
      self.tasks = tasks
      self.line = line
      self.text = text
      self.before = before
      self.after = after
    }
  }

  package init(file: String, blob: String?, items: [Item]) {
    self.file = file
    self.blob = blob
    self.items = items
  }
}

extension TodoRecord: JournalValue {}
