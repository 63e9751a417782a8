import Journal

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A run as JSON, schema version 1: fields may be added within it, none is renamed or removed.
package struct StatusDocument: Encodable {
  package static let schemaVersion = 1

  struct Task: Encodable {
    let id: String
    let title: String
    let branch: String
    let needs: [String]
    let status: TaskStatus
    let message: String?
    let advice: [String]
    let attempts: [Attempt]
    let commits: [CommitRecord]
    let startCommit: String?
    let tip: String?
    let pushedCommit: String?
    let pullRequest: PullRequestRecord?
    let verdict: VerdictRecord?
    let tests: TestRecord?
    let posted: PostedRecord?
    let mergeCommit: String?
    let worktree: String?
    let session: String?
    let saved: [Saved]
    let denied: [DeniedRecord]
    let costUSD: Double
    let startedAt: JournalTime?
    let endedAt: JournalTime?
  }

  struct Attempt: Encodable {
    let number: Int
    let session: String
    let resumed: Bool
    let pid: Int32?
    let startedAt: JournalTime
    let endedAt: JournalTime?
    let end: AttemptRecord.End?
    let message: String?
    let exit: String?
    let costUSD: Double
    let inputTokens: Int
    let outputTokens: Int
    let turns: Int
    let unreadableLines: Int
  }

  struct Saved: Encodable {
    let reference: String
    let commit: String
  }

  let schema = StatusDocument.schemaVersion
  let run: String
  /// `run` or `review`.
  let kind: String
  let phase: RunReport.Phase
  let success: Bool
  let base: BaseRecord
  let remote: String?
  let localReason: String?
  let forge: ForgeRecord?
  let noPullRequestsReason: String?
  /// Of a review: whether what passes is merged.
  let merges: Bool?
  let jobs: Int
  let agent: String
  let pid: Int32
  let interruptedBy: String?
  let startedAt: JournalTime
  let endedAt: JournalTime?
  let durationSeconds: Double
  let costUSD: Double
  let warnings: [String]
  let tasks: [Task]

  package init(_ report: RunReport) {
    let state = report.state
    run = state.header.id
    kind = state.header.review == nil ? "run" : "review"
    forge = state.header.forge
    noPullRequestsReason = state.header.noPullRequestsReason
    merges = state.header.review?.merges
    phase = report.phase
    success = state.isSuccess
    base = state.header.base
    remote = state.header.remote
    localReason = state.header.localReason
    jobs = state.header.jobs
    agent = state.header.agent
    pid = state.process.pid
    interruptedBy = state.interruptedBy
    startedAt = state.startedAt
    endedAt = state.endedAt
    durationSeconds = (report.duration / .milliseconds(1)).rounded() / 1000
    costUSD = state.cost
    warnings = state.warnings
    tasks = state.tasks.map(Task.init)
  }

  /// The document as indented JSON with sorted keys.
  package func json() throws -> String { try Self.json(self) }

  /// Several runs, newest first, as one JSON array.
  package static func json(_ documents: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(documents), as: UTF8.self)
  }
}

extension StatusDocument.Task {
  fileprivate init(_ task: TaskState) {
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
    verdict = task.verdict
    tests = task.tests
    posted = task.posted
    mergeCommit = task.mergeCommit
    worktree = task.worktree?.path
    session = task.session
    saved = task.saved.map { StatusDocument.Saved(reference: $0.reference, commit: $0.commit) }
    denied = task.denied
    costUSD = task.cost
    startedAt = task.startedAt
    endedAt = task.endedAt
  }
}

extension StatusDocument.Attempt {
  fileprivate init(_ attempt: AttemptState) {
    number = attempt.number
    session = attempt.result?.session ?? attempt.session
    resumed = attempt.resumed
    pid = attempt.process?.pid
    startedAt = attempt.startedAt
    endedAt = attempt.endedAt
    end = attempt.result?.end
    message = attempt.result?.message
    exit = attempt.result?.exit
    costUSD = attempt.result?.cost ?? 0
    inputTokens = attempt.result?.inputTokens ?? 0
    outputTokens = attempt.result?.outputTokens ?? 0
    turns = attempt.result?.turns ?? 0
    unreadableLines = attempt.result?.unreadableLines ?? 0
  }
}
