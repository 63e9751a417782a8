package import Agents
import Attempts
import Basics
package import Engine
package import Forges
import Git
import Guarding
package import HTTP
package import Journal
import MCPServers
package import Plans
import Preflight
import Processes
import Remotes
import Settings
import SystemPackage
import Worktrees

/// A run that ended or died before all of its tasks were done, to be continued where it stands.
package struct RunContinuation: Sendable {
  package let folder: RunFolder
  package let state: RunState
  /// The plan as it was run.
  package let plan: TaskPlan
  /// What it gets back since it did not land as it was, by the tasks' ids; of these alone it is continued then.
  package var returned: [String: ReturnRecord] = [:]
  /// How it is to be taken over from another clone; nil of a run of this one.
  package var takeover: RunTakeover?

  /// What there is to continue.
  package enum Finding: Sendable {
    case unfinished(RunContinuation)
    /// All of the run's tasks are done.
    case done(RunState)
  }

  /// The run with that id or unambiguous beginning of one; without one, the newest of the repository that is not done,
  /// or else the newest.
  /// - Throws: `RunError` when there is none, or it is a review; `JournalError`, `PlanError`.
  package static func find(_ id: String?, in place: RepositoryContext) throws -> Finding {
    if let id {
      let state = try place.store.run(id).state()
      if state.header.landing != nil {
        throw RunError(
          .nothingToContinue, "'\(state.header.id)' is a landing, not a run",
          hints: ["to continue it: git orch land --continue"])
      }
      guard state.header.review == nil else {
        throw RunError(
          .nothingToContinue, "'\(state.header.id)' is a review, which is started again instead",
          hints: ["to do so: git orch review"])
      }
      return try finding(state, in: place)
    }
    var newest: RunState?
    for folder in try place.store.runs().reversed() {
      if newest != nil, let summary = folder.summary(), summary.isReview || summary.isAllGood { continue }
      guard folder.hasBegun else { continue }
      let state = try folder.state()
      // Reviews start again instead.
      if !state.header.isRun { continue }
      // Whoever gave one up names it to continue it, and what was taken back is first to be brought back.
      if state.abortedBy != nil || state.undo != nil { continue }
      if isUnfinished(state) { return try finding(state, in: place) }
      newest = newest ?? state
    }
    guard let newest else {
      throw RunError(
        .nothingToContinue, "there is no run to continue", hints: ["to start one: git orch run TODO"])
    }
    return .done(newest)
  }

  /// The newest run that is not done.
  package static func newest(in place: RepositoryContext) throws -> RunContinuation {
    if case .unfinished(let run) = try find(nil, in: place) { return run }
    throw RunError(.nothingToContinue, "there is nothing left to continue")
  }

  private static func finding(_ state: RunState, in place: RepositoryContext) throws -> Finding {
    guard isUnfinished(state) else { return .done(state) }
    let folder = try place.store.run(state.header.id)
    let plan = try TaskPlan.read(folder.plan, displayName: folder.plan.string)
    return .unfinished(RunContinuation(folder: folder, state: state, plan: plan))
  }

  static func isUnfinished(_ state: RunState) -> Bool {
    !state.isSuccess || state.tasks.contains { !$0.status.isGood }
  }

  /// The tasks that are still to be done, in the plan's order.
  package var left: [String] {
    guard isForReturned else {
      let spent = state.spentCandidates
      return state.tasks.filter { !$0.status.isGood && !spent.contains($0.header.id) }.map(\.header.id)
    }
    return state.tasks.filter { task in
      returned[task.header.id].map { task.returns.last != $0 || task.openReturn != nil } ?? false
    }.map(\.header.id)
  }

  /// Whether anything may be spent yet: tasks that would all end at once are not begun.
  fileprivate func checkBudget(_ budget: Double?) throws(RunError) {
    let spent = state.cost + state.estimatedCost
    guard let budget, spent >= budget else { return }
    throw RunError(
      .overBudget,
      "run \(folder.id) has cost \(RunBudget.amount(spent)), and orchestrator.run.maxBudgetUsd is "
        + RunBudget.amount(budget),
      hints: ["raise it, then continue the run: git config orchestrator.run.maxBudgetUsd AMOUNT"])
  }

  /// The agents that still run although the process that watched them is gone, and work where they should.
  func livingAgents(in place: RepositoryContext) async -> [String: RunMark] {
    var found: [String: RunMark] = [:]
    let left = Set(left)
    let jobs = Set(DeadJobs.open(in: state, folder).filter { !$0.isTests }.map(\.task))
    for task in state.tasks where !task.status.isGood && left.contains(task.header.id) {
      guard let attempt = task.attempts.last, let worktree = task.worktree,
        case let mark = RunMark(run: folder.mark, task: task.header.id, attempt: attempt.number),
        await attempt.livingProcess(mark: mark) != nil || jobs.contains(task.header.id),
        Worktrees.isSound(FilePath(worktree.path), commonDirectory: place.commonDirectory)
      else { continue }
      found[task.header.id] = mark
    }
    return found
  }
}

