import Basics
package import Journal
import Processes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A run as JSON, schema version 1: fields may be added within it, none is renamed or removed.
package struct StatusDocument: Encodable {
  package static let schemaVersion = 1

  package struct Task: Encodable {
    package let id: String
    package let title: String
    package let branch: String
    package let needs: [String]
    package let status: TaskStatus
    package let message: String?
    package let advice: [String]
    package let attempts: [Attempt]
    package let commits: [CommitRecord]
    package let startCommit: String?
    package let tip: String?
    package let pushedCommit: String?
    package let pullRequest: PullRequestRecord?
    package let pullRequestState: PullRequestStateRecord?
    package let verdict: VerdictRecord?
    package let tests: TestRecord?
    package let posted: PostedRecord?
    package let checksWait: ChecksWait?
    package let mergeCommit: String?
    package let worktree: String?
    package let session: String?
    package let saved: [Saved]
    package let denied: [DeniedRecord]
    /// What of the repository changed while it ran, by whomever; nil when nothing did.
    package let repositoryChanges: [RepositoryChangeRecord]?
    /// With what its branch conflicted when the run last looked; omitted when with nothing.
    package let conflicts: [Conflict]?
    /// The tasks for which its next attempt waits, as their branches conflict; omitted when it does not.
    package let heldBy: [String]?
    /// Of a landing: what it took each time that the branch was given back to its agent; omitted when it was not.
    package let fixes: [Fix]?
    /// The task that it is one of several attempts at; omitted of the tasks themselves.
    package let candidateOf: String?
    /// What a reviewer said of its candidates; omitted where none has.
    package let candidateReviews: [CandidateReviewRecord]?
    /// Which of its candidates' work is its own, and why; omitted where it has none, or none is chosen yet.
    package let choice: ChoiceRecord?
    package let costUSD: Double
    package let tokens: TokenCounts
    package let startedAt: JournalTime?
    package let endedAt: JournalTime?
  }

  /// It is part of the costs of the run, not of those of the landing.
  package struct Fix: Encodable {
    package let run: String
    package let attempts: Int
    package let costUSD: Double
    package let seconds: Double

    init(_ fix: FixRecord) { (run, attempts, costUSD, seconds) = (fix.run, fix.attempts, fix.cost, fix.seconds) }
  }

  /// What one model was used for.
  package struct Model: Encodable {
    package let model: String
    package let costUSD: Double
    package let tokens: TokenCounts

    package init(_ record: ModelRecord) {
      (model, costUSD, tokens) = (record.model, record.cost, record.tokens)
    }
  }

  package struct Attempt: Encodable {
    package let number: Int
    package let session: String
    package let resumed: Bool
    /// The tool that made its sandbox; omitted when it ran in none.
    package let sandbox: String?
    package let agent: AgentRecord
    package let pid: Int32?
    /// The job that it runs as on another machine; omitted of one of this machine.
    package let job: JobRecord?
    package let startedAt: JournalTime
    package let endedAt: JournalTime?
    package let end: AttemptRecord.End?
    package let limit: LimitRecord?
    package let message: String?
    package let exit: String?
    package let costUSD: Double
    /// What it may have cost that could not tell; omitted where it told, and where nobody knows.
    package let estimatedCostUSD: Double?
    package let inputTokens: Int
    package let outputTokens: Int
    package let cacheReadTokens: Int
    package let cacheWriteTokens: Int
    /// By model; omitted where the agent did not tell, and of runs of older versions.
    package let models: [Model]?
    package let turns: Int
    package let unreadableLines: Int
  }

  package struct Undo: Encodable {
    package let at: JournalTime
    /// Whether the newest one brought the run back.
    package let isBroughtBack: Bool
    /// Whether all of it was done.
    package let isComplete: Bool
  }

  package struct ChecksWait: Encodable {
    package let checks: [String]
    package let until: JournalTime
  }

  package struct Conflict: Encodable {
    /// The other task; omitted of the base.
    package let task: String?
    /// The base; omitted of another task.
    package let base: String?
    package let count: Int
    package let paths: [String]
  }

  package struct Saved: Encodable {
    package let reference: String
    package let commit: String
    package let attempt: Int
    package let savedAt: JournalTime
    /// How much it holds; nil where the run was made by an older version.
    package let contents: SavedContentsRecord?
  }

  package struct Planning: Encodable {
    package let source: String
    package let costUSD: Double
    package let estimatedCostUSD: Double?
    package let models: [Model]

    init(_ planning: PlanningRecord) {
      source = planning.source
      costUSD = planning.cost
      estimatedCostUSD = planning.estimatedCost
      models = planning.models.map(Model.init)
    }
  }

  package let schema = StatusDocument.schemaVersion
  package let run: String
  package let kind: RunView.Kind
  package let phase: RunView.Phase
  package let success: Bool
  package let base: BaseRecord
  package let remote: String?
  package let localReason: String?
  package let forge: ForgeRecord?
  package let noPullRequestsReason: String?
  /// Of a review: whether what passes is merged.
  package let merges: Bool?
  package let jobs: Int
  package let agent: String
  package let pid: Int32
  package let interruptedBy: String?
  /// The command that gave the run up; nil when none did.
  package let abortedBy: String?
  /// Whether the run was taken back; nil when nobody ever took it back.
  package let undo: Undo?
  package let startedAt: JournalTime
  package let endedAt: JournalTime?
  package let durationSeconds: Double
  package let costUSD: Double
  package let tokens: TokenCounts
  package let models: [Model]
  /// What making the plan took, which is part of the sums; omitted where nobody was paid for it.
  package let planning: Planning?
  /// The most that its agents may cost; omitted when there is no limit.
  package let budgetUSD: Double?
  /// Whether that was used up; omitted when there is no limit.
  package let overBudget: Bool?
  package let warnings: [String]
  /// nil when there are none.
  package let unknownEntries: Int?
  package let tasks: [Task]

  package init(_ view: RunView) {
    let header = view.header
    run = view.id
    kind = view.kind
    phase = view.phase
    success = view.isSuccess
    base = header.base
    remote = header.remote
    localReason = header.localReason
    forge = header.forge
    noPullRequestsReason = header.noPullRequestsReason
    merges = header.review?.merges
    jobs = header.jobs
    agent = header.agent
    pid = view.process
    interruptedBy = view.interruptedBy
    abortedBy = view.abortedBy
    undo = view.undo.map { Undo(at: $0.time, isBroughtBack: $0.isRedo, isComplete: $0.isComplete) }
    startedAt = view.startedAt
    endedAt = view.endedAt
    durationSeconds = (view.duration / .milliseconds(1)).rounded() / 1000
    costUSD = view.cost
    tokens = view.accounts.tokens
    models = view.accounts.models.map(Model.init)
    planning = view.planning.map(Planning.init)
    budgetUSD = view.budget
    overBudget = view.budget.map { _ in view.isOverBudget }
    warnings = view.warnings
    unknownEntries = view.unknownEntries > 0 ? view.unknownEntries : nil
    tasks = view.rows.map { Task($0, base: header.base.branch) }
  }

  /// What `review` answers when there was nothing to review: the same document without what only a review has.
  package static func noReview() throws -> String { try json(NoReview()) }

  private struct NoReview: Encodable {
    let schema = StatusDocument.schemaVersion
    let kind = RunView.Kind.review
    let phase = RunView.Phase.ended
    let success = true
    let durationSeconds = 0
    let costUSD = 0
    let warnings: [String] = []
    let tasks: [String] = []
  }

  /// The document as indented JSON with sorted keys.
  package func json() throws -> String { try Self.json(self) }

  /// Several runs, newest first, as one JSON array.
  package static func json(_ documents: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return withoutHidden(String(decoding: try encoder.encode(documents), as: UTF8.self))
  }

  /// The same JSON with characters escaped that would act on a terminal or hide what they are in; they can only be in
  /// strings.
  private static func withoutHidden(_ json: String) -> String {
    guard sanitized(json, .keepLines) != json else { return json }
    var result = String.UnicodeScalarView()
    for scalar in json.unicodeScalars {
      if scalar.value < 0x7F || sanitized(String(scalar)) == String(scalar) {
        result.append(scalar)
      } else {
        for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
          result.append(contentsOf: "\\u\(hex(unit, digits: 4, uppercase: false))".unicodeScalars)
        }
      }
    }
    return String(result)
  }
}

