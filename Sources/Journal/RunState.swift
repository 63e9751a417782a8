import Basics
package import Processes

/// A run as its journal has it: the fold over the entries, from which every screen and JSON answer is drawn.
package struct RunState: Equatable, Sendable {
  package enum Phase: Equatable, Sendable {
    case running
    /// No attempt starts before that moment; nil when nobody knows when.
    case paused(until: JournalTime?, reason: String)
    /// Ending early, after a signal or a reason that holds for all tasks.
    case ending(reason: String)
    case ended
  }

  package struct ForgeWait: Equatable, Sendable {
    package let until: JournalTime
    package let reason: String
  }

  package struct BudgetReached: Equatable, Sendable {
    package let spent: Double
    /// What agents had cost by then that had not told yet, as far as it could be estimated.
    package let estimated: Double
  }

  package struct Undo: Equatable, Sendable {
    package let time: JournalTime
    /// Whether it is brought back, not taken back.
    package let isRedo: Bool
    /// Whether all of it was done: a process may have died over it.
    package fileprivate(set) var isComplete: Bool
  }

  package let header: RunHeader
  package let startedAt: JournalTime
  /// The time of the newest entry.
  package private(set) var updatedAt: JournalTime
  package private(set) var endedAt: JournalTime?
  package private(set) var phase = Phase.running
  /// The signal that interrupted the run, as `SIGINT`.
  package private(set) var interruptedBy: String?
  /// Who gave the run up; nil of one that nobody did, or that was continued since.
  package private(set) var abortedBy: RequestOrigin?
  package private(set) var warnings: [String] = []
  /// What of the repository changed that is no task's.
  package private(set) var repositoryChanges = RepositoryChanges()
  /// The process that performs the run: the header's, or the last that took it up.
  package private(set) var process: ProcessIdentity
  /// When that process began or took up the run.
  package private(set) var performedSince: JournalTime
  /// Until when the forge is left alone, and why; nil when it never asked for that.
  package private(set) var forgeWait: ForgeWait?
  /// What making its plan took; nil where nobody was paid for it.
  package private(set) var planning: PlanningRecord?
  /// The to-do list that its plan was made from; nil where it was made from none, or that is not known.
  package private(set) var todo: TodoRecord?
  /// The tasks for whose items of a to-do list that is done.
  package private(set) var todoLinked: Set<String> = []
  package private(set) var todoTicked: Set<String> = []
  /// The most US dollars that its agents may cost; nil for any.
  package private(set) var budget: Double?
  /// What was spent when that was used up; nil when it was not, or the run was continued since.
  package private(set) var budgetReached: BudgetReached?
  /// Whether the run was taken back; nil when nobody ever did, or it was brought back again.
  package private(set) var undo: Undo?
  /// Which branches conflict, as far as the run has looked: at its end, as it was then.
  package private(set) var conflicts: [Conflict] = []
  /// In the order of the plan.
  package private(set) var tasks: [TaskState]
  /// Entries that could not be read and are missing from this state.
  package private(set) var unreadableLines = 0
  /// Entries of a newer program, which are missing from this state, too.
  package private(set) var unknownEntries = 0

  private var positions: [String: Int]

  /// The state in the beginning, before any task.
  package init(header: RunHeader, startedAt: JournalTime) {
    self.header = header
    self.startedAt = startedAt
    self.updatedAt = startedAt
    process = header.process
    performedSince = startedAt
    tasks = header.tasks.map(TaskState.init(header:))
    positions = Dictionary(header.tasks.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func note(unreadableLines: Int, unknownEntries: Int) {
    self.unreadableLines = unreadableLines
    self.unknownEntries = unknownEntries
  }

  package subscript(task id: String) -> TaskState? { positions[id].map { tasks[$0] } }

  /// Of its tasks and of its plan.
  package var cost: Double { tasks.reduce(max(0, planning?.cost ?? 0)) { finiteSum($0, $1.cost) } }

  /// Whether the run ended with every one of its tasks a success, or the review with every pull request approved, or
  /// merged where that was asked for.
  package var isSuccess: Bool {
    let merges = header.review?.merges ?? false
    return phase == .ended && tasks.allSatisfy { $0.status.isGood && !(merges && $0.status == .approved) }
  }

  package mutating func apply(_ entry: JournalEntry) {
    updatedAt = max(updatedAt, entry.time)
    switch entry.event {
    case .runStarted:
      break  // The fold begins with it; a second one would be damage.
    case .warned(let message):
      warnings.append(message)
    case .repositoryChanged(let tasks, let changes):
      repositoryChanges.add(changes, tasks: tasks)
    case .paused(let until, let reason):
      phase = .paused(until: until, reason: reason)
    case .resumed:
      if case .paused = phase { phase = .running }
    case .planPaid(let planning):
      self.planning = planning
    case .todoRead(let todo):
      self.todo = todo
    case .todoMarked(let tasks, let isTick):
      if isTick { todoTicked.formUnion(tasks) } else { todoLinked.formUnion(tasks) }
    case .budgetSet(let budget):
      self.budget = budget
    case .budgetReached(let spent, let estimated, _):
      budgetReached = BudgetReached(spent: spent, estimated: estimated)
    case .halted(let reason):
      phase = .ending(reason: reason)
    case .interrupted(let signal):
      interruptedBy = interruptedBy ?? signal
      phase = .ending(reason: "interrupted by \(signal)")
    case .stopRequested(let tasks, _, let by):
      guard tasks.isEmpty else { break }
      interruptedBy = interruptedBy ?? by.command
      if phase != .ended { phase = .ending(reason: "interrupted by \(by.command)") }
    case .aborted(let by):
      abortedBy = by
    case .waitingForForge(let until, let reason):
      forgeWait = ForgeWait(until: until, reason: reason)
    case .runEnded:
      phase = .ended
      endedAt = entry.time
    case .undoStarting(_, _, let isRedo, _):
      undo = Undo(time: entry.time, isRedo: isRedo, isComplete: false)
    case .undoEnded(let isRedo, _):
      undo = isRedo ? nil : Undo(time: undo?.time ?? entry.time, isRedo: false, isComplete: true)
    case .trainTesting(let tasks, _, _, _):
      for task in tasks { positions[task].map { self.tasks[$0].isTested(true) } }
    case .trainTested(let tasks, _, _):
      for task in tasks { positions[task].map { self.tasks[$0].isTested(false) } }
    case .conflictFound(let task, let with, let paths, let count, _):
      let index = conflicts.firstIndex { $0.isBetween(task, with) }
      let since = index.map { conflicts[$0].since } ?? entry.time
      let conflict = Conflict(task: task, with: with, paths: paths, count: count, since: since)
      if let index { conflicts[index] = conflict } else { conflicts.append(conflict) }
    case .conflictGone(let task, let with):
      conflicts.removeAll { $0.isBetween(task, with) }
    case .retryRequested:
      break  // The attempt that follows says it.
    case .taskAdded(let header):
      guard positions[header.id] == nil else { break }
      positions[header.id] = tasks.count
      tasks.append(TaskState(header: header))
    case .effect(let task, let effects):
      // The rest is for whoever takes the run back, who reads the entries themselves.
      if let position = task.flatMap({ positions[$0] }) { tasks[position].note(effects) }
    case .continued(let process, _, _, _, let tasks):
      self.process = process
      performedSince = entry.time
      phase = .running
      endedAt = nil
      interruptedBy = nil
      abortedBy = nil
      // It may have another one now.
      (budget, budgetReached) = (nil, nil)
      warnings = []
      for id in tasks {
        guard let position = positions[id] else { continue }
        self.tasks[position].reopen()
      }
    case .taskStarting(let task, _, _), .worktreeCreated(let task), .setupStarting(let task, _, _),
      .attemptStarting(let task, _, _, _, _), .attemptLaunched(let task, _, _), .attemptEnded(let task, _, _),
      .retryPlanned(let task, _, _), .workSaved(let task, _, _, _, _), .proven(let task, _, _),
      .leftUnproven(let task, _),
      .pushStarting(let task, _, _), .pushed(let task, _), .pullRequestStarting(let task, _),
      .pullRequestOpened(let task, _, _), .pullRequestSeen(let task, _), .verdictGiven(let task, _),
      .testsStarting(let task, _, _, _), .testsEnded(let task, _), .reviewStarting(let task, _),
      .reviewPosted(let task, _), .mergeStarting(let task, _, _), .merged(let task, _), .startedOver(let task, _),
      .conflictTold(let task, _, _), .held(let task, _),
      .pullRequestRefreshed(let task, _), .waitingForChecks(let task, _, _), .landed(let task, _, _),
      .returned(let task, _),
      .attached(let task, _, _, _),
      .taskEnded(let task, _, _, _), .worktreeRemoved(let task):
      guard let position = positions[task] else { return }
      tasks[position].apply(entry.event, at: entry.time)
    }
  }
}

/// A task of a run as the journal has it.
package struct TaskState: Equatable, Sendable {
  package let header: TaskHeader
  package private(set) var status = TaskStatus.waiting
  package private(set) var startedAt: JournalTime?
  package private(set) var endedAt: JournalTime?
  package private(set) var startCommit: String?
  /// Where its worktree is; nil before it is made, and after it was removed.
  package private(set) var worktree: WorktreeRecord?
  /// Where it was, or is.
  package private(set) var lastWorktree: WorktreeRecord?
  /// Whether its branch was made for it; false in journals without effects.
  package private(set) var hasMadeBranch = false
  /// Whether git had filled the worktree: what is in it since may be work.
  package private(set) var isWorktreeFilled = false
  /// Whether an attempt has begun in the worktree that there is, which therefore has been set up.
  package private(set) var hasBegunInWorktree = false
  package private(set) var attempts: [AttemptState] = []
  /// Why the last attempt is followed by another, and when that starts.
  package private(set) var retry: PlannedRetry?
  /// The commit that git proved.
  package private(set) var tip: String?
  /// The new commits up to the proven one, or those that an unsuccessful task left on its branch; newest first.
  package private(set) var commits: [CommitRecord] = []
  /// The commit that the remote's branch was seen at.
  package private(set) var pushedCommit: String?
  /// The pull request that was opened for it, or that is reviewed.
  package private(set) var pullRequest: PullRequestRecord?
  /// What the forge last said of that, as far as somebody asked it since.
  package private(set) var pullRequestState: PullRequestStateRecord?
  package private(set) var verdict: VerdictRecord?
  package private(set) var tests: TestRecord?
  package private(set) var posted: PostedRecord?
  package private(set) var mergeCommit: String?
  /// Whether the forge was asked to merge it and nothing is known of its answer.
  package private(set) var isMergeUnknown = false
  /// What the base was to come to by that merge; nil where nothing was proven.
  package private(set) var mergingTree: String?
  /// The forge's checks that it waits for before it is merged; nil when it does not.
  package private(set) var checksWait: ChecksWait?
  /// The tasks for whose ends its next attempt waits, as its branch conflicts with theirs; empty while it does not.
  package private(set) var heldBy: [String] = []
  /// The tasks of conflicts with which its agent was told.
  package private(set) var toldOf: Set<String> = []
  /// Whether its agent was told that its branch conflicts with the base.
  package private(set) var isToldOfBase = false
  package private(set) var saved: [SavedWork] = []
  /// How often it was given back to its agent since it did not land as it was, and why; the newest is the last.
  package private(set) var returns: [ReturnRecord] = []
  /// The number of its last attempt by the time it was given back last.
  package private(set) var attemptBeforeReturn = 0
  /// Who opened its session by hand since its last attempt began and since its last proof; nil when nobody did.
  package private(set) var attached: AttachedClient?
  /// Why the status is what it is; nil for a success.
  package private(set) var message: String?
  /// What the user can do next, a line each.
  package private(set) var advice: [String] = []

  package struct PlannedRetry: Equatable, Sendable {
    package let notBefore: JournalTime
    package let reason: String
  }

  package struct ChecksWait: Equatable, Sendable {
    /// Their names, as far as the forge names them.
    package let checks: [String]
    package let until: JournalTime
  }

  /// The agent's own client that somebody opened on the task's session.
  package struct AttachedClient: Equatable, Sendable {
    package let session: String
    package let process: ProcessIdentity
  }

  package struct SavedWork: Equatable, Sendable {
    package let reference: String
    package let commit: String
    package let attempt: Int
    package let savedAt: JournalTime
    /// nil in older journals.
    package let contents: SavedContentsRecord?
  }

  init(header: TaskHeader) { self.header = header }

  package var cost: Double { attempts.reduce(0) { finiteSum($0, max(0, $1.result?.cost ?? 0)) } }

  /// The denied tool calls of all attempts, each once.
  package var denied: [DeniedRecord] {
    var seen: Set<DeniedRecord> = []
    return attempts.flatMap { $0.result?.denied ?? [] }.filter { seen.insert($0).inserted }
  }

  /// What of its work is saved, in words; nil when nothing is.
  package var savedText: String? {
    guard let last = saved.last else { return nil }
    let text = last.contents?.description ?? "uncommitted work"
    return saved.count == 1 ? text : "\(text) and \(saved.count - 1) earlier save\(saved.count == 2 ? "" : "s")"
  }

  /// The session that the user could resume by hand: the last one that was begun.
  package var session: String? {
    attempts.last { $0.result?.session != nil }?.result?.session ?? attempts.last?.session
  }

  fileprivate mutating func apply(_ event: JournalEvent, at time: JournalTime) {
    switch event {
    case .taskStarting(_, let startCommit, let worktree):
      status = .starting
      startedAt = time
      self.startCommit = startCommit
      self.worktree = worktree
      lastWorktree = worktree
      (isWorktreeFilled, hasBegunInWorktree) = (false, false)
    case .conflictTold(_, let tasks, let base):
      toldOf.formUnion(tasks)
      isToldOfBase = isToldOfBase || base
    case .held(_, let tasks):
      heldBy = tasks
    case .attemptStarting(_, let attempt, let session, let resumed, let sandbox):
      status = .running
      retry = nil
      heldBy = []
      attached = nil
      hasBegunInWorktree = true
      attempts.append(
        AttemptState(number: attempt, session: session, resumed: resumed, sandbox: sandbox, startedAt: time))
    case .attemptLaunched(_, let attempt, let process):
      change(attempt) { $0.process = process }
    case .attemptEnded(_, let attempt, let result):
      change(attempt) {
        $0.result = result
        $0.endedAt = time
      }
    case .retryPlanned(_, let notBefore, let reason):
      status = .retrying
      retry = PlannedRetry(notBefore: notBefore, reason: reason)
    case .workSaved(_, let attempt, let reference, let commit, let contents):
      saved.append(
        SavedWork(reference: reference, commit: commit, attempt: attempt, savedAt: time, contents: contents))
    case .proven(_, let tip, let commits):
      self.tip = tip
      self.commits = commits
      attached = nil
    case .attached(_, let session, let process, _):
      attached = AttachedClient(session: session, process: process)
    case .leftUnproven(_, let commits):
      self.commits = commits
    case .pushStarting:
      status = .pushing
    case .pushed(_, let commit):
      pushedCommit = commit
    case .pullRequestStarting:
      status = .opening
    case .pullRequestOpened(_, let pullRequest, _), .pullRequestSeen(_, let pullRequest):
      self.pullRequest = pullRequest
    case .verdictGiven(_, let verdict):
      self.verdict = verdict
    case .testsStarting:
      status = .testing
    case .testsEnded(_, let result):
      tests = result
    case .reviewStarting:
      status = .posting
    case .reviewPosted(_, let review):
      posted = review
    case .waitingForChecks(_, let checks, let until):
      checksWait = ChecksWait(checks: checks, until: until)
    case .mergeStarting(_, _, let tree):
      status = .merging
      checksWait = nil
      (isMergeUnknown, mergingTree) = (true, tree)
    case .merged(_, let commit):
      mergeCommit = commit
      isMergeUnknown = false
    case .landed(_, let commit, _):
      status = .landed
      mergeCommit = commit ?? mergeCommit
    case .returned(_, let record):
      reopenForReturn(record)
    case .pullRequestRefreshed(_, let state):
      pullRequestState = state
      pullRequest?.base = state.base
      mergeCommit = mergeCommit ?? state.mergeCommit
      guard status == .queued else { break }
      if state.state == "merged" { (status, message) = (.merged, nil) }
      if state.state == "closed" { (status, message) = (.failed, "it was closed without a merge") }
      if state.state == "open", state.isQueued == false {
        // A review's approval holds all the same.
        (status, message) = (
          verdict == nil ? .failed : .approved, "not merged: the forge does not mean to merge it any more"
        )
        advice = ["see why: \(pullRequest?.url ?? "")"]
      }
    case .startedOver:
      reopen()
      (verdict, tests, posted, tip, pushedCommit) = (nil, nil, nil, nil, nil)
      commits = []
      status = .starting
    case .taskEnded(_, let status, let message, let advice):
      self.status = status
      self.message = message
      self.advice = advice
      (retry, checksWait, heldBy) = (nil, nil, [])
      if status != .interrupted, status != .queued, status != .landed { isMergeUnknown = false }
      endedAt = time
    case .worktreeRemoved:
      worktree = nil
      (isWorktreeFilled, hasBegunInWorktree) = (false, false)
    case .worktreeCreated:
      isWorktreeFilled = true
    case .setupStarting:
      break  // Still `starting`.
    case .runStarted, .warned, .repositoryChanged, .waitingForForge, .paused, .resumed, .halted, .interrupted,
      .planPaid, .todoRead, .todoMarked, .budgetSet, .budgetReached, .stopRequested, .aborted, .runEnded, .continued,
      .effect, .undoStarting, .undoEnded, .trainTesting, .trainTested, .conflictFound, .conflictGone, .retryRequested,
      .taskAdded:
      break  // Not about a task.
    }
  }

  /// The tests of the train that it is on begin or end.
  fileprivate mutating func isTested(_ isRunning: Bool) {
    guard !status.isFinal else { return }
    status = isRunning ? .testing : .waiting
  }

  fileprivate mutating func note(_ effects: [EffectRecord]) {
    let branch = "refs/heads/\(header.branch)"
    if effects.contains(where: { $0.kind == .reference && $0.name == branch && $0.before == nil && $0.after != nil }) {
      hasMadeBranch = true
    }
  }

  /// It is to be done once more, with the base in it: what was proven of it says nothing of that. The message stays: it
  /// is the reason.
  private mutating func reopenForReturn(_ record: ReturnRecord) {
    returns.append(record)
    attemptBeforeReturn = attempts.last?.number ?? 0
    status = .fixing
    (endedAt, retry, tip) = (nil, nil, nil)
    (advice, commits) = ([], [])
    startCommit = record.base.commit
  }

  /// Takes back how it ended; what was done for it stays.
  fileprivate mutating func reopen() {
    status = .waiting
    (endedAt, message, retry, checksWait, heldBy) = (nil, nil, nil, nil, [])
    advice = []
  }

  private mutating func change(_ attempt: Int, _ body: (inout AttemptState) -> Void) {
    guard let index = attempts.lastIndex(where: { $0.number == attempt }) else { return }
    body(&attempts[index])
  }
}

/// One life of a task's agent.
package struct AttemptState: Equatable, Sendable {
  /// Counts from 1.
  package let number: Int
  package let session: String
  package let resumed: Bool
  /// The tool that made its sandbox; nil when it ran in none.
  package let sandbox: String?
  package let startedAt: JournalTime
  package fileprivate(set) var endedAt: JournalTime?
  package fileprivate(set) var process: ProcessIdentity?
  /// nil while it runs, or when the orchestrator died before it ended.
  package fileprivate(set) var result: AttemptRecord?
}
