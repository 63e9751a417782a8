import Basics
package import Engine
import Forges
import Git
package import HTTP
package import Journal
package import Processes

/// Asks the forge what became of a run's pull requests, and records it. What builds on one that somebody has merged is
/// put on top of the base.
package struct PullRequestRefresh: Sendable {
  private let folder: RunFolder
  private let place: RepositoryContext
  private let stop: StopRequest
  private let send: HTTPSend
  private let note: @Sendable (String) -> Void

  package init(
    _ folder: RunFolder, in place: RepositoryContext, stop: StopRequest, send: @escaping HTTPSend,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.folder = folder
    self.place = place
    self.stop = stop
    self.send = send
    self.note = note
  }

  /// The run that is named, or that has the task or branch that is; the newest where none is. nil where there is none.
  package static func run(_ names: [String], in store: RunStore) throws(JournalError) -> RunFolder? {
    if let name = names.first, let folder = try? store.run(name) { return folder }
    for folder in try store.runs().reversed().prefix(20) {
      guard let state = try? folder.state(), state.header.isRun, state.undo == nil else { continue }
      let isMeant =
        names.isEmpty || state.tasks.contains { names.contains($0.header.id) || names.contains($0.header.branch) }
      if isMeant { return folder }
    }
    return nil
  }

  /// - Returns: The run as it is then.
  /// - Throws: `JournalError.locked` while a run is in progress; `RunError` where there is no forge to be asked.
  @discardableResult
  package func perform() async throws -> RunState {
    let holder = LockHolder(pid: JournalledRun.processRecord().pid, run: folder.id, since: .now)
    return try await RunLock.hold(at: place.store.lock, as: holder) {
      try await GitGuard.$current.withValue(place.gitGuard, operation: { try await refresh() })
    }
  }

  private func refresh() async throws -> RunState {
    let folder = folder
    let before = try await offPool { () throws(JournalError) in try folder.state() }
    let opened = before.tasks.filter { $0.pullRequest != nil }
    guard let record = before.header.forge, !opened.isEmpty else { return before }
    let found: [JournalEvent]
    do {
      found = try await stop.cancelling(at: .graceful) { try await news(of: opened, on: record) }
    } catch let error as ForgeError {
      throw RunError(.noPullRequests, "cannot ask for the pull requests: \(error.message)", hints: error.hints)
    }
    return try await put(found, on: before)
  }

  /// Records what was found, and puts what builds on what was merged on top of the base.
  private func put(_ found: [JournalEvent], on before: RunState) async throws -> RunState {
    var events = found
    var expected = before
    for event in found { expected.apply(JournalEntry(time: .now, event: event)) }
    let stack = ForeignMerges(place: place, stop: stop, send: send, note: note)
    let work = try await stop.cancelling(at: .graceful) { [expected] in try await stack.work(in: expected) }
    if events.isEmpty, let work { events = [work.occasion] }
    guard let first = events.first else { return before }
    let journal = try await RunJournal(continuing: folder, with: first) { [note] entry, _ in
      if case .warned(let message) = entry.event { note("warning: \(message)") }
    }
    try await journal.append(Array(events.dropFirst()))
    if let work {
      do {
        try await stack.perform(work, journal)
      } catch let error as JournalError {
        throw error
      } catch {
        if context(error) { throw error }
        try await journal.tell(
          "what builds on merged pull requests is not put on top of them: \(Secrets.withoutPasswords("\(error)"))")
      }
    }
    try await TodoUpdate(place: place, journal: journal).finish()
    try await journal.close()
    let state = await journal.state
    folder.writeSummary(of: state)
    for text in await place.updateLedger(of: folder) { note("warning: \(text)") }
    return state
  }

  private func context(_ error: any Error) -> Bool { isCancellation(error) || stop.level > .none }

  /// The same before another command begins, which does its work whatever comes of it. Asks nobody of a run without
  /// branches that build on each other.
  package func performQuietly() async throws {
    let folder = folder
    guard let state = try? await offPool({ () throws(JournalError) in try folder.state() }), state.undo == nil,
      ForeignMerges.mayHaveWork(state)
    else { return }
    do {
      try await perform()
    } catch {
      if context(error) { throw error }
      // Another command is at it: it says so itself.
      if let error = error as? JournalError, case .locked = error { return }
      note("warning: what became of the pull requests of \(folder.id) is not known: \(error)")
    }
  }

  private func news(of tasks: [TaskState], on record: ForgeRecord) async throws -> [JournalEvent] {
    let lookup = ForgeLookup(
      place: place, send: send, retryPolicy: ForgeRetryNotices(stop: stop, note: note).retryPolicy)
    guard case .forge(let forge) = try await lookup.find(slug: record.repository),
      ForgeRecord(forge.site, destination: record.destination) == record
    else {
      throw RunError(
        .unusableForge,
        "the pull requests of \(folder.id) are in \(record.repository) (\(record.host)), which is not what the remote's "
          + "URL says now")
    }
    var news: [JournalEvent] = []
    for task in tasks {
      guard let known = task.pullRequest else { continue }
      let seen: PullRequest
      do throws(ForgeError) {
        seen = try await forge.pullRequest(known.number)
      } catch {
        guard error.code == .notFound else { throw error }
        note("pull request #\(known.number) is not on the forge any more")
        continue
      }
      let state = PullRequestStateRecord(
        state: seen.state.rawValue, base: seen.base, head: seen.head.commit, mergeCommit: seen.mergeCommit,
        isQueued: task.status == .queued && seen.state == .open ? try await forge.isLeftToForge(seen.number) : nil)
      if state != task.pullRequestState {
        news.append(.pullRequestRefreshed(task: task.header.id, state: state))
      }
    }
    return news
  }
}
