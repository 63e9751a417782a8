import Basics

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// One thing an agent reported, in words that are the same for every agent.
///
/// All texts are bounded in length and free of control characters (``plainText(_:limit:keepsLines:)``).
package enum AgentEvent: Sendable, Equatable {
  case initialised(SessionStart)
  case text(String)
  /// What it thought before it spoke or acted, where the client tells.
  case thinking(String)
  case toolUse(ToolUse)
  case toolResult(ToolResult)
  /// The agent is at work, with nothing to show: part of an answer, a tool's heartbeat, a hook.
  case progress
  /// The agent waits for the API: a ping, a request sent. Continues forever when the API stalls.
  case waiting
  case apiRetry(APIRetry)
  /// An API failure the agent gave up on; the result that follows says the same.
  case apiError(APIFailure)
  case denied(DeniedTool)
  case rateLimit(RateLimitNotice)
  case result(AgentResult)
  /// Tokens that a model has just taken, as the API counts them; the result has them all once more.
  case usage(ModelUsage)
  /// An event of a type this reader does not know.
  case other(type: String)

  /// Whether the agent is getting on: all but API pings and retries.
  package var isProgress: Bool {
    switch self {
    case .waiting, .apiRetry: false
    default: true
    }
  }
}

package struct SessionStart: Sendable, Equatable {
  package struct MCPServer: Sendable, Equatable {
    package var name: String
    /// "connected", "failed", …: the only place where a server that could not start is reported.
    package var status: String

    package init(name: String, status: String) {
      self.name = name
      self.status = status
    }
  }

  package var sessionID: String
  package var model: String
  package var permissionMode: String
  package var mcpServers: [MCPServer]
  package var agentVersion: String

  package init(sessionID: String, model: String, permissionMode: String, mcpServers: [MCPServer], agentVersion: String)
  {
    self.sessionID = sessionID
    self.model = model
    self.permissionMode = permissionMode
    self.mcpServers = mcpServers
    self.agentVersion = agentVersion
  }
}

package struct ToolUse: Sendable, Equatable {
  package var id: String
  package var name: String
  /// The input's telling part: the command, the path, the query.
  package var summary: String

  package init(id: String, name: String, summary: String) {
    self.id = id
    self.name = name
    self.summary = summary
  }
}

package struct ToolResult: Sendable, Equatable {
  package var toolUseID: String
  package var summary: String
  package var isError: Bool

  package init(toolUseID: String, summary: String, isError: Bool) {
    self.toolUseID = toolUseID
    self.summary = summary
    self.isError = isError
  }
}

package struct APIRetry: Sendable, Equatable {
  package var attempt: Int
  package var maxRetries: Int
  package var delay: Duration
  /// The HTTP status; `nil` when no answer came.
  package var status: Int?
  package var error: String

  package init(attempt: Int, maxRetries: Int, delay: Duration, status: Int? = nil, error: String) {
    self.attempt = attempt
    self.maxRetries = maxRetries
    self.delay = delay
    self.status = status
    self.error = error
  }
}

package struct APIFailure: Sendable, Equatable {
  /// The agent's own word: "authentication_failed", "rate_limit", "server_error", "model_not_found", …
  package var kind: String
  package var status: Int?
  package var message: String

  package init(kind: String, status: Int? = nil, message: String) {
    self.kind = kind
    self.status = status
    self.message = message
  }
}

package struct RateLimitNotice: Sendable, Equatable {
  /// "allowed", "allowed_warning" or "rejected".
  package var status: String
  package var resetsAt: Date?
  /// The window that is meant: "five_hour", "seven_day", …
  package var window: String

  package init(status: String, resetsAt: Date? = nil, window: String) {
    self.status = status
    self.resetsAt = resetsAt
    self.window = window
  }
}

/// What an agent says at the end of a turn round. There may be several in one run; the last counts.
package struct AgentResult: Sendable, Equatable {
  /// Why it failed, if it says that it did.
  package var failure: AgentFailure?
  package var text: String?
  package var sessionID: String?
  package var turns: Int
  /// Of the whole session so far, earlier processes included; 0 where the agent does not tell.
  package var sessionCostUSD: Double
  /// Since the result before this one, in this process.
  package var usage: TokenUsage
  /// The same by model, with its cost; empty where the agent does not tell.
  package var models: [ModelUsage] = []
  package var denied: [DeniedTool]
  /// The answer by ``AgentOptions/answerSchema``, as JSON of at most a megabyte.
  package var structuredAnswer: Data?

  package init(
    failure: AgentFailure? = nil, text: String? = nil, sessionID: String? = nil, turns: Int,
    sessionCostUSD: Double = 0, usage: TokenUsage = TokenUsage(), models: [ModelUsage] = [],
    denied: [DeniedTool] = [], structuredAnswer: Data? = nil
  ) {
    self.failure = failure
    self.text = text
    self.sessionID = sessionID
    self.turns = turns
    self.sessionCostUSD = sessionCostUSD
    self.usage = usage
    self.models = models
    self.denied = denied
    self.structuredAnswer = structuredAnswer
  }
}

/// What one model was used for.
package struct ModelUsage: Sendable, Equatable {
  /// As the agent names it.
  package var model: String
  package var usage: TokenUsage
  /// 0 where it is not known.
  package var costUSD: Double

  package init(model: String, usage: TokenUsage, costUSD: Double = 0) {
    self.model = model
    self.usage = usage
    self.costUSD = costUSD
  }
}

package struct TokenUsage: Sendable, Equatable, Codable {
  package var input = 0
  package var output = 0
  package var cacheRead = 0
  package var cacheCreation = 0

  package init(input: Int = 0, output: Int = 0, cacheRead: Int = 0, cacheCreation: Int = 0) {
    (self.input, self.output, self.cacheRead, self.cacheCreation) = (input, output, cacheRead, cacheCreation)
  }

  package var total: Int {
    input.addingSaturated(output).addingSaturated(cacheRead).addingSaturated(cacheCreation)
  }

  /// What came in addition to `earlier`; never less than nothing.
  package func minus(_ earlier: TokenUsage) -> TokenUsage {
    TokenUsage(
      input: max(0, input - earlier.input), output: max(0, output - earlier.output),
      cacheRead: max(0, cacheRead - earlier.cacheRead), cacheCreation: max(0, cacheCreation - earlier.cacheCreation))
  }

  package static func += (total: inout TokenUsage, part: TokenUsage) {
    total.input = total.input.addingSaturated(part.input)
    total.output = total.output.addingSaturated(part.output)
    total.cacheRead = total.cacheRead.addingSaturated(part.cacheRead)
    total.cacheCreation = total.cacheCreation.addingSaturated(part.cacheCreation)
  }
}
