/// A tool call that the agent was refused, and what would allow it.
package struct DeniedRecord: Codable, Equatable, Hashable, Sendable {
  package var tool: String
  package var input: String
  /// The rule or the mode that refused it; nil when it was only that nothing allows it, and in older journals.
  package var deniedBy: String?
  /// A command that allows such calls; nil when no setting should.
  package var remedy: String?

  package init(tool: String, input: String, deniedBy: String? = nil, remedy: String?) {
    self.tool = tool
    self.input = input
    self.deniedBy = deniedBy
    self.remedy = remedy
  }
}

/// A limit that an attempt reached.
package struct LimitRecord: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable { case inactivity, runtime }

  package var kind: Kind
  package var seconds: Double

  package init(kind: Kind, seconds: Double) {
    self.kind = kind
    self.seconds = seconds
  }
}

/// Who worked in an attempt.
package struct AgentRecord: Codable, Equatable, Hashable, Sendable {
  /// As `orchestrator.agent.kind` names it; by it the attempt's stream is read.
  package var kind: String
  /// As the user calls it.
  package var name: String
  package var version: String?
  /// False where there is no client in which a person could go on with its conversation; nil where there is one.
  package var interactive: Bool?

  package init(kind: String, name: String, version: String? = nil, interactive: Bool? = nil) {
    self.kind = kind
    self.name = name
    self.version = version
    self.interactive = interactive
  }

  /// What older journals mean, which do not say.
  package static let ofOlderJournals = AgentRecord(kind: "claude", name: "claude")

  /// "claude 2.1.330".
  package var label: String { version.map { "\(name) \($0)" } ?? name }
}

/// How one life of an agent ended.
package struct AttemptRecord: Codable, Equatable, Sendable {
  /// How the agent's process and its report ended; git's proof is not part of it.
  package enum End: String, Codable, Sendable {
    case succeeded, failed, timedOut = "timed-out", stopped, crashed, notLaunched = "not-launched"
  }

  package var end: End
  /// The limit that ended it; nil when none did, and in journals of schema 1.
  package var limit: LimitRecord?
  /// Why it ended so, in words; nil for a success.
  package var message: String?
  /// `exit status 1`, `killed by signal 9`; nil when no process ran.
  package var exit: String?
  /// The session that can be resumed; nil when none was begun.
  package var session: String?
  /// US dollars of this attempt alone.
  package var cost: Double
  /// US dollars of the whole session up to here, from which a resumed attempt's cost is subtracted.
  package var sessionCost: Double
  package var inputTokens: Int
  package var outputTokens: Int
  /// Tokens that came from the provider's cache, and those that were put there; nil in older journals.
  package var cacheReadTokens: Int?
  package var cacheWriteTokens: Int?
  /// What each model was used for; nil in older journals, and where the agent did not tell.
  package var models: [ModelRecord]?
  /// What an attempt that ended without telling its cost may have cost, by what others of the run did; nil where that is
  /// not known. The session's next attempt tells it as a part of its own.
  package var estimatedCost: Double?
  package var turns: Int
  package var denied: [DeniedRecord]
  /// The agent's last words, shortened.
  package var finalMessage: String?
  /// Lines of the stream that could not be read: kept in the file, counted here.
  package var unreadableLines: Int

  package init(
    end: End, limit: LimitRecord? = nil, message: String? = nil, exit: String? = nil, session: String? = nil,
    cost: Double = 0,
    sessionCost: Double = 0, inputTokens: Int = 0, outputTokens: Int = 0, cacheReadTokens: Int? = nil,
    cacheWriteTokens: Int? = nil, models: [ModelRecord]? = nil, estimatedCost: Double? = nil, turns: Int = 0,
    denied: [DeniedRecord] = [], finalMessage: String? = nil, unreadableLines: Int = 0
  ) {
    self.end = end
    self.limit = limit
    self.message = message
    self.exit = exit
    self.session = session
    self.cost = cost
    self.sessionCost = sessionCost
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.cacheReadTokens = cacheReadTokens
    self.cacheWriteTokens = cacheWriteTokens
    self.models = models
    self.estimatedCost = estimatedCost
    self.turns = turns
    self.denied = denied
    self.finalMessage = finalMessage
    self.unreadableLines = unreadableLines
  }
}
