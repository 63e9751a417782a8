import Synchronization

/// Which pull requests of a review have come to their end, for those that build on them.
final class CompletionLatch: Sendable {
  private struct State {
    var ended: Set<String> = []
    var waiters: [String: [CheckedContinuation<Void, Never>]] = [:]
  }

  private let state = Mutex(State())

  /// To be called once for each that began, however it ended: others wait for it.
  func end(_ id: String) {
    let waiters = state.withLock { state in
      state.ended.insert(id)
      return state.waiters.removeValue(forKey: id) ?? []
    }
    for waiter in waiters { waiter.resume() }
  }

  func wait(for id: String) async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if state.ended.contains(id) { return true }
        state.waiters[id, default: []].append(continuation)
        return false
      }
      if hasEnded { continuation.resume() }
    }
  }
}
