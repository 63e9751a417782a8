package import Agents
import Basics
package import Engine
import Git
package import Journal
import Merging
import Processes
package import Settings
import Synchronization
import SystemPackage
import Trace

/// Which branches of a run in progress conflict: looked for next to the work, kept in the run's journal, from which every
/// screen has it.
///
/// It costs next to nothing: nothing is compared while fewer than two tasks have something that could conflict, and only
/// what has changed. Nothing is written into the repository, and no failure of git's disturbs the run. What follows from
/// a conflict is in `RunConflicts+turns`.
package actor RunConflicts {
  /// What agents do comes in bursts: so long nothing must have happened.
  private static let settling = Duration.seconds(2)
  /// Where many agents work it never comes to rest: then it is looked all the same.
  private static let longestSettling = Duration.seconds(6)
  /// A worktree is looked into at most this often while its agent works, except at the end of an attempt.
  private static let snapshotPause = Duration.seconds(30)
  /// What is remembered may take this many bytes, in memory where the system has such a place.
  private static let mostBytes: Int64 = 64 << 20
  /// So many failures of git end the looking.
  private static let mostFailures = 3
  /// How long somebody waits for a look that is wanted now.
  static let patience = Duration.seconds(15)
  private static let mostPaths = 20

  let journal: RunJournal
  let mode: ConflictMode
  private let place: RepositoryContext
  private let stopwatch = Stopwatch()
  private let wakeup = AsyncSignal()
  private var judge: (quarantine: MergeQuarantine, matrix: ConflictMatrix)?
  private var snapshots: [String: Snapshot] = [:]
  private var judged: (base: ObjectID, branches: [JudgedBranch])?
  private var failures = 0
  private var isWatching = false
  /// Those who wait for a look that begins from now on.
  private var waiting: [AsyncSignal] = []
  /// Worktrees that are looked into with the next look, whenever they were before.
  private var urgent: Set<String> = []
  /// The tasks that are done in this process, and have not ended.
  var atWork: Set<String> = []
  /// Those whose next attempts wait, with what wakes them.
  var held: [String: AsyncSignal] = [:]
  /// What is left in files for agents at work, by task.
  var notes: [String: Note] = [:]

  private struct Snapshot {
    let takenAt: Duration
    let tip: ObjectID
    /// nil when all was committed, and where that is not known.
    let work: WorkSnapshot?
  }

  /// What agents have done, written by whoever hears of it.
  private struct Activity {
    /// Calls that write, and have not returned.
    var calls: Set<String> = []
    /// Whether something may have been written since the last look into the worktree.
    var isDirty = true
  }

  private struct News {
    var activities: [String: Activity] = [:]
    /// Whether anything happened since the last look, and when it did last.
    var happenedAt: Duration?
    /// When the first of that happened.
    var happenedFirst: Duration?
  }

  private let news = Mutex(News())

  package init(_ mode: ConflictMode, journal: RunJournal, place: RepositoryContext) {
    self.mode = mode
    self.journal = journal
    self.place = place
  }

  // MARK: - What happens

  /// Tools that change no file. Others may, commands above all.
  private static let readers: Set<String> = [
    "Read", "Glob", "Grep", "LS", "NotebookRead", "WebFetch", "WebSearch", "TodoRead", "TodoWrite", "ToolSearch",
    "StructuredOutput",
  ]

  /// Hears of what an agent does; quick, from any thread.
  nonisolated package func note(_ event: AgentEvent, of task: String) {
    switch event {
    case .toolUse(let use):
      guard !Self.readers.contains(use.name) else { return }
      news.withLock { news in
        news.activities[task, default: Activity()].isDirty = true
        // More at once than any agent has are not told apart.
        if news.activities[task, default: Activity()].calls.count < 64 {
          news.activities[task]?.calls.insert(use.id)
        }
      }
      happened()
    case .toolResult(let result):
      let isNew = news.withLock { news in
        guard news.activities[task]?.calls.remove(result.toolUseID) != nil else { return false }
        news.activities[task]?.isDirty = true
        return true
      }
      if isNew { happened() }
    case .result: happened()
    default: break
    }
  }

  /// Something may have moved a branch or changed a worktree.
  nonisolated func happened() {
    let now = stopwatch.elapsed
    news.withLock {
      $0.happenedAt = now
      $0.happenedFirst = $0.happenedFirst ?? now
    }
    wakeup.send()
  }

  /// The task is worked on from here on.
  package func begin(_ task: String) {
    atWork.insert(task)
    clearNotes(for: task)
    // An agent may have worked there before.
    news.withLock { $0.activities[task] = Activity() }
    happened()
  }

  package func end(_ task: String) async {
    // A journal that fails here fails with the next entry, too, where it can be thrown.
    _ = try? await withdrawNote(for: task)
    atWork.remove(task)
    news.withLock { $0.activities[task] = nil }
    for signal in held.values { signal.send() }
    happened()
  }

  // MARK: - Looking

  /// Looks whenever there is something new, until the task is cancelled.
  package func watch() async {
    isWatching = true
    await KillPoint.$isUnnoticed.withValue(true) {
      while !Task.isCancelled, failures < Self.mostFailures {
        if waiting.isEmpty { await settle() }
        if Task.isCancelled { break }
        await look()
      }
      // The last reference: what is in the quarantine goes with it.
      (judge, judged, snapshots) = (nil, nil, [:])
    }
    isWatching = false
    release(waiting)
  }

  /// Looks once more, for a run that is about to end.
  package func finish() async { await lookNow(at: nil) }

  /// Has what there is now looked at, and returns once that is done, or took too long.
  func lookNow(at task: String?) async {
    guard isWatching else { return }
    if let task { urgent.insert(task) }
    let signal = AsyncSignal()
    waiting.append(signal)
    happened()
    await signal.wait(for: Self.patience)
  }

  private func release(_ signals: [AsyncSignal]) {
    for signal in signals { signal.send() }
    waiting.removeAll { waiting in signals.contains { $0 === waiting } }
  }

  /// Waits until something has happened, and then nothing for a moment.
  private func settle() async {
    while !Task.isCancelled, waiting.isEmpty {
      let now = stopwatch.elapsed
      let (last, first) = news.withLock { ($0.happenedAt, $0.happenedFirst) }
      if let last, let first {
        let rest = min(last + Self.settling, first + Self.longestSettling) - now
        if rest <= .zero { return }
        await wakeup.wait(for: rest)
      } else if let due = nextSnapshot() {
        if due <= now { return }
        await wakeup.wait(for: due - now)
      } else {
        await wakeup.wait()
      }
    }
  }

  /// When the next worktree is looked into in which something was written meanwhile.
  private func nextSnapshot() -> Duration? {
    let dirty = news.withLock { news in news.activities.filter(\.value.isDirty).map(\.key) }
    return dirty.compactMap { snapshots[$0].map { $0.takenAt + Self.snapshotPause } }.min()
  }

  private func look() async {
    let asking = waiting
    let urgent = urgent
    self.urgent = []
    news.withLock { ($0.happenedAt, $0.happenedFirst) = (nil, nil) }
    do {
      try await settleNotes()
      let state = await journal.state
      try await record(try await conflicts(state, urgent: urgent), state)
      try await writeNotes()
    } catch {
      // Of the journal, the run itself will hear.
      if !(error is CancellationError), !(error is JournalError), !isCancellation(error) { await fail(error) }
    }
    release(asking)
  }

  private func fail(_ error: any Error) async {
    failures += 1
    Trace.note(.decision, "conflicts: \(error)")
    if (error as? GitError)?.code == .gitTooOld { failures = Self.mostFailures }
    guard failures >= Self.mostFailures else { return }
    try? await journal.append(
      .warned(message: "conflicts between the branches are no longer looked for: \(error)"))
  }

  /// What conflicts now, the later of two first; nil where nothing has changed since the last look.
  private func conflicts(_ state: RunState, urgent: Set<String>) async throws -> [Found]? {
    let tasks = state.ownTasks.filter { $0.startCommit != nil && (!$0.status.isFinal || $0.status.isGood) }
    guard tasks.count > 1 else { return nothing() }
    let (header, branches) = (state.header, tasks.map(\.header.branch))
    let (base, tips) = try await place.inRepository { repository -> (ObjectID?, [ObjectID?]) in
      let base = try? Base.resolve(header.base.branch, remote: header.remote, in: repository).commit
      return (base ?? ObjectID(header.base.commit), try branches.map { try repository.branch($0) })
    }
    guard let base else { return nothing() }
    let scene = zip(tasks, tips).compactMap { task, tip in tip.map { (task: task, tip: $0) } }
    let open = scene.filter { isOpen($0.task) }
    let mayConflict = scene.count { $0.tip.description != $0.task.startCommit || isOpen($0.task) }
    guard mayConflict > 1 else { return nothing() }
    for (task, tip) in open { try await lookInto(task, tip, isUrgent: urgent.contains(task.header.id)) }
    let known = Set(open.map(\.task.header.id))
    snapshots = snapshots.filter { known.contains($0.key) }

    let judged = scene.compactMap { task, tip -> JudgedBranch? in
      let id = task.header.id
      if let work = snapshots[id]?.work, work.head == tip { return JudgedBranch(name: id, tip: work.commit) }
      return tip.description == task.startCommit ? nil : JudgedBranch(name: id, tip: tip)
    }
    guard judged.count > 1 else {
      self.judged = nil
      return []
    }
    if let last = self.judged, last.base == base, last.branches == judged { return nil }
    let report = try await matrix().judge(base: base, judged)
    self.judged = (base, judged)
    await renewWhenLarge()
    return Self.found(report, in: state)
  }

  /// There is nothing to compare: neither is there a reason to look into a worktree when its time has come.
  private func nothing() -> [Found] {
    (judged, snapshots) = (nil, [:])
    return []
  }

  /// Whether what is not committed in its worktree counts.
  private func isOpen(_ task: TaskState) -> Bool {
    atWork.contains(task.header.id) && task.worktree != nil && task.isWorktreeFilled && task.tip == nil
  }

  private func lookInto(_ task: TaskState, _ tip: ObjectID, isUrgent: Bool) async throws {
    guard let worktree = task.worktree else { return }
    let id = task.header.id
    let now = stopwatch.elapsed
    let isDirty = news.withLock { $0.activities[id]?.isDirty ?? false }
    let last = snapshots[id]
    // What was not committed before a commit is most likely in it.
    if let last, last.tip != tip { snapshots[id] = Snapshot(takenAt: last.takenAt, tip: tip, work: nil) }
    guard isDirty, isUrgent || last.map({ now - $0.takenAt >= Self.snapshotPause }) ?? true else { return }
    news.withLock { $0.activities[id]?.isDirty = false }
    var work: WorkSnapshot?
    do throws(GitError) {
      // One that goes while it is looked at is saved or committed.
      if FilePath(worktree.path).isDirectory {
        work = try await quarantine().snapshot(of: FilePath(worktree.path))
      }
    } catch {
      if error.code == .cancelled { throw error }
      Trace.note(.decision, "conflicts: the worktree of \(id): \(error)")
    }
    snapshots[id] = Snapshot(takenAt: now, tip: tip, work: work)
  }

  private func quarantine() async throws(GitError) -> MergeQuarantine {
    if let judge { return judge.quarantine }
    let made = try await MergeQuarantine(commonDirectory: place.commonDirectory, environment: place.environment)
    judge = (made, ConflictMatrix(made, environment: place.environment))
    return made
  }

  private func matrix() async throws(GitError) -> ConflictMatrix {
    if let judge { return judge.matrix }
    let quarantine = try await quarantine()
    return judge?.matrix ?? ConflictMatrix(quarantine, environment: place.environment)
  }

  /// A run may take days, and each look leaves objects.
  private func renewWhenLarge() async {
    guard let judge, await judge.quarantine.objectBytes() > Self.mostBytes else { return }
    Trace.note(.decision, "conflicts: what was remembered is forgotten")
    (self.judge, judged) = (nil, nil)
    snapshots = [:]
    news.withLock { news in for task in news.activities.keys { news.activities[task]?.isDirty = true } }
  }

  // MARK: - What is found

  /// Writes down what is new.
  private func record(_ found: [Found]?, _ state: RunState) async throws(JournalError) {
    guard let found else { return }
    var events: [JournalEvent] = []
    for old in state.conflicts where !found.contains(where: { old.isBetween($0.task, $0.with) }) {
      events.append(.conflictGone(task: old.task, with: old.with))
    }
    for new in found {
      let paths = Array(new.paths.prefix(Self.mostPaths))
      let known = state.conflicts.first { $0.isBetween(new.task, new.with) }
      if let known, known.paths == paths, known.count == new.paths.count { continue }
      events.append(
        .conflictFound(
          task: known?.task ?? new.task, with: known == nil ? new.with : known?.with, paths: paths,
          count: new.paths.count, isNew: known == nil))
    }
    try await journal.append(events)
    for signal in held.values { signal.send() }
  }
}
