import Journal
import Plans

/// Which tasks may start: those whose needs have succeeded and whose candidates have ended, in the plan's order, at most
/// `jobs` at a time.
///
/// A value that only knows names and statuses, so that it can be tested without a process.
struct Schedule {
  private enum Place {
    case waiting, running
    case ended(TaskStatus)
  }

  private let tasks: [AgentTask]
  private let jobs: Int
  private var places: [String: Place]

  /// - Parameter done: the tasks that have succeeded already, or, of candidates, are not tried again.
  init(tasks: [AgentTask], jobs: Int, done: Set<String> = []) {
    self.tasks = tasks
    self.jobs = jobs
    // Those that are none of these may be needed as well.
    let others = done.map { ($0, Place.ended(.success)) }
    places = Dictionary(
      tasks.map { ($0.id, done.contains($0.id) ? .ended(.success) : .waiting) } + others,
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// A task that can never start, and the need that keeps it from it.
  struct Blocked: Equatable {
    let task: AgentTask
    let need: String
    let status: TaskStatus
  }

  /// Takes the tasks that start now; they count as running from here on.
  mutating func takeReady(where condition: (AgentTask) -> Bool = { _ in true }) -> [AgentTask] {
    var ready: [AgentTask] = []
    var running = tasks.count { if case .running = places[$0.id] { true } else { false } }
    for task in tasks where running < jobs {
      guard case .waiting = places[task.id], condition(task), task.needs.allSatisfy(hasSucceeded),
        task.choices.allSatisfy(hasEnded)
      else { continue }
      places[task.id] = .running
      ready.append(task)
      running += 1
    }
    return ready
  }

  /// Takes the waiting tasks for which `condition` holds, in the plan's order, whatever they wait for; they count as
  /// running from here on.
  mutating func takeWaiting(where condition: (String) -> Bool) -> [AgentTask] {
    let taken = waiting.filter { condition($0.id) }
    for task in taken { places[task.id] = .running }
    return taken
  }

  /// Notes how a task ended, and takes those that can never start because of it, needs before dependents.
  mutating func end(_ id: String, as status: TaskStatus) -> [Blocked] {
    places[id] = .ended(status)
    guard status != .success else { return [] }
    var blocked: [Blocked] = []
    var failed = [(id: id, status: status)]
    while let need = failed.popLast() {
      for task in tasks where task.needs.contains(need.id) {
        guard case .waiting = places[task.id] else { continue }
        places[task.id] = .ended(.blocked)
        blocked.append(Blocked(task: task, need: need.id, status: need.status))
        failed.append((task.id, .blocked))
      }
    }
    return blocked
  }

  /// The tasks that have not started, in the plan's order.
  var waiting: [AgentTask] {
    tasks.filter { if case .waiting = places[$0.id] { true } else { false } }
  }

  private func hasEnded(_ id: String) -> Bool {
    if case .ended = places[id] { true } else { false }
  }

  private func hasSucceeded(_ id: String) -> Bool {
    if case .ended(.success) = places[id] { true } else { false }
  }
}
