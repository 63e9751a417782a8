/// What ``withTimeLimit(_:clock:atLimit:_:)`` throws when the time is over.
package struct TimeLimitReached: Error, Equatable, Sendable, CustomStringConvertible {
  package let limit: Duration

  package init(limit: Duration) { self.limit = limit }

  package var description: String { "not finished after \(limit.components.seconds) s" }
}

/// Runs `body`, and cancels it when `limit` is over; returns or throws only after `body` has ended in either case.
///
/// - `clock`: stands still while the machine sleeps, unless the caller wants another.
/// - `atLimit`: called at that moment, before `body` is cancelled.
/// - Throws: ``TimeLimitReached``, or what `body` throws.
package func withTimeLimit<Value: Sendable>(
  _ limit: Duration, clock: any Clock<Duration> = SuspendingClock(), atLimit: @escaping @Sendable () -> Void = {},
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  return try await withThrowingTaskGroup(of: TimedEvent<Value>.self) { group in
    group.addTask { .ended(try await body()) }
    group.addTask {
      do {
        try await clock.sleep(for: limit)
        return .limitReached
      } catch {
        return .waitEnded
      }
    }
    defer { group.cancelAll() }
    while let event = try await group.next() {
      switch event {
      case .ended(let value): return value
      case .limitReached:
        atLimit()
        throw TimeLimitReached(limit: limit)
      case .waitEnded: continue
      }
    }
    throw CancellationError()
  }
}

private enum TimedEvent<Value: Sendable>: Sendable {
  case ended(Value)
  case limitReached
  /// The wait itself was cancelled: what counts is what the work makes of it.
  case waitEnded
}
