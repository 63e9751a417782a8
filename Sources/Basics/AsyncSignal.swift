import Synchronization

/// Wakes one waiting task; signals while nobody waits are remembered as one.
package final class AsyncSignal: Sendable {
  private struct State {
    var isPending = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  package init() {}

  package func send() {
    let waiter = state.withLock { state in
      guard let waiter = state.waiter else {
        state.isPending = true
        return nil as CheckedContinuation<Void, Never>?
      }
      state.waiter = nil
      return waiter
    }
    waiter?.resume()
  }

  /// Returns at the next signal, at once if one is pending, or when the task is cancelled. One task at a time.
  package func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state in
          guard !state.isPending, !Task.isCancelled else {
            state.isPending = false
            return true
          }
          state.waiter = continuation
          return false
        }
        if isDone { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume()
    }
  }

  /// The same, but no longer than until `stopwatch` shows `deadline`.
  package func wait(until deadline: Duration?, on stopwatch: Stopwatch) async {
    guard let deadline else { return await wait() }
    let rest = deadline - stopwatch.elapsed
    guard rest > .zero else { return }
    try? await withTimeLimit(rest, clock: stopwatch.clock) { await self.wait() }
  }

  /// The same, but no longer than `limit` from now.
  package func wait(for limit: Duration) async {
    await wait(until: limit, on: Stopwatch())
  }
}
