package import Basics
package import Journal
package import Plans
package import TodoLists

/// A source that was tried without success.
package struct SourceFailure: Sendable, Equatable, CustomStringConvertible {
  package let source: PlanSource
  /// One line; never holds the key.
  package let reason: String

  package init(source: PlanSource, reason: String) {
    self.source = source
    self.reason = reason
  }

  package var description: String { "\(source.rawValue): \(reason)" }
}

/// How far the making of a plan is.
package enum PlanningProgress: Sendable, Equatable {
  case asked(PlanSource)
  case failed(SourceFailure)
  /// What the source has used so far.
  case used(PlanSource, PlanningUse)
}

/// What a source has used so far.
package struct PlanningUse: Sendable, Equatable {
  /// The model that answers, once it is known.
  package var model: String?
  /// Costs are 0 where nobody has told them.
  package var models: [ModelRecord]
  /// Whether the source itself said what it cost.
  package var isTold: Bool

  package init(model: String? = nil, models: [ModelRecord], isTold: Bool) {
    (self.model, self.models, self.isTold) = (model, models, isTold)
  }

  package var tokens: Int { models.reduce(0) { $0.addingSaturated($1.tokens.total) } }

  /// As told, else by list prices; nil where nobody knows.
  package var cost: Double? {
    if isTold { return models.reduce(0) { finiteSum($0, max(0, $1.cost)) } }
    var sum = 0.0
    for record in models {
      guard let cost = TokenPrices().cost(of: record.tokens, model: record.model) else { return nil }
      sum = finiteSum(sum, cost)
    }
    return sum
  }
}

extension PlanningRecord {
  /// What a plan took in all, the sources that failed included; nil where nobody was paid.
  package init?(_ source: PlanSource, _ uses: [PlanningUse]) {
    let used = uses.filter { $0.tokens > 0 || ($0.cost ?? 0) > 0 }
    guard !used.isEmpty else { return nil }
    let told = used.filter(\.isTold).reduce(0.0) { finiteSum($0, $1.cost ?? 0) }
    let estimated = used.filter { !$0.isTold }.compactMap(\.cost).reduce(0.0, finiteSum)
    self.init(
      source: source.rawValue, cost: told, estimatedCost: estimated > 0 ? estimated : nil,
      models: used.flatMap(\.models))
  }
}

extension PlanSource {
  /// The sources that are asked in turn.
  /// - Parameter client: the one of the usual agent; nil where that makes no plans.
  package func tried(client: PlanSource?) -> [PlanSource] {
    self == .auto ? [.api, client, .markdown].compactMap(\.self) : [self]
  }
}

/// A plan and where it comes from.
package struct GeneratedPlan: Sendable, Equatable {
  package let plan: TaskPlan
  /// Never `auto`.
  package let source: PlanSource
  /// The sources that `auto` tried before, in order.
  package let failures: [SourceFailure]
  /// What `markdown` left out of the to-do list, or understood otherwise; a model's plan has none.
  package let notes: [TodoNote]
  /// Of which items the tasks were made, as far as that is known.
  package let origins: [PlanOrigin]
  /// What making it took; nil where nobody was paid for it.
  package var spent: PlanningRecord?
  /// The list that it was made from, for what comes of it; nil where that has no file.
  package var todo: TodoRecord?
}

/// An item of a to-do list, and the tasks that were made of it.
package struct PlanOrigin: Sendable, Equatable {
  /// Of the item, from 1.
  package let line: Int
  package var tasks: [String]
}

/// Why there is no plan.
package struct PlanGenerationError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// Every source that was asked for failed.
    case failed
    /// The task that waited was cancelled.
    case cancelled
  }

  package let kind: Kind
  package let failures: [SourceFailure]

  package init(_ kind: Kind, _ failures: [SourceFailure]) {
    self.kind = kind
    self.failures = failures
  }

  package var description: String {
    switch kind {
    case .cancelled: "planning was interrupted"
    case .failed: (["no plan could be made"] + failures.map { "  \($0)" }).joined(separator: "\n")
    }
  }
}
