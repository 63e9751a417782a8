package import Agents
import Attempts
import Basics
package import Engine
import ForgeMerges
import Forges
import Git
import Guarding
package import HTTP
package import Journal
import MCPServers
import Merging
import Plans
package import Processes
import Settings
import SystemPackage
import Worktrees

/// What the user asked of a review.
package struct ReviewRequest: Sendable {
  /// By their numbers on the forge.
  package var pullRequests: [Int]
  /// Whether pull requests that pass are merged.
  package var merges: Bool
  /// How many are reviewed at a time; at least 1.
  package var jobs: Int
  package var version: String

  package init(pullRequests: [Int], merges: Bool, jobs: Int, version: String) {
    self.pullRequests = pullRequests
    self.merges = merges
    self.jobs = jobs
    self.version = version
  }
}

/// A review of pull requests: each gets a reviewing agent, its tests are run, and what was found is posted; those that
/// pass are merged where that was asked for.
package struct Review: Sendable {
  private let request: ReviewRequest
  private let place: RepositoryContext
  private let agent: any Agent
  private let stop: StopRequest
  private let source: ForgeSource
  /// nil: the forge is waited for until the first signal.
  private let retryPolicy: ForgeRetryPolicy?
  /// The id of the review; nil for one that is made when it begins.
  package var newID: String?

  /// - Parameters:
  ///   - send: for forges that are spoken to directly.
  package init(
    _ request: ReviewRequest, place: RepositoryContext, agent: any Agent, stop: StopRequest,
    send: @escaping HTTPSend
  ) {
    self.init(
      request, place: place, agent: agent, stop: stop, source: .lookup(send), retryPolicy: nil)
  }

  /// With a forge that is known, and a retry policy of one's own.
  init(
    _ request: ReviewRequest, place: RepositoryContext, agent: any Agent, stop: StopRequest,
    forge: any Forge, retryPolicy: ForgeRetryPolicy
  ) {
    self.init(
      request, place: place, agent: agent, stop: stop, source: .given(forge),
      retryPolicy: retryPolicy)
  }

  private init(
    _ request: ReviewRequest, place: RepositoryContext, agent: any Agent, stop: StopRequest,
    source: ForgeSource, retryPolicy: ForgeRetryPolicy?
  ) {
    self.request = request
    self.place = place
    self.agent = agent
    self.stop = stop
    self.source = source
    self.retryPolicy = retryPolicy
  }

  /// Prepares and performs the review; returns its state at the end, with no process of it left.
  ///
  /// - Parameter signal: the name of the signal that made `stop` rise, asked once it has.
  /// - Throws: before the first entry what `ReviewPreparation.prepare` throws, and `JournalError.locked`; later only
  ///   `JournalError`, when the record cannot be kept.
  package func perform(
    signal: @escaping @Sendable () -> String?, observer: RunObserver
  ) async throws -> RunState {
    let waits = ForgeRetryNotices(stop: stop, note: observer.note)
    let retryPolicy = retryPolicy ?? waits.retryPolicy
    let journalled = JournalledRun(place: place, stop: stop, signal: signal)
    return try await journalled.perform(newID: newID) {
      let earlier = try await EarlierRuns(place).endUnwatched()
      var preparation = try await ReviewPreparation.prepare(
        request, in: place, source: source, retryPolicy: retryPolicy)
      preparation.notes += earlier
      return preparation
    } begin: { folder, preparation in
      try await RunJournal(in: folder, header: header(folder, preparation), observe: observer.journal)
    } body: { journal, preparation in
      waits.attach(journal)
      for note in preparation.notes { try await journal.append(.warned(message: note)) }
      let context = RunContext(
        place: place, identity: preparation.identity, agents: AgentSet(agent), journal: journal,
        stops: journalled.stops,
        folders: [preparation.folder], launchers: preparation.launchers, observe: observer.agent)
      // What stays of them is for the next cleanup.
      try? await context.worktrees.finishRemovals(of: [preparation.folder.appending("worktree")])
      try await context.budget.begin()
      try await review(preparation, context, retryPolicy)
    }
  }

  private func header(_ folder: RunFolder, _ preparation: ReviewPreparation) -> RunHeader {
    RunHeader(
      version: request.version, id: folder.id, process: JournalledRun.processRecord(), base: preparation.base,
      remote: preparation.remote.name, localReason: nil, forge: preparation.forgeRecord, jobs: request.jobs,
      agent: agent.label, review: ReviewHeader(merges: request.merges), settings: place.settingRecords,
      tasks: preparation.tasks.map(\.header))
  }

  private func review(
    _ preparation: ReviewPreparation, _ context: RunContext, _ retryPolicy: ForgeRetryPolicy
  ) async throws {
    let terms = ReviewOptions(
      forge: preparation.forge, retryPolicy: retryPolicy, canPush: preparation.canPush,
      remote: preparation.remote.name, remoteIsRelative: preparation.remote.isRelativePath, folder: preparation.folder,
      merges: request.merges, agentName: agent.label, permissions: preparation.permissions,
      prompts: preparation.prompts, setup: preparation.setup, mcp: preparation.mcp,
      rules: preparation.rules, trackedBranches: [preparation.base.branch], ends: CompletionLatch(),
      destination: preparation.forgeRecord.destination, method: preparation.method,
      mergeRules: preparation.mergeRules, turn: MergeTurn(), own: preparation.own,
      trials: try await MergeQuarantine(
        commonDirectory: context.place.commonDirectory, environment: context.place.environment))
    var waiting = preparation.tasks.map { task in
      ReviewRunner(
        context: context.of(task: task.header.id), terms: terms, number: task.number, header: task.header,
        earlier: preparation.earlier[task.header.id])
    }[...]
    enum Step { case ended, endedEarly, stopRequested }
    try await withThrowingTaskGroup(of: Step.self) { group in
      var running = 0
      func start(_ runner: ReviewRunner, then step: Step) {
        running += 1
        group.addTask {
          try await runner.run()
          return step
        }
      }
      // One that builds on another comes after it: what it may wait for has begun.
      func startNext() async {
        guard case .open = await context.gate.status, let runner = waiting.popFirst() else { return }
        start(runner, then: .ended)
      }
      func awaitStopRequest() {
        group.addTask {
          await context.stops.raised.wait()
          return .stopRequested
        }
      }
      awaitStopRequest()
      for _ in 0..<max(1, request.jobs) { await startNext() }
      while running > 0, let step = try await group.next() {
        switch step {
        case .ended:
          running -= 1
          await startNext()
        case .endedEarly:
          running -= 1
        case .stopRequested:
          // Those that wait for their turn end at once.
          for runner in waiting where context.stops.isRaised(for: runner.id) { start(runner, then: .endedEarly) }
          waiting.removeAll { context.stops.isRaised(for: $0.id) }
          awaitStopRequest()
        }
      }
      group.cancelAll()
    }
    for runner in waiting {
      let end = await context.gate.statusOfUnstarted("the review was interrupted")
      try await context.journal.append(
        .taskEnded(task: runner.header.id, status: end.status, message: end.reason, advice: []))
    }
  }
}

