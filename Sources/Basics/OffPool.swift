import Dispatch

/// Runs work that may block (libgit2, waiting for a process, looking through `/proc`, large files) on a thread of its own
/// kind, not on one of the few of Swift's pool, which everything else needs.
package func offPool<Value: Sendable, Failure: Error>(
  _ work: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
  let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
    blockingQueue.async { continuation.resume(returning: Result(catching: work)) }
  }
  return try result.get()
}

private let blockingQueue = DispatchQueue(label: "git-orch.blocking", attributes: .concurrent)
