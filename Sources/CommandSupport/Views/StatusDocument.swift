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
    package let verdict: VerdictRecord?
    package let tests: TestRecord?
    package let posted: PostedRecord?
    package let mergeCommit: String?
    package let worktree: String?
    package let session: String?
    package let saved: [Saved]
    package let denied: [DeniedRecord]
    package let costUSD: Double
    package let startedAt: JournalTime?
    package let endedAt: JournalTime?
  }

  package struct Attempt: Encodable {
    package let number: Int
    package let session: String
    package let resumed: Bool
    package let pid: Int32?
    package let startedAt: JournalTime
    package let endedAt: JournalTime?
    package let end: AttemptRecord.End?
    package let message: String?
    package let exit: String?
    package let costUSD: Double
    package let inputTokens: Int
    package let outputTokens: Int
    package let turns: Int
    package let unreadableLines: Int
  }

  package struct Saved: Encodable {
    package let reference: String
    package let commit: String
  }

  package let schema = StatusDocument.schemaVersion
  package let run: String
  /// `run` or `review`.
  package let kind: String
  package let phase: RunReport.Phase
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
  package let startedAt: JournalTime
  package let endedAt: JournalTime?
  package let durationSeconds: Double
  package let costUSD: Double
  package let warnings: [String]
  package let tasks: [Task]

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
