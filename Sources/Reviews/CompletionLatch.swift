import Synchronization

/// Which pull requests of a review have come to their end, for those that build on them.
final class CompletionLatch: Sendable {
  private struct State {
    var ended: Set<String> = []
    var nextID: UInt64 = 0
    var waiters: [UInt64: (need: String, continuation: CheckedContinuation<Void, Never>)] = [:]
  }

  private let state = Mutex(State())

  /// To be called once for each that began, however it ended: others wait for it.
  func end(_ id: String) {
    let waiters = state.withLock { state in
      state.ended.insert(id)
      let due = state.waiters.filter { $0.value.need == id }
      for waiter in due.keys { state.waiters[waiter] = nil }
      return due.values.map(\.continuation)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when it has ended, or when the task is cancelled.
  func wait(for need: String) async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state in
          if state.ended.contains(need) || Task.isCancelled { return true }
          state.waiters[id] = (need, continuation)
          return false
        }
        if isDone { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
    }
  }
}
