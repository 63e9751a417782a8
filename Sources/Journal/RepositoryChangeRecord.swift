/// What of a repository is not as it was, as the journal has it.
package struct RepositoryChangeRecord: Codable, Equatable, Sendable {
  /// `configuration`, `hook`, `reference`, `worktree`, `file`, `checkout`.
  package var kind: String
  /// The key, the reference or the path.
  package var name: String
  /// nil where there was nothing.
  package var old: String?
  /// nil where there is nothing any more.
  package var new: String?
  /// A command that puts it back; nil when there is none.
  package var restore: String?

  package init(kind: String, name: String, old: String?, new: String?, restore: String?) {
    self.kind = kind
    self.name = name
    self.old = old
    self.new = new
    self.restore = restore
  }
}

/// What changed in the course of a run: each thing once, from what it was first to what it was last.
package struct RepositoryChanges: Equatable, Sendable {
  package struct Change: Equatable, Sendable {
    package fileprivate(set) var record: RepositoryChangeRecord
    /// Those that ran then, in the order of their names.
    package fileprivate(set) var tasks: [String]
  }

  /// More are counted, but not kept.
  private static let limit = 1000

  private var changes: [Change] = []
  /// How many were left out.
  package private(set) var omitted = 0

  /// In the order in which they were first seen; what was put back is not among them.
  package var all: [Change] { changes.filter { $0.record.old != $0.record.new } }

  /// What changed while the task ran.
  package func during(_ task: String) -> [RepositoryChangeRecord] {
    all.filter { $0.tasks.contains(task) }.map(\.record)
  }

  mutating func add(_ records: [RepositoryChangeRecord], tasks: [String]) {
    for record in records {
      let known = changes.firstIndex { $0.record.kind == record.kind && $0.record.name == record.name }
      if let known {
        changes[known].record.new = record.new
        changes[known].tasks = Set(changes[known].tasks).union(tasks).sorted()
      } else if changes.count < Self.limit {
        changes.append(Change(record: record, tasks: tasks.sorted()))
      } else {
        omitted += 1
      }
    }
  }
}
