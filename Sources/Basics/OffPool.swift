import Dispatch

/// Runs work that may block (libgit2, waiting for a process, looking through `/proc`, large files) on a thread of its own
/// kind, not on one of the few of Swift's pool, which everything else needs. Task-local values hold there, too.
package func offPool<Value: Sendable, Failure: Error>(
  _ work: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
  try await withTaskExecutorPreference(BlockingTaskExecutor.shared) { () async throws(Failure) in try work() }
}

/// Runs work and what it awaits, actors with executors of their own excepted, on threads that may block: for a command
/// that does nothing but read files.
package func offPool<Value, Failure: Error>(
  isolation: isolated (any Actor)? = #isolation, awaiting work: () async throws(Failure) -> Value
) async throws(Failure) -> Value {
  try await withTaskExecutorPreference(BlockingTaskExecutor.shared, isolation: isolation, operation: work)
}

private final class BlockingTaskExecutor: TaskExecutor {
  static let shared = BlockingTaskExecutor()

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    blockingQueue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Runs an actor's work outside Swift's pool, one piece at a time: for one whose work may block or takes long.
package final class BlockingExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "git-orch.blocking-actor", target: blockingQueue)

  package init() {}

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}

private let blockingQueue = DispatchQueue(label: "git-orch.blocking", attributes: .concurrent)
