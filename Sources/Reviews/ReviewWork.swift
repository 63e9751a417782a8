import Agents
import Attempts
import Engine
import Forges
import Git
import Guarding
import Journal
import MCPServers
import Settings
import SystemPackage

/// A pull request as a reviewing agent's work: complete once there is a verdict that can be used, and git says that the
/// worktree is as it should be.
struct ReviewWork: AgentWork {
  let context: RunContext
  let terms: ReviewOptions
  let id: String
  let change: ReviewedChange
  let site: ReviewWorktree
  let prompt: ReviewPrompt
  /// The project's rules as its base has them; those of the pull request itself are a stranger's.
  let rules: FilePath?
  let failure: ReviewPrompt.FailedTests?
  /// The number of the last attempt that was about an earlier head of the pull request.
  let voidAttempts: Int

  var worktree: FilePath { site.worktree }
  var branch: String? { site.branch }

  var isForeign: Bool { change.isForeign }

  func obstacle() async throws -> String? {
    try await WorktreeCheck(context: context, task: id, name: site.name, path: site.worktree, branch: site.branch)
      .fault()
  }

  func options() throws -> AgentOptions {
    let settings = context.place.settings
    var permissions = terms.permissions
    permissions.testCommand = prompt.mayTest ? terms.prompts.testCommand : nil
    return AgentOptions(
      model: context.agent.model, permissions: permissions, maxTurns: settings[.agentMaxTurns],
      maxBudgetUSD: settings[.agentMaxBudgetUsd], systemPromptFile: rules, answerSchema: Verdict.schema,
      mcpServers: isForeign ? terms.mcp.servers(withholding: ForgeLogins.contains) : terms.mcp.servers)
  }

  func firstPrompt() -> String {
    guard let failure else { return prompt.first() }
    return prompt.next(
      after: "the tests failed at the commit that was approved", failure: failure, state: nil, resumed: false,
      isAnew: false)
  }

  func nextPrompt(after reason: String, resumed: Bool) async -> String {
    let attempts = await context.journal.state[task: id]?.attempts.count ?? 0
    return prompt.next(
      after: reason, failure: failure, state: try? await examine(), resumed: resumed, isAnew: attempts <= voidAttempts)
  }

  func examine(_ outcome: AttemptOutcome) async throws -> Verification<ReviewResult> {
    let proof = try await examine()
    let faults = proof.faults.filter { $0 != .noCommits }
    if !faults.isEmpty {
      return .incomplete(
        .init(
          reason: CompletionProof(tip: proof.tip, commits: proof.commits, faults: faults).reason, status: .failed,
          isWorthAnother: true, advice: proof.remedies.map { "if it is to be pushed as it is: \($0)" }))
    }
    do throws(Verdict.Fault) {
      let verdict = try Verdict.decode(
        outcome.structuredAnswer, commit: proof.tip.description, hasFixes: !proof.commits.isEmpty)
      return .complete(ReviewResult(verdict: verdict, tip: proof.tip, fixes: proof.commits))
    } catch {
      return .incomplete(.init(reason: error.reason, status: .failed, isWorthAnother: true))
    }
  }

  private func examine() async throws -> CompletionProof {
    var pushRules = terms.rules
    pushRules.knownCommits = [change.base]
    return try await CompletionProof.examine(
      worktree: worktree, branch: site.branch, start: change.head, environment: context.place.environment,
      rules: pushRules)
  }
}
