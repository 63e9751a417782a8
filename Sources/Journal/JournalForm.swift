import Basics
import Processes

/// How one kind of event is written: its `type`, and its fields by name.
///
/// The names are the file format. None is ever changed; a field that is added is optional.
struct JournalForm: Sendable {
  let type: String
  /// The fields next to `schema`, `time` and `type`.
  let names: [String]
  let read: @Sendable (_ fields: JSONMembers) throws -> JournalEvent
  /// Writes the fields; false, and nothing written, for an event of another kind.
  let write: @Sendable (JournalEvent, inout KeyedEncodingContainer<JournalKey>) throws -> Bool

  private init<each Value: JournalValue>(
    _ type: String, _ names: [String], _ make: @escaping @Sendable (repeat each Value) -> JournalEvent,
    _ values: @escaping @Sendable (JournalEvent) -> (repeat each Value)?
  ) {
    self.type = type
    self.names = names
    read = { fields in
      var names = names[...]
      func next<Field: JournalValue>(_ type: Field.Type) throws -> Field {
        try Field.read(fields[names.removeFirst()])
      }
      return make(repeat try next((each Value).self))
    }
    write = { event, fields in
      guard let values = values(event) else { return false }
      var names = names[...]
      for value in repeat each values { try value.write(to: &fields, JournalKey(names.removeFirst())) }
      return true
    }
  }

  /// An event without fields.
  private init(_ type: String, _ event: JournalEvent) {
    self.type = type
    names = []
    read = { _ in event }
    write = { other, _ in other == event }
  }

  static let byType = Dictionary(all.map { ($0.type, $0) }, uniquingKeysWith: { first, _ in first })

