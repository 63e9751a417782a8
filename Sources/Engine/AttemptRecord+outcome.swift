package import Agents
package import Journal
import Processes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension AttemptRecord {
  /// What the journal keeps of an attempt's outcome.
  package init(_ outcome: AttemptOutcome) {
    let end: End =
      switch outcome.end {
      case .succeeded: .succeeded
      case .failed: .failed
      case .timedOut: .timedOut
      case .stopped: .stopped
      case .crashed: .crashed
      case .notLaunched: .notLaunched
      }
    self.init(
      end: end, limit: LimitRecord(outcome.end),
      message: outcome.end == .succeeded ? nil : outcome.end.description, exit: outcome.exit?.description,
      session: outcome.sessionID, cost: outcome.costUSD, sessionCost: outcome.sessionCostUSD,
      inputTokens: outcome.inputTokens, outputTokens: outcome.outputTokens,
      cacheReadTokens: outcome.usage.cacheRead, cacheWriteTokens: outcome.usage.cacheCreation,
      models: outcome.models.isEmpty
        ? nil
        : outcome.models.map(ModelRecord.init),
      turns: outcome.turns,
      denied: outcome.denied.map {
        DeniedRecord(tool: $0.tool, input: $0.summary, deniedBy: $0.deniedBy, remedy: $0.suggestion)
      },
      finalMessage: outcome.finalMessage.map { String($0.prefix(2000)) },
      unreadableLines: outcome.counts.badLines + outcome.counts.overlongLines)
  }
}

extension ModelRecord {
  package init(_ usage: ModelUsage) {
    self.init(
      model: usage.model, cost: usage.costUSD, inputTokens: usage.usage.input, outputTokens: usage.usage.output,
      cacheReadTokens: usage.usage.cacheRead, cacheWriteTokens: usage.usage.cacheCreation)
  }
}

extension AgentRecord {
  package init(_ agent: any Agent) {
    self.init(
      kind: agent.kind, name: agent.name, version: agent.version,
      interactive: agent.capabilities.isInteractive ? nil : false)
  }
}

extension TokenUsage {
  /// What an attempt's record has of it.
  package init(_ record: AttemptRecord) {
    self.init(
      input: record.inputTokens, output: record.outputTokens, cacheRead: record.cacheReadTokens ?? 0,
      cacheCreation: record.cacheWriteTokens ?? 0)
  }
}

extension TokenCounts {
  package init(_ usage: TokenUsage) {
    self.init(
      input: usage.input, output: usage.output, cacheRead: usage.cacheRead, cacheWrite: usage.cacheCreation)
  }
}

extension LimitRecord {
  /// nil for an attempt that no limit ended.
  fileprivate init?(_ end: AttemptEnd) {
    guard case .timedOut(let kind, let limit) = end else { return nil }
    self.init(kind: kind == .inactivity ? .inactivity : .runtime, seconds: limit / .seconds(1))
  }
}

extension AttemptState {
  /// Whether there is anything to resume: a session in which the agent got an answer, as far as it told.
  package var holdsConversation: Bool {
    guard let result else { return true }
    let wasTurnedAway = result.end == .failed && result.outputTokens == 0 && result.cost == 0
    return result.session != nil && !wasTurnedAway
  }
}

extension AgentSession {
  package var isResumed: Bool { if case .resumed = self { true } else { false } }

  package var id: String {
    switch self {
    case .new(let id): id.uuidString.lowercased()
    case .resumed(let id, _, _): id
    }
  }
}
