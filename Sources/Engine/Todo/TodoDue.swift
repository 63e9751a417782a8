import Basics
import Journal

/// What is to be put on a to-do list for what a run, a review or a landing did, and is not there yet.
struct TodoDue: Sendable {
  let record: TodoRecord
  /// The links by the tasks of the run that the list was made into, and those that have landed.
  var links: [String: String] = [:]
  var landed: Set<String> = []
  /// The tasks as the journal has them for which links or ticks are due, by those of that run.
  var names: [String: String] = [:]

  /// - Parameters:
  ///   - ticks: whether what has landed is ticked.
  static func all(for state: RunState, in store: RunStore, ticks: Bool) -> [TodoDue] {
    guard state.undo == nil else { return [] }
    if state.header.isRun { return [ofRun(state, ticks: ticks)].compactMap(\.self) }
    return ticks ? ofOthers(state, in: store) : []
  }

  private static func ofRun(_ state: RunState, ticks: Bool) -> TodoDue? {
    guard let record = state.todo else { return nil }
    var due = TodoDue(record: record)
    for task in state.tasks {
      let id = task.header.id
      if let request = task.pullRequest, !state.todoLinked.contains(id) {
        due.links[id] = "[#\(request.number)](\(request.url))"
        due.names[id] = id
      }
      guard ticks, task.hasLandedByForge(state.header) else { continue }
      due.landed.insert(id)
      if !state.todoTicked.contains(id) { due.names[id] = id }
    }
    return due.names.isEmpty ? nil : due
  }

  /// More runs than these are not looked through.
  private static let mostRuns = 20

  private static func ofOthers(_ state: RunState, in store: RunStore) -> [TodoDue] {
    let done = state.tasks.filter { task in
      guard !state.todoTicked.contains(task.header.id) else { return false }
      return state.header.landing == nil ? task.hasLandedByForge(state.header) : task.status == .landed
    }
    guard !done.isEmpty else { return [] }
    var left = done
    var all: [TodoDue] = []
    let named = state.header.landing?.run.flatMap { try? store.run($0) }
    let folders = named.map { [$0] } ?? (try? store.runs().reversed().prefix(mostRuns).map(\.self)) ?? []
    for folder in folders where !left.isEmpty {
      guard let run = try? folder.state(), run.header.isRun, run.undo == nil, let record = run.todo else { continue }
      var due = TodoDue(record: record)
      due.landed = Set(run.tasks.filter { $0.hasLandedByForge(run.header) }.map(\.header.id))
      left.removeAll { task in
        let source = run.tasks.first { known in
          state.header.landing == nil
            ? known.pullRequest?.url == task.pullRequest?.url : known.header.branch == task.header.branch
        }
        guard let source else { return false }
        due.landed.insert(source.header.id)
        due.names[source.header.id] = task.header.id
        return true
      }
      if !due.names.isEmpty { all.append(due) }
    }
    return all
  }
}

extension TaskState {
  /// Whether the forge says that it was merged into the branch that the work is meant for: into another task's branch is
  /// not there yet.
  fileprivate func hasLandedByForge(_ header: RunHeader) -> Bool {
    guard let request = pullRequest, let destination = header.forge?.destination else { return false }
    if status == .merged { return request.base == destination }
    return pullRequestState?.state == "merged" && pullRequestState?.base == destination
  }
}
