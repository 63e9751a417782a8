import Engine
import Git
import Journal
package import Plans

/// The tasks of a plan that a run is about.
package struct Selection: Sendable, Equatable {
  /// The plan with only those tasks; their needs name only one another.
  package let plan: TaskPlan
  /// For each task the needs that were not selected: their branches must hold work already.
  package let externalDependencies: [String: [AgentTask]]

  /// Whether nobody chose among the plan's tasks.
  package let isWholePlan: Bool

  /// All of the plan.
  package init(plan: TaskPlan) {
    isWholePlan = true
    self.plan = plan
    externalDependencies = [:]
  }

  /// - Throws: `PlanError` when an id is not in the plan.
  package init(plan: TaskPlan, ids: [String]) throws(PlanError) {
    isWholePlan = false
    let selection = try plan.selecting(ids)
    let tasks = Dictionary(plan.tasks.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    self.plan = selection.plan
    externalDependencies = Dictionary(grouping: selection.droppedNeeds, by: \.task)
      .mapValues { dropped in dropped.compactMap { tasks[$0.need] } }
  }

  /// The branches that tasks build on although they are not part of the run, by task.
  func externalDependencyRecords(in repository: Repository) throws -> [String: [ExternalDependencyRecord]] {
    var records: [String: [ExternalDependencyRecord]] = [:]
    for (task, needs) in externalDependencies {
      records[task] = try needs.map { need in
        guard let tip = try repository.branch(need.branch) else {
          throw RunError(
            .neededBranchMissing,
            "task '\(task)' needs '\(need.id)', which is not selected and has no branch '\(need.branch)' yet",
            hints: ["select it too: --tasks \(need.id),\(task)"])
        }
        return ExternalDependencyRecord(branch: need.branch, tip: tip.description)
      }
    }
    for item in plan.workItems {
      if let task = item.candidateOf, let known = records[task] { records[item.id] = known }
    }
    return records
  }
}
