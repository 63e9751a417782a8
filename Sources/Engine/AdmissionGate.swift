import Agents
package import Journal
package import Processes
import Trace

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What every attempt passes before it starts: closed for a while by a usage limit, for good by a reason that holds
/// for all tasks.
package actor AdmissionGate {
  package enum Admission: Equatable {
    case open
    case halted(reason: String)
    case stopped
  }

  /// The longest allowance is a week's: a moment beyond that, and a day for clocks that differ, is a mistake. In seconds.
  package static let longestPause: Double = 8 * 24 * 3600

  private let journal: RunJournal
  private let stop: StopRequest
  private var haltReason: String?
  private var pausedUntil: Date?

  package init(journal: RunJournal, stop: StopRequest) {
    self.journal = journal
    self.stop = stop
  }

  /// Whether new tasks may start at all; a pause does not count, since they wait for its end themselves.
  package var status: Admission {
    if let haltReason { return .halted(reason: haltReason) }
    return stop.level > .none ? .stopped : .open
  }

  /// Waits until an attempt may start.
  /// - Parameter stop: ends the wait; the run's own when nil.
  package func admit(_ stop: StopRequest? = nil) async throws -> Admission {
    let stop = stop ?? self.stop
    while true {
      guard status == .open else { return status }
      if stop.level > .none { return .stopped }
      guard let pausedUntil else { return .open }
      Trace.note(.decision, "gate: an attempt waits until \(pausedUntil)")
      await stop.sleep(until: pausedUntil)
      // Several wait here; the first to wake ends the pause, unless it was prolonged meanwhile.
      if self.pausedUntil == pausedUntil, stop.level == .none {
        self.pausedUntil = nil
        try await journal.append(.resumed)
      }
    }
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

  /// Lets nothing start any more.
  package func halt(reason: String) async throws {
    guard haltReason == nil else { return }
    haltReason = reason
    Trace.note(.decision, "gate: closed for good: \(reason)")
    try await journal.append(.halted(reason: reason))
  }
}
