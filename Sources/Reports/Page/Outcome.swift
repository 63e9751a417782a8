import Journal

/// How a page shows a status: a sign and a word, which the color only repeats.
struct Outcome {
  /// `ok`, `part`, `warn`, `bad` or `off`.
  let name: HTML
  let sign: String
  let word: String

  init(_ status: TaskStatus) {
    word =
      switch status {
      case .success: "done"
      case .noChanges: "no changes"
      case .changesRequested: "changes requested"
      case .testsFailed: "tests failed"
      case .pushFailed: "push failed"
      case .prFailed: "pull request failed"
      case .overBudget: "over budget"
      case .restackConflict: "restack conflict"
      case .notChosen: "not chosen"
      default: status.rawValue
      }
    (name, sign) =
      switch status {
      case .success, .proven, .chosen, .merged, .approved, .landed: ("ok", "✓")
      case .waiting: ("off", "·")
      case .queued: ("part", "▶")
      case .starting, .running, .retrying, .pushing, .opening, .testing, .posting, .merging, .fixing: ("part", "▶")
      case .changesRequested: ("warn", "!")
      case .interrupted, .overBudget: ("warn", "■")
      case .timeout, .failed, .noChanges, .uncommitted, .tampered, .pushFailed, .prFailed, .conflict, .testsFailed,
        .restackConflict:
        ("bad", "✗")
      case .skipped, .blocked, .notChosen: ("off", "–")
      }
  }
}
