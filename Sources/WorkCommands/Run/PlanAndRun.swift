import Agents
import Basics
import CommandSupport
import Engine
import Git
import Journal
import Landing
import PlanGeneration
import Plans
import Preflight
import Preparing
import Processes
import Restacking
import Reviews
import RunViews
import Runs
import Screens
import Settings
import Synchronization
import SystemPackage
import TerminalUI
import WholeWay

/// What `run` and `yolo` do: make a plan if a to-do list is given, have it approved, execute it.
struct PlanAndRun {
  /// Who approves a plan that was just made.
  enum Approval {
    /// The user did, on the command line.
    case given
    /// `orchestrator.workflow.*` say.
    case bySettings
  }

  let planning: PlanningOptions
  let options: RunOptions
  let approval: Approval
  let context: CommandContext

  let work: LiveSession

  init(planning: PlanningOptions, options: RunOptions, approval: Approval, context: CommandContext) {
    self.planning = planning
    self.options = options
    self.approval = approval
    self.context = context
    work = LiveSession(context: context, answersInJSON: options.json)
  }

  func perform() async throws -> ExitStatus { try await work.interruptibly(planAndRun) }

  private func planAndRun() async throws -> ExitStatus {
    let place = try await work.workplace()
    let planPath = options.config.map(place.absolute) ?? place.defaultPlan
    let plan: TaskPlan
    var written: WrittenFile?
    if planning.path == nil {
      let name = planPath.relative(to: context.directory).string
      plan = try await offPool { () throws(PlanError) in try TaskPlan.read(planPath, displayName: name) }
      try await requireLanding(base: plan.settings.baseBranch, in: place)
      try await TrustQuestion.settle(plan, at: planPath, name: name, in: place, context, ask: work.ask)
    } else {
      try await requireLanding(base: nil, in: place)
      let begin = ContinuousClock.now
      var facts: PlanningView.Facts?
      if executes(place.settings) {
        let checked = try await Preflight.beforePlanning(in: place, pushes: !options.noPush)
        // Whether they are there; which of them the plan names is not known yet.
        let working = try await work.agents(in: place, usual: options.agent)
        if options.withReview { _ = try await work.reviewer(in: place, among: working) }
        facts = PlanningView.Facts(checked: checked + ["agent"], took: begin.duration(to: .now))
      }
      let made = try await planning.makePlan(
        for: options.dryRun ? nil : planPath, in: place, context, stop: work.stop, facts: facts,
        ask: work.ask)
      plan = made.plan
      if !options.dryRun {
        let before = try? planPath.readBytes(limit: 64 << 20)
        try planning.write(made, to: planPath, in: place, context)
        if let after = try? planPath.readBytes(limit: 64 << 20), after != before {
          written = WrittenFile(planPath, before: before, after: after)
        }
        guard isApproved(place.settings) else {
          return try stopForReview(made, planPath: planPath, place.settings)
        }
      }
    }
    return try await execute(plan, at: planPath, written: written, in: place)
  }

  /// Nobody is to pay for what cannot land.
  private func requireLanding(base: String?, in place: RepositoryContext) async throws {
    guard let lands = options.lands else { return }
    let isLocal = options.noPullRequestsReason(place.settings) != nil || options.noPush || place.remotes().base == nil
    try await LandingAfterwards.requirePossible(lands, base: base, isLocal: isLocal, in: place)
  }

  /// Whether the plan may be executed right after it is made.
  private func executes(_ settings: Settings) -> Bool { !options.dryRun && isApproved(settings) }

  private func isApproved(_ settings: Settings) -> Bool {
    switch approval {
    case .given:
      return true
    case .bySettings:
      if settings[.workflowStopAfterGenerate] { return false }
      return settings[.workflowMode] == .yolo || settings[.workflowAutoApprove]
    }
  }

  private func stopForReview(_ made: GeneratedPlan, planPath: FilePath, _ settings: Settings) throws -> ExitStatus {
    // A run reports them itself.
    for warning in settings.warnings { context.console.narrate("warning: \(warning)") }
    let decided = try made.plan.deciding(candidates: options.candidates ?? settings[.runCandidates])
    if options.json {
      context.console.answer(try PlanDocument(made, decided, path: planPath).json())
    } else {
      for line in PlanTable.lines(decided, terminal: context.console.output) { context.console.answer(line) }
    }
    // What the plan does not hold is to be said again.
    let option =
      (options.config.map { " -c \(shellQuoted($0))" } ?? "")
      + (options.agent.map { " --agent \(shellQuoted($0))" } ?? "")
      + (options.candidates.map { " -N \($0)" } ?? "")
    context.console.narrate(
      "\nReview \(planPath.relative(to: context.directory)), then execute it: git orch run\(option)")
    return .done
  }

