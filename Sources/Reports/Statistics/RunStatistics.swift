import Basics
package import Journal

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What many runs come to. Runs are added one at a time, and none is kept.
package struct RunStatistics: Sendable {
  package enum Grouping: String, CaseIterable, Sendable { case task, model, agent, day }

  /// What the tasks of one day, of one name, or the attempts of one model or one agent come to.
  package struct Group: Sendable {
    package let name: String
    package fileprivate(set) var tasks = 0
    package fileprivate(set) var succeeded = 0
    package fileprivate(set) var accounts = Accounts()
  }

  /// How many groups are told apart; the tasks of a very old repository are many.
  private static let mostGroups = 100_000

  /// What the groups of tasks and of agents call the making of plans. None has such a name.
  private static let planningName = "(planning)"

  package let grouping: Grouping
  package private(set) var runs = 0
  package private(set) var reviews = 0
  package private(set) var landings = 0
  package private(set) var first: JournalTime?
  package private(set) var last: JournalTime?
  /// From their starts to their ends, in seconds.
  package private(set) var seconds = 0.0
  package private(set) var tasks = 0
  package private(set) var accounts = Accounts()
  /// What of that making plans took.
  package private(set) var planning = Accounts()
  /// What of it was for fixing branches that did not land as they were.
  package private(set) var fixes = Accounts()
  private var statuses: [TaskStatus: Int] = [:]
  private var byName: [String: Group] = [:]

  package init(by grouping: Grouping) { self.grouping = grouping }

  package mutating func add(_ run: RunFigures) {
    if run.isLanding { landings += 1 } else if run.isReview { reviews += 1 } else { runs += 1 }
    first = min(first ?? run.startedAt, run.startedAt)
    last = max(last ?? run.startedAt, run.startedAt)
    seconds = finiteSum(seconds, max(0, run.endedAt.date.timeIntervalSince(run.startedAt.date)))
    let day = LocalTime(run.startedAt.date, .utc).date
    if let planning = run.planning {
      accounts.add(planning)
      self.planning.add(planning)
      switch grouping {
      case .day: add(planning, to: day)
      case .task, .agent: add(planning, to: Self.planningName)
      case .model: for model in planning.models { add(model) }
      }
    }
    // What lands are the tasks of runs, and what it costs to fix them is theirs.
    for task in run.isLanding ? [] : run.tasks {
      tasks += 1
      statuses[task.status, default: 0] += 1
      accounts.add(task.accounts)
      if let fixes = task.fixes { self.fixes.add(fixes) }
      switch grouping {
      case .day: add(task, to: day)
      case .task: add(task, to: task.id)
      case .model: for model in task.accounts.models { add(model) }
      case .agent: for agent in task.agents { add(agent, of: task) }
      }
    }
  }

  private mutating func add(_ agent: AgentFigures, of task: TaskFigures) {
    guard byName[agent.name] != nil || byName.count < Self.mostGroups else { return }
    var group = byName[agent.name] ?? Group(name: agent.name)
    group.tasks += 1
    if agent.isLast, task.status.isGood { group.succeeded += 1 }
    group.accounts.add(agent.accounts)
    byName[agent.name] = group
  }

  private mutating func add(_ planning: Accounts, to name: String) {
    guard byName[name] != nil || byName.count < Self.mostGroups else { return }
    byName[name, default: Group(name: name)].accounts.add(planning)
  }

  private mutating func add(_ task: TaskFigures, to name: String) {
    guard byName[name] != nil || byName.count < Self.mostGroups else { return }
    var group = byName[name] ?? Group(name: name)
    group.tasks += 1
    if task.status.isGood { group.succeeded += 1 }
    group.accounts.add(task.accounts)
    byName[name] = group
  }

  private mutating func add(_ model: ModelRecord) {
    guard byName[model.model] != nil || byName.count < Self.mostGroups else { return }
    var group = byName[model.model] ?? Group(name: model.model)
    group.tasks += 1
    group.accounts.add(Accounts(model))
    byName[model.model] = group
  }

  /// How many tasks are at each status, in the statuses' own order.
  package var counts: [(status: TaskStatus, count: Int)] {
    TaskStatus.allCases.compactMap { status in statuses[status].map { (status, $0) } }
  }

  package var succeeded: Int { counts.reduce(0) { $0 + ($1.status.isGood ? $1.count : 0) } }

  /// Days in their order; the others by what they cost, the dearest first.
  package var groups: [Group] {
    let all = byName.values.sorted { $0.name < $1.name }
    guard grouping != .day else { return all }
    return all.sorted { ($0.accounts.cost, $0.accounts.tokens.total) > ($1.accounts.cost, $1.accounts.tokens.total) }
  }
}
