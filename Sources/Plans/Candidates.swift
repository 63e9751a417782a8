/// What a piece of work is where several attempts at a task stand side by side.
package enum CandidatePart: Sendable, Equatable {
  /// One of the attempts, which ends when its work is proven; `number` counts from 1.
  case candidate(of: String, number: Int)
  /// The task itself: it waits for these, and one of them becomes its work.
  case choice(of: [String])
}

extension AgentTask {
  package static let mostCandidates = 8

  /// How many candidates its plan asks for; `nil` where that is silent.
  package var plannedCandidates: Int? { candidates ?? (agents.isEmpty ? nil : agents.count) }

  /// The agents that it names.
  package var namedAgents: [String] { agent.map { [$0] + agents } ?? agents }

  /// Whose work is whose, by a name that no task of a plan may have.
  static func candidateID(_ number: Int, of id: String) -> String { "\(id)@\(number)" }

  var candidateBranches: [String] {
    guard let count = plannedCandidates, (2...Self.mostCandidates).contains(count) else { return [] }
    return (1...count).map { Self.candidateID($0, of: branch) }
  }

  /// What is wrong with its candidates, by the key that shows it.
  var candidateFaults: [(key: String, message: String)] {
    var faults: [(key: String, message: String)] = []
    if agent != nil, !agents.isEmpty {
      faults.append(("agents", "'agent' and 'agents' cannot be used together"))
    }
    if agents.count > Self.mostCandidates {
      faults.append(("agents", "'agents' may name at most \(Self.mostCandidates) agents"))
    } else if let candidates, candidates < agents.count {
      faults.append(("candidates", "'candidates' is \(candidates), but 'agents' names \(agents.count)"))
    }
    return faults
  }

  /// The task, followed by its candidates where it has several.
  fileprivate var workItems: [AgentTask] {
    guard let count = plannedCandidates, count > 1 else {
      // One agent in a list is that agent.
      return [agents.isEmpty ? self : copy(id: id, branch: branch, agent: agents[0], part: nil)]
    }
    let items = (1...count).map { number in
      copy(
        id: Self.candidateID(number, of: id), branch: Self.candidateID(number, of: branch),
        agent: agents.isEmpty ? agent : agents[(number - 1) % agents.count],
        part: .candidate(of: id, number: number))
    }
    return [copy(id: id, branch: branch, agent: agent, part: .choice(of: items.map(\.id)))] + items
  }

  private func copy(id: String, branch: String, agent: String?, part: CandidatePart?) -> AgentTask {
    var task = AgentTask(
      id: id, branch: branch, title: title, description: description, filesHint: filesHint, testCommand: testCommand,
      needs: needs, agent: agent, launcher: launcher, model: model, maxTurns: maxTurns)
    task.part = part
    return task
  }

  /// The candidates from which its work is chosen; empty of any other.
  package var choices: [String] { if case .choice(let ids) = part { ids } else { [] } }

  /// The task that it is a candidate of; `nil` of any other.
  package var candidateOf: String? { if case .candidate(let task, _) = part { task } else { nil } }
}

extension TaskPlan {
  /// The same plan, in which each task says how many candidates it has.
  /// - Parameter usual: for tasks that do not say.
  /// - Throws: where the branch of a candidate would be that of another task.
  package func deciding(candidates usual: Int) throws(PlanError) -> TaskPlan {
    try deciding(candidates: Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, usual) }))
  }

  /// The same of tasks each of which has a number of its own.
  package func deciding(candidates counts: [String: Int]) throws(PlanError) -> TaskPlan {
    guard counts.values.contains(where: { $0 > 1 }) else { return self }
    let decided = tasks.map { task in
      var task = task
      if task.candidates == nil, task.agents.isEmpty { task.candidates = counts[task.id] }
      return task
    }
    return try TaskPlan(settings: settings, tasks: decided)
  }

  /// What a run works on: the tasks, and after each its candidates.
  package var workItems: [AgentTask] { tasks.flatMap(\.workItems) }

  /// The agents that its tasks name.
  package var namedAgents: Set<String> { Set(tasks.flatMap(\.namedAgents)) }
}