extension RunPreparation {
  /// What must hold before a run is continued: its base and its starts are as they were, its settings as they are now.
  package static func prepare(
    continuing run: RunContinuation, in place: RepositoryContext, agents: AgentSet, send: @escaping HTTPSend,
    retryPolicy: ForgeRetryPolicy
  ) async throws -> RunPreparation {
    let identity = try await place.requireIdentity()
    try run.checkBudget(place.settings[.runMaxBudgetUsd])
    let sandboxNote = try await SandboxPolicy(place).examine(runsFork: false)
    // Read before the lock was held: another process may have continued it and ended since.
    let folder = run.folder
    // What is not here yet is held by the remote.
    let here =
      run.takeover == nil ? try await offPool { () throws(JournalError) in try folder.state() } : run.state
    guard here == run.state else {
      throw RunError(
        .nothingToContinue, "run \(run.folder.id) was continued by another process in the meantime",
        hints: ["see its status: git orch status"])
    }
    // Nor must a conversation be led by an agent and by somebody at a terminal.
    for task in run.state.tasks where run.left.contains(task.header.id) {
      guard let client = task.attached?.process, client.isAlive else { continue }
      throw RunError(
        .sessionAttached, "the session of '\(task.header.id)' is open in a terminal (process \(client.pid))",
        hints: ["leave that client, then continue the run"])
    }
    // Agents whose run died work on, and are watched again. What else it left running is not: nobody waits for it.
    let living = await run.livingAgents(in: place)
    let ended = await sweepDeadRun(run.folder.mark, sparing: Set(living.values))
    let jobs = await DeadJobs(place).end(of: run.state, in: run.folder, sparing: Set(living.keys))
    let far = await FarRemains(place).bringHome(of: run.folder, sparing: Set(living.keys))
    var notes = place.settings.warnings + [sandboxNote].compactMap(\.self) + jobs.notes + far
    if !living.isEmpty {
      let names = living.keys.sorted().joined(separator: ", ")
      notes.append("still running, and watched again: \(living.count == 1 ? "the agent" : "the agents") of \(names)")
    }
    if ended > 0 { notes.append("stopped \(ended) process\(ended == 1 ? "" : "es") that outlived the run") }
    if jobs.ended > 0 { notes.append("canceled \(jobs.ended) job\(jobs.ended == 1 ? "" : "s") that outlived the run") }
    let header = run.state.header
    guard let baseCommit = ObjectID(header.base.commit) else {
      throw RunError(.noBaseBranch, "run \(header.id) has no record of where it started")
    }
    var remote: Remote?
    if let name = header.remote { remote = place.remote(name) }
    if let name = header.remote, remote == nil {
      throw RunError(.fetchFailed, "run \(header.id) pushes to '\(name)', which is no longer a remote")
    }
    let pullRequests = try await pullRequests(of: run, in: place, send: send, retryPolicy: retryPolicy)
    let mcp = try await MCPSelection(place, site: pullRequests?.forge.site, slug: run.plan.settings.repoSlug)
    notes += mcp.notes
    let setup = try await WorktreeSetup(place)
    let rules = try await PushRules(place, identity: try await place.requireIdentity(), setup: setup)
    let prompts = try await PromptTexts(place)
    let commands = (run.plan.tasks.map(\.testCommand) + [prompts.testCommand]).compactMap(\.self)
    let trial = run.plan.workItems.first { run.left.contains($0.id) }.map { ($0.branch, baseCommit) }
    let facts = await Preflight(
      place, remote: remote, trial: trial, testCommands: Set(commands).sorted(),
      jobs: max(1, min(place.settings[.runJobs], run.left.count)),
      worktreeFolder: try place.worktreeFolder(plan: run.plan.settings.worktreeDir),
      launchers: run.plan.tasks.filter { run.left.contains($0.id) }.map(\.launcher)
    ).facts(agents: agents.all, access: nil, at: nil, mcp: mcp)
    notes += facts.warnings
    return RunPreparation(
      identity: identity, base: Base(branch: header.base.branch, commit: baseCommit, note: nil),
      localReason: header.localReason,
      forge: header.forge, noPullRequestsReason: header.noPullRequestsReason,
      route: DeliveryRoute(
        remote: remote?.name, pushURL: remote?.separatePushURL, remoteIsRelative: remote?.isRelativePath ?? false,
        pullRequests: pullRequests),
      notes: notes,
      places: try await places(of: run, remote: remote, in: place).filter {
        !run.isForReturned || run.returned[$0.task.id] != nil
      },
      externalDependencies: externalDependencies(of: header),
      done: run.isForReturned
        ? Set(run.state.tasks.map(\.header.id)).subtracting(run.left)
        : Set(run.state.tasks.filter(\.status.isGood).map(\.header.id)).union(run.state.spentCandidates),
      prompts: prompts, setup: setup,
      permissions: ToolPermissions(settings: place.settings, root: place.root), mcp: mcp, rules: rules, facts: facts)
  }

