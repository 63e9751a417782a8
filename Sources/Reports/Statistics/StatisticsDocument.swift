package import Journal

/// Statistics as JSON, schema version 1: fields may be added within it, none is renamed or removed.
package struct StatisticsDocument: Encodable {
  package struct Model: Encodable {
    package let model: String
    package let costUSD: Double
    package let tokens: TokenCounts
  }

  package struct Group: Encodable {
    package let name: String
    package let tasks: Int
    /// Omitted of models, of which a task may have several.
    package let succeeded: Int?
    package let attempts: Int?
    package let costUSD: Double
    package let tokens: TokenCounts
    package let agentSeconds: Double?
  }

  package let schema = 1
  package let runs: Int
  package let reviews: Int
  package let landings: Int
  package let firstStartedAt: JournalTime?
  package let lastStartedAt: JournalTime?
  package let tasks: Int
  /// How many tasks are at each status.
  package let statuses: [String: Int]
  package let attempts: Int
  package let costUSD: Double
  package let tokens: TokenCounts
  /// What of the cost was for making plans.
  package let planningCostUSD: Double
  /// What of the attempts, their cost and their time was for fixing branches that did not land as they were.
  package let fixAttempts: Int
  package let fixCostUSD: Double
  package let fixSeconds: Double
  package let models: [Model]
  package let agentSeconds: Double
  package let runSeconds: Double
  package let by: String
  package let groups: [Group]

  package init(_ statistics: RunStatistics) {
    runs = statistics.runs
    reviews = statistics.reviews
    landings = statistics.landings
    firstStartedAt = statistics.first
    lastStartedAt = statistics.last
    tasks = statistics.tasks
    statuses = Dictionary(statistics.counts.map { ($0.status.rawValue, $0.count) }, uniquingKeysWith: +)
    let accounts = statistics.accounts
    attempts = accounts.attempts
    costUSD = accounts.cost
    tokens = accounts.tokens
    planningCostUSD = statistics.planning.cost
    (fixAttempts, fixCostUSD) = (statistics.fixes.attempts, statistics.fixes.cost)
    fixSeconds = statistics.fixes.seconds
    models = accounts.models.map { Model(model: $0.model, costUSD: $0.cost, tokens: $0.tokens) }
    agentSeconds = accounts.seconds
    runSeconds = statistics.seconds
    by = statistics.grouping.rawValue
    let isByModel = statistics.grouping == .model
    groups = statistics.groups.map {
      Group(
        name: $0.name, tasks: $0.tasks, succeeded: isByModel ? nil : $0.succeeded,
        attempts: isByModel ? nil : $0.accounts.attempts, costUSD: $0.accounts.cost, tokens: $0.accounts.tokens,
        agentSeconds: isByModel ? nil : $0.accounts.seconds)
    }
  }
}
