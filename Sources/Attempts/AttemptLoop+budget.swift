import Agents
import Engine
import Journal
import Processes

extension AttemptLoop {
  /// A stop of one attempt: rises with the task's, or alone when the run's budget is used up.
  func attemptStop() async -> StopRequest {
    let stop = StopRequest(following: context.stop)
    await context.budget.begin(work.id, stop: stop)
    return stop
  }

  /// How the task ends when no attempt may follow since the run's budget is used up; nil while it is not.
  func overBudgetEnding() async -> TaskEnding? {
    guard case .overBudget(let reason) = await context.gate.status else { return nil }
    return TaskEnding(status: .overBudget, message: reason, advice: [RunBudget.advice])
  }

  /// The record of an attempt's end, with an estimate where it could not tell its cost.
  func record(_ outcome: AttemptOutcome) async -> AttemptRecord {
    var record = AttemptRecord(outcome)
    record.estimatedCost = await context.budget.estimate(of: outcome)
    return record
  }
}

extension RunBudget {
  /// What the user can do.
  package static let advice = "raise orchestrator.run.maxBudgetUsd, then: git orch run --continue"
}
