import Journal

/// Which of two tasks comes first: what is done before what is not, then what began earlier, then the plan's order.
///
/// That order is total: of tasks that wait for others before them, one never waits.
struct TaskOrder {
  private let state: RunState

  init(_ state: RunState) { self.state = state }

  func comes(_ one: String, before other: String) -> Bool { key(one) < key(other) }

  private func key(_ id: String) -> (Int, String, Int) {
    guard let position = state.tasks.firstIndex(where: { $0.header.id == id }) else { return (2, "", 0) }
    let task = state.tasks[position]
    // Its spelling is in the order of time.
    return (task.tip != nil ? 0 : 1, task.startedAt.map { "\($0)" } ?? "~", position)
  }
}
