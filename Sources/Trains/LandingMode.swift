/// How a branch becomes a part of its base.
package enum LandingMode: String, Sendable, CaseIterable {
  /// One commit with all that the branch changes.
  case squash
  /// A merge commit, which keeps the branch's own commits reachable.
  case merge
  /// The branch's commits one by one on top of the base.
  case rebase
}
