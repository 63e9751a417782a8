import Foundation
import Journal
import Processes

enum JournalSamples {
  static let time = JournalTime(Date(timeIntervalSince1970: 1_795_379_825.123))
  static let commit = String(repeating: "a", count: 40)

  static let header = RunHeader(
    version: "1", id: "20261122-203705-00ff", process: ProcessIdentity(pid: 1, startTime: 2),
    base: BaseRecord(branch: "main", commit: commit), remote: "origin", localReason: nil,
    forge: ForgeRecord(provider: "github", host: "github.com", repository: "owner/name", destination: "main"),
    jobs: 2, agent: "claude 2", review: ReviewHeader(merges: true),
    tasks: [
      TaskHeader(id: "one", title: "One", branch: "feature/one", needs: []),
      TaskHeader(
        id: "two", title: "Two", branch: "feature/two", needs: ["one"],
        externalDependencies: [ExternalDependencyRecord(branch: "feature/zero", tip: commit)]),
    ])

  private static let jobEvents: [JournalEvent] = [
    .attemptJob(
      task: "two", attempt: 2, job: JobRecord(launcher: "slurm", key: "r/two/2", stage: .submitting)),
    .attemptJob(
      task: "two", attempt: 2,
      job: JobRecord(launcher: "slurm", key: "r/two/2", stage: .pending, id: "17", reason: "Resources")),
    .attemptJob(
      task: "two", attempt: 2, job: JobRecord(launcher: "slurm", key: "r/two/2", stage: .running, id: "17", node: "n3")),
  ]

  private static let candidateEvents: [JournalEvent] = [
    .taskAdded(header: candidateHeader),
    .candidatesReviewed(
      task: "three",
      reviews: [
        CandidateReviewRecord(
          candidate: "three@1", commit: commit, score: 80, decision: .requestChanges, summary: "Good, but ö.")
      ]),
    .candidateChosen(
      task: "three",
      choice: ChoiceRecord(
        candidate: "three@1", tip: commit, reason: "the only one", note: "no reviewer was asked",
        candidates: [
          CandidateRecord(
            id: "three@1", status: .proven, tip: commit, testsPassed: true, decision: .requestChanges, score: 80,
            lines: 12),
          CandidateRecord(id: "three@2", status: .noChanges, reason: "no-changes"),
        ])),
    .taskEnded(task: "three@1", status: .proven, message: nil, advice: []),
  ]

  private static let candidateHeader: TaskHeader = {
    var header = TaskHeader(id: "three@1", title: "Three", branch: "feature/three@1", needs: ["two"])
    header.candidateOf = "three"
    return header
  }()

  private static let conflictEvents: [JournalEvent] = [
    .conflictFound(task: "two", with: "one", paths: ["a.txt"], count: 12, isNew: true),
    .conflictFound(task: "two", with: nil, paths: ["ö.txt"], count: 1, isNew: false),
    .conflictGone(task: "two", with: nil),
    .conflictTold(task: "two", tasks: ["one"], base: false, attempt: nil),
    .conflictTold(task: "two", tasks: [], base: true, attempt: 2),
    .held(task: "two", tasks: ["one"]),
    .retryRequested(tasks: ["two"], by: origin),
  ]

  private static let pullRequest = PullRequestRecord(
    number: 12, url: "https://github.com/owner/name/pull/12", branch: "feature/one", base: "main", commit: commit,
    author: "someone")

  static let warned = JournalEvent.warned(message: "tabs\tand \"quotes\" and \u{2028}")
  static let taskStarting = JournalEvent.taskStarting(
    task: "one", startCommit: "abc", worktree: WorktreeRecord(name: "one", path: "/w t/ö"))
  static let attemptStarting = JournalEvent.attemptStarting(task: "one", attempt: 1, session: "s", resumed: false)
  static let retryPlanned = JournalEvent.retryPlanned(task: "one", notBefore: time, reason: "no activity")
  static let pushStarting = JournalEvent.pushStarting(task: "one", remote: "origin", commit: "def")

