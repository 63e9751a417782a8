import Basics
import Forges
import Foundation
import Git
import Journal
import KnownAgents
import OrchTestSupport
import Processes
import Settings
import Synchronization
import SystemPackage

@testable import Diagnosis
@testable import Engine
@testable import Reviews
@testable import Runs

/// A scratch world for one review: a repository, its bare remote, a forge in memory, agents that follow a script.
final class ReviewWorld: Sendable {
  let repository: TemporaryRepository
  let origin: TemporaryRepository
  let forge: ReviewForge
  let environment: [String: String]

  init(environment more: [String: String] = [:]) async throws {
    (repository, origin) = try await TemporaryRepository.withCommitAndRemote("app")
    forge = ReviewForge(origin: origin)
    var environment = repository.environment
    environment["SCRIPTED_AGENT_SCRIPT"] = repository.scratch.path.appending("agents.json").string
    environment["SCRIPTED_AGENT_STATE"] = repository.scratch.path.appending("agent-state").string
    environment["SCRIPTED_AGENT_RECORD"] = repository.scratch.path.appending("records").string
    self.environment = environment.merging(more) { $1 }
    try await set("agent.retryDelay", "0")
    try await set("agent.command", "\(BuiltPrograms.folder)/scripted-agent")
  }

  func set(_ key: String, _ value: String) async throws {
    try await repository.git("config", "orchestrator.\(key)", value)
  }

  var file: FilePath { repository.scratch.path.appending("signal") }
  var worktrees: FilePath { repository.scratch.path.appending("worktrees/app") }

  /// What reviewers do, as the scripted agent's `tasks`.
  func script(_ tasks: String) throws {
    try repository.write("agents.json", #"{"tasks": \#(tasks)}"#, in: repository.scratch.path)
  }

  static func verdict(_ decision: String, findings: String = "[]", summary: String = "Looks at it.") -> String {
    #"{"structured": {"decision": "\#(decision)", "summary": "\#(summary)", "findings": \#(findings)}}"#
  }

  /// Pushes a branch with one commit and opens a pull request for it; returns its head.
  @discardableResult
  func open(
    _ number: Int, branch: String, base: String = "main", file: String? = nil, content: String = "new\n",
    configure: (inout PullRequest) -> Void = { _ in }
  ) async throws -> String {
    try await repository.git("switch", "--quiet", "--create", branch, "origin/\(base)")
    let head = try await repository.commit(file ?? "\(branch).txt", content, message: "feat: \(branch)")
    try await repository.git("push", "--quiet", "origin", "\(head):refs/heads/\(branch)")
    try await repository.git("switch", "--quiet", "main")
    // Only the remote has it, as for a colleague's.
    try await repository.git("branch", "--quiet", "-D", branch)
    var pullRequest = PullRequest(
      number: number, url: "https://git.test/acme/app/pull/\(number)", title: "feat: \(branch)", body: "Does it.",
      author: "mallory", state: .open, isDraft: false,
      head: .init(branch: branch, commit: head, repository: "acme/app", reference: "refs/heads/\(branch)"),
      base: base, isFromFork: false, mergeability: .mergeable, mergeCommit: nil)
    configure(&pullRequest)
    forge.record.withLock { $0.pullRequests[number] = pullRequest }
    return head
  }

  /// A commit upon a branch of the remote, by somebody else.
  @discardableResult
  func advance(_ branch: String, file: String = "later.txt") async throws -> String {
    let clone = repository.scratch.path.appending("clone-\(UUID().uuidString)")
    try await repository.git("clone", "--quiet", "--branch", branch, origin.path.string, clone.string)
    let commit = try await repository.commit(file, "later\n", message: "feat: later", in: clone)
    try await repository.git("push", "--quiet", "origin", "HEAD", in: clone)
    return commit
  }

  func remoteTip(_ branch: String) async throws -> String {
    try await repository.git("rev-parse", "refs/heads/\(branch)", in: origin.path)
  }

  @discardableResult
  func review(
    _ numbers: Int..., merges: Bool = false, jobs: Int = 2, stop: StopRequest = StopRequest(),
    observe: @escaping @Sendable (JournalEntry) -> Void = { _ in }
  ) async throws -> RunState {
    defer { forge.removeHooks() }
    let place = try await RepositoryContext.find(from: repository.path, environment: environment)
    let agent = try await AgentRegistry(place.settings).locate(environment: environment)
    let review = Review(
      ReviewRequest(pullRequests: numbers, merges: merges, jobs: jobs, version: "test"), place: place, agent: agent,
      stop: stop, forge: forge,
      retryPolicy: ForgeRetryPolicy(retries: 3, firstPause: .milliseconds(1)) { _, _, _ in
        if stop.level > .none { throw CancellationError() }
        await Task.yield()
      })
    return try await review.perform(
      signal: { "SIGINT" },
      observer: RunObserver(journal: { entry, _ in observe(entry) }, agent: { _, _ in }, note: { _ in }))
  }

  /// What the agent of that attempt was started with.
  func agentRecord(_ task: String, _ attempt: Int) throws -> [String: Any] {
    let path = repository.scratch.path.appending("records/\(task).\(attempt).json")
    let data = try Data(contentsOf: URL(filePath: path.string))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  func agentCalls() -> [String] {
    let folder = repository.scratch.path.appending("records").string
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// Branches, references and worktrees of reviews.
  func leftovers() async throws -> [String] {
    let references = try await repository.git(
      "for-each-ref", "--format=%(refname)", "refs/heads/orch", "refs/orchestrator")
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: worktrees.string)) ?? []
    return references.split(separator: "\n").map(String.init) + folders
  }
}