  private func execute(
    _ plan: TaskPlan, at planPath: FilePath, written: WrittenFile?, in place: RepositoryContext
  ) async throws -> ExitStatus {
    let settings = place.settings
    let plan = try plan.deciding(candidates: options.candidates ?? settings[.runCandidates])
    let selected = options.selected.isEmpty ? Selection(plan: plan) : try Selection(plan: plan, ids: options.selected)
    var request = RunRequest(
      selection: selected, jobs: work.jobs(options.jobs(settings)),
      pushes: !options.noPush, noPullRequestsReason: options.noPullRequestsReason(settings),
      keepsWorktrees: options.keepWorktrees, version: Basics.version)
    request.planFile = planPath
    request.writtenPlan = written
    request.lands = options.lands
    request.agentName = options.agent
    let agents = try await agents(of: plan, usual: options.agent, in: place)
    if options.dryRun {
      return try await DryRun(request: request, place: place, agents: agents.working, context: context, stop: work.stop)
        .show()
    }
    if options.detach {
      return try await DetachedStart(context, in: place, stop: work.stop).start(
        ["run"] + options.detached(plan: planPath.string, jobs: request.jobs))
    }
    try await refuseMergeMethod(in: place)
    return try await perform(.new(request), in: place, agents: agents)
  }

  /// Continues the named run, or the newest that is not done.
  static func continuing(
    _ id: String?, takesOver: Bool, options: RunOptions, context: CommandContext
  ) async throws -> ExitStatus {
    let command = PlanAndRun(planning: PlanningOptions(), options: options, approval: .given, context: context)
    return try await command.work.interruptibly {
      let place = try await command.work.workplace()
      let earlier: RunContinuation
      let folder: RunFolder
      switch try await command.resolve(id, takesOver: takesOver, in: place) {
      case .run(let found): folder = found
      case .ended(let status): return status
      }
      // Somebody may have merged a part of it on the forge since.
      try await PullRequestRefresh(
        folder, in: place, stop: command.work.stop, send: LiveSession.send, note: command.work.note
      ).performQuietly()
      switch try await offPool({ try RunContinuation.find(folder.id, in: place) }) {
      case .unfinished(let run): earlier = run
      case .done(let state):
        if state.header.lands != nil, try command.hasYetToLand(state, in: place) {
          let plan = try await offPool { try TaskPlan.read(folder.plan, displayName: folder.plan.string) }
          let agents = try await command.agents(
            of: plan, usual: options.agent ?? state.header.agentName, reviews: true, in: place)
          return try await command.finish(state, in: place, agents: agents)
        }
        context.console.narrate("run \(state.header.id) is done: there is nothing left to continue")
        return try command.work.conclude([state])
      }
      let agents = try await command.agents(
        of: earlier.plan, usual: options.agent ?? earlier.state.header.agentName, in: place)
      if options.detach {
        return try await DetachedStart(context, in: place, stop: command.work.stop).start(
          ["run", "--continue"] + options.detached(plan: nil, jobs: options.jobs(place.settings)),
          continuing: earlier.folder)
      }
      return try await command.perform(
        .continued(
          earlier, jobs: command.work.jobs(options.jobs(place.settings)), keepsWorktrees: options.keepWorktrees,
          version: Basics.version),
        in: place, agents: agents)
    }
  }

  /// Who does what: the tasks, and the review of their pull requests.
  struct Agents {
    let working: AgentSet
    /// nil where nothing is reviewed.
    fileprivate let reviewer: (any Agent)?
  }

  /// The agents, looked for before anything is begun.
  /// - Parameter usual: the one that was asked for by its name; nil for that of the settings.
  func agents(
    of plan: TaskPlan, usual: String?, reviews: Bool = false, in place: RepositoryContext
  ) async throws -> Agents {
    var named = plan.namedAgents
    let reviewsCandidates = place.settings[.runReviewCandidates] && plan.workItems.contains { !$0.choices.isEmpty }
    if reviewsCandidates, let reviewer = place.settings[.reviewAgent] { named.insert(reviewer) }
    let working = try await work.agents(in: place, usual: usual, named: named)
    if reviewsCandidates {
      let reviewer = working[place.settings[.reviewAgent]]
      try reviewer.check(
        ToolPermissions(reviewing: place.settings, root: place.root), environment: place.environment)
    }
    let reviewer = reviews || options.withReview ? try await work.reviewer(in: place, among: working) : nil
    return Agents(working: working, reviewer: reviewer)
  }

