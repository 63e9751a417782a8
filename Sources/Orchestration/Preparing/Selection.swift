import Git
import Journal
package import Planning

/// The tasks of a plan that a run is about.
package struct Selection: Sendable, Equatable {
  /// The plan with only those tasks; their needs name only one another.
  package let plan: TaskPlan
  /// For each task the needs that were not selected: their branches must hold work already.
  package let outerNeeds: [String: [AgentTask]]

  /// All of the plan.
  package init(plan: TaskPlan) {
    self.plan = plan
    outerNeeds = [:]
  }

  /// - Throws: `PlanError` when an id is not in the plan.
  package init(plan: TaskPlan, ids: [String]) throws(PlanError) {
    let selection = try plan.selecting(ids)
    let tasks = Dictionary(plan.tasks.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    self.plan = selection.plan
    outerNeeds = Dictionary(grouping: selection.droppedNeeds, by: \.task)
      .mapValues { dropped in dropped.compactMap { tasks[$0.need] } }
  }

  /// The branches that tasks build on although they are not part of the run, by task.
  func outerNeedRecords(in repository: Repository) throws -> [String: [OuterNeedRecord]] {
    var records: [String: [OuterNeedRecord]] = [:]
    for (task, needs) in outerNeeds {
      records[task] = try needs.map { need in
        guard let tip = try repository.branch(need.branch) else {
          throw RunError(
            .neededBranchMissing,
            "task '\(task)' needs '\(need.id)', which is not selected and has no branch '\(need.branch)' yet",
            hints: ["select it too: --tasks \(need.id),\(task)"])
        }
        return OuterNeedRecord(branch: need.branch, tip: tip.description)
      }
    }
    return records
  }
}
