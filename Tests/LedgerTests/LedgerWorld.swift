import Basics
import Foundation
import Git
import Journal
import OrchTestSupport
import Processes
import Settings
import SystemPackage
import Testing

@testable import Ledger

/// A clone with a remote, and a run in it whose journal tests write.
struct LedgerWorld: Sendable {
  static let id = "20261122-203705-00ff"
  static let commit = String(repeating: "a", count: 40)

  let repository: TemporaryRepository
  let origin: TemporaryRepository

  static func make() async throws -> LedgerWorld {
    let (repository, origin) = try await TemporaryRepository.withCommitAndRemote()
    return LedgerWorld(repository: repository, origin: origin)
  }

  var common: FilePath { repository.path.appending(".git") }
  var store: RunStore { RunStore(commonDirectory: common) }
  var reference: String { LedgerReference.run(Self.id) }

  /// Another clone of the remote, on another machine for all that it knows.
  func clone(_ name: String) async throws -> LedgerWorld {
    LedgerWorld(repository: try await origin.clone(name), origin: origin)
  }

  func begin(_ tasks: String..., title: String = "feat: x") async throws -> RunJournal {
    try await begin(tasks, title: title)
  }

  func begin(_ tasks: [String], title: String = "feat: x") async throws -> RunJournal {
    let header = RunHeader(
      version: "1", id: Self.id, process: ProcessIdentity(pid: 7, startTime: 8, boot: "b"),
      base: BaseRecord(branch: "main", commit: Self.commit), remote: "origin", localReason: nil, jobs: 1,
      agent: "claude 2", tasks: tasks.map { TaskHeader(id: $0, title: title, branch: "feature/\($0)", needs: []) })
    return try await RunJournal(in: store.create(Self.id), header: header) { _, _ in }
  }

  /// A whole task: one attempt, and a success.
  func perform(_ task: String, _ journal: RunJournal) async throws {
    try await journal.append([
      .taskStarting(
        task: task, startCommit: Self.commit, worktree: WorktreeRecord(name: task, path: "/code/trees/\(task)")),
      .attemptStarting(task: task, attempt: 1, session: "s", resumed: false),
      .attemptEnded(
        task: task, attempt: 1, result: AttemptRecord(end: .succeeded, session: "s", cost: 0.5, finalMessage: "bye")),
      .proven(task: task, tip: Self.commit, commits: [CommitRecord(id: Self.commit, summary: "feat: \(task)")]),
      .taskEnded(task: task, status: .success, message: nil, advice: []),
    ])
  }

  func writer(
    remote: String = "origin", redactor: Redactor = Redactor(environment: [:]), clone: String = "c1",
    clock: any Clock<Duration> = SuspendingClock()
  ) -> LedgerWriter {
    LedgerWriter(
      of: RunFolder(id: Self.id, path: store.folder.appending("runs").appending(Self.id)), commonDirectory: common,
      git: GitCommand(directory: repository.path, environment: repository.environment),
      identity: LedgerWriterIdentity(host: "host-\(clone)", boot: "b", clone: clone), remote: remote,
      redactor: redactor, interval: .seconds(1), clock: clock)
  }

  var ledgers: RemoteLedgers {
    RemoteLedgers(
      remote: "origin", commonDirectory: common,
      git: GitCommand(directory: repository.path, environment: repository.environment))
  }

  func show(_ path: String, of reference: String? = nil, in world: TemporaryRepository? = nil) async throws -> JSON {
    let text = try await (world ?? repository).git("show", "\(reference ?? self.reference):\(path)")
    return try #require(JSON(parsing: text))
  }

  /// All that is in the repository's database, as text.
  func everything() async throws -> String {
    try await repository.git("cat-file", "--batch-all-objects", "--unordered", "--batch")
  }
}
