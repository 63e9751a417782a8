package import Journal
package import TerminalUI

/// How a task stands, as coarse as a symbol can tell it: the same on the live screen, at the end, and in `status`.
package enum DisplayState: String, Sendable, CaseIterable {
  case done, running, working, retrying, paused, waiting, failed, blocked, stopped
  case noChanges = "no changes"

  package init(_ status: TaskStatus) {
    self =
      switch status {
      case .waiting: .waiting
      case .starting, .running: .running
      case .pushing, .opening, .testing, .posting, .merging, .fixing: .working
      case .retrying: .retrying
      case .success, .proven, .chosen, .approved, .merged, .queued, .landed: .done
      case .noChanges: .noChanges
      case .interrupted, .overBudget: .stopped
      case .skipped, .blocked, .notChosen: .blocked
      case .failed, .timeout, .uncommitted, .tampered, .pushFailed, .prFailed, .conflict, .changesRequested,
        .testsFailed, .restackConflict:
        .failed
      }
  }

  package var symbol: String {
    switch self {
    case .running: "▸"
    case .working: "⇡"
    case .waiting: "◦"
    case .retrying: "↻"
    case .paused: "◫"
    case .done: "✓"
    case .noChanges: "∅"
    case .failed: "✗"
    case .blocked: "⊘"
    case .stopped: "▮"
    }
  }

  package var style: Style {
    switch self {
    case .running, .working: .cyan
    case .waiting, .blocked: .dim
    case .retrying, .paused, .noChanges, .stopped: .yellow
    case .done: .green
    case .failed: .red
    }
  }

  /// What counts of tasks call it: those that push are running, too.
  package var counted: DisplayState { self == .working ? .running : self }
}

extension TaskStatus {
  package var symbol: String { DisplayState(self).symbol }
  package var style: Style? { DisplayState(self).style }
}