  private static func externalDependencies(of header: RunHeader) -> [String: [ExternalDependencyRecord]] {
    var needs: [String: [ExternalDependencyRecord]] = [:]
    for task in header.tasks { needs[task.id] = task.externalDependencies }
    return needs
  }

  private static func pullRequests(
    of run: RunContinuation, in place: RepositoryContext, send: @escaping HTTPSend, retryPolicy: ForgeRetryPolicy
  ) async throws -> PullRequestDelivery? {
    guard let forge = run.state.header.forge else { return nil }
    let lookup = ForgeLookup(place: place, send: send, retryPolicy: retryPolicy)
    do {
      guard
        case .forge(let found) = try await lookup.find(
          slug: run.plan.settings.repoSlug, pushingTo: run.state.header.remote),
        ForgeRecord(found.site, destination: forge.destination) == forge
      else {
        throw RunError(
          .unusableForge,
          "run \(run.folder.id) opens pull requests in \(forge.repository) (\(forge.host)), "
            + "which is not what the remote's URL says now")
      }
      _ = try await found.access()
      return try await PullRequestDelivery(
        found, destination: forge.destination, retryPolicy: retryPolicy,
        remote: place.remotes(slug: run.plan.settings.repoSlug).base?.name ?? place.settings[.gitRemote], in: place)
    } catch let error as ForgeError {
      throw RunError(.noPullRequests, "cannot open pull requests: \(error.message)", hints: error.hints)
    }
  }

  /// Tasks that had begun continue where they are; the others get a place as in a new run.
  private static func places(
    of run: RunContinuation, remote: Remote?, in place: RepositoryContext
  ) async throws -> [WorktreePlan] {
    let header = run.state.header
    var begun: [String: WorktreePlan] = [:]
    let items = run.plan.workItems
    let named = items.map(\.branch)
    let tips = try await place.inRepository { repository in
      var tips: [String: ObjectID] = [:]
      for branch in named { tips[branch] = try repository.branch(branch) }
      return tips
    }
    let folder = try place.worktreeFolder(plan: run.plan.settings.worktreeDir)
    for task in items {
      guard let state = run.state[task: task.id] else { continue }
      if state.startCommit != nil {
        begun[task.id] = WorktreePlan(
          task: task, worktree: state.worktree.map { FilePath($0.path) } ?? folder.appending(task.id),
          worktreeName: state.worktree?.name ?? task.id, existingTip: tips[task.branch])
      } else if state.status.isGood {
        begun[task.id] = WorktreePlan(
          task: task, worktree: FilePath(""), worktreeName: task.id,
          existingTip: tips[task.branch])
      }
    }
    let fresh = items.filter { begun[$0.id] == nil }
    guard let baseCommit = ObjectID(header.base.commit), !fresh.isEmpty else {
      return items.compactMap { begun[$0.id] }
    }
    var known: [String: ObjectID] = [:]
    if let remote {
      let names = fresh.filter { $0.candidateOf == nil }.map(\.branch)
      known = try await place.git.remoteBranches(
        remote: remote.name, named: names + names.flatMap { BranchNames.folders(of: $0) }, below: names,
        pushURL: remote.separatePushURL)
    }
    let remoteBranches = known
    // What it builds on is not its own: its branch may be there from before it was to be done again.
    var starts = externalDependencies(of: header)
    for task in fresh {
      starts[task.id, default: []] += task.needs.compactMap { need in
        run.state[task: need].flatMap { state in
          state.tip.map { ExternalDependencyRecord(branch: state.header.branch, tip: $0) }
        }
      }
    }
    let dependencies = starts
    let places = try await place.inRepository { repository in
      let planner = WorktreePlanner(
        repository: repository, base: Base(branch: header.base.branch, commit: baseCommit, note: nil),
        folder: folder, remoteBranches: remoteBranches, remote: remote?.name, pushes: true,
        externalDependencies: dependencies,
        destination: header.forge?.destination ?? header.base.branch, environment: place.environment)
      // What is in the way of one task keeps none of the others.
      return try fresh.flatMap { task in
        do {
          return try planner.places(for: [task])
        } catch let error as RunError {
          return [
            WorktreePlan(
              task: task, worktree: folder.appending(task.id), worktreeName: task.id, existingTip: nil, fault: error)
          ]
        }
      }
    }
    for found in places { begun[found.task.id] = found }
    return items.compactMap { begun[$0.id] }
  }
}
