package import Agents
package import Basics
package import Engine
import Forges
package import Guarding
package import Journal
package import Launchers
package import Processes
import Settings
import Synchronization
package import SystemPackage
package import Worktrees

/// What every attempt of a run or a review needs, whatever it is about. Immutable but for the actors and the journal in
/// it. What only tasks or only pull requests need is in `TaskOptions` and `ReviewOptions`.
///
/// Every function that waits for an agent has a copy, a dozen for each agent, so nearly all of it is shared.
package struct RunContext: Sendable {
  private let shared: Shared
  package var retries: RetryPolicy
  /// The user's wish to stop: this task, where the context is a task's, or the run.
  package private(set) var stop: StopRequest

  package var id: String { shared.id }
  package var place: RepositoryContext { shared.place }
  /// The agent of the task that the context is of, or the usual one.
  package private(set) var agent: any Agent
  /// Where its agents run; nil for this machine.
  package private(set) var launcher: (any Launcher)?
  package var agents: AgentSet { shared.agents }
  package var limits: AttemptLimits { shared.limits }
  package var worktrees: Worktrees { shared.worktrees }
  package var journal: RunJournal { shared.journal }
  package var gate: AdmissionGate { shared.gate }
  package var stops: TaskStops { shared.stops }
  package var secrets: Secrets { shared.secrets }
  /// By whom all commits are.
  package var identity: CommitIdentity { shared.identity }
  package var environments: EnvironmentPolicy { shared.environments }
  package var sandboxes: SandboxPolicy { shared.sandboxes }
  /// Those that there are; nil for work whose agents all run on this machine.
  package var launchers: Launchers? { shared.launchers }
  /// Notices what agents and tests change that is not theirs.
  package var watch: RepositoryWatch { shared.watch }
  /// What the agents' streams may take on the disk.
  package var streams: StreamBudget { shared.streams }
  /// What they may cost together.
  package var budget: RunBudget { shared.budget }
  /// Hears of what agents do, for a live display; nothing is decided by it.
  package var observe: @Sendable (_ task: String, _ event: AgentEvent) -> Void { shared.observe }

  private final class Shared: Sendable {
    let id: String
    let place: RepositoryContext
    let agents: AgentSet
    let limits: AttemptLimits
    let worktrees: Worktrees
    let journal: RunJournal
    let gate: AdmissionGate
    let stops: TaskStops
    let secrets: Secrets
    let identity: CommitIdentity
    let environments: EnvironmentPolicy
    let sandboxes: SandboxPolicy
    let launchers: Launchers?
    let watch: RepositoryWatch
    let streams: StreamBudget
    /// By whether the tree is a stranger's: kept once for all agents, not by each as long as it works.
    let agentEnvironments = Mutex<[Bool: [String: String]]>([:])
    let budget: RunBudget
    let observe: @Sendable (_ task: String, _ event: AgentEvent) -> Void

    init(
      place: RepositoryContext, identity: CommitIdentity, agents: AgentSet, journal: RunJournal, stops: TaskStops,
      folders: [FilePath], launchers: Launchers?,
      observe: @escaping @Sendable (_ task: String, _ event: AgentEvent) -> Void
    ) {
      let settings = place.settings
      id = journal.folder.id
      self.place = place
      self.identity = identity
      environments = EnvironmentPolicy(settings)
      self.agents = agents
      limits = AttemptLimits(inactivity: settings[.agentInactivityTimeout], maxRuntime: settings[.agentMaxRuntime])
      // The checkout, not the git directory: new worktrees take over its sparse patterns.
      worktrees = Worktrees(
        repository: place.checkout ?? place.commonDirectory, environment: place.environment,
        checkoutLimit: settings[.worktreeSetupTimeout])
      self.journal = journal
      gate = AdmissionGate(
        journal: journal, stop: stops.run, floors: Floors(settings, folders: [place.commonDirectory] + folders))
      self.stops = stops
      stops.setEndOfPause { [gate] in await gate.endPause() }
      sandboxes = SandboxPolicy(place)
      self.launchers = launchers
      secrets = Secrets(environment: place.environment)
      watch = RepositoryWatch(
        commonDirectory: place.commonDirectory, checkout: place.checkout, environment: place.environment,
        journal: journal)
      budget = RunBudget(
        limit: settings[.runMaxBudgetUsd], mode: settings[.runOnBudget], journal: journal, gate: gate)
      streams = StreamBudget(
        limit: settings[.runMaxLogSize], tasks: journal.folder.path.appending("tasks"))
      self.observe = observe
    }
  }

  /// - Parameter folders: where worktrees are made, which need room.
  package init(
    place: RepositoryContext, identity: CommitIdentity, agents: AgentSet, journal: RunJournal, stops: TaskStops,
    folders: [FilePath] = [], launchers: Launchers? = nil,
    observe: @escaping @Sendable (_ task: String, _ event: AgentEvent) -> Void
  ) {
    let settings = place.settings
    shared = Shared(
      place: place, identity: identity, agents: agents, journal: journal, stops: stops, folders: folders,
      launchers: launchers, observe: observe)
    agent = agents.usual
    launcher = launchers?.selected()
    retries = RetryPolicy(
      maxRetries: settings[.agentMaxRetries], retryDelay: settings[.agentRetryDelay],
      useResume: settings[.agentUseResume])
    stop = stops.run
  }
}

extension RunContext {
  /// The same for one task, which may be stopped alone.
  /// - Parameters:
  ///   - agent: the name of its agent; nil for the usual one.
  ///   - launcher: where that runs; nil where the setting counts.
  package func of(task: String, agent: String? = nil, launcher: LauncherChoice? = nil) -> RunContext {
    var context = self
    context.stop = stops.stop(of: task)
    context.agent = agents[agent]
    if let launcher { context.launcher = launchers?.selected(launcher) }
    return context
  }

  /// Why a task ends early once `stop` has risen, as a clause.
  /// - Parameter error: what went wrong meanwhile, which is told unless the stop itself made it.
  package func stopReason(of kind: String = "run", hiding error: (any Error)? = nil) -> String {
    let reason =
      stops.reasonToEnd ?? (stops.run.level > .none ? "the \(kind) was interrupted" : "stopped by you")
    guard let error, !isCancellation(error) else { return reason }
    return "\(reason); \(secrets.masking("\(error)"))"
  }

  /// What an agent's process gets of ours. Its commits are the user's and run the main checkout's hooks, whatever agents
  /// write into the configuration; in a stranger's tree neither hooks nor filters run.
  package func agentEnvironment(isForeign: Bool) -> [String: String] {
    shared.agentEnvironments.withLock { kept in
      if let known = kept[isForeign] { return known }
      let environment = environments.agents(
        place.environment, by: identity, guarding: .current, isForeign: isForeign)
      kept[isForeign] = environment
      return environment
    }
  }

  /// What the project's own tests and set-up get.
  package var programEnvironment: [String: String] {
    GitVariables.keepingCommandLineValues(environments.own(place.environment))
  }
}
