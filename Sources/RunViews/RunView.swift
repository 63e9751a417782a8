package import Journal
import Processes

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A run as every screen shows it: folded once from its state and a look at the system, drawn by small renderers that
/// know nothing else.
package struct RunView: Sendable {
  package enum Kind: String, Codable, Sendable { case run, review, landing }

  package enum Phase: String, Codable, Sendable {
    case running, paused, ending, ended
    /// The process that performed the run is gone without having ended it.
    case died
  }

  package struct Count: Equatable, Sendable {
    package let status: TaskStatus
    package let count: Int
  }

  /// What there is to say of the run as a whole.
  package enum Note: Equatable, Sendable {
    case localBranches(reason: String)
    case noPullRequests(reason: String)
    case warning(String)
    /// Something of the repository that is no task's is not as it was.
    case repositoryChanged(RepositoryChanges.Change)
    /// Files in the user's checkout, where they are more than a few.
    case checkoutChanged(files: [String], tasks: [String])
    case moreChanges(Int)
    case paused(until: JournalTime?, reason: String)
    case waitingForForge(until: JournalTime, reason: String)
    case interrupted(signal: String)
    case died(process: Int32)
    /// An agent that works on although the process of its run is gone.
    case orphan(task: String, process: Int32)
    case canContinue
    /// Nobody continues it unless it is named.
    case aborted(by: String)
    /// It was taken back; or that, or bringing it back, was begun and is not done.
    case undone(at: JournalTime, isRedo: Bool, isComplete: Bool)
    case unreadableLines(Int)
    case unknownEntries(Int)
  }

  package let header: RunHeader
  package let kind: Kind
  package let phase: Phase
  /// Why the run ends early; nil when it does not.
  package let endingReason: String?
  package let isSuccess: Bool
  package let process: Int32
  package let interruptedBy: String?
  /// The command that gave the run up; nil when none did.
  package let abortedBy: String?
  package let startedAt: JournalTime
  package let endedAt: JournalTime?
  /// The time of the newest entry of its journal.
  package let updatedAt: JournalTime
  /// How long the run took, or has taken.
  package let duration: Duration
  package let cost: Double
  package let accounts: Accounts
  /// What making the plan took; nil where nobody was paid for it.
  package let planning: PlanningRecord?
  /// The most that its agents may cost; nil for any.
  package let budget: Double?
  package let isOverBudget: Bool
  package let warnings: [String]
  /// Entries of the journal that only a newer version can show.
  package let unknownEntries: Int
  /// What of the repository changed while tasks ran that is none of theirs.
  package let repositoryChanges: RepositoryChanges
  /// How many tasks are at each status, in the statuses' own order; none is listed that has no task.
  package let counts: [Count]
  /// In the order of the plan.
  package let rows: [Row]
  /// Which of their branches conflict, as far as the run has looked.
  package let conflicts: [RunState.Conflict]
  package let notes: [Note]
  /// nil when nobody ever took the run back.
  package let undo: RunState.Undo?
  /// Whether commands without a run's id mean this one.
  package var isNewest = true
  /// Whether it is the end of what was asked for, as a run is that no landing follows.
  package var isLast = true
  /// The moment at which it is shown.
  package let now: Date

  package var id: String { header.id }
  /// Without the candidates for the work of others.
  package var ownRows: [Row] { rows.filter { $0.task.header.candidateOf == nil } }
  package var countsText: String { counts.map { "\($0.count) \($0.status.rawValue)" }.joined(separator: ", ") }
  package var pause: (until: JournalTime?, reason: String)? {
    for case .paused(let until, let reason) in notes { return (until, reason) }
    return nil
  }

  /// - Parameter isAlive: whether the process that performs the run still does.
  package init(_ state: RunState, isAlive: Bool, now: Date) {
    header = state.header
    kind = state.header.landing != nil ? .landing : state.header.review == nil ? .run : .review
    let phase: Phase =
      switch state.phase {
      case .ended: .ended
      case _ where !isAlive: .died
      case .running: .running
      case .paused: .paused
      case .ending: .ending
      }
    self.phase = phase
    endingReason = if case .ending(let reason) = state.phase { reason } else { nil }
    isSuccess = state.isSuccess
    process = state.process.pid
    interruptedBy = state.interruptedBy
    abortedBy = state.abortedBy?.command
    undo = state.undo
    startedAt = state.startedAt
    endedAt = state.endedAt
    updatedAt = state.updatedAt
    cost = state.cost
    accounts = state.accounts
    planning = state.planning
    budget = state.budget
    isOverBudget = state.budgetReached != nil
    warnings = state.warnings
    unknownEntries = state.unknownEntries
    repositoryChanges = state.repositoryChanges
    // Nothing is known of a run that died after its newest entry.
    let present = isAlive ? JournalTime(now) : state.updatedAt
    duration = present.duration(since: state.startedAt, until: state.endedAt)
    let statuses = state.ownTasks.map(\.status)
    counts = TaskStatus.allCases.compactMap { status in
      let count = statuses.count { $0 == status }
      return count == 0 ? nil : Count(status: status, count: count)
    }
    conflicts = state.conflicts
    rows = state.tasks.map { task in
      let id = task.header.id
      return Row(
        task, present: present, changes: state.repositoryChanges.during(id),
        conflicts: state.conflicts.compactMap { conflict in
          conflict.other(of: id).map { Row.Conflict(with: $0, paths: conflict.paths, count: conflict.count) }
        })
    }
    notes = Self.notes(on: state, phase: phase, isAlive: isAlive, now: now)
    self.now = now
  }

  /// How many changes of the repository are notes.
  private static let mostChanges = 10

  private static func notes(on state: RunState, phase: Phase, isAlive: Bool, now: Date) -> [Note] {
    var notes: [Note] = []
    if let reason = state.header.localReason { notes.append(.localBranches(reason: reason)) }
    if let reason = state.header.noPullRequestsReason { notes.append(.noPullRequests(reason: reason)) }
    notes += state.warnings.map(Note.warning)
    var changes = state.repositoryChanges.all
    let files = changes.filter { $0.record.kind == "checkout" && $0.record.name != "HEAD" }
    if files.count > 3 {
      changes.removeAll { $0.record.kind == "checkout" && $0.record.name != "HEAD" }
      notes.append(
        .checkoutChanged(files: files.map(\.record.name), tasks: Set(files.flatMap(\.tasks)).sorted()))
    }
    notes += changes.prefix(mostChanges).map(Note.repositoryChanged)
    let left = max(0, changes.count - mostChanges) + state.repositoryChanges.omitted
    if left > 0 { notes.append(.moreChanges(left)) }
    if case .paused(let until, let reason) = state.phase, isAlive {
      notes.append(.paused(until: until, reason: reason))
    }
    if let wait = state.forgeWait, isAlive, wait.until.date > now {
      notes.append(.waitingForForge(until: wait.until, reason: wait.reason))
    }
    if let signal = state.interruptedBy { notes.append(.interrupted(signal: signal)) }
    if phase == .died {
      notes.append(.died(process: state.process.pid))
      notes += state.tasks.compactMap(orphan)
    }
    let isOpen = phase == .died || phase == .ended && state.tasks.contains { !$0.status.isGood }
    if let undo = state.undo {
      notes.append(.undone(at: undo.time, isRedo: undo.isRedo, isComplete: undo.isComplete))
    } else if let by = state.abortedBy {
      notes.append(.aborted(by: by.command))
    } else if isOpen, state.header.isRun {
      notes.append(.canContinue)
    }
    if state.unreadableLines > 0 { notes.append(.unreadableLines(state.unreadableLines)) }
    if state.unknownEntries > 0 { notes.append(.unknownEntries(state.unknownEntries)) }
    return notes
  }

  private static func orphan(of task: TaskState) -> Note? {
    guard let attempt = task.attempts.last, attempt.result == nil, let process = attempt.process,
      ProcessIdentity(pid: process.pid, startTime: process.startTime).isAlive
    else { return nil }
    return .orphan(task: task.header.id, process: process.pid)
  }
}

