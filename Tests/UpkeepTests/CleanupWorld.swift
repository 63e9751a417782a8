import Basics
import Engine
import Foundation
import Journal
import Leftovers
import OrchTestSupport
import Processes
import SystemPackage
import Testing
import Upkeep
import Worktrees

/// A repository with runs as their journals tell of them, and worktrees and branches as those would have left them.
struct CleanupWorld: Sendable {
  let repository: TemporaryRepository
  let place: RepositoryContext

  static func make(configuration: [String] = []) async throws -> CleanupWorld {
    let (repository, _) = try await TemporaryRepository.withCommitAndRemote("app")
    for setting in configuration {
      let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
      try await repository.git("config", parts[0], parts[1])
    }
    return CleanupWorld(
      repository: repository,
      place: try await RepositoryContext.find(from: repository.path, environment: repository.environment))
  }

  var common: FilePath { repository.path.appending(".git") }
  var orchestrator: FilePath { common.appending("orchestrator") }
  func worktree(_ task: String) -> FilePath { repository.scratch.path.appending("worktrees/app/\(task)") }
  func record(_ task: String) -> FilePath { common.appending("worktrees").appending(task) }

  static func id(_ number: Int) -> String { "20261101-0000\(number < 10 ? "0" : "")\(number)-abcd" }

  /// One run with a worktree, a branch and a commit for each task, all of which succeeded unless `ending` says otherwise.
  @discardableResult
  func run(
    _ number: Int = 1, _ tasks: String..., ending: [String: TaskStatus] = [:], ends: Bool = true,
    needs: [String: [String]] = [:], makes: Bool = true, more: [JournalEvent] = []
  ) async throws -> String {
    let id = Self.id(number)
    let start = try await repository.git("rev-parse", "HEAD")
    let header = RunHeader(
      version: "1", id: id, process: ProcessIdentity(pid: 1, startTime: 2),
      base: BaseRecord(branch: "main", commit: start), remote: "origin", localReason: nil, jobs: 1, agent: "claude",
      tasks: tasks.map { TaskHeader(id: $0, title: $0, branch: "feature/\($0)", needs: needs[$0] ?? []) })
    let journal = try await RunJournal(in: try place.store.create(id), header: header) { _, _ in }
    let worktrees = Worktrees(repository: repository.path, environment: repository.environment)
    for task in tasks {
      try await journal.append(
        .taskStarting(
          task: task, startCommit: start, worktree: WorktreeRecord(name: task, path: worktree(task).string)))
      if makes {
        try await repository.git("branch", "--no-track", "feature/\(task)")
        try await worktrees.add(name: task, path: worktree(task), branch: "feature/\(task)")
        try await repository.commit("\(task).txt", "\(task)\n", message: "feat: \(task)", in: worktree(task))
      }
      try await journal.append(.worktreeCreated(task: task))
      try await journal.append(.taskEnded(task: task, status: ending[task] ?? .success, message: nil, advice: []))
    }
    for event in more { try await journal.append(event) }
    if ends { try await journal.append(.runEnded) }
    try await journal.close()
    return id
  }

  /// The base gets all that the branch changes, as one commit.
  func squash(_ task: String) async throws {
    try await repository.git("merge", "--squash", "feature/\(task)")
    try await repository.git("commit", "-q", "-m", "squashed: \(task)")
  }

  /// So many days after now.
  func cleanup(
    days: Double = 40, runs: Set<String>? = nil, age: Duration? = nil, keep: Int = 0, unfinished: Bool = false
  ) -> Cleanup {
    Cleanup(
      place,
      LeftoverSelection(
        runs: runs, age: age, keptRuns: keep, includesUnfinished: unfinished,
        now: Date(timeIntervalSinceNow: days * 86_400)))
  }

  struct Outcome {
    var plan: Cleanup.Plan
    var removed: [String: TrashEntry] = [:]
    var kept: [String: String] = [:]
    var failed: [String: String] = [:]
    var deleted: [String] = []
  }

  /// Plans and performs; by `kind name`.
  @discardableResult
  func clean(_ cleanup: Cleanup) async throws -> Outcome {
    let plan = try await cleanup.plan()
    var outcome = Outcome(plan: plan)
    for kept in plan.kept { outcome.kept["\(kept.leftover.kind.rawValue) \(short(kept.leftover.name))"] = kept.reason }
    try await cleanup.perform(plan, stop: StopRequest()) { step in
      switch step {
      case .removed(let leftover, let entry):
        outcome.removed["\(leftover.kind.rawValue) \(short(leftover.name))"] = entry
      case .kept(let kept): outcome.kept["\(kept.leftover.kind.rawValue) \(short(kept.leftover.name))"] = kept.reason
      case .failed(let kept):
        outcome.failed["\(kept.leftover.kind.rawValue) \(short(kept.leftover.name))"] = kept.reason
      case .deleted(let expired): outcome.deleted.append(expired.id)
      case .notDeleted(let expired, let reason): outcome.failed[expired.id] = reason
      }
    }
    #expect(outcome.failed == [:])
    return outcome
  }

  private func short(_ name: String) -> String {
    name.replacingOccurrences(of: "\(repository.scratch.path)/", with: "")
  }

  /// Executes what the entry says, as a user would.
  func restore(_ entry: TrashEntry) async throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [orchestrator.appending("trash").appending(entry.id).appending("restore").string]
    process.environment = repository.environment
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(!FileManager.default.fileExists(atPath: orchestrator.appending("trash").appending(entry.id).string))
  }

  func age(_ path: FilePath, days: Double) throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -days * 86_400)], ofItemAtPath: path.string)
  }

  /// All references but the trash's, and what they are at.
  func references() async throws -> [String] {
    try await repository.git("for-each-ref", "--format=%(refname) %(objectname)").split(separator: "\n").map(
      String.init
    )
    .filter { !$0.hasPrefix("refs/orchestrator/trash/") }
  }

  func exists(_ path: FilePath) -> Bool { !FileSystem.isAbsent(path) }
}
