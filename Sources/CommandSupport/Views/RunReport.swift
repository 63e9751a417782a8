import Agents
package import Journal
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A run as it is shown: its state, and what only a look at the system can tell.
package struct RunReport {
  package let state: RunState
  /// Whether the process that performs the run still does.
  package let isAlive: Bool
  package let now: Date

  package enum Phase: String, Codable {
    case running, paused, ending, ended
    /// The process that performed the run is gone without having ended it.
    case died
  }

  /// Reads a run and looks whether its process is still there.
  package init(_ folder: RunFolder, in store: RunStore) throws(JournalError) {
    // The lock first: a run that ends between the two has then written so, and is not taken for one that died.
    let holder = RunLock.currentHolder(at: store.lock)
    let state = try folder.state()
    self.init(state: state, isAlive: holder?.run == state.header.id, now: Date())
  }

  package init(state: RunState, isAlive: Bool, now: Date) {
    self.state = state
    self.isAlive = isAlive
    self.now = now
  }

  package var phase: Phase {
    switch state.phase {
    case .ended: .ended
    case _ where !isAlive: .died
    case .running: .running
    case .paused: .paused
    case .ending: .ending
    }
  }

  /// Whether `git orch run --continue` would find something left to do.
  package var canContinue: Bool {
    guard state.header.review == nil else { return false }
    return phase == .died || phase == .ended && state.tasks.contains { !$0.status.isGood }
  }

  /// Agents that work on although the process of their run is gone.
  package var orphans: [(task: String, pid: Int32)] {
    guard phase == .died else { return [] }
    return state.tasks.compactMap { task in
      guard let attempt = task.attempts.last, attempt.result == nil, let process = attempt.process,
        process.isAlive
      else { return nil }
      return (task.header.id, process.pid)
    }
  }

  /// How long the run took, or has taken.
  package var duration: Duration {
    Self.duration(from: state.startedAt, to: state.endedAt ?? (isAlive ? JournalTime(now) : state.updatedAt))
  }

  /// How long a task took, or has taken; nil when it has not started.
  package func duration(of task: TaskState) -> Duration? {
    guard let start = task.startedAt else { return nil }
    return Self.duration(from: start, to: task.endedAt ?? (isAlive ? JournalTime(now) : state.updatedAt))
  }

  /// How many tasks stand at each status, in the statuses' own order, none left out that has one.
  package var counts: [(status: TaskStatus, count: Int)] {
    TaskStatus.allCases.compactMap { status in
      let count = state.tasks.count { $0.status == status }
      return count > 0 ? (status, count) : nil
    }
  }

  private static func duration(from start: JournalTime, to end: JournalTime) -> Duration {
    .milliseconds(Int64((end.date.timeIntervalSince(start.date) * 1000).rounded()))
  }
}
