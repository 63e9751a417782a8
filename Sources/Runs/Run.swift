package import Agents
import Attempts
import Basics
import Conflicts
package import Engine
import Git
import Guarding
package import HTTP
package import Journal
import Launchers
import MCPServers
import Planning
import Plans
import Preflight
package import Preparing
package import Processes
import Remotes
import Settings
import SystemPackage
import Worktrees

/// One execution of a plan.
package struct Run: Sendable {
  package let mode: Mode
  package let place: RepositoryContext
  package let agents: AgentSet
  package let stop: StopRequest
  /// For forges that are spoken to directly.
  package let send: HTTPSend
  /// The id of a new run; nil for one that is made when it begins.
  package var newID: String?

  /// A new run, or one that is continued.
  package enum Mode: Sendable {
    case new(RunRequest)
    case continued(RunContinuation, jobs: Int, keepsWorktrees: Bool, version: String)
  }

  package init(
    _ mode: Mode, place: RepositoryContext, agents: AgentSet, stop: StopRequest,
    send: @escaping HTTPSend
  ) {
    self.mode = mode
    self.place = place
    self.agents = agents
    self.stop = stop
    self.send = send
  }

  /// Prepares and performs the run; returns its state at the end, with no process of it left.
  ///
  /// - Parameter signal: the name of the signal that made `stop` rise, asked once it has.
  /// - Throws: before the first task what `RunPreparation.prepare` throws, and `JournalError.locked`; later only
  ///   `JournalError`, when the record cannot be kept.
  package func perform(
    signal: @escaping @Sendable () -> String?, observer: RunObserver
  ) async throws -> RunState {
    let journalled = JournalledRun(place: place, stop: stop, signal: signal)
    let waits = ForgeRetryNotices(stop: stop, note: observer.note)
    switch mode {
    case .new(let request):
      return try await journalled.perform(newID: newID) {
        let earlier = try await EarlierRuns(place).endUnwatched()
        var preparation = try await RunPreparation.prepare(
          request, in: place, agents: agents, send: send, retryPolicy: waits.retryPolicy)
        try preparation.facts.requireNoFault()
        preparation.notes += earlier
        return preparation
      } begin: { folder, preparation in
        try FileSystem.create(folder.plan, containing: request.plan.yaml())
        if let plan = request.planFile { PlanningCosts(place.store).claim(plan, for: folder.id) }
        return try await RunJournal(in: folder, header: header(request, folder, preparation), observe: observer.journal)
      } body: { journal, preparation in
        waits.attach(journal)
        if let written = request.writtenPlan { try await record(written, journal) }
        if let plan = request.planFile, place.settings[.todoUpdate] != .off,
          let todo = TodoSources(place.store).source(of: plan, request.plan.tasks)
        {
          try await journal.append(.todoRead(todo: todo))
        }
        try await recordPlanning(in: journal)
        let keeps = request.keepsWorktrees || request.plan.settings.autoCleanup == false
        try await execute(
          preparation, jobs: request.jobs, keepsWorktrees: keeps, journal: journal, stops: journalled.stops,
          observer: observer)
      }
    case .continued(let run, let jobs, let keepsWorktrees, let version):
      return try await journalled.perform(continuing: run.folder) {
        let preparation = try await RunPreparation.prepare(
          continuing: run, in: place, agents: agents, send: send, retryPolicy: waits.retryPolicy)
        try preparation.facts.requireNoFault()
        return preparation
      } begin: { folder, _ in
        let event = JournalEvent.continued(
          process: JournalledRun.processRecord(), version: version, jobs: jobs, agent: agents.usual.label,
          tasks: run.left)
        return try await RunJournal(continuing: folder, with: event, observe: observer.journal)
      } body: { journal, preparation in
        waits.attach(journal)
        try await recordPlanning(in: journal)
        try await run.note(in: journal)
        let keeps = keepsWorktrees || run.plan.settings.autoCleanup == false
        try await execute(
          preparation, jobs: jobs, keepsWorktrees: keeps, journal: journal, stops: journalled.stops,
          observer: observer)
      }
    }
  }

  private func header(_ request: RunRequest, _ folder: RunFolder, _ preparation: RunPreparation) -> RunHeader {
    var header = RunHeader(
      version: request.version, id: folder.id, process: JournalledRun.processRecord(),
      base: BaseRecord(branch: preparation.base.branch, commit: preparation.base.commit.description),
      remote: preparation.remote, localReason: preparation.localReason, forge: preparation.forge,
      noPullRequestsReason: preparation.noPullRequestsReason, jobs: request.jobs, agent: agents.usual.label,
      settings: place.settingRecords,
      tasks: request.workItems.map {
        var header = TaskHeader(
          id: $0.id, title: $0.title, branch: $0.branch, needs: $0.needs,
          externalDependencies: preparation.externalDependencies[$0.id])
        header.candidateOf = $0.candidateOf
        return header
      })
    header.lands = request.lands
    header.agentName = request.agentName
    return header
  }

  /// What the plan took, unless an earlier life of this run has recorded it.
  private func recordPlanning(in journal: RunJournal) async throws(JournalError) {
    let costs = PlanningCosts(place.store)
    if let planning = costs.claimed(by: await journal.state) {
      try await journal.append(.planPaid(planning: planning))
    }
    costs.settle(journal.folder.id)
  }

  /// Keeps what a file was and is, for whoever takes the run back.
  private func record(_ file: WrittenFile, _ journal: RunJournal) async throws {
    let git = place.git
    var blobs: [String: ObjectID] = [:]
    for (name, bytes) in [("before", file.before), ("after", file.after)] {
      guard let bytes else { continue }
      blobs[name] = try await git.storeBlob(bytes)
    }
    try await git.updateReferences(
      blobs.map { ReferenceUpdate("refs/orchestrator/saved/\(journal.folder.id)/@plan/\($0)", from: nil, to: $1) },
      message: "orch: the plan")
    let effect = EffectRecord(
      .file, file.path.string, before: blobs["before"]?.description, after: blobs["after"]?.description)
    try await journal.append(.effect(task: nil, effects: [effect]))
  }

  private func execute(
    _ preparation: RunPreparation, jobs: Int, keepsWorktrees: Bool, journal: RunJournal, stops: TaskStops,
    observer: RunObserver
  ) async throws {
    for note in preparation.notes { try await journal.append(.warned(message: note)) }
    // One task alone conflicts with nobody.
    let mode = place.settings[.runOnConflict]
    let conflicts =
      mode == .off || preparation.places.count(where: { $0.task.candidateOf == nil }) < 2
      ? nil : RunConflicts(mode, journal: journal, place: place)
    let context = RunContext(
      place: place, identity: preparation.identity, agents: agents, journal: journal, stops: stops,
      folders: Array(Set(preparation.places.map { $0.worktree.removingLastComponent() })),
      launchers: Launchers(place.settings, environment: place.environment),
      observe: { [observe = observer.agent] task, event in
        observe(task, event)
        conflicts?.note(event, of: task)
      })
    var delivery = Delivery(route: preparation.route)
    if let remote = delivery.route.remote {
      delivery.upstreams = place.branchesWithUpstream
      // A relative URL is meant from each place in its own way.
      if !delivery.route.remoteIsRelative {
        delivery.queue = PushQueue(git: place.git, remote: remote, pushURL: delivery.route.pushURL, stop: stops.run)
      }
    }
    let terms = TaskOptions(
      preparation, delivery: delivery, keepsWorktrees: keepsWorktrees, reuse: place.settings[.runReuseWorktrees],
      conflicts: conflicts)
    let runners = preparation.places.map {
      TaskRunner(
        context: context.of(task: $0.task.id, agent: $0.task.agent, launcher: $0.task.launcher), terms: terms, place: $0
      )
    }
    // What an earlier process of the run did not come to.
    do throws(GitError) {
      try await context.worktrees.finishRemovals(of: preparation.places.map(\.worktree))
    } catch {
      try await journal.append(.warned(message: "what is left of removed worktrees stays: \(error)"))
    }
    for runner in runners where preparation.done.contains(runner.place.task.id) {
      // Those of which nothing is proven stay as they were left.
      if runner.task.candidateOf != nil, await journal.state[task: runner.task.id]?.tip == nil { continue }
      try await runner.tidyUp(after: .success)
    }
    try await clearConfigurationLock(journal)
    try await context.budget.begin()
    try await withThrowingTaskGroup(of: Void.self) { group in
      if let conflicts { group.addTask { await conflicts.watch() } }
      try await schedule(runners, jobs: jobs, done: preparation.done, context: context)
      if context.stops.run.level == .none { await conflicts?.finish() }
      group.cancelAll()
    }
    try await runners.first?.removeIdleWorktrees()
    try await clearConfigurationLock(journal)
    if let remote = delivery.route.remote { await place.setUpstreams(of: await journal.state, to: remote) }
  }

  /// Of a git that was killed a moment ago, it is not yet certain that nobody is at work: it is waited for.
  private func clearConfigurationLock(_ journal: RunJournal) async throws {
    let common = place.commonDirectory
    for _ in 0..<15 {
      guard let lock = await offPool({ StaleLocks.clearConfiguration(commonDirectory: common) }) else { return }
      if let aside = lock.movedTo {
        return try await journal.append(
          .warned(message: "moved '\(lock.path)' aside, which a killed git had left: it is now '\(aside)'"))
      }
      await sleepUncancelled(for: .milliseconds(200))
    }
  }

  private func schedule(_ runners: [TaskRunner], jobs: Int, done: Set<String>, context: RunContext) async throws {
    var schedule = Schedule(tasks: runners.map(\.place.task), jobs: jobs, done: done)
    let runners = Dictionary(runners.map { ($0.place.task.id, $0) }, uniquingKeysWith: { first, _ in first })
    enum Step { case ended(id: String, TaskStatus), stopRequested }
    try await withThrowingTaskGroup(of: Step.self) { group in
      var running = 0
      func start(_ tasks: [AgentTask]) {
        for task in tasks {
          guard let runner = runners[task.id] else { continue }
          running += 1
          group.addTask {
            await runner.terms.conflicts?.begin(task.id)
            let status = try await runner.run()
            await runner.terms.conflicts?.end(task.id)
            return .ended(id: task.id, status)
          }
        }
      }
      func startReady() async {
        guard case .open = await context.gate.status else {
          // What is paid for is not lost for want of a choice, which costs nothing.
          if context.stop.level == .none { start(schedule.takeReady { !$0.choices.isEmpty }) }
          return
        }
        start(schedule.takeReady())
      }
      func awaitStopRequest() {
        group.addTask {
          await context.stops.raised.wait()
          return .stopRequested
        }
      }
      awaitStopRequest()
      await startReady()
      while running > 0, let step = try await group.next() {
        switch step {
        case .stopRequested:
          // Those that wait for their turn end at once.
          start(schedule.takeWaiting { context.stops.isRaised(for: $0) })
          awaitStopRequest()
        case .ended(let id, let status):
          running -= 1
          for blocked in schedule.end(id, as: status) {
            try await context.journal.append(
              .taskEnded(
                task: blocked.task.id, status: .blocked, message: reason(blocked, context), advice: []))
          }
          await startReady()
        }
      }
      group.cancelAll()
    }
    for task in schedule.waiting {
      let end = await context.gate.statusOfUnstarted("the run was interrupted")
      try await context.journal.append(
        .taskEnded(task: task.id, status: end.status, message: end.reason, advice: []))
    }
  }

  private func reason(_ blocked: Schedule.Blocked, _ context: RunContext) -> String {
    let isStopped = context.stop.level == .none && context.stops.isRaised(for: blocked.need)
    return "needs '\(blocked.need)', which "
      + (isStopped ? "was stopped by you" : "ended as \(blocked.status.rawValue)")
  }
}

