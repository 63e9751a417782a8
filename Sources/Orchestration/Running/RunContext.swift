import Agents
import Forges
import Git
import Journal
import MCPServers
import Settings

/// What every task of a run, and every pull request of a review, shares. Immutable but for the actors and the journal
/// in it.
struct RunContext: Sendable {
  let id: String
  let place: RepositoryContext
  let agent: any Agent
  let limits: AttemptLimits
  let retries: RetryPolicy
  let prompts: PromptTexts
  let setup: WorktreeSetup
  let mcp: MCPSelection
  let worktrees: Worktrees
  let journal: RunJournal
  let gate: AdmissionGate
  let stop: StopRequest
  let secrets: Secrets
  /// Hears of what agents do, for a live display; nothing is decided by it.
  let observe: @Sendable (_ task: String, _ event: AgentEvent) -> Void

  init(
    place: RepositoryContext, agent: any Agent, prompts: PromptTexts, setup: WorktreeSetup, mcp: MCPSelection,
    journal: RunJournal, stop: StopRequest, observe: @escaping @Sendable (_ task: String, _ event: AgentEvent) -> Void
  ) {
    let settings = place.settings
    id = journal.folder.id
    self.place = place
    self.agent = agent
    limits = AttemptLimits(inactivity: settings[.agentInactivityTimeout], maxRuntime: settings[.agentMaxRuntime])
    retries = RetryPolicy(
      maxRetries: settings[.agentMaxRetries], retryDelay: settings[.agentRetryDelay],
      useResume: settings[.agentUseResume])
    self.prompts = prompts
    self.setup = setup
    self.mcp = mcp
    // The checkout, not the git directory: new worktrees take over its sparse patterns.
    worktrees = Worktrees(repository: place.checkout ?? place.commonDirectory, environment: place.environment)
    self.journal = journal
    gate = AdmissionGate(journal: journal, stop: stop)
    self.stop = stop
    secrets = Secrets(environment: place.environment)
    self.observe = observe
  }
}

/// The words of the settings that go into every prompt.
struct PromptTexts: Sendable {
  let testCommand: String?
  let testInstructions: String?
  let agentInstructions: String?
  let keyFiles: [String]

  init(_ place: RepositoryContext) throws {
    let settings = place.settings
    testCommand = settings[.projectTestCommand]
    testInstructions = try settings.text(of: .projectTestInstructions, repositoryRoot: place.root)
    agentInstructions = try settings.text(of: .projectAgentInstructions, repositoryRoot: place.root)
    keyFiles = settings[.projectKeyFiles]
  }
}
