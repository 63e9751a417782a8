extension RunState {
  /// Two branches that do not merge, or one that does not with the base.
  package struct Conflict: Equatable, Sendable {
    /// The one whose work began later.
    package let task: String
    /// The other; nil of the base.
    package let with: String?
    /// The first of the files that are in conflict.
    package let paths: [String]
    package let count: Int
    package let since: JournalTime

    /// The other of two, seen from `id`; `.some(nil)` for the base, nil where it has no part in it.
    package func other(of id: String) -> String?? {
      if id == task { return .some(with) }
      return id == with ? .some(task) : nil
    }

    package func isBetween(_ one: String, _ other: String?) -> Bool {
      (task, with) == (one, other) || with == one && task == other
    }
  }
}
