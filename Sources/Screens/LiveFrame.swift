import Agents
import Basics
import Engine
package import Git
import Journal
package import RunViews

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  package import Foundation
#endif

/// All that one drawing of the live view shows: it remembers none of the drawings before.
package struct LiveFrame: Sendable {
  package var view: RunView
  /// What the agents that run do, by task.
  package var activities: [String: TaskActivity] = [:]
  /// What was done in the worktrees, as far as it is known.
  package var amounts: [String: ChangeAmount] = [:]
  /// The set-up commands that run, by task.
  package var setups: [String: String] = [:]
  package var controls = LiveControls()
  package var abilities = LiveControls.Abilities()
  /// US dollars that the run may cost; nil without a limit.
  package var budget: Double?
  /// US dollars a minute; nil as long as it is not known.
  package var rate: Double?
  /// How many attempts a task has at most; nil where that is not known.
  package var mostAttempts: Int?
  /// When an agent that shows nothing is worth a look.
  package var quietAfter: Duration?
  package var clock = LocalClock.system
  /// What tokens are worth that no agent has told the cost of yet.
  let prices: TokenPrices

  package init(_ view: RunView) {
    self.view = view
    budget = view.budget
    prices = TokenPrices(view.accounts)
  }

  var now: Date { view.now }

  /// Whether the task is shown with this filter: by its name, or by a word for its state.
  package func matches(_ row: RunView.Row) -> Bool {
    if controls.showsWorkOnly, row.status.isFinal || row.status == .waiting && activities[row.id] == nil {
      return false
    }
    let wanted = controls.filter.lowercased()
    guard !wanted.isEmpty else { return true }
    let words = [row.id, row.task.header.branch, row.status.rawValue, DisplayState(row.status).rawValue]
    return words.contains { $0.lowercased().contains(wanted) }
  }

  /// What keys move over.
  package var scene: LiveControls.Scene {
    let rows = view.rows.filter(matches)
    return LiveControls.Scene(
      tasks: rows.map(\.id), open: Set(rows.filter { !$0.status.isFinal }.map(\.id)),
      retryable: Set(rows.map { LiveRow($0, in: self) }.filter(\.canRetry).map(\.id)), abilities: abilities)
  }

  func cost(of rows: [LiveRow]) -> (amount: Double, isFinal: Bool) {
    let planning = view.planning
    return (
      rows.reduce(planning?.wholeCost ?? 0) { finiteSum($0, $1.cost) },
      rows.allSatisfy(\.isFinal) && (planning?.estimatedCost ?? 0) == 0
    )
  }

  /// What all agents have read and written so far.
  func tokens(of rows: [LiveRow]) -> Int {
    rows.reduce(view.planning?.accounts.tokens.total ?? 0) { $0.addingSaturated($1.tokens) }
  }

  /// What the run has cost so far, and whether that is still growing.
  package var cost: (amount: Double, isFinal: Bool) {
    cost(of: view.rows.map { LiveRow($0, in: self) })
  }
}

extension TokenPrices {
  /// nil where some of it has no price: a part would look like the whole.
  func cost(of models: [ModelUsage]) -> Double? {
    var sum = 0.0
    for model in models where model.usage.total > 0 {
      guard let cost = cost(of: TokenCounts(model.usage), model: model.model) else { return nil }
      sum = finiteSum(sum, cost)
    }
    return sum
  }
}