extension StatusDocument.Task {
  fileprivate init(_ row: RunView.Row, base: String) {
    let task = row.task
    repositoryChanges = row.changes.isEmpty ? nil : row.changes
    let found = row.conflicts.map {
      StatusDocument.Conflict(task: $0.with, base: $0.with == nil ? base : nil, count: $0.count, paths: $0.paths)
    }
    conflicts = found.isEmpty ? nil : found
    heldBy = task.heldBy.isEmpty ? nil : task.heldBy
    id = task.header.id
    title = task.header.title
    branch = task.header.branch
    needs = task.header.needs
    status = task.status
    message = task.message
    advice = task.advice
    attempts = task.attempts.map(StatusDocument.Attempt.init)
    commits = task.commits
    startCommit = task.startCommit
    tip = task.tip
    pushedCommit = task.pushedCommit
    pullRequest = task.pullRequest
    pullRequestState = task.pullRequestState
    verdict = task.verdict
    tests = task.tests
    posted = task.posted
    checksWait = task.checksWait.map { StatusDocument.ChecksWait(checks: $0.checks, until: $0.until) }
    mergeCommit = task.mergeCommit
    worktree = task.worktreePath
    session = task.session
    saved = task.saved.map {
      StatusDocument.Saved(
        reference: $0.reference, commit: $0.commit, attempt: $0.attempt, savedAt: $0.savedAt, contents: $0.contents)
    }
    denied = task.denied
    candidateOf = task.header.candidateOf
    candidateReviews = task.candidateReviews.isEmpty ? nil : task.candidateReviews
    choice = task.choice
    fixes = task.fixes.isEmpty ? nil : task.fixes.map(StatusDocument.Fix.init)
    costUSD = task.cost
    tokens = task.accounts.tokens
    startedAt = task.startedAt
    endedAt = task.endedAt
  }
}

extension StatusDocument.Attempt {
  fileprivate init(_ attempt: AttemptState) {
    number = attempt.number
    session = attempt.result?.session ?? attempt.session
    resumed = attempt.resumed
    sandbox = attempt.sandbox
    agent = attempt.agent
    pid = attempt.process?.pid
    job = attempt.job
    startedAt = attempt.startedAt
    endedAt = attempt.endedAt
    end = attempt.result?.end
    limit = attempt.result?.limit
    message = attempt.result?.message
    exit = attempt.result?.exit
    costUSD = attempt.result?.cost ?? 0
    estimatedCostUSD = attempt.result?.estimatedCost
    cacheReadTokens = attempt.result?.cacheReadTokens ?? 0
    cacheWriteTokens = attempt.result?.cacheWriteTokens ?? 0
    models = attempt.result?.models.map { $0.map(StatusDocument.Model.init) }
    inputTokens = attempt.result?.inputTokens ?? 0
    outputTokens = attempt.result?.outputTokens ?? 0
    turns = attempt.result?.turns ?? 0
    unreadableLines = attempt.result?.unreadableLines ?? 0
  }
}
