import Basics
package import Processes

/// A task of a run as the journal has it.
package struct TaskState: Equatable, Sendable {
  package let header: TaskHeader
  package private(set) var status = TaskStatus.waiting
  package private(set) var startedAt: JournalTime?
  package private(set) var endedAt: JournalTime?
  package private(set) var startCommit: String?
  /// Where its worktree is; nil before it is made, and after it was removed.
  package private(set) var worktree: WorktreeRecord?
  /// Where its worktree is in this clone; nil where it is in another one, too.
  package var worktreePath: String? { worktree.flatMap { $0.path.isEmpty ? nil : $0.path } }
  /// Where it was, or is.
  package private(set) var lastWorktree: WorktreeRecord?
  /// Whether its branch was made for it; false in journals without effects.
  package private(set) var hasMadeBranch = false
  /// Whether git had filled the worktree: what is in it since may be work.
  package private(set) var isWorktreeFilled = false
  /// Whether an attempt has begun in the worktree that there is, which therefore has been set up.
  package private(set) var hasBegunInWorktree = false
  package private(set) var attempts: [AttemptState] = []
  /// The number of the last attempt that was made in another clone, whose files and session are not here; 0 where there
  /// is none.
  package private(set) var lastAttemptElsewhere = 0
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
  /// The same of the first time; nil where it never was.
  package private(set) var attemptBeforeFixes: Int?
  /// Of a landing: what it took each time.
  package private(set) var fixes: [FixRecord] = []
  /// What a reviewer said of its candidates.
  package private(set) var candidateReviews: [CandidateReviewRecord] = []
  /// Which of its candidates' work is its own; nil where it has none, or none is chosen yet.
  package private(set) var choice: ChoiceRecord?
  /// The number of its last attempt by then: up to that, they were its reviewer's.
  package private(set) var attemptBeforeChoice = 0
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
    let here = attempts.lazy.filter { [lastAttemptElsewhere] in $0.number > lastAttemptElsewhere }
    return here.last { $0.result?.session != nil }?.result?.session ?? here.last?.session
  }

  /// The newest attempt that was made in this clone.
  package var lastAttemptHere: AttemptState? { attempts.last.flatMap { $0.number > lastAttemptElsewhere ? $0 : nil } }

  /// Whether that has a client to be resumed in.
  package var canBeAttached: Bool {
    session != nil && attempts.last?.agent.interactive != false && attempts.last?.job?.isFar != true
  }

  mutating func apply(_ event: JournalEvent, at time: JournalTime) {
    switch event {
    case .taskStarting(_, let startCommit, let worktree):
      status = .starting
      startedAt = time
      self.startCommit = startCommit
      self.worktree = worktree
      lastWorktree = worktree
      (isWorktreeFilled, hasBegunInWorktree) = (false, false)
    case .candidatesReviewed(_, let reviews):
      candidateReviews = reviews
    case .candidateChosen(_, let choice):
      self.choice = choice
      attemptBeforeChoice = attempts.last?.number ?? 0
    case .conflictTold(_, let tasks, let base, _):
      toldOf.formUnion(tasks)
      isToldOfBase = isToldOfBase || base
    case .held(_, let tasks):
      heldBy = tasks
    case .attemptStarting(_, let attempt, let session, let resumed, let sandbox, let agent):
      status = .running
      retry = nil
      heldBy = []
      attached = nil
      hasBegunInWorktree = true
      attempts.append(
        AttemptState(
          number: attempt, session: session, resumed: resumed, sandbox: sandbox, agent: agent ?? .ofOlderJournals,
          startedAt: time))
    case .attemptLaunched(_, let attempt, let process):
      change(attempt) { $0.process = process }
    case .attemptJob(_, let attempt, let job):
      change(attempt) {
        if job.stage == .running, $0.job?.stage != .running { $0.jobStartedAt = time }
        $0.job = job
      }
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
    case .fixed(_, let fix):
      // A process that was killed after it will have written it again.
      fixes.removeAll { $0.round == fix.round }
      fixes.append(fix)
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
      .taskAdded, .takenOver:
      break  // Not about a task.
    }
  }

  /// The tests of the train that it is on begin or end.
  mutating func isTested(_ isRunning: Bool) {
    guard !status.isFinal else { return }
    status = isRunning ? .testing : .waiting
  }

  mutating func note(_ effects: [EffectRecord]) {
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
    attemptBeforeFixes = attemptBeforeFixes ?? attemptBeforeReturn
    status = .fixing
    (endedAt, retry, tip) = (nil, nil, nil)
    (advice, commits) = ([], [])
    startCommit = record.base.commit
  }

  /// Another clone continues: places and saved work are not there, and of a task that is done again nothing is. What its
  /// attempts have cost was paid all the same.
  mutating func takeOver(isDoneAgain: Bool) {
    lastAttemptElsewhere = attempts.last?.number ?? 0
    (worktree, lastWorktree, retry, attached) = (nil, nil, nil, nil)
    (isWorktreeFilled, hasBegunInWorktree, hasMadeBranch) = (false, false, false)
    saved = []
    guard isDoneAgain else { return }
    reopen()
    (startCommit, tip, pushedCommit) = (nil, nil, nil)
    (commits, returns) = ([], [])
    (candidateReviews, choice, attemptBeforeChoice) = ([], nil, 0)
  }

  /// One of the candidates for the work that it did is chosen.
  mutating func settle(isChosen: Bool) {
    status = isChosen ? .chosen : .notChosen
    (advice, retry) = ([], nil)
  }

  /// Takes back how it ended; what was done for it stays.
  mutating func reopen() {
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
  package let agent: AgentRecord
  package let startedAt: JournalTime
  package fileprivate(set) var endedAt: JournalTime?
  package fileprivate(set) var process: ProcessIdentity?
  /// The job that it runs as on another machine; nil for one of this machine.
  package fileprivate(set) var job: JobRecord?
  /// When that was first seen to run.
  package fileprivate(set) var jobStartedAt: JournalTime?
  /// nil while it runs, or when the orchestrator died before it ended.
  package fileprivate(set) var result: AttemptRecord?
}
