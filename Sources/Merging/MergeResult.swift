package import Git

/// What a merge would give, found without writing anything into the repository.
package enum MergeResult: Sendable, Equatable {
  /// The tree that holds both sides.
  case clean(ObjectID)
  /// The paths that a person or an agent must put together, sorted; never empty.
  case conflict(paths: [String])
}