extension RunView {
  /// Reads a run and looks whether its process is still there.
  package init(_ folder: RunFolder, in store: RunStore) throws(JournalError) {
    // The lock first: a run that ends between the two has then written so, and is not taken for one that died.
    let holder = RunLock.currentHolder(at: store.lock)
    let state = try folder.state()
    let isAlive = store.mayBeAlive(state, holder: holder)
    // Of another clone's run nothing is known that came later.
    self.init(state, isAlive: isAlive, now: store.remote == nil ? Date() : state.updatedAt.date)
  }
}

extension RunView {
  /// A task, or the review of a pull request.
  package struct Row: Sendable {
    /// All that the journal has of it.
    package let task: TaskState
    /// How long it took, or has taken; nil when it has not started.
    package let duration: Duration?
    /// What of the repository changed while it ran, by whomever.
    package let changes: [RepositoryChangeRecord]
    /// With what its branch conflicts.
    package let conflicts: [Conflict]

    package var id: String { task.header.id }
    package var status: TaskStatus { task.status }

    init(
      _ task: TaskState, present: JournalTime, changes: [RepositoryChangeRecord], conflicts: [Conflict]
    ) {
      self.conflicts = conflicts
      self.task = task
      self.changes = changes
      duration = task.startedAt.map { present.duration(since: $0, until: task.endedAt) }
    }
  }
}

extension RunView.Row {
  /// What is known of the job that its agent runs as on another machine; nil where it has none now.
  package var job: JobRecord? {
    guard let attempt = task.attempts.last, attempt.result == nil, !status.isFinal else { return nil }
    return attempt.job
  }

  /// nil when nothing changed.
  var changesText: String? {
    guard !changes.isEmpty else { return nil }
    let names = changes.prefix(3).map(\.name).joined(separator: ", ")
    return "Changed meanwhile: \(names)" + (changes.count > 3 ? " and \(changes.count - 3) more" : "")
  }
}

extension RepositoryChangeRecord {
  /// What it is a change of, for people.
  package var noun: String {
    switch kind {
    case "configuration": "setting"
    case "checkout": "your checkout's"
    case "neighbor": "another task's"
    default: kind
    }
  }
}

extension JournalTime {
  /// The time from `start` to `end`, or to this moment where there is no end.
  fileprivate func duration(since start: JournalTime, until end: JournalTime?) -> Duration {
    // Somebody may have set the clock back meanwhile.
    .milliseconds(max(0, ((end ?? self).date.timeIntervalSince(start.date) * 1000).rounded()))
  }
}

extension RunView.Row {
  /// `waiting for checks: ci/build`; nil when it waits for none.
  package var checksText: String? { task.checksWait.map { Self.text(waitingFor: $0.checks) } }

  package static func text(waitingFor checks: [String]) -> String {
    let names = checks.prefix(5).joined(separator: ", ") + (checks.count > 5 ? " and \(checks.count - 5) more" : "")
    return "waiting for checks" + (names.isEmpty ? "" : ": \(names)")
  }
}
