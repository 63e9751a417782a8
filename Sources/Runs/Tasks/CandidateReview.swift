import Agents
import Attempts
import Candidates
import Engine
import Git
import Journal
import MCPServers
import Settings
import SystemPackage

/// The comparison of candidates as a reviewing agent's work: complete once there is a verdict on each of them, and git
/// says that the worktree is as it was.
struct CandidateReview: AgentWork {
  let context: RunContext
  let terms: TaskOptions
  let id: String
  let branch: String?
  let check: WorktreeCheck
  let start: ObjectID
  let permissions: ToolPermissions
  let prompt: CandidatePrompt
  let candidates: [(number: Int, id: String, tip: String)]

  var worktree: FilePath { check.path }

  func obstacle() async throws -> String? { try await check.fault() }

  func options() throws -> AgentOptions {
    let settings = context.place.settings
    return AgentOptions(
      model: context.agent.model, permissions: permissions, maxTurns: settings[.agentMaxTurns],
      maxBudgetUSD: settings[.agentMaxBudgetUsd],
      systemPromptFile: try ProjectRules.file(from: worktree, for: id, in: context.journal.folder),
      answerSchema: CandidateVerdicts.schema, mcpServers: terms.mcp.servers)
  }

  func firstPrompt() -> String { prompt.first() }

  func nextPrompt(after reason: String, resumed: Bool) async -> String { prompt.next(after: reason, resumed: resumed) }

  func examine(_ outcome: AttemptOutcome) async throws -> Verification<[CandidateReviewRecord]> {
    let proof = try await CompletionProof.examine(
      worktree: worktree, branch: branch ?? id, start: start, environment: context.place.environment,
      traces: context.traces(of: id))
    let faults = proof.faults.filter { $0 != .noCommits }
    if !faults.isEmpty || !proof.commits.isEmpty {
      let reason =
        proof.commits.isEmpty
        ? CompletionProof(tip: proof.tip, commits: [], faults: faults).reason
        : "it committed something, and was to change nothing"
      return .incomplete(.init(reason: reason, status: .failed, isWorthAnother: proof.commits.isEmpty))
    }
    do throws(CandidateVerdicts.Fault) {
      return .complete(try CandidateVerdicts.decode(outcome.structuredAnswer, about: candidates))
    } catch {
      return .incomplete(.init(reason: error.reason, status: .failed, isWorthAnother: true))
    }
  }
}