  /// An event of every case, and every optional field of it, so that each is written and read back by the tests.
  static let events: [JournalEvent] =
    firstEvents + [
      .runStarted(reviewHeader),
      .attemptEnded(
        task: "pr-12", attempt: 1,
        result: AttemptRecord(
          end: .timedOut, limit: LimitRecord(kind: .inactivity, seconds: 900), message: "no activity for 900 s")),
      .waitingForChecks(task: "pr-12", checks: ["ci/build"], until: time),
      .repositoryChanged(
        tasks: ["one", "two"],
        changes: [
          RepositoryChangeRecord(
            kind: "configuration", name: "core.fsmonitor", old: nil, new: "./spy",
            restore: "git config --local --unset-all core.fsmonitor")
        ]),
      .setupStarting(task: "pr-12", command: "make", sandbox: "bubblewrap"),
      .attemptStarting(
        task: "pr-12", attempt: 1, session: "s", resumed: true, sandbox: "bubblewrap",
        agent: AgentRecord(kind: "codex", name: "quick", version: "0.163.0", interactive: false)),
      .testsStarting(task: "pr-12", command: "make test", commit: commit, sandbox: "bubblewrap"),
      .testsEnded(
        task: "pr-12",
        result: TestRecord(
          command: "make test", commit: commit, passed: true, outcome: "exit status 0", log: "/t.log",
          sandbox: "bubblewrap")),
      .workSaved(
        task: "two", attempt: 2, reference: "refs/y", commit: "abc",
        contents: SavedContentsRecord(files: 2, commits: 1, stashes: 0, repositories: 3)),
      .stopRequested(tasks: ["two"], now: true, by: origin),
      .aborted(by: origin),
      .attached(
        task: "one", session: "s", process: ProcessIdentity(pid: 11, startTime: 12),
        by: RequestOrigin(command: "git orch attach", pid: 11, terminal: nil)),
      effect,
      .undoStarting(
        process: ProcessIdentity(pid: 11, startTime: 12), version: "2", isRedo: false,
        effects: [
          EffectRecord(.worktree, "one", before: "/w t/ö", after: nil, place: "/trash/one"),
          EffectRecord(.pullRequest, "12", before: "open", after: "closed", place: "https://x"),
        ]),
      .undoEnded(isRedo: false, left: ["pull request #13"]),
      .budgetSet(budget: 40),
      .attemptEnded(
        task: "one", attempt: 2,
        result: AttemptRecord(
          end: .stopped, message: "stopped", session: "s", inputTokens: 100, outputTokens: 20, cacheReadTokens: 1000,
          cacheWriteTokens: 300,
          models: [
            ModelRecord(
              model: "claude-opus-5-5", cost: 0.5, inputTokens: 100, outputTokens: 20, cacheReadTokens: 1000,
              cacheWriteTokens: 300)
          ], estimatedCost: 0.5)),
      .budgetReached(spent: 39.5, estimated: 0.5, budget: 40),
      .planPaid(
        planning: PlanningRecord(
          source: "claude", cost: 0.11, estimatedCost: 0.02,
          models: [
            ModelRecord(
              model: "claude-opus-5-5", cost: 0.11, inputTokens: 9000, outputTokens: 4000, cacheReadTokens: 0,
              cacheWriteTokens: 0)
          ])),
      .todoRead(
        todo: TodoRecord(
          file: "/w t/todo.md", blob: commit,
          items: [.init(tasks: ["one"], line: 3, text: "Add ö", before: "Fix it", after: "Write it")])),
      .todoMarked(tasks: ["one"], isTick: true),
      .runStarted(settledHeader),
      .runStarted(landingHeader),
      .trainTesting(tasks: ["one", "two"], command: "make test", commit: commit, sandbox: "bubblewrap"),
      .trainTested(
        tasks: ["one"],
        result: TestRecord(
          command: "make test", commit: commit, passed: true, outcome: "exit status 0", log: "/t.log"), isCached: true),
      .landed(task: "one", commit: commit, earlier: "content"),
      .pullRequestRefreshed(
        task: "pr-12", state: PullRequestStateRecord(state: "merged", base: "main", head: commit, mergeCommit: commit)),
      .mergeStarting(task: "one", commit: commit, tree: commit),
      .pullRequestRefreshed(
        task: "pr-12", state: PullRequestStateRecord(state: "open", base: "main", head: commit, isQueued: true)),
      .returned(
        task: "one",
        record: ReturnRecord(
          landing: "l", run: "r", status: .testsFailed, reason: "the tests fail with it", tip: commit,
          base: BaseRecord(branch: "main", commit: commit), rebases: true, fork: commit, paths: ["a.txt"], with: "two",
          test: TestRecord(
            command: "make test", commit: commit, passed: false, outcome: "exit status 1", log: "/t.log"))),
      .fixed(task: "one", fix: FixRecord(run: "r", round: 1, attempts: 2, cost: 0.25, seconds: 12.5)),
      .taskAdded(header: TaskHeader(id: "three", title: "Three", branch: "feature/three", needs: ["two"])),
      .runStarted(wholeHeader),
    ] + conflictEvents + jobEvents + [.takenOver(id: "0f", host: "b", from: "a", again: ["two"])]
    + candidateEvents

