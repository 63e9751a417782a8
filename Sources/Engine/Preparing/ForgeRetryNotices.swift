import Agents
package import Forges
package import Journal
package import Processes
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Waits for a forge until the first signal, and reports long waits: the user while there is no journal yet, the
/// journal from then on.
package final class ForgeRetryNotices: Sendable {
  private let stop: StopRequest
  private let note: @Sendable (String) -> Void
  private let journal = Mutex<RunJournal?>(nil)

  package init(stop: StopRequest, note: @escaping @Sendable (String) -> Void) {
    self.stop = stop
    self.note = note
  }

  /// Has all further waits recorded.
  package func attach(_ journal: RunJournal) { self.journal.withLock { $0 = journal } }

  package var retryPolicy: ForgeRetryPolicy {
    ForgeRetryPolicy { duration, until, cause in
      switch cause {
      case .rateLimit: await self.tell(until, "requests are rate-limited")
      case .checks: break  // In the journal as a wait of its own kind.
      case .failure(let reason): if duration >= .seconds(5) { await self.tell(until, reason) }
      }
      let stop = StopRequest.current ?? self.stop
      await stop.sleep(for: duration)
      if stop.level > .none { throw CancellationError() }
      try Task.checkCancellation()
    }
  }

  private func tell(_ until: Date, _ reason: String) async {
    guard let journal = journal.withLock(\.self) else {
      return note("waiting for the forge until \(JournalTime(until)): \(reason)")
    }
    // A journal that fails here fails at the next entry too, where it can be thrown.
    try? await journal.append(.waitingForForge(until: JournalTime(until), reason: reason))
  }
}
