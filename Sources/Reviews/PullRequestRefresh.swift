import Agents
import Basics
package import Engine
import Forges
package import HTTP
package import Journal
package import Processes

/// Asks the forge what became of a run's pull requests, and records it.
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

  /// - Returns: The run as it is then.
  /// - Throws: `JournalError.locked` while a run is in progress; `RunError` where there is no forge to be asked.
  @discardableResult
  package func perform() async throws -> RunState {
    let holder = LockHolder(pid: JournalledRun.processRecord().pid, run: folder.id, since: .now)
    return try await RunLock.hold(at: place.store.lock, as: holder) { try await refresh() }
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
    guard let first = found.first else { return before }
    let journal = try await RunJournal(continuing: folder, with: first) { [note] entry, _ in
      if case .warned(let message) = entry.event { note(message) }
    }
    try await journal.append(Array(found.dropFirst()))
    try await TodoUpdate(place: place, journal: journal).finish()
    try await journal.close()
    let state = await journal.state
    folder.writeSummary(of: state)
    return state
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
        state: seen.state.rawValue, base: seen.base, head: seen.head.commit, mergeCommit: seen.mergeCommit)
      if state != task.pullRequestState {
        news.append(.pullRequestRefreshed(task: task.header.id, state: state))
      }
    }
    return news
  }
}
