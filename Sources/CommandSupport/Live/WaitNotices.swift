package import Basics
package import Processes

/// Tells what a command waits for when that takes long: once for each thing, and every ten seconds after a Ctrl-C.
package struct WaitNotices: Sendable {
  /// How long lies between two lines of what the end waits for.
  static let patience = Duration.seconds(10)

  private let activities: Activities
  private let stop: StopRequest
  private let note: @Sendable (String) -> Void

  package init(
    stop: StopRequest, activities: Activities = .shared, note: @escaping @Sendable (String) -> Void
  ) {
    self.stop = stop
    self.activities = activities
    self.note = note
  }

  /// Tells until the task is cancelled.
  package func tell() async {
    var memory = Memory()
    let stopwatch = Stopwatch()
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(2))
      if Task.isCancelled { return }
      if let words = words(&memory, at: stopwatch.elapsed) { note(words) }
    }
  }

  struct Memory {
    var told: Set<UInt64> = []
    /// When was last told what the end waits for.
    var stopping: Duration?
  }

  /// What is to be told now; nil when there is nothing new.
  func words(_ memory: inout Memory, at elapsed: Duration) -> String? {
    if stop.level > .none {
      // The handler of the signal has said it a moment ago.
      guard let last = memory.stopping else {
        memory.stopping = elapsed
        return nil
      }
      guard elapsed - last >= Self.patience, let summary = activities.summary() else { return nil }
      memory.stopping = elapsed
      return "still waiting for \(summary)"
    }
    let now = SuspendingClock.now
    let current = activities.current
    memory.told.formIntersection(current.map(\.id))
    let due = current.filter { !$0.isAgent && $0.age(at: now) >= $0.patience && !memory.told.contains($0.id) }
    guard !due.isEmpty else { return nil }
    memory.told.formUnion(due.map(\.id))
    return "waiting for "
      + due.prefix(3).map { "\($0.words) (\($0.age(at: now).components.seconds) s)" }.joined(separator: ", ")
      + (due.count > 3 ? " and \(due.count - 3) more" : "")
  }
}
