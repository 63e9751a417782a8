package import Agents
package import Basics
import Forges
package import Git
package import Guarding
package import Journal
package import Processes
import Settings
package import SystemPackage

/// What every attempt of a run or a review needs, whatever it is about. Immutable but for the actors and the journal in
/// it. What only tasks or only pull requests need is in `TaskOptions` and `ReviewOptions`.
package struct RunContext: Sendable {
  package let id: String
  package let place: RepositoryContext
  package let agent: any Agent
  package let limits: AttemptLimits
  package var retries: RetryPolicy
  package let worktrees: Worktrees
  package let journal: RunJournal
  package let gate: AdmissionGate
  /// The user's wish to stop: this task, where the context is a task's, or the run.
  package private(set) var stop: StopRequest
  package let stops: TaskStops
  package let secrets: Secrets
  /// By whom all commits are.
  package let identity: CommitIdentity
  package let environments: EnvironmentPolicy
  package let sandboxes: SandboxPolicy
  /// Notices what agents and tests change that is not theirs.
  package let watch: RepositoryWatch
  /// What the agents' streams may take on the disk.
  package let streams: StreamBudget
  /// Hears of what agents do, for a live display; nothing is decided by it.
  package let observe: @Sendable (_ task: String, _ event: AgentEvent) -> Void

  /// - Parameter folders: where worktrees are made, which need room.
  package init(
    place: RepositoryContext, identity: CommitIdentity, agent: any Agent, journal: RunJournal, stops: TaskStops,
    folders: [FilePath] = [],
    observe: @escaping @Sendable (_ task: String, _ event: AgentEvent) -> Void
  ) {
    let settings = place.settings
    id = journal.folder.id
    self.place = place
    self.identity = identity
    environments = EnvironmentPolicy(settings)
    self.agent = agent
    limits = AttemptLimits(inactivity: settings[.agentInactivityTimeout], maxRuntime: settings[.agentMaxRuntime])
    retries = RetryPolicy(
      maxRetries: settings[.agentMaxRetries], retryDelay: settings[.agentRetryDelay],
      useResume: settings[.agentUseResume])
    // The checkout, not the git directory: new worktrees take over its sparse patterns.
    worktrees = Worktrees(
      repository: place.checkout ?? place.commonDirectory, environment: place.environment,
      checkoutLimit: settings[.worktreeSetupTimeout])
    self.journal = journal
    gate = AdmissionGate(
      journal: journal, stop: stops.run, floors: Floors(settings, folders: [place.commonDirectory] + folders))
    stop = stops.run
    self.stops = stops
    sandboxes = SandboxPolicy(place)
    secrets = Secrets(environment: place.environment)
    watch = RepositoryWatch(
      commonDirectory: place.commonDirectory, checkout: place.checkout, environment: place.environment,
      journal: journal)
    streams = StreamBudget(
      limit: settings[.runMaxLogSize], tasks: journal.folder.path.appending("tasks"))
    self.observe = observe
  }
}

extension RunContext {
  /// The same for one task, which may be stopped alone.
  package func of(task: String) -> RunContext {
    var context = self
    context.stop = stops.stop(of: task)
    return context
  }

  /// Why a task ends early once `stop` has risen, as a clause.
  /// - Parameter error: what went wrong meanwhile, which is told unless the stop itself made it.
  package func stopReason(of kind: String = "run", hiding error: (any Error)? = nil) -> String {
    let reason = stops.run.level > .none ? "the \(kind) was interrupted" : "stopped by you"
    guard let error, !isCancellation(error) else { return reason }
    return "\(reason); \(secrets.masking("\(error)"))"
  }

  /// What an agent's process gets of ours. Its commits are the user's and run the main checkout's hooks, whatever agents
  /// write into the configuration; in a stranger's tree neither hooks nor filters run.
  package func agentEnvironment(isForeign: Bool) -> [String: String] {
    environments.agents(place.environment, by: identity, guarding: .current, isForeign: isForeign)
  }

  /// What the project's own tests and set-up get.
  package var programEnvironment: [String: String] {
    GitVariables.keepingCommandLineValues(environments.own(place.environment))
  }
}

/// The words of the settings that go into every prompt.
package struct PromptTexts: Sendable {
  package let testCommand: String?
  package let testInstructions: String?
  package let agentInstructions: String?
  package let keyFiles: [String]

  package init(_ place: RepositoryContext) throws {
    let settings = place.settings
    testCommand = settings[.projectTestCommand]
    testInstructions = try settings.text(of: .projectTestInstructions, repositoryRoot: place.root)
    agentInstructions = try settings.text(of: .projectAgentInstructions, repositoryRoot: place.root)
    keyFiles = settings[.projectKeyFiles]
  }
}
