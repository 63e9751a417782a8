import Forges
import Git
import Journal

/// What a review comes to before anybody but us is asked.
struct ReviewOutcome: Sendable, Equatable {
  let verdict: VerdictRecord
  let tests: ReviewText.Tests
  /// Whether tests that fail rule an approval out.
  let testsMatter: Bool
  let fixes: ReviewText.Fixes

  var status: TaskStatus {
    if verdict.decision == .requestChanges { return .changesRequested }
    if testsMatter, case .ran(let record, _) = tests, !record.passed { return .testsFailed }
    // The pull request itself is still without them.
    if case .kept = fixes { return .changesRequested }
    return .approved
  }

  var decision: ReviewPost.Decision { status == .approved ? .approve : .requestChanges }

  /// Where the tests ran and are of weight; nil when there are none of that kind.
  var testedCommit: ObjectID? {
    guard testsMatter, case .ran(let record, _) = tests, record.passed else { return nil }
    return ObjectID(record.commit)
  }

  /// What the user should know, a clause each.
  var notes: [String] {
    var notes: [String] = []
    switch tests {
    case .off: break
    case .noCommand: notes.append("no tests were run, since there is no test command")
    case .ran(let record, _): if !record.passed { notes.append("the tests failed: \(record.outcome)") }
    }
    if case .kept(let commits, let reason, _) = fixes {
      notes.append("\(commits.count) fix\(commits.count == 1 ? " is" : "es are") not pushed, since \(reason)")
    }
    return notes
  }
}
