import Agents
import Attempts
import Basics
package import Engine
import Git
package import Journal
import Processes
import SystemPackage
import Worktrees

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Gives up a run or a review whose process is gone: what of it still runs is ended, its work is saved, and nobody
/// continues it unless it is named. Worktrees and branches stay.
package struct RunAbort: Sendable {
  package let folder: RunFolder
  package let place: RepositoryContext
  package let origin: RequestOrigin

  package init(_ folder: RunFolder, in place: RepositoryContext, by origin: RequestOrigin) {
    self.folder = folder
    self.place = place
    self.origin = origin
  }

  /// The newest run that is not done and that nobody has given up; nil when there is none.
  package static func newest(in place: RepositoryContext) async throws -> RunFolder? {
    let store = place.store
    return try await offPool {
      for folder in try store.runs().reversed() {
        // One that cannot be read cannot be given up either.
        guard let state = try? folder.state(), state.abortedBy == nil, state.phase != .ended || !state.isSuccess else {
          continue
        }
        return folder
      }
      return nil
    }
  }

  /// - Returns: the run as it is then, how many processes of it were ended, and what the user should hear besides.
  /// - Throws: `JournalError.locked` while a run is in progress, `RunError` when there is nothing to give up.
  package func perform() async throws -> (state: RunState, ended: Int, notes: [String]) {
    let holder = LockHolder(pid: JournalledRun.processRecord().pid, run: folder.id, since: .now)
    return try await RunLock.hold(at: place.store.lock, as: holder) {
      try await GitGuard.$current.withValue(place.gitGuard) {
        try await RunMark.$run.withValue(folder.mark) { try await giveUp() }
      }
    }
  }

  private func giveUp() async throws -> (state: RunState, ended: Int, notes: [String]) {
    let folder = folder
    let before = try await offPool { () throws(JournalError) in try folder.state() }
    guard before.phase != .ended || !before.isSuccess else {
      throw RunError(.nothingToContinue, "run \(folder.id) is done: there is nothing to give up")
    }
    let journal = try await RunJournal(continuing: folder, with: .aborted(by: origin)) { _, _ in }
    let jobs = await DeadJobs(place).end(of: before, in: folder)
    let ended = await sweepDeadRun(folder.mark) + jobs.ended
    for note in jobs.notes { try await journal.append(.warned(message: note)) }
    for task in before.tasks where before.phase != .ended && !task.status.isFinal {
      var advice: [String] = []
      do {
        if let note = try await save(task, journal) { advice.append(note) }
      } catch let error as JournalError {
        throw error
      } catch {
        advice.append("uncommitted work could not be saved to a ref and is only in the worktree: \(error)")
      }
      try await journal.append(
        .taskEnded(
          task: task.header.id, status: task.status == .waiting ? .skipped : .interrupted,
          message: "the run was given up", advice: advice))
    }
    if let remote = before.header.remote { await place.setUpstreams(of: before, to: remote) }
    if before.phase != .ended { try await journal.append(.runEnded) }
    try await journal.close()
    let state = await journal.state
    folder.writeSummary(of: state)
    return (state, ended, await place.updateLedger(of: folder))
  }

  /// Commits what is uncommitted in the task's worktree to a ref of its own; where that is, nil when there is nothing.
  private func save(_ task: TaskState, _ journal: RunJournal) async throws -> String? {
    guard let worktree = task.worktree.map({ FilePath($0.path) }), !FileSystem.isVacant(worktree) else { return nil }
    let worktrees = Worktrees(
      repository: place.checkout ?? place.commonDirectory, environment: place.environment)
    let attempt = max(1, task.attempts.count)
    let reference = "refs/orchestrator/saved/\(folder.id)/\(task.header.id)/\(attempt)"
    var request = SavingRequest(
      path: worktree, reference: reference, subject: "orch: work of '\(task.header.id)', attempt \(attempt)")
    request.branch = task.header.branch
    request.since = (task.startedAt?.date.timeIntervalSince1970).map { Int($0) }
    request.previous = task.saved.last.flatMap { ObjectID($0.commit) }
    let result = try await worktrees.saveWork(request)
    for complaint in result.complaints {
      try await journal.append(
        .warned(message: "task '\(task.header.id)': not saved, and in '\(worktree)' alone: \(complaint)"))
    }
    guard let saved = result.saved, let reference = result.reference else { return nil }
    try await journal.append(
      .workSaved(
        task: task.header.id, attempt: attempt, reference: reference, commit: saved.commit.description,
        contents: SavedContentsRecord(saved)))
    return "its work is also kept as \(reference): git orch restore \(task.header.id)"
  }
}
