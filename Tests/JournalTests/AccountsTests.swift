import Foundation
import Testing

@testable import Journal

/// What attempts took is summed up without losing, doubling or trusting anything.
@Suite struct AccountsTests {
  private func state(_ results: [AttemptRecord]) -> RunState {
    var state = RunState(header: JournalSamples.header, startedAt: JournalSamples.time)
    for (index, result) in results.enumerated() {
      let time = JournalTime(JournalSamples.time.date.addingTimeInterval(Double(index) * 60))
      let session = result.session ?? "s"
      let events: [JournalEvent] = [
        .attemptStarting(task: "one", attempt: index + 1, session: session, resumed: index > 0),
        .attemptEnded(task: "one", attempt: index + 1, result: result),
      ]
      for event in events { state.apply(JournalEntry(time: time, event: event)) }
    }
    return state
  }

  @Test func `models are summed up by name, and the rest is not told`() {
    let opus = ModelRecord(model: "opus", cost: 0.5, inputTokens: 10, outputTokens: 5, cacheReadTokens: 100)
    let accounts = state([
      AttemptRecord(
        end: .succeeded, cost: 0.75, inputTokens: 10, outputTokens: 5, cacheReadTokens: 100, models: [opus]),
      AttemptRecord(end: .failed, cost: 0.25, inputTokens: 7, outputTokens: 3),
      AttemptRecord(
        end: .succeeded, cost: 0.5, inputTokens: 10, outputTokens: 5, cacheReadTokens: 100, models: [opus]),
    ]).accounts
    #expect(accounts.attempts == 3)
    #expect(accounts.cost == 1.5)
    #expect(accounts.tokens == TokenCounts(input: 27, output: 13, cacheRead: 200))
    #expect(accounts.models.map(\.model) == ["not told", "opus"])
    #expect(accounts.models.map(\.cost) == [0.5, 1])
    #expect(accounts.models.map(\.outputTokens) == [3, 10])
  }

  @Test func `absurd numbers trap nothing and stay numbers`() throws {
    let huge = ModelRecord(
      model: "x", cost: .greatestFiniteMagnitude, inputTokens: .max, outputTokens: .max, cacheReadTokens: .max,
      cacheWriteTokens: .min)
    let record = AttemptRecord(
      end: .succeeded, cost: .greatestFiniteMagnitude, inputTokens: .max, outputTokens: .min, cacheReadTokens: .max,
      cacheWriteTokens: .max, models: [huge, huge])
    let accounts = state([record, record]).accounts
    #expect(accounts.cost.isFinite)
    #expect(accounts.tokens.total == .max)
    #expect(try JSONEncoder().encode(accounts).count > 0)
  }

  @Test func `names without end are counted together`() {
    let models = (0..<200).map { ModelRecord(model: "model-\($0)", cost: 0.01, inputTokens: 1) }
    let accounts = state([AttemptRecord(end: .succeeded, cost: 2, inputTokens: 200, models: models)]).accounts
    #expect(accounts.models.count <= 51)
    #expect(accounts.models.reduce(0) { $0 + $1.inputTokens } == 200)
  }

  @Test func `an estimate counts until the session tells`() {
    let stopped = AttemptRecord(end: .stopped, session: "s", estimatedCost: 0.5)
    #expect(state([stopped]).estimatedCost == 0.5)
    #expect(state([stopped, AttemptRecord(end: .succeeded, session: "s", cost: 0.7)]).estimatedCost == 0)
    #expect(state([stopped, AttemptRecord(end: .succeeded, session: "t", cost: 0.7)]).estimatedCost == 0.5)
  }

  @Test func `what a plan took is part of its run`() {
    var state = RunState(header: JournalSamples.header, startedAt: JournalSamples.time)
    let model = ModelRecord(model: "m", cost: 0.25, inputTokens: 7)
    state.apply(
      JournalEntry(
        time: JournalSamples.time,
        event: .planPaid(planning: PlanningRecord(source: "api", cost: 0.25, estimatedCost: 0.5, models: [model]))))
    #expect(state.cost == 0.25 && state.estimatedCost == 0.5)
    #expect(state.accounts.tokens.total == 7 && state.accounts.attempts == 0)
    #expect(RunFigures(state).planning?.cost == 0.25)
  }

  @Test func `the budget of a run is that of its newest process`() {
    var state = RunState(header: JournalSamples.header, startedAt: JournalSamples.time)
    func note(_ event: JournalEvent) { state.apply(JournalEntry(time: JournalSamples.time, event: event)) }
    note(.budgetSet(budget: 4))
    note(.budgetReached(spent: 3.5, estimated: 0.5, budget: 4))
    #expect(state.budget == 4)
    #expect(state.budgetReached?.spent == 3.5)
    note(
      .continued(
        process: JournalSamples.header.process, version: "2", jobs: 1, agent: "claude", tasks: ["one"]))
    #expect(state.budget == nil)
    #expect(state.budgetReached == nil)
  }
}