  static let all: [JournalForm] = [
    JournalForm("run-started", ["run"], JournalEvent.runStarted) {
      if case .runStarted(let header) = $0 { header } else { nil }
    },
    JournalForm("warned", ["message"], JournalEvent.warned) {
      if case .warned(let message) = $0 { message } else { nil }
    },
    JournalForm("task-starting", ["task", "startCommit", "worktree"], JournalEvent.taskStarting) {
      if case .taskStarting(let task, let commit, let worktree) = $0 { (task, commit, worktree) } else { nil }
    },
    JournalForm("worktree-created", ["task"], JournalEvent.worktreeCreated) {
      if case .worktreeCreated(let task) = $0 { task } else { nil }
    },
    JournalForm("setup-starting", ["task", "command", "sandbox"], JournalEvent.setupStarting) {
      if case .setupStarting(let task, let command, let sandbox) = $0 { (task, command, sandbox) } else { nil }
    },
    JournalForm(
      "attempt-starting", ["task", "attempt", "session", "resumed", "sandbox", "agent"], JournalEvent.attemptStarting
    ) {
      if case .attemptStarting(let task, let attempt, let session, let resumed, let sandbox, let agent) = $0 {
        (task, attempt, session, resumed, sandbox, agent)
      } else {
        nil
      }
    },
    JournalForm("attempt-launched", ["task", "attempt", "process"], JournalEvent.attemptLaunched) {
      if case .attemptLaunched(let task, let attempt, let process) = $0 { (task, attempt, process) } else { nil }
    },
    JournalForm("attempt-job", ["task", "attempt", "job"], JournalEvent.attemptJob) {
      if case .attemptJob(let task, let attempt, let job) = $0 { (task, attempt, job) } else { nil }
    },
    JournalForm("attempt-ended", ["task", "attempt", "result"], JournalEvent.attemptEnded) {
      if case .attemptEnded(let task, let attempt, let result) = $0 { (task, attempt, result) } else { nil }
    },
    JournalForm("retry-planned", ["task", "notBefore", "reason"], JournalEvent.retryPlanned) {
      if case .retryPlanned(let task, let notBefore, let reason) = $0 { (task, notBefore, reason) } else { nil }
    },
    JournalForm("repository-changed", ["tasks", "changes"], JournalEvent.repositoryChanged) {
      if case .repositoryChanged(let tasks, let changes) = $0 { (tasks, changes) } else { nil }
    },
    JournalForm("work-saved", ["task", "attempt", "reference", "commit", "contents"], JournalEvent.workSaved) {
      if case .workSaved(let task, let attempt, let reference, let commit, let contents) = $0 {
        (task, attempt, reference, commit, contents)
      } else {
        nil
      }
    },
    JournalForm("proven", ["task", "tip", "commits"], JournalEvent.proven) {
      if case .proven(let task, let tip, let commits) = $0 { (task, tip, commits) } else { nil }
    },
    JournalForm("left-unproven", ["task", "commits"], JournalEvent.leftUnproven) {
      if case .leftUnproven(let task, let commits) = $0 { (task, commits) } else { nil }
    },
    JournalForm("push-starting", ["task", "remote", "commit"], JournalEvent.pushStarting) {
      if case .pushStarting(let task, let remote, let commit) = $0 { (task, remote, commit) } else { nil }
    },
    JournalForm("pushed", ["task", "commit"], JournalEvent.pushed) {
      if case .pushed(let task, let commit) = $0 { (task, commit) } else { nil }
    },
    JournalForm("pull-request-starting", ["task", "base"], JournalEvent.pullRequestStarting) {
      if case .pullRequestStarting(let task, let base) = $0 { (task, base) } else { nil }
    },
    JournalForm("pull-request-opened", ["task", "pullRequest", "adopted"], JournalEvent.pullRequestOpened) {
      if case .pullRequestOpened(let task, let request, let adopted) = $0 { (task, request, adopted) } else { nil }
    },
    JournalForm("task-ended", ["task", "status", "message", "advice"], JournalEvent.taskEnded) {
      if case .taskEnded(let task, let status, let message, let advice) = $0 {
        (task, status, message, advice)
      } else {
        nil
      }
    },
    JournalForm("worktree-removed", ["task"], JournalEvent.worktreeRemoved) {
      if case .worktreeRemoved(let task) = $0 { task } else { nil }
    },
    JournalForm("pull-request-seen", ["task", "pullRequest"], JournalEvent.pullRequestSeen) {
      if case .pullRequestSeen(let task, let request) = $0 { (task, request) } else { nil }
    },
    JournalForm("verdict-given", ["task", "verdict"], JournalEvent.verdictGiven) {
      if case .verdictGiven(let task, let verdict) = $0 { (task, verdict) } else { nil }
    },
    JournalForm("tests-starting", ["task", "command", "commit", "sandbox"], JournalEvent.testsStarting) {
      if case .testsStarting(let task, let command, let commit, let sandbox) = $0 {
        (task, command, commit, sandbox)
      } else {
        nil
      }
    },
    JournalForm("tests-ended", ["task", "result"], JournalEvent.testsEnded) {
      if case .testsEnded(let task, let result) = $0 { (task, result) } else { nil }
    },
    JournalForm("review-starting", ["task", "commit"], JournalEvent.reviewStarting) {
      if case .reviewStarting(let task, let commit) = $0 { (task, commit) } else { nil }
    },
    JournalForm("review-posted", ["task", "review"], JournalEvent.reviewPosted) {
      if case .reviewPosted(let task, let review) = $0 { (task, review) } else { nil }
    },
    JournalForm("waiting-for-checks", ["task", "checks", "until"], JournalEvent.waitingForChecks) {
      if case .waitingForChecks(let task, let checks, let until) = $0 { (task, checks, until) } else { nil }
    },
    JournalForm("merge-starting", ["task", "commit", "tree"], JournalEvent.mergeStarting) {
      if case .mergeStarting(let task, let commit, let tree) = $0 { (task, commit, tree) } else { nil }
    },
    JournalForm("merged", ["task", "commit"], JournalEvent.merged) {
      if case .merged(let task, let commit) = $0 { (task, commit) } else { nil }
    },
    JournalForm("train-testing", ["tasks", "command", "commit", "sandbox"], JournalEvent.trainTesting) {
      if case .trainTesting(let tasks, let command, let commit, let sandbox) = $0 {
        (tasks, command, commit, sandbox)
      } else {
        nil
      }
    },
    JournalForm("train-tested", ["tasks", "result", "cached"], JournalEvent.trainTested) {
      if case .trainTested(let tasks, let result, let isCached) = $0 { (tasks, result, isCached) } else { nil }
    },
    JournalForm("landed", ["task", "commit", "earlier"], JournalEvent.landed) {
      if case .landed(let task, let commit, let earlier) = $0 { (task, commit, earlier) } else { nil }
    },
    JournalForm("candidates-reviewed", ["task", "reviews"], JournalEvent.candidatesReviewed) {
      if case .candidatesReviewed(let task, let reviews) = $0 { (task, reviews) } else { nil }
    },
    JournalForm("candidate-chosen", ["task", "choice"], JournalEvent.candidateChosen) {
      if case .candidateChosen(let task, let choice) = $0 { (task, choice) } else { nil }
    },
    JournalForm("conflict-found", ["task", "with", "paths", "count", "new"], JournalEvent.conflictFound) {
      if case .conflictFound(let task, let with, let paths, let count, let isNew) = $0 {
        (task, with, paths, count, isNew)
      } else {
        nil
      }
    },
    JournalForm("conflict-gone", ["task", "with"], JournalEvent.conflictGone) {
      if case .conflictGone(let task, let with) = $0 { (task, with) } else { nil }
    },
    JournalForm("conflict-told", ["task", "tasks", "base", "attempt"], JournalEvent.conflictTold) {
      if case .conflictTold(let task, let tasks, let base, let attempt) = $0 {
        (task, tasks, base, attempt)
      } else {
        nil
      }
    },
    JournalForm("held", ["task", "tasks"], JournalEvent.held) {
      if case .held(let task, let tasks) = $0 { (task, tasks) } else { nil }
    },
    JournalForm("returned", ["task", "record"], JournalEvent.returned) {
      if case .returned(let task, let record) = $0 { (task, record) } else { nil }
    },
    JournalForm("fixed", ["task", "fix"], JournalEvent.fixed) {
      if case .fixed(let task, let fix) = $0 { (task, fix) } else { nil }
    },
    JournalForm("task-added", ["header"], JournalEvent.taskAdded) {
      if case .taskAdded(let header) = $0 { header } else { nil }
    },
    JournalForm("pull-request-refreshed", ["task", "state"], JournalEvent.pullRequestRefreshed) {
      if case .pullRequestRefreshed(let task, let state) = $0 { (task, state) } else { nil }
    },
    JournalForm("started-over", ["task", "reason"], JournalEvent.startedOver) {
      if case .startedOver(let task, let reason) = $0 { (task, reason) } else { nil }
    },
    JournalForm("waiting-for-forge", ["until", "reason"], JournalEvent.waitingForForge) {
      if case .waitingForForge(let until, let reason) = $0 { (until, reason) } else { nil }
    },
    JournalForm("paused", ["until", "reason"], JournalEvent.paused) {
      if case .paused(let until, let reason) = $0 { (until, reason) } else { nil }
    },
    JournalForm("resumed", .resumed),
    JournalForm("plan-paid", ["planning"], JournalEvent.planPaid) {
      if case .planPaid(let planning) = $0 { planning } else { nil }
    },
    JournalForm("todo-read", ["todo"], JournalEvent.todoRead) {
      if case .todoRead(let todo) = $0 { todo } else { nil }
    },
    JournalForm("todo-marked", ["tasks", "isTick"], JournalEvent.todoMarked) {
      if case .todoMarked(let tasks, let isTick) = $0 { (tasks, isTick) } else { nil }
    },
    JournalForm("budget-set", ["budget"], JournalEvent.budgetSet) {
      if case .budgetSet(let budget) = $0 { budget } else { nil }
    },
    JournalForm("budget-reached", ["spent", "estimated", "budget"], JournalEvent.budgetReached) {
      if case .budgetReached(let spent, let estimated, let budget) = $0 { (spent, estimated, budget) } else { nil }
    },
    JournalForm("halted", ["reason"], JournalEvent.halted) {
      if case .halted(let reason) = $0 { reason } else { nil }
    },
    JournalForm("interrupted", ["signal"], JournalEvent.interrupted) {
      if case .interrupted(let signal) = $0 { signal } else { nil }
    },
    JournalForm("stop-requested", ["tasks", "now", "by"], JournalEvent.stopRequested) {
      if case .stopRequested(let tasks, let now, let by) = $0 { (tasks, now, by) } else { nil }
    },
    JournalForm("retry-requested", ["tasks", "by"], JournalEvent.retryRequested) {
      if case .retryRequested(let tasks, let by) = $0 { (tasks, by) } else { nil }
    },
    JournalForm("aborted", ["by"], JournalEvent.aborted) {
      if case .aborted(let by) = $0 { by } else { nil }
    },
    JournalForm("attached", ["task", "session", "process", "by"], JournalEvent.attached) {
      if case .attached(let task, let session, let process, let by) = $0 { (task, session, process, by) } else { nil }
    },
    JournalForm("run-ended", .runEnded),
    JournalForm("effect", ["task", "effects"], JournalEvent.effect) {
      if case .effect(let task, let effects) = $0 { (task, effects) } else { nil }
    },
    JournalForm("undo-starting", ["process", "version", "isRedo", "effects"], JournalEvent.undoStarting) {
      if case .undoStarting(let process, let version, let isRedo, let effects) = $0 {
        (process, version, isRedo, effects)
      } else {
        nil
      }
    },
    JournalForm("undo-ended", ["isRedo", "left"], JournalEvent.undoEnded) {
      if case .undoEnded(let isRedo, let left) = $0 { (isRedo, left) } else { nil }
    },
    JournalForm("continued", ["process", "version", "jobs", "agent", "tasks"], JournalEvent.continued) {
      if case .continued(let process, let version, let jobs, let agent, let tasks) = $0 {
        (process, version, jobs, agent, tasks)
      } else {
        nil
      }
    },
    JournalForm("taken-over", ["id", "host", "from", "again"], JournalEvent.takenOver) {
      if case .takenOver(let id, let host, let from, let again) = $0 { (id, host, from, again) } else { nil }
    },
  ]
}

