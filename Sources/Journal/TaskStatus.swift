/// Where a task stands. The raw values are what `status --json` and `--porcelain` print.
package enum TaskStatus: String, Codable, CaseIterable, Sendable {
  // Under way.
  case waiting
  case starting
  case running
  /// Between two attempts.
  case retrying
  case pushing

  // Ended. `success` is git's word, not the agent's.
  case success
  case failed
  case timeout
  case noChanges = "no-changes"
  case uncommitted
  case pushFailed = "push-failed"
  /// The branches it needs could not be merged into a start for it.
  case conflict
  case interrupted
  /// Never started, since the run was halted or interrupted before its turn.
  case skipped
  /// Never started, since a task that it needs did not succeed.
  case blocked

  package var isFinal: Bool {
    switch self {
    case .waiting, .starting, .running, .retrying, .pushing: false
    case .success, .failed, .timeout, .noChanges, .uncommitted, .pushFailed, .conflict, .interrupted, .skipped,
      .blocked:
      true
    }
  }
}
