import Dispatch

/// Runs blocking work, such as libgit2's, on a thread that may block, so that the few threads of Swift's tasks stay
/// free to watch agents.
func offload<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Swift.Result(catching: work)) }
  }
}