  static let wholeHeader: RunHeader = {
    var header = landingHeader
    header.landing?.fixRounds = 1
    header.lands = LandsRecord(reviewed: true, updatesCheckout: true, fixRounds: 1)
    return header
  }()

  static let landingHeader: RunHeader = {
    var header = reviewHeader
    header.review = nil
    header.landing = LandingHeader(
      mode: "squash", testCommand: "make test", remote: "origin", updatesCheckout: true, tips: ["task": commit],
      run: "r")
    return header
  }()

  static let origin = RequestOrigin(command: "git orch stop", pid: 10, terminal: "/dev/pts/3")

  static let effect = JournalEvent.effect(
    task: "one",
    effects: [
      EffectRecord(.reference, "refs/heads/feature/one", before: nil, after: commit),
      EffectRecord(.remoteBranch, "refs/heads/feature/one", before: nil, after: commit, place: "origin"),
    ])

  static let settledHeader: RunHeader = {
    var header = Self.header
    header.settings = [
      SettingRecord(name: "orchestrator.agent.model", value: "haiku", origin: "file:.git/config (local scope)")
    ]
    return header
  }()

  static let reviewHeader: RunHeader = {
    var header = Self.header
    header.tasks = [
      TaskHeader(.pullRequest(12), title: "One", branch: "feature/one", needs: []),
      TaskHeader(.pullRequest(13), title: "Two", branch: "feature/two", needs: [.pullRequest(12)]),
    ]
    return header
  }()

  /// An event of every case that journals have had since their first schema.
  static let firstEvents: [JournalEvent] = [
    .runStarted(header),
    warned,
    taskStarting,
    .worktreeCreated(task: "one"),
    .setupStarting(task: "one", command: "make"),
    attemptStarting,
    .attemptLaunched(task: "one", attempt: 1, process: ProcessIdentity(pid: 7, startTime: 8)),
    .attemptEnded(
      task: "one", attempt: 1,
      result: AttemptRecord(
        end: .timedOut, message: "no activity", exit: "signal 15", session: "s", cost: 0.25, sessionCost: 0.25,
        inputTokens: 1, outputTokens: 2, turns: 3, denied: [DeniedRecord(tool: "Bash", input: "npm i", remedy: nil)],
        finalMessage: "bye", unreadableLines: 4)),
    retryPlanned,
    .workSaved(task: "one", attempt: 1, reference: "refs/x", commit: "def", contents: nil),
    .proven(task: "one", tip: "def", commits: [CommitRecord(id: "def", summary: "feat: one")]),
    .leftUnproven(task: "two", commits: [CommitRecord(id: "abc", summary: "wip")]),
    pushStarting,
    .pushed(task: "one", commit: "def"),
    .pullRequestStarting(task: "one", base: "main"),
    .pullRequestOpened(task: "one", pullRequest: pullRequest, adopted: true),
    .pullRequestSeen(task: "one", pullRequest: pullRequest),
    .verdictGiven(
      task: "one",
      verdict: VerdictRecord(
        decision: .requestChanges, summary: "no",
        findings: [
          FindingRecord(severity: .blocker, path: "a.txt", line: 3, message: "wrong"),
          FindingRecord(severity: .nit, message: "odd", fixed: true),
        ], commit: commit)),
    .testsStarting(task: "one", command: "make test", commit: commit),
    .testsEnded(
      task: "one",
      result: TestRecord(command: "make test", commit: commit, passed: false, outcome: "exit status 1", log: "/t.log")),
    .startedOver(task: "two", reason: "its head moved"),
    .reviewStarting(task: "one", commit: commit),
    .reviewPosted(
      task: "one",
      review: PostedRecord(decision: "comment", note: "your own", url: "https://x", commit: commit, wasThere: true)),
    .mergeStarting(task: "one", commit: commit),
    .merged(task: "one", commit: nil),
    .taskEnded(task: "one", status: .success, message: nil, advice: ["look"]),
    .worktreeRemoved(task: "one"),
    .waitingForForge(until: time, reason: "rate limit"),
    .paused(until: time, reason: "usage limit"),
    .resumed,
    .halted(reason: "not logged in"),
    .interrupted(signal: "SIGINT"),
    .runEnded,
    .continued(
      process: ProcessIdentity(pid: 9, startTime: 10), version: "2", jobs: 1, agent: "claude 3", tasks: ["two"]),
    .interrupted(signal: "SIGTERM"),
    .runEnded,
  ]
}
