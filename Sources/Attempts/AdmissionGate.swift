import Agents
import Basics
package import Journal
package import Processes
import Trace

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What every attempt passes before it starts: closed for a while by a usage limit or for want of memory or disk, for
/// good by a reason that holds for all tasks.
package actor AdmissionGate {
  package enum Admission: Equatable {
    case open
    case halted(reason: String)
    /// The run's budget is used up.
    case overBudget(reason: String)
    case stopped
  }

  /// The longest allowance is a week's: a moment beyond that, and a day for clocks that differ, is a mistake. In seconds.
  package static let longestPause: Double = 8 * 24 * 3600
  /// How often is looked whether there is memory and disk again, or a place for one more agent.
  private static let pause = Duration.seconds(1)
  /// For how long that is waited for while no agent of ours runs whose end could help.
  package static let patience = Duration.seconds(60)

  private let journal: RunJournal
  private let stop: StopRequest
  private let floors: Floors
  private let stopwatch: Stopwatch
  private var haltReason: String?
  /// Rises once nothing starts any more: whoever waits for the end of a pause need not.
  private let halted = StopRequest()
  private var isOverBudget = false
  private var pausedUntil: Date?
  /// Rises when the user does not want to wait for the end of the pause.
  private var pauseEnd = StopRequest()
  /// Attempts that were admitted and have not ended.
  private var running = 0
  /// How many may be, since the system did not let more start.
  private var mostRunning = Int.max
  /// Since when there is too little with nothing of ours at work; `since` is nil while something is.
  private var shortage: (reason: String, since: Duration?)?

  package init(
    journal: RunJournal, stop: StopRequest, floors: Floors = .none, clock: any Clock<Duration> = SuspendingClock()
  ) {
    self.journal = journal
    self.stop = stop
    self.floors = floors
    stopwatch = Stopwatch(clock)
  }

  /// Whether new tasks may start at all; a pause does not count, since they wait for its end themselves.
  package var status: Admission {
    if let haltReason { return isOverBudget ? .overBudget(reason: haltReason) : .halted(reason: haltReason) }
    return stop.level > .none ? .stopped : .open
  }

  /// How a task ends that never started, and why; `otherwise` where the user stopped it.
  package func statusOfUnstarted(_ otherwise: String) -> (status: TaskStatus, reason: String) {
    switch status {
    case .overBudget(let reason): (.overBudget, reason)
    case .halted(let reason): (.skipped, reason)
    case .open, .stopped: (.skipped, otherwise)
    }
  }

  /// Waits until an attempt may start. One that is admitted counts as running until ``attemptEnded()``.
  /// - Parameter stop: ends the wait; the run's own when nil.
  package func admit(_ stop: StopRequest? = nil) async throws -> Admission {
    let stop = stop ?? self.stop
    while true {
      guard status == .open else { return status }
      if stop.level > .none { return .stopped }
      if let pausedUntil {
        Trace.note(.decision, "gate: an attempt waits until \(pausedUntil)")
        let end = pauseEnd
        try? await halted.cancelling(at: .graceful) {
          try await end.cancelling(at: .graceful) { await stop.sleep(until: pausedUntil) }
        }
        // Several wait here; the first to wake ends the pause, unless it was prolonged meanwhile.
        if self.pausedUntil == pausedUntil, stop.level == .none, haltReason == nil {
          self.pausedUntil = nil
          try await journal.append(.resumed)
        }
      } else if running >= mostRunning {
        await stop.sleep(for: Self.pause, clock: stopwatch.clock)
      } else if try await isShort() {
        await stop.sleep(for: Self.pause, clock: stopwatch.clock)
      } else if status == .open, stop.level == .none, pausedUntil == nil, running < mostRunning {
        running += 1
        return .open
      }
    }
  }

  /// Waits before another attempt, as long as one may start at all.
  nonisolated package func sleep(for delay: Duration, _ stop: StopRequest) async {
    try? await halted.cancelling(at: .graceful) { await stop.sleep(for: delay) }
  }

  /// Waits until there is memory and disk for what comes before an attempt: a worktree, its set-up.
  package func awaitMeans(_ stop: StopRequest) async throws -> Admission {
    while true {
      guard status == .open else { return status }
      if stop.level > .none { return .stopped }
      guard try await isShort() else { return .open }
      await stop.sleep(for: Self.pause, clock: stopwatch.clock)
    }
  }

  /// An attempt of an earlier process is taken over, which nobody has to admit.
  package func attemptAdopted() { running += 1 }

  package func attemptEnded() { running -= 1 }

  /// The system had nothing left to start an attempt with, which has been given back: fewer may run from here on.
  package func reduce() async throws {
    let most = max(1, running)
    guard most < mostRunning else { return }
    mostRunning = most
    try await journal.append(
      .warned(message: "the system lets no more agents start: at most \(most) at a time from here on"))
  }

  /// Whether there is too little memory or disk. Its beginning and its end are told; one that does not end while nothing
  /// of ours runs is the end of the run.
  private func isShort() async throws -> Bool {
    let reason = floors.shortage()
    guard let reason else {
      guard shortage != nil else { return false }
      shortage = nil
      Trace.note(.decision, "gate: enough memory and disk again")
      if pausedUntil == nil { try await journal.append(.resumed) }
      return false
    }
    let now = stopwatch.elapsed
    guard let known = shortage else {
      shortage = (reason, running == 0 ? now : nil)
      Trace.note(.decision, "gate: closed: \(reason)")
      try await journal.append(.paused(until: nil, reason: "no further agent starts: \(reason)"))
      return true
    }
    let since = running == 0 ? known.since ?? now : nil
    shortage = (reason, since)
    if let since, now - since >= Self.patience {
      shortage = nil
      try await halt(reason: "\(reason), and no agent is at work whose end could help")
    }
    return true
  }

  /// When a provider is asked again that names this moment. One that names none after 15 minutes; one whose moment is
  /// past already (clocks differ) after one, so that nobody asks it without a pause.
  package static func resumption(after until: Date?, now: Date) -> Date {
    guard let until else { return now.addingTimeInterval(15 * 60) }
    return until <= now ? now.addingTimeInterval(60) : min(until, now.addingTimeInterval(longestPause))
  }

  /// Lets nothing start before `until`; see ``resumption(after:now:)``.
  package func pause(until: Date?, reason: String) async throws {
    let resumption = Self.resumption(after: until, now: Date())
    if let pausedUntil, pausedUntil >= resumption { return }
    pausedUntil = resumption
    Trace.note(.decision, "gate: closed until \(resumption): \(reason)")
    try await journal.append(.paused(until: JournalTime(resumption), reason: reason))
  }

  /// Ends a pause before its time. Those who wait for it find out whether it was any use.
  package func endPause() {
    guard pausedUntil != nil else { return }
    Trace.note(.decision, "gate: the pause ends early")
    pauseEnd.raise(to: .graceful)
    pauseEnd = StopRequest()
  }

  /// Lets nothing start any more.
  package func halt(reason: String, isOverBudget: Bool = false) async throws {
    guard haltReason == nil else { return }
    haltReason = reason
    self.isOverBudget = isOverBudget
    Trace.note(.decision, "gate: closed for good: \(reason)")
    halted.raise(to: .graceful)
    try await journal.append(.halted(reason: reason))
  }
}
