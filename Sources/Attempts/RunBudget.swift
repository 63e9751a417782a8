import Agents
import Basics
import Engine
package import Journal
import Processes
package import Settings
import Trace

/// What the agents of a run may cost together (`orchestrator.run.maxBudgetUsd`).
///
/// What is spent is known at the end of each attempt, from what its agent told. In between, three things keep the run
/// near its budget:
/// - The client gets what is left as its own limit, and knows what an answer costs. Others may spend the same rest at
///   the same time, so that a run of n agents can overshoot by as much as n - 1 answers and rests.
/// - The tokens of those at work are counted as the API tells them, and valued by `TokenPrices`, as on the screen. Where
///   those know no price, there is no estimate.
/// - An attempt that ended without telling, since it was stopped or killed, counts as estimated until its session tells.
package actor RunBudget {
  package let limit: Double?
  private let mode: BudgetMode
  private let journal: RunJournal
  private let gate: AdmissionGate
  private var running: [String: Running] = [:]
  private var prices = TokenPrices()
  /// As the journal has it.
  private var spent = 0.0
  private var isReached = false

  private struct Running {
    let stop: StopRequest
    var used = ModelUsages()
  }

  package init(limit: Double?, mode: BudgetMode, journal: RunJournal, gate: AdmissionGate) {
    self.limit = limit
    self.mode = mode
    self.journal = journal
    self.gate = gate
  }

  /// Writes it down, before the first attempt.
  package func begin() async throws {
    guard let limit else { return }
    try await journal.append(.budgetSet(budget: limit))
    await learn()
    try await check()
  }

  /// An attempt begins, or is taken over. `stop` ends it alone.
  func begin(_ task: String, stop: StopRequest) {
    guard limit != nil else { return }
    running[task] = Running(stop: stop)
    // It was admitted a moment before the others had spent the rest.
    if isReached, mode == .stop { stop.raise(to: .graceful) }
  }

  /// Notes what an agent has just used.
  func note(_ part: ModelUsage, of task: String) async {
    guard limit != nil, running[task] != nil else { return }
    running[task]?.used.add(part)
    // A journal that fails here fails at the attempt's end too, where it can be thrown.
    try? await check()
  }

  /// What an attempt has cost that did not tell; nil where it told, or nobody knows.
  func estimate(of outcome: AttemptOutcome) async -> Double? {
    guard outcome.costUSD <= 0, outcome.usage.total > 0 else { return nil }
    // Without a limit, nothing was learned so far.
    if limit == nil { await learn() }
    let value = value(of: outcome.models)
    return value > 0 ? value : nil
  }

  /// The attempt's end is in the journal.
  func end(_ task: String) async throws {
    guard limit != nil else { return }
    running[task] = nil
    await learn()
    try await check()
  }

  /// The most that the next attempt's own client may spend.
  func cap(_ own: Double?) -> Double? {
    guard let limit, mode == .stop else { return own }
    // The client takes no limit of nothing.
    let rest = max(0.000_001, limit - spent - estimated)
    return min(own ?? rest, rest)
  }

  private var estimated: Double { running.values.reduce(0) { finiteSum($0, value(of: $1.used.all)) } }

  private func value(of models: [ModelUsage]) -> Double {
    models.reduce(0) { finiteSum($0, prices.cost(of: TokenCounts($1.usage), model: $1.model) ?? 0) }
  }

  private func learn() async {
    let state = await journal.state
    spent = finiteSum(state.cost, state.estimatedCost)
    prices = TokenPrices(state.accounts)
  }

  private func check() async throws {
    guard let limit, !isReached, finiteSum(spent, estimated) >= limit - 0.000_001 else { return }
    isReached = true
    let estimated = estimated
    Trace.note(.decision, "budget: \(spent) and about \(estimated) of \(limit) dollars")
    try await journal.append(.budgetReached(spent: spent, estimated: estimated, budget: limit))
    try await gate.halt(reason: Self.reason(spent: finiteSum(spent, estimated), of: limit), isOverBudget: true)
    guard mode == .stop else { return }
    for attempt in running.values { attempt.stop.raise(to: .graceful) }
  }

  static func reason(spent: Double, of limit: Double) -> String {
    "over budget: \(amount(spent)) of \(amount(limit)) are spent"
  }

  /// In cents; to a hundredth of one where that would be nothing.
  package static func amount(_ dollars: Double) -> String {
    guard dollars < 1e12 else { return "$?" }
    let places = dollars > 0 && dollars < 0.1 ? 10_000 : 100
    let scaled = Int((dollars * Double(places)).rounded())
    let fraction = String(scaled % places)
    let digits = places == 100 ? 2 : 4
    return "$\(scaled / places)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
