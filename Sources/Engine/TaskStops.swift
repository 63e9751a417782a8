package import Basics
package import Processes
import Synchronization

/// The user's wishes to stop single tasks of a run, or not to let them wait. Each task's stop rises with the run's, or
/// alone.
package final class TaskStops: Sendable {
  /// The run's own.
  package let run: StopRequest
  /// Sent when a task's stop rose alone: for whoever starts the tasks, as one that waits for its turn is to end, too.
  package let raised = AsyncSignal()
  private let stops = Mutex<[String: StopRequest]>([:])

  /// By task, what ends its wait.
  private let waits = Mutex<[String: StopRequest]>([:])
  private let endPause = Mutex<(@Sendable () async -> Void)?>(nil)

  /// Why the run stops, where that is nobody's wish here: as tasks that it ends say it.
  private let reason = Mutex<String?>(nil)

  package init(run: StopRequest) { self.run = run }

  /// Ends the run in an orderly way for a reason that is nobody's wish here.
  func end(because reason: String) {
    self.reason.withLock { $0 = $0 ?? reason }
    run.raise(to: .graceful)
  }

  /// nil where somebody wished it.
  package var reasonToEnd: String? { reason.withLock(\.self) }

  package func stop(of task: String) -> StopRequest {
    stops.withLock { stops in
      if let known = stops[task] { return known }
      let stop = StopRequest(following: run)
      stops[task] = stop
      return stop
    }
  }

  package func raise(_ task: String, to level: StopRequest.Level) {
    stop(of: task).raise(to: level)
    raised.send()
  }

  /// Runs `body`, which waits before the task's next attempt, with what ends its wait early: a stop, or that the user
  /// wants the attempt now.
  package func waiting(_ task: String, _ body: (_ early: StopRequest) async throws -> Void) async throws {
    let early = StopRequest(following: stop(of: task))
    waits.withLock { $0[task] = early }
    defer { waits.withLock { $0[task] = nil } }
    try await body(early)
  }

  /// The user wants the next attempt of the task now, whatever it waits for: its retry, others' work, the end of a pause.
  func retry(_ task: String) async {
    waits.withLock { $0[task] }?.raise(to: .graceful)
    await endPause.withLock { $0 }?()
  }

  /// - Parameter body: ends a pause of the whole run.
  package func setEndOfPause(_ body: @escaping @Sendable () async -> Void) { endPause.withLock { $0 = body } }

  /// Whether the task is to stop, alone or with all others.
  package func isRaised(for task: String) -> Bool {
    run.level > .none || stops.withLock { $0[task] }.map { $0.level > .none } ?? false
  }
}
