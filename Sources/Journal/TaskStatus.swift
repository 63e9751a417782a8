/// Where a task stands. The raw values are what `status --json` and `--porcelain` print.
package enum TaskStatus: String, Codable, CaseIterable, Sendable {
  // Under way.
  case waiting
  case starting
  case running
  /// Between two attempts.
  case retrying
  case pushing
  /// Its pull request is being opened.
  case opening
  /// Of a review: the tests run, the review is posted, the pull request is merged.
  case testing, posting, merging
  /// It did not land as it was, and is given back to the agent of its task.
  case fixing

  // Ended. `success` is git's word, not the agent's.
  case success
  case failed
  case timeout
  case noChanges = "no-changes"
  case uncommitted
  /// The agent changed something of the repository that is not the task's.
  case tampered
  case pushFailed = "push-failed"
  /// Pushed, but its pull request is not open, or not at the proven commit.
  case prFailed = "pr-failed"
  /// The branches it needs could not be merged into a start for it.
  case conflict
  case interrupted
  /// Never started, since the run was halted or interrupted before its turn.
  case skipped
  /// Never started, since a task that it needs did not succeed.
  case blocked
  /// Not done, or never started, since the run's budget was used up.
  case overBudget = "over-budget"

  // Ended, of a candidate: one of several attempts at a task that stand side by side.
  /// Its work is proven, and none is chosen yet.
  case proven
  /// Its work is the task's.
  case chosen
  /// Another's is, however this one ended.
  case notChosen = "not-chosen"

  // Ended, of a pull request that was reviewed.
  case approved
  /// The forge says so.
  case merged
  /// The forge merges it automatically: it is in its queue, or waits for its rules.
  case queued
  case changesRequested = "changes-requested"
  case testsFailed = "tests-failed"

  /// Ended, of a branch: the base has what it changes.
  case landed
  /// Ended, of a branch that builds on what has landed: its own commits conflict with the base.
  case restackConflict = "restack-conflict"

  package var isFinal: Bool {
    switch self {
    case .waiting, .starting, .running, .retrying, .pushing, .opening, .testing, .posting, .merging, .fixing: false
    case .success, .failed, .timeout, .noChanges, .uncommitted, .tampered, .pushFailed, .prFailed, .conflict,
      .interrupted,
      .skipped, .blocked, .overBudget, .proven, .chosen, .notChosen, .approved, .merged, .queued, .changesRequested,
      .testsFailed, .landed,
      .restackConflict:
      true
    }
  }

  /// Whether it ended as was hoped for.
  package var isGood: Bool {
    switch self {
    case .success, .proven, .chosen, .notChosen, .approved, .merged, .queued, .landed: true
    default: false
    }
  }
}
