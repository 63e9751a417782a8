import Agents
import Attempts
import Conflicts
import Engine
import Git
import Journal
import MCPServers
import Plans
import Preparing
import Processes
import Settings
import SystemPackage
import Worktrees

/// A task of the plan as an agent's work: complete when git says so.
struct TaskWork: AgentWork {
  let context: RunContext
  let terms: TaskOptions
  let task: AgentTask
  let check: WorktreeCheck
  let start: ObjectID
  /// Why its branch is given back to it, which was done; nil of a task that is done for the first time.
  var returned: ReturnRecord?
  /// The number of the last attempt that was a reviewer's.
  var reviews = 0

  var id: String { task.id }
  var branch: String? { task.branch }
  var worktree: FilePath { check.path }

  func obstacle() async throws -> String? { try await check.fault() }

  func options() throws -> AgentOptions {
    let settings = context.place.settings
    var permissions = terms.permissions
    if let returned {
      permissions.allowedTools += ReturnPrompt.commands(of: returned).map { "Bash(\($0))" }
    }
    permissions.testCommand = task.testCommand ?? terms.prompts.testCommand
    return AgentOptions(
      model: task.model ?? context.agent.model, permissions: permissions,
      maxTurns: task.maxTurns ?? settings[.agentMaxTurns],
      maxBudgetUSD: settings[.agentMaxBudgetUsd],
      systemPromptFile: try ProjectRules.file(from: worktree, for: task.id, in: context.journal.folder),
      mcpServers: terms.mcp.servers,
      noteFile: context.agent.capabilities.takesNotes ? terms.conflicts?.noteFile(of: id) : nil)
  }

  /// The work of a candidate may be given back to its task, at which nobody has worked yet.
  func firstPrompt() -> String {
    guard let returned else { return prompt.first() }
    return prompt.next(after: returned.reason, state: nil, resumed: false, returned: prompt(of: returned))
  }

  func mayResume(_ attempt: AttemptState) -> Bool { attempt.number > reviews }

  private func prompt(of returned: ReturnRecord) -> ReturnPrompt {
    ReturnPrompt(record: returned, branch: task.branch, secrets: context.secrets)
  }

  func nextPrompt(after reason: String, resumed: Bool) async -> String {
    let conflicts = await terms.conflicts?.takeNews(for: id, isNewConversation: !resumed) ?? []
    return prompt.next(
      after: reason, state: try? await examine(), resumed: resumed, conflicts: conflicts,
      returned: returned.map(prompt(of:)))
  }

  func awaitTurn(until stop: StopRequest) async throws {
    try await terms.conflicts?.awaitTurn(of: id, stop: stop)
  }

  func examine(_ outcome: AttemptOutcome) async throws -> Verification<CompletionProof> {
    let proof = try await examine()
    if let returned, let failure = failure(of: proof, returned) { return .incomplete(failure) }
    if proof.faults.isEmpty { return .complete(proof) }
    return .incomplete(
      .init(
        reason: proof.reason, status: status(of: proof),
        isWorthAnother: proof.faults != [.noCommits] && proof.faults != [.noChanges],
        advice: proof.remedies.map { "if it is to be pushed as it is: \($0)" }))
  }

  /// What is missing in the branch that was given back, apart from what is of any.
  private func failure(
    of proof: CompletionProof, _ returned: ReturnRecord
  ) -> Verification<CompletionProof>.Failure? {
    let others = proof.faults.filter { $0 != .startLost }
    if proof.tip.description == returned.tip, others.isEmpty {
      return .init(reason: "it left the branch as it was given back", status: .noChanges, isWorthAnother: false)
    }
    guard proof.faults.contains(.startLost) else { return nil }
    let base = "'\(returned.base.branch)' at \(returned.base.commit.prefix(10))"
    return .init(
      reason: (["the branch does not contain \(base)"] + others.map(\.description)).joined(separator: "; "),
      status: .failed, isWorthAnother: true)
  }

  private func examine() async throws -> CompletionProof {
    try await CompletionProof.examine(
      worktree: worktree, branch: task.branch, start: start, environment: context.place.environment,
      rules: terms.rules, traces: context.traces(of: id))
  }

  private func status(of proof: CompletionProof) -> TaskStatus {
    if proof.faults.contains(where: { if case .uncommitted = $0 { true } else { false } }) { return .uncommitted }
    if proof.faults == [.noCommits] || proof.faults == [.noChanges] { return .noChanges }
    return .failed
  }

  private var prompt: TaskPrompt {
    TaskPrompt(
      task: task, branch: task.branch, baseBranch: terms.base.branch, worktree: worktree.string,
      testCommand: task.testCommand ?? terms.prompts.testCommand,
      testInstructions: terms.prompts.testInstructions, agentInstructions: terms.prompts.agentInstructions,
      keyFiles: terms.prompts.keyFiles, commitStyle: terms.prompts.commitStyle,
      leftBySetup: context.traces(of: id).files.keys.sorted(),
      pullRequestTemplate: terms.delivery.route.pullRequests?.template)
  }
}
