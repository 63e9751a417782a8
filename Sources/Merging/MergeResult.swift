package import Git

/// What a merge would give, found without writing anything into the repository.
package enum MergeResult: Sendable, Equatable {
  /// The tree that holds both sides.
  case clean(ObjectID)
  /// The paths that a person or an agent must put together, sorted; never empty.
  case conflict(paths: [String])
  /// The two have no history in common: git does not merge them.
  case unrelated
}

/// Two commits that are to be merged. By id: names move.
package struct MergePair: Sendable, Hashable {
  package let ours: ObjectID
  package let theirs: ObjectID

  package init(ours: ObjectID, theirs: ObjectID) {
    self.ours = ours
    self.theirs = theirs
  }
}
