#if os(Linux)
  import Agents
  @testable import Attempts
  import Basics
  import Forges
  import Foundation
  import Git
  import Journal
  import KnownAgents
  import OrchTestSupport
  import Platform
  import Plans
  import Processes
  import Settings
  import SystemPackage
  import Testing

  @testable import Engine
  @testable import Preparing
  @testable import Runs

  /// A run whose record cannot be kept any more ends, wherever that comes out: it is no failure of a task's delivery.
  @Suite(.timeLimit(.minutes(2))) struct DeliveryTests {
    /// The entry after which the disk is full, and the one that is missing then.
    @Test(arguments: ["run-started", "push-starting", "pushed", "pull-request-starting"])
    func `a journal that cannot be written is an error of the journal, not of the forge or the remote`(
      last: String
    ) async throws {
      let world = try await ReviewWorld()
      let branch = "feature/a"
      try await world.repository.git("switch", "--quiet", "--create", branch)
      let tip = try await world.repository.commit("a.txt", "a\n", message: "feat: a")
      try await world.repository.git("switch", "--quiet", "main")
      let place = try await RepositoryContext.find(from: world.repository.path, environment: world.environment)
      let folder = try place.store.create("20261122-203705-00ff")
      let task = AgentTask(id: "a", branch: branch, title: "feat: a")
      let journal = try await RunJournal(in: folder, header: Self.header(task, tip)) { entry, _ in
        if Self.type(of: entry) == last { Self.fillDisk(under: folder.journal) }
      }
      let agent = try await AgentRegistry(place.settings).locate(
        environment: world.environment)
      let context = RunContext(
        place: place, identity: try await place.requireIdentity(), agents: AgentSet(agent), journal: journal,
        stops: TaskStops(run: StopRequest())
      ) { _, _ in }
      let id = try #require(ObjectID(tip))
      let delivery = TaskDelivery(
        context: context,
        delivery: Delivery(
          route: DeliveryRoute(
            remote: "origin", pushURL: nil, remoteIsRelative: false,
            pullRequests: PullRequestDelivery(
              forge: world.forge, destination: "main", retryPolicy: ForgeRetryPolicy { _, _, _ in }))),
        task: task, place: WorktreePlan(task: task, worktree: "/nosuch", worktreeName: "a", existingTip: id),
        externalDependencies: [],
        proof: CompletionProof(tip: id, commits: [Commit(id: id, summary: "feat: a")], faults: []))

      let error = await #expect(throws: JournalError.self) { try await delivery.deliver() }
      #expect(error == .inaccessible(path: folder.journal.string, reason: Errno.noSpace.description))
      let read = try folder.state()
      #expect(read.tasks.map(\.status.isFinal) == [false])
    }

    private static func header(_ task: AgentTask, _ commit: String) -> RunHeader {
      RunHeader(
        version: "1", id: "20261122-203705-00ff", process: ProcessIdentity(pid: 1, startTime: 2),
        base: BaseRecord(branch: "main", commit: commit), remote: "origin", localReason: nil,
        forge: nil, noPullRequestsReason: nil, jobs: 1, agent: "claude 2", review: nil,
        tasks: [TaskHeader(id: task.id, title: task.title, branch: task.branch, needs: [])])
    }

    private static func type(of entry: JournalEntry) -> String {
      switch entry.event {
      case .runStarted: "run-started"
      case .pushStarting: "push-starting"
      case .pushed: "pushed"
      case .pullRequestStarting: "pull-request-starting"
      default: "other"
      }
    }

    /// From now on what is written to the open file meets a full disk.
    private static func fillDisk(under path: FilePath) {
      let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
      defer { close(full) }
      let real = path.realPath?.string
      for name in FilePath("/proc/self/fd").entries ?? [] {
        guard let number = Int32(name), FilePath("/proc/self/fd/\(name)").realPath?.string == real else { continue }
        _ = dup2(full, number)
      }
    }
  }
#endif