/// What is settled for all tasks of a run before the first of them starts. A class, as each task keeps several copies.
final class TaskOptions: Sendable {
  let base: Base
  /// By task, the needed branches that are no part of the run.
  let externalDependencies: [String: [ExternalDependencyRecord]]
  let delivery: Delivery
  let keepsWorktrees: Bool
  let permissions: ToolPermissions
  let prompts: PromptTexts
  let setup: WorktreeSetup
  let mcp: MCPSelection
  /// What is not to be pushed.
  let rules: PushRules
  /// Worktrees that the next tasks may have; nil where each is to have a new one.
  let idle: IdleWorktrees?
  /// nil where the branches are not compared while the run is in progress.
  let conflicts: RunConflicts?

  init(
    _ preparation: RunPreparation, delivery: Delivery, keepsWorktrees: Bool, reuse: WorktreeReuse,
    conflicts: RunConflicts?
  ) {
    self.conflicts = conflicts
    base = preparation.base
    externalDependencies = preparation.externalDependencies
    self.delivery = delivery
    self.keepsWorktrees = keepsWorktrees
    permissions = preparation.permissions
    prompts = preparation.prompts
    setup = preparation.setup
    mcp = preparation.mcp
    rules = preparation.rules
    idle = IdleWorktrees(reuse)
  }
}
