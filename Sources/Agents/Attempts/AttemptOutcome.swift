package import Processes

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What became of one life of an agent process.
package struct AttemptOutcome: Sendable, Equatable {
  package var end: AttemptEnd
  /// `nil` when the process was never started.
  package var exit: ExitDescription?
  /// The session that can be resumed; `nil` when none began.
  package var sessionID: String?
  /// Of this attempt. An attempt that ended without a result cost something too, which only the session's next result
  /// shows.
  package var costUSD: Double
  /// Of the whole session, as last reported.
  package var sessionCostUSD: Double
  /// Of this attempt; of one that ended without a result, what the API counted until then.
  package var usage: TokenUsage
  /// The same by model, with its cost as far as the agent told.
  package var models: [ModelUsage] = []
  package var turns: Int
  package var duration: Duration
  package var denied: [DeniedTool]
  package var finalMessage: String?
  /// The last answer by the schema that was asked for; nil when none came.
  package var structuredAnswer: Data?
  /// What its last `git commit` said, if that failed.
  package var failedCommit: String?
  package var counts: StreamCounts
  /// What was left running and could not be ended; empty but in the worst of cases.
  package var survivors: Set<ProcessIdentity>
  /// Whether it was never launched because the system had no process, memory or descriptor left: later it may have.
  package var isForWantOfMeans = false

  package var inputTokens: Int { usage.input }
  package var outputTokens: Int { usage.output }
  package var cacheReadTokens: Int { usage.cacheRead }

  package init(
    end: AttemptEnd, exit: ExitDescription? = nil, sessionID: String? = nil, costUSD: Double = 0,
    sessionCostUSD: Double = 0, usage: TokenUsage = TokenUsage(), turns: Int = 0, duration: Duration = .zero,
    denied: [DeniedTool] = [], finalMessage: String? = nil, structuredAnswer: Data? = nil,
    failedCommit: String? = nil, counts: StreamCounts = StreamCounts(), survivors: Set<ProcessIdentity> = []
  ) {
    self.end = end
    self.exit = exit
    self.sessionID = sessionID
    self.costUSD = costUSD
    self.sessionCostUSD = sessionCostUSD
    self.usage = usage
    self.turns = turns
    self.duration = duration
    self.denied = denied
    self.finalMessage = finalMessage
    self.structuredAnswer = structuredAnswer
    self.failedCommit = failedCommit
    self.counts = counts
    self.survivors = survivors
  }
}

package enum AttemptEnd: Sendable, Equatable {
  /// The agent says that it did its work; what it did is for git to say.
  case succeeded
  case failed(AgentFailure)
  /// A limit was reached, which was `after`.
  case timedOut(TimeoutKind, after: Duration)
  /// By our own wish.
  case stopped
  /// It ended without a result, or not as its result said.
  case crashed(String)
  case notLaunched(String)
}

extension AttemptEnd: CustomStringConvertible {
  /// Why the attempt ended so, as a clause.
  package var description: String {
    switch self {
    case .succeeded: "finished"
    case .failed(let failure): failure.message
    case .timedOut(.inactivity, let limit): "no activity for \(limit.components.seconds) s"
    case .timedOut(.runtime, let limit): "not finished after \(limit.components.seconds) s"
    case .stopped: "stopped"
    case .crashed(let message), .notLaunched(let message): message
    }
  }
}

package enum TimeoutKind: String, Sendable, Equatable {
  case inactivity
  case runtime
}

/// Why an agent says that it failed.
package struct AgentFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    case overloaded
    case rateLimited(retryAfter: Duration?)
    /// The subscription's allowance, or the credit, is used up.
    case usageLimit(resetsAt: Date?)
    case notLoggedIn
    case invalidKey
    case unknownModel
    case promptTooLong
    /// The API does not take the request (400), and would not take it again: what is wrong is in the conversation.
    case badRequest
    case sessionNotFound
    case maxTurns
    case maxBudget
    /// 5xx, or the API cannot be reached.
    case serverError
    case other
  }

  package var kind: Kind
  /// In the agent's words, on one line.
  package var message: String

  package init(kind: Kind, message: String) {
    self.kind = kind
    self.message = message
  }

  package var description: String { message }
}
