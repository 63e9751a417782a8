import Synchronization

/// A clock that a test moves by hand.
package final class ManualClock: Clock, Sendable {
  package struct Instant: InstantProtocol {
    package var offset: Duration

    package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    package func duration(to other: Instant) -> Duration { other.offset - offset }
    package static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
  }

  private struct Sleeper {
    let deadline: Instant
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now = Instant(offset: .zero)
    var nextID = 0
    var sleepers: [Int: Sleeper] = [:]
    /// Cancelled before they slept.
    var cancelled: Set<Int> = []
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  package init() {}

  package var now: Instant { state.withLock(\.now) }
  package var minimumResolution: Duration { .zero }

  package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let (result, waiters) = state.withLock {
          state -> (Result<Void, any Error>?, [CheckedContinuation<Void, Never>]) in
          if state.cancelled.remove(id) != nil { return (.failure(CancellationError()), []) }
          guard deadline > state.now else { return (.success(()), []) }
          state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
          defer { state.waiters = [] }
          return (nil, state.waiters)
        }
        if let result { continuation.resume(with: result) }
        for waiter in waiters { waiter.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Waits until somebody sleeps, and moves the clock to the first moment at which one wakes.
  package func skip() async {
    while true {
      let due = state.withLock { state -> [Sleeper] in
        guard let first = state.sleepers.values.map(\.deadline).min() else { return [] }
        state.now = first
        let due = state.sleepers.filter { $0.value.deadline <= first }
        for id in due.keys { state.sleepers[id] = nil }
        return Array(due.values)
      }
      for sleeper in due { sleeper.continuation.resume() }
      if !due.isEmpty { return }
      await withCheckedContinuation { continuation in
        let isThere = state.withLock { state in
          if state.sleepers.isEmpty { state.waiters.append(continuation) }
          return !state.sleepers.isEmpty
        }
        if isThere { continuation.resume() }
      }
    }
  }
}
