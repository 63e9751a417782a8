import Agents
package import Journal
import Ledger
import Platform
package import Processes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  package import Foundation
#endif

/// What runs and reviews have in common: the lock, the journal from its first entry to its last, the signals, and the
/// end of all that was started.
package struct JournalledRun: Sendable {
  package let place: RepositoryContext
  package let stop: StopRequest
  /// Those of its tasks.
  package let stops: TaskStops
  /// The name of the signal that made `stop` rise, asked once it has.
  package let signal: @Sendable () -> String?

  package init(
    place: RepositoryContext, stop: StopRequest, signal: @escaping @Sendable () -> String?
  ) {
    self.place = place
    self.stop = stop
    stops = TaskStops(run: stop)
    self.signal = signal
  }

  /// Prepares, begins the journal and does the work; returns the state at the end, with no process of it left.
  /// - Parameters:
  ///   - earlier: the run that is continued; nil for a new one.
  ///   - newID: the id of a new run; nil for one that is made now.
  ///   - prepare: looks at what must hold, and changes nothing; cancelled by the first signal.
  ///   - begin: writes the first entry.
  ///   - body: does the work; what it throws means that the record cannot be kept.
  package func perform<Preparation: Sendable>(
    continuing earlier: RunFolder? = nil, newID: String? = nil,
    prepare: @escaping @Sendable () async throws -> Preparation,
    begin: (RunFolder, Preparation) async throws -> RunJournal,
    body: @escaping @Sendable (RunJournal, Preparation) async throws -> Void
  ) async throws -> RunState {
    let began = Date()
    let id = earlier?.id ?? newID ?? place.store.newID(at: began)
    let holder = LockHolder(pid: getpid(), run: id, since: JournalTime(began))
    return try await RunLock.hold(at: place.store.lock, as: holder) {
      // What is started without a mark of its own has the run's: git and gh.
      try await GitGuard.$current.withValue(
        place.gitGuard,
        operation: {
          try await RunMark.$run.withValue(place.store.folder(of: id).mark) {
            let preparation = try await stop.cancelling(at: .graceful, prepare)
            let journal = try await begin(earlier ?? place.store.create(id), preparation)
            let ledger = try await ledgerWriter(of: journal)
            do {
              // Of several clones that continue a run, the remote lets one.
              if earlier != nil, let ledger { try await yield(to: await ledger.successor(), journal) }
              try await RunLedger.$current.withValue(ledger.map(RunLedger.init)) {
                try await attend(journal, ledger) { try await body(journal, preparation) }
              }
            } catch {
              // The record cannot be kept: nothing may continue without it.
              stop.raise(to: .immediate)
              await sweepRun(journal.folder.mark)
              throw error
            }
            // The second Ctrl-C ends its push, too.
            let notes = await StopRequest.$current.withValue(stop) { await ledger?.finish() ?? [] }
            for note in notes { try await journal.append(.warned(message: note)) }
            try await journal.close()
            let state = await journal.state
            journal.folder.writeSummary(of: state)
            journal.folder.writeFigures(of: state)
            return state
          }
        })
    }
  }

  /// This process, as journals name it.
  package static func processRecord() -> ProcessIdentity {
    ProcessIdentity.of(pid: getpid()) ?? ProcessIdentity(pid: getpid(), startTime: 0)
  }

  /// A run needs no ledger: where there can be none, it is said.
  private func ledgerWriter(of journal: RunJournal) async throws -> LedgerWriter? {
    do {
      return try place.ledgerWriter(of: journal.folder)
    } catch {
      try await journal.append(.warned(message: "there will be no ledger of this run: \(error)"))
      return nil
    }
  }

  /// Ends the run where another clone has taken it over.
  private func yield(to successor: LedgerWriterIdentity?, _ journal: RunJournal) async throws {
    guard let successor else { return }
    let reason = RunLedger.reason(for: successor)
    try await journal.append(.halted(reason: reason))
    stops.end(because: reason)
  }

  private func attend(
    _ journal: RunJournal, _ ledger: LedgerWriter?, _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    enum Part { case work, signal, requests, ledger }
    try await withThrowingTaskGroup(of: Part.self) { group in
      group.addTask {
        await stop.waitUntil(.graceful)
        if !Task.isCancelled, let signal = signal() { try await journal.append(.interrupted(signal: signal)) }
        return .signal
      }
      group.addTask {
        do {
          try await journal.folder.attendControl(of: await journal.state) { try await obey($0, journal) }
        } catch let error as JournalError {
          // The run itself needs nobody's requests.
          try await journal.append(.warned(message: "'git orch stop' cannot reach this run: \(error)"))
        }
        return .requests
      }
      group.addTask(priority: .utility) {
        guard let ledger else { return .ledger }
        await place.completeLedger(before: journal.folder)
        await ledger.follow { note in try? await journal.append(.warned(message: note)) }
        if !Task.isCancelled { try await yield(to: await ledger.successor(), journal) }
        return .ledger
      }
      group.addTask {
        try await StopRequest.$current.withValue(stop, operation: body)
        return .work
      }
      // The work, and the signal if one came.
      var ended: Set<Part> = []
      while let part = try await group.next() {
        ended.insert(part)
        if ended.contains(.work), stop.level == .none || ended.contains(.signal) { break }
      }
      group.cancelAll()
    }
    await sweepRun(journal.folder.mark)
    try await TodoUpdate(place: place, journal: journal).finish()
    try await journal.append(.runEnded)
  }

  /// Does what another process asks for.
  /// - Throws: what the journal throws.
  private func obey(_ request: ControlRequest, _ journal: RunJournal) async throws {
    let level: StopRequest.Level = request.now ? .immediate : .graceful
    switch request.request {
    case .stop, .abort:
      try await journal.append(.stopRequested(tasks: request.tasks, now: request.now, by: request.by))
      if request.request == .abort { try await journal.append(.aborted(by: request.by)) }
      if request.tasks.isEmpty { stop.raise(to: level) }
      for task in await withCandidates(request.tasks, journal) { stops.raise(task, to: level) }
    case .retry:
      try await journal.append(.retryRequested(tasks: request.tasks, by: request.by))
      for task in await withCandidates(request.tasks, journal) { await stops.retry(task) }
    case .attach:
      guard let task = request.tasks.first, let session = request.session, let client = request.client else { return }
      try await journal.append(.attached(task: task, session: session, process: client, by: request.by))
    }
  }

  /// What is asked of a task is asked of all its candidates, too.
  private func withCandidates(_ tasks: [String], _ journal: RunJournal) async -> [String] {
    guard !tasks.isEmpty else { return [] }
    let state = await journal.state
    return tasks + tasks.flatMap { state.candidates(of: $0).map(\.header.id) }
  }
}
