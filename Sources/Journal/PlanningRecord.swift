import Basics

/// What making the plan of a run took, where somebody was paid for it.
package struct PlanningRecord: Codable, Equatable, Sendable {
  /// `claude`, `api`: what made it, or `markdown` after those had failed.
  package var source: String
  /// US dollars, as far as it was told.
  package var cost: Double
  /// US dollars for the rest, by list prices; nil where all was told, or no price is known.
  package var estimatedCost: Double?
  package var models: [ModelRecord]

  package init(source: String, cost: Double, estimatedCost: Double? = nil, models: [ModelRecord]) {
    self.source = source
    self.cost = cost
    self.estimatedCost = estimatedCost
    self.models = models
  }

  package var accounts: Accounts { models.reduce(into: Accounts()) { $0.add(Accounts($1)) } }

  /// Told and estimated, from nothing up.
  package var wholeCost: Double { finiteSum(max(0, cost), max(0, estimatedCost ?? 0)) }
}

/// A setting as it was when a run began.
package struct SettingRecord: Codable, Equatable, Sendable {
  /// `orchestrator.agent.model`.
  package var name: String
  package var value: String
  /// Where it was set.
  package var origin: String

  package init(name: String, value: String, origin: String) {
    self.name = name
    self.value = value
    self.origin = origin
  }
}

extension PlanningRecord: JournalValue {}
