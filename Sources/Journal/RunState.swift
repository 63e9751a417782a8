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
  /// Each time that another clone took it over: the id of that.
  package private(set) var takeovers: [String] = []
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
    case .candidateChosen(let task, let choice):
      for candidate in choice.candidates {
        positions[candidate.id].map { self.tasks[$0].settle(isChosen: candidate.id == choice.candidate) }
      }
      positions[task].map { self.tasks[$0].apply(entry.event, at: entry.time) }
    case .taskAdded(let header):
      guard positions[header.id] == nil else { break }
      positions[header.id] = tasks.count
      tasks.append(TaskState(header: header))
    case .effect(let task, let effects):
      // The rest is for whoever takes the run back, who reads the entries themselves.
      if let position = task.flatMap({ positions[$0] }) { tasks[position].note(effects) }
    case .takenOver(let id, _, _, let again):
      takeovers.append(id)
      // Whoever did it has still to write that it is continued.
      (phase, endedAt) = (.running, nil)
      for index in tasks.indices { tasks[index].takeOver(isDoneAgain: again.contains(tasks[index].header.id)) }
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
      .attemptStarting(let task, _, _, _, _, _), .attemptLaunched(let task, _, _), .attemptJob(let task, _, _),
      .attemptEnded(let task, _, _),
      .retryPlanned(let task, _, _), .workSaved(let task, _, _, _, _), .proven(let task, _, _),
      .leftUnproven(let task, _),
      .pushStarting(let task, _, _), .pushed(let task, _), .pullRequestStarting(let task, _),
      .pullRequestOpened(let task, _, _), .pullRequestSeen(let task, _), .verdictGiven(let task, _),
      .testsStarting(let task, _, _, _), .testsEnded(let task, _), .reviewStarting(let task, _),
      .reviewPosted(let task, _), .mergeStarting(let task, _, _), .merged(let task, _), .startedOver(let task, _),
      .conflictTold(let task, _, _, _), .held(let task, _),
      .pullRequestRefreshed(let task, _), .waitingForChecks(let task, _, _), .landed(let task, _, _),
      .returned(let task, _), .fixed(let task, _), .candidatesReviewed(let task, _),
      .attached(let task, _, _, _),
      .taskEnded(let task, _, _, _), .worktreeRemoved(let task):
      guard let position = positions[task] else { return }
      tasks[position].apply(entry.event, at: entry.time)
    }
  }
}