/// The name of a field in a journal's line.
struct JournalKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }
}

/// What a field may hold.
protocol JournalValue: Codable, Sendable {
  static func read(_ field: JSONValue?) throws -> Self
  func write(to fields: inout KeyedEncodingContainer<JournalKey>, _ key: JournalKey) throws
}

extension JournalValue {
  static func read(_ field: JSONValue?) throws -> Self {
    guard let field else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "a field is missing"))
    }
    return try field.decode()
  }

  func write(to fields: inout KeyedEncodingContainer<JournalKey>, _ key: JournalKey) throws {
    try fields.encode(self, forKey: key)
  }
}

extension Optional: JournalValue where Wrapped: JournalValue {
  static func read(_ field: JSONValue?) throws -> Wrapped? {
    try field.flatMap { $0.isNull ? nil : try Wrapped.read($0) }
  }

  func write(to fields: inout KeyedEncodingContainer<JournalKey>, _ key: JournalKey) throws {
    try fields.encodeIfPresent(self, forKey: key)
  }
}

extension JournalTime: JournalValue {}
extension RepositoryChangeRecord: JournalValue {}
extension PullRequestStateRecord: JournalValue {}
extension VerdictRecord: JournalValue {}
extension PostedRecord: JournalValue {}
extension RequestOrigin: JournalValue {}
extension ReturnRecord: JournalValue {}
extension FixRecord: JournalValue {}