  /// Nobody is to pay for a run to learn after it that the forge does not merge as its review is to.
  private func refuseMergeMethod(in place: RepositoryContext) async throws {
    guard options.withReview, place.settings[.reviewAutomerge] else { return }
    try await MergeMethodCheck(place: place, stop: work.stop, send: LiveSession.send, note: work.note).perform()
  }

  private func perform(
    _ mode: Run.Mode, in place: RepositoryContext, agents: Agents
  ) async throws -> ExitStatus {
    var run = Run(
      mode, place: place, agents: agents.working, stop: work.stop, send: LiveSession.send)
    run.newID = context.detachedRun
    let continuing = ["run", "--detach"] + options.continuing(jobs: options.jobs(place.settings))
    let state = try await work.perform(in: place, detach: { continuing + ["--continue", $0] }) { [run] in
      try await run.perform(signal: $0, observer: $1)
    }
    return try await finish(state, in: place, agents: agents)
  }

  /// What follows the tasks: the review of their pull requests, and the landing, as far as they are wanted.
  private func finish(_ state: RunState, in place: RepositoryContext, agents: Agents) async throws -> ExitStatus {
    var states = [state]
    do {
      if let reviewed = try await review(state, in: place, agents: agents) { states.append(reviewed) }
      if let landed = try await land(state, review: states.dropFirst().first, in: place, agents: agents) {
        states.append(landed)
      }
    } catch {
      // The run is done all the same, and its answer is owed.
      _ = try work.conclude(states)
      throw error
    }
    return try work.conclude(states)
  }

  private func review(_ state: RunState, in place: RepositoryContext, agents: Agents) async throws -> RunState? {
    let opened = state.tasks.compactMap { $0.status.isGood ? $0.pullRequest?.number : nil }
    let isWanted = options.withReview || state.header.lands?.reviewed == true
    guard isWanted, work.stop.level == .none, !opened.isEmpty else { return nil }
    let reviewer: any Agent
    if let known = agents.reviewer {
      reviewer = known
    } else {
      reviewer = try await work.reviewer(in: place, among: agents.working)
    }
    let request = ReviewRequest(
      pullRequests: opened, merges: place.settings[.reviewAutomerge], jobs: work.jobs(options.jobs(place.settings)),
      version: Basics.version)
    let review = Review(
      request, place: place, agent: reviewer, stop: work.stop, send: LiveSession.send)
    return try await work.perform(in: place) { try await review.perform(signal: $0, observer: $1) }
  }

  private func land(
    _ state: RunState, review: RunState?, in place: RepositoryContext, agents: Agents
  ) async throws -> RunState? {
    guard let lands = state.header.lands, work.stop.level == .none else { return nil }
    let earlier = try LandingAfterwards.unfinished(of: state.header.id, in: place.store)
    guard
      var request = LandingAfterwards.request(lands, of: state, review: review, version: Basics.version)
    else {
      context.console.narrate("nothing lands: no branch is \(review == nil ? "done" : "done and approved")")
      return nil
    }
    if let header = try earlier?.state().header { request.continue(header) }
    var fixer: WholeLanding.Fixer?
    if request.fixRounds > 0 {
      fixer = WholeLanding.Fixer(agents: { _, _ in agents.working }, jobs: work.jobs(options.jobs(place.settings)))
    }
    let landing = WholeLanding(
      request, place: place, fixer: fixer, stop: work.stop, send: LiveSession.send, note: work.note)
    return try await landing.perform(continuing: earlier) { step in
      try await work.perform(in: place) { try await step($0, $1) }
    }
  }

  /// Whether a run that is done is to land, and no landing of it has come to its end.
  private func hasYetToLand(_ state: RunState, in place: RepositoryContext) throws -> Bool {
    if try LandingAfterwards.unfinished(of: state.header.id, in: place.store) != nil { return true }
    return try !place.store.runs().contains { folder in
      folder.id > state.header.id && folder.hasBegun
        && (try? folder.state())?.header.landing?.run == state.header.id
    }
  }
}
