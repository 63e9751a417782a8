import Agents
import Basics
import Foundation
import Journal
import OrchTestSupport
import Processes
import Settings
import Synchronization
import SystemPackage
import Testing

@testable import Attempts
@testable import Engine

/// How one task's attempts follow each other, whatever they are about.
@Suite(.timeLimit(.minutes(5))) struct AttemptLoopTests {
  private let scratch: TemporaryDirectory
  private let place: RepositoryContext
  private let stop = StopRequest()

  init() async throws {
    scratch = try TemporaryDirectory()
    let environment = try HermeticEnvironment(in: scratch.path).variables
    let folder = scratch.path.appending("app")
    try await GitProgram.run(["init", "--quiet", folder.string], environment: environment)
    place = try await RepositoryContext.find(from: folder, environment: environment)
  }

  /// Work that is as complete as the list says, examination after examination.
  private final class Work: AgentWork {
    let id = "a"
    let worktree: FilePath = "/nonexistent"
    private let verifications: Mutex<[Verification<Int>]>

    init(_ verifications: [Verification<Int>]) { self.verifications = Mutex(verifications) }

    func obstacle() -> String? { nil }
    func options() -> AgentOptions { AgentOptions() }
    func firstPrompt() -> String { "begin" }
    func nextPrompt(after reason: String, resumed: Bool) -> String { "\(resumed ? "go on" : "again"): \(reason)" }
    func examine(_ outcome: AttemptOutcome) -> Verification<Int> {
      verifications.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        ?? .incomplete(.init(reason: "no more", status: .failed, isWorthAnother: false))
    }
  }

  private func context(
    _ agent: InProcessAgent, retries: Int = 2, resumes: Bool = true, earlier: [JournalEvent] = []
  ) async throws -> RunContext {
    let header = RunHeader(
      version: "1", id: "r", process: ProcessIdentity(pid: 1, startTime: 2),
      base: BaseRecord(branch: "main", commit: "c"), remote: nil, localReason: nil, jobs: 1, agent: "claude",
      tasks: [TaskHeader(id: "a", title: "A", branch: "a", needs: [])])
    let journal = try await RunJournal(in: try place.store.create("r"), header: header) { _, _ in }
    try FileManager.default.createDirectory(
      atPath: journal.folder.task("a").string, withIntermediateDirectories: true)
    for event in earlier { try await journal.append(event) }
    var context = RunContext(
      place: place, identity: try await place.requireIdentity(), agents: AgentSet(agent), journal: journal,
      stops: TaskStops(run: stop),
      observe: { _, _ in })
    context.retries = RetryPolicy(maxRetries: retries, retryDelay: .milliseconds(1), useResume: resumes)
    return context
  }

  private func run(_ context: RunContext, _ verifications: Verification<Int>...) async throws -> String {
    let outcome = try await AttemptLoop(context: context, work: Work(verifications)).run()
    try await context.journal.close()
    return switch outcome {
    case .complete(let product): "complete \(product)"
    case .ended(let ending): "\(ending.status.rawValue): \(ending.message ?? "")"
    }
  }

  private static let unfinished = Verification<Int>.incomplete(
    .init(reason: "nothing is committed", status: .noChanges, isWorthAnother: true))

  @Test func `work that is complete needs one attempt`() async throws {
    let agent = InProcessAgent(ending: .succeeded)
    let context = try await context(agent)
    #expect(try await run(context, .complete(7)) == "complete 7")
    #expect(agent.prompts == ["begin"])
    #expect(await context.journal.state[task: "a"]?.attempts.map(\.result?.end) == [.succeeded])
  }

  @Test func `who says it is done and is not is told why, in the same conversation`() async throws {
    let agent = InProcessAgent(ending: .succeeded, .succeeded)
    let context = try await context(agent)
    #expect(try await run(context, Self.unfinished, .complete(1)) == "complete 1")
    #expect(agent.prompts == ["begin", "go on: it was reported as done, but nothing is committed"])
    #expect(agent.sessions == [nil, "session"])
  }

  @Test func `without resuming each attempt is a new conversation`() async throws {
    let agent = InProcessAgent(ending: .succeeded, .succeeded)
    let context = try await context(agent, resumes: false)
    #expect(try await run(context, Self.unfinished, .complete(1)) == "complete 1")
    #expect(agent.prompts.last == "again: it was reported as done, but nothing is committed")
    #expect(agent.sessions == [nil, nil])
  }

  @Test func `attempts are bounded, and the last one's fault is the task's`() async throws {
    let agent = InProcessAgent(ending: .succeeded, .succeeded)
    let context = try await context(agent, retries: 1)
    #expect(try await run(context, Self.unfinished, Self.unfinished) == "no-changes: nothing is committed")
    #expect(agent.requests.count == 2)
  }

  @Test func `what another attempt cannot better ends at once`() async throws {
    let agent = InProcessAgent(ending: .succeeded)
    let hopeless = Verification<Int>.incomplete(.init(reason: "gone", status: .failed, isWorthAnother: false))
    #expect(try await run(try await context(agent), hopeless) == "failed: gone")
  }

  @Test func `crashes count`() async throws {
    let agent = InProcessAgent(ending: .crashed("killed"), .crashed("killed"), .crashed("killed again"))
    #expect(try await run(try await context(agent)) == "failed: killed again, 3 attempts")
    #expect(agent.sessions == [nil, "session", "session"])
  }

  @Test func `a limit has a status of its own`() async throws {
    let agent = InProcessAgent(ending: .timedOut(.inactivity, after: .seconds(300)))
    #expect(try await run(try await context(agent, retries: 0)) == "timeout: no activity for 300 s")
  }

  @Test func `a busy provider takes no attempt away`() async throws {
    let busy = AttemptEnd.failed(AgentFailure(kind: .overloaded, message: "529"))
    let agent = InProcessAgent(ending: busy, busy, .succeeded)
    #expect(try await run(try await context(agent, retries: 0), .complete(1)) == "complete 1")
  }

  @Test func `a machine that cannot start one more takes no attempt away, and gets fewer`() async throws {
    var refused = AttemptOutcome(end: .notLaunched("cannot start 'claude': Resource temporarily unavailable"))
    refused.isForWantOfMeans = true
    let agent = InProcessAgent([{ [refused] _, _ in refused }, { _, _ in AttemptOutcome(end: .succeeded) }])
    let context = try await context(agent, retries: 0)
    #expect(try await run(context, .complete(1)) == "complete 1")
    #expect(await context.journal.state.warnings.first?.contains("at most 1 at a time") == true)
  }

  @Test func `a session that is gone is not asked for again`() async throws {
    let gone = AttemptEnd.failed(AgentFailure(kind: .sessionNotFound, message: "no conversation"))
    let agent = InProcessAgent(ending: gone, .succeeded)
    #expect(try await run(try await context(agent), .complete(1)) == "complete 1")
    #expect(agent.sessions == [nil, nil])
  }

  @Test func `a missing login ends the whole run, and says how to log in`() async throws {
    let agent = InProcessAgent(ending: .failed(AgentFailure(kind: .notLoggedIn, message: "not logged in")))
    let context = try await context(agent)
    let outcome = try await AttemptLoop(context: context, work: Work([])).run()
    guard case .ended(let ending) = outcome else {
      Issue.record("it was not ended")
      return
    }
    #expect(ending.status == .failed)
    #expect(ending.advice.first?.hasPrefix("log in: claude auth login") == true)
    #expect(await context.gate.status == .halted(reason: "not logged in"))
    let next = try await AttemptLoop(context: context, work: Work([])).run()
    guard case .ended(let skipped) = next else {
      Issue.record("it was not skipped")
      return
    }
    #expect(skipped.status == .skipped)
    #expect(agent.requests.count == 1)
    try await context.journal.close()
  }

  @Test func `a usage limit pauses the run, from which a stop leads out`() async throws {
    let limit = AgentFailure(kind: .usageLimit(resetsAt: Date(timeIntervalSinceNow: 3600)), message: "limit reached")
    let stop = stop
    let agent = InProcessAgent([{ _, _ in AttemptOutcome(end: .failed(limit), sessionID: "session") }])
    let context = try await context(agent)
    async let ended = run(context)
    try await waitUntil("the run is paused") {
      if case .paused = await context.journal.state.phase { true } else { false }
    }
    stop.raise(to: .graceful)
    #expect(try await ended == "interrupted: the run was interrupted")
  }

  @Test func `a stop before the first attempt skips the task`() async throws {
    stop.raise(to: .graceful)
    let agent = InProcessAgent(ending: .succeeded)
    #expect(try await run(try await context(agent)) == "skipped: the run was interrupted")
    #expect(agent.requests.isEmpty)
  }

  @Test(arguments: [true, false]) func `a stop during an attempt keeps what is complete`(isComplete: Bool) async throws
  {
    let agent = InProcessAgent([
      { [stop] _, _ in
        stop.raise(to: .graceful)
        return AttemptOutcome(end: .succeeded, sessionID: "session")
      }
    ])
    let context = try await context(agent)
    let ended = try await run(context, isComplete ? .complete(1) : Self.unfinished)
    #expect(ended == (isComplete ? "complete 1" : "interrupted: stopped by you"))
  }

  @Test func `an earlier process's attempts are counted on and do not count`() async throws {
    let agent = InProcessAgent(ending: .crashed("killed"), .succeeded)
    let context = try await context(
      agent, retries: 1,
      earlier: [
        .attemptStarting(task: "a", attempt: 1, session: "s1", resumed: false),
        .attemptEnded(
          task: "a", attempt: 1, result: AttemptRecord(end: .stopped, session: "s1", cost: 0.5, sessionCost: 0.5)),
      ])
    #expect(try await run(context, .complete(1)) == "complete 1")
    #expect(agent.prompts.first == "go on: the run was cut short")
    #expect(agent.requests.first?.session == .resumed(id: "s1", costSoFar: 0.5))
    #expect(await context.journal.state[task: "a"]?.attempts.map(\.number) == [1, 2, 3])
  }
}