/// What is settled for all pull requests of a review before the first of them is looked at.
struct ReviewOptions: Sendable {
  let forge: any Forge
  let retryPolicy: ForgeRetryPolicy
  /// Whether the login may push to the repository, as far as the forge says.
  let canPush: Bool
  let remote: String
  let remoteIsRelative: Bool
  /// Where worktrees are made.
  let folder: FilePath
  let merges: Bool
  let agentName: String
  let permissions: ToolPermissions
  let prompts: PromptTexts
  let setup: WorktreeSetup
  let mcp: MCPSelection
  /// What is not to be pushed.
  let rules: PushRules
  /// Branches of the remote that are fetched in the course of the review.
  let trackedBranches: Set<String>
  let ends: CompletionLatch
  /// The branch that work is meant for in the end.
  let destination: String
  /// How merges are wanted; nil for the forge's best.
  let method: MergeMethod?
  let mergeRules: MergeRulesBook
  let turn: MergeTurn
  /// What of the forge is the user's own.
  let own: OwnRepositories
  /// Where merges are tried.
  let trials: MergeQuarantine

  /// What a merge on the forge needs.
  func merges(in context: RunContext) -> MergeContext {
    MergeContext(
      place: context.place, journal: context.journal, stop: context.stop, forge: forge, retryPolicy: retryPolicy,
      rules: mergeRules, remote: remote, destination: destination, secrets: context.secrets)
  }
}
