package import Basics
package import Processes
import Synchronization

/// The user's wishes to stop single tasks of a run. Each task's stop rises with the run's, or alone.
package final class TaskStops: Sendable {
  /// The run's own.
  package let run: StopRequest
  /// Sent when a task's stop rose alone: for whoever starts the tasks, as one that waits for its turn is to end, too.
  package let raised = AsyncSignal()
  private let stops = Mutex<[String: StopRequest]>([:])

  package init(run: StopRequest) { self.run = run }

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

  /// Whether the task is to stop, alone or with all others.
  package func isRaised(for task: String) -> Bool {
    run.level > .none || stops.withLock { $0[task] }.map { $0.level > .none } ?? false
  }
}
