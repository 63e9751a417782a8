import Basics
package import SystemPackage

/// The tasks of a run with their settings: what `task_config.yaml` holds.
///
/// A value of this type is valid: ids and branches are unique and safe, needs exist and form no cycle.
package struct TaskPlan: Sendable, Equatable {
  package let settings: PlanSettings
  /// In the order of the file; at least one.
  package let tasks: [AgentTask]

  /// A plan made in memory, checked by the same rules as a file; `origin` is what error messages name in its place.
  package init(settings: PlanSettings = PlanSettings(), tasks: [AgentTask], origin: String? = nil) throws(PlanError) {
    try self.init(PlanDraft(settings: settings, tasks: tasks.map { TaskDraft($0) }), file: origin)
  }

  /// The plan in a YAML text; `file` is its name in error messages.
  package init(yaml: String, file: String) throws(PlanError) {
    try self.init(PlanReader.draft(from: yaml, file: file), file: file)
  }

  private init(_ draft: PlanDraft, file: String?) throws(PlanError) {
    let problems = draft.problems(file: file)
    guard problems.isEmpty else { throw PlanError(.invalid, problems) }
    settings = draft.settings
    tasks = draft.tasks.map(\.task)
  }

  /// Reads a plan file of at most 10 MB; `displayName` is its name in error messages.
  package static func read(_ path: FilePath, displayName: String) throws(PlanError) -> TaskPlan {
    let text: String
    do {
      text = try TextFile.read(path)
    } catch {
      let advice =
        switch error {
        case .missing, .empty: "; write a plan with 'git orch generate TODO'"
        default: ""
        }
      throw PlanError(.unreadable(error), [PlanProblem(file: displayName, message: error.summary + advice)])
    }
    return try TaskPlan(yaml: text, file: displayName)
  }

  /// The tasks such that each comes after all it needs; otherwise in the order of the file.
  package var tasksInOrder: [AgentTask] {
    let places = Dictionary(uniqueKeysWithValues: tasks.enumerated().map { ($1.id, $0) })
    var ordered: [AgentTask] = []
    var state = [Visit](repeating: .new, count: tasks.count)
    // By hand rather than by recursion: a chain of needs may be longer than the stack is deep.
    for start in tasks.indices where state[start] == .new {
      var path = [start]
      while let place = path.last {
        state[place] = .open
        let next = tasks[place].needs.compactMap { places[$0] }.first { state[$0] == .new }
        if let next {
          path.append(next)
        } else {
          path.removeLast()
          state[place] = .done
          ordered.append(tasks[place])
        }
      }
    }
    return ordered
  }

  private enum Visit { case new, open, done }
}

/// A part of a plan, as `--tasks a,b` asks for.
package struct PlanSelection: Sendable, Equatable {
  /// A need that the selection leaves out: the task then starts as if it did not have it.
  package struct DroppedNeed: Sendable, Equatable {
    package let task: String
    package let need: String
  }

  /// A valid plan of its own: needs outside the selection are gone from its tasks.
  package let plan: TaskPlan
  /// What the user should hear about.
  package let droppedNeeds: [DroppedNeed]
}

extension TaskPlan {
  /// The tasks with these ids, in the order of the plan.
  ///
  /// Throws a ``PlanError`` of kind `unknownTask` that names every unknown id and the ids of the plan.
  package func selecting(_ ids: [String]) throws(PlanError) -> PlanSelection {
    let known = Set(tasks.map(\.id))
    let problems = ids.filter { !known.contains($0) }.map { id in
      PlanProblem(
        file: nil,
        message: "no task \(id.quoted) in the plan\(NearestName.suggestion(for: id, among: tasks.map(\.id))) "
          + "(the plan has \(listOfIDs))")
    }
    guard problems.isEmpty else { throw PlanError(.unknownTask, problems) }
    guard !ids.isEmpty else {
      throw PlanError(.unknownTask, [PlanProblem(file: nil, message: "no task selected (the plan has \(listOfIDs))")])
    }

    let wanted = Set(ids)
    var dropped: [PlanSelection.DroppedNeed] = []
    let selected = tasks.filter { wanted.contains($0.id) }.map { task in
      dropped += task.needs.filter { !wanted.contains($0) }.map { .init(task: task.id, need: $0) }
      return task.needing(task.needs.filter(wanted.contains))
    }
    return PlanSelection(plan: try TaskPlan(settings: settings, tasks: selected), droppedNeeds: dropped)
  }

  private var listOfIDs: String {
    let shown = tasks.prefix(20).map(\.id).joined(separator: ", ")
    return tasks.count > 20 ? "\(shown) and \(tasks.count - 20) more" : shown
  }
}
