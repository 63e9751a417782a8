/// How a landing is done, and of what.
package struct LandingHeader: Codable, Equatable, Sendable {
  /// `squash`, `merge`, `rebase`.
  package var mode: String
  /// What proves a part of the train; nil when nothing does.
  package var testCommand: String?
  /// The remote whose branch is moved; nil when only the local one is.
  package var remote: String?
  /// Whether the worktree that has the base checked out is updated with it.
  package var updatesCheckout: Bool
  /// The branches' commits by the tasks' ids.
  package var tips: [String: String]
  /// The run whose tasks these are; nil of branches that were named.
  package var run: String?

  package init(
    mode: String, testCommand: String?, remote: String?, updatesCheckout: Bool, tips: [String: String], run: String?
  ) {
    self.mode = mode
    self.testCommand = testCommand
    self.remote = remote
    self.updatesCheckout = updatesCheckout
    self.tips = tips
    self.run = run
  }
}
