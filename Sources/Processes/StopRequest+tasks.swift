import Basics

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

extension StopRequest {
  /// Sleeps until `date`, or until a stop is requested. The time that the machine sleeps counts.
  package func sleep(until date: Date) async {
    // A moment may come from anywhere, and clocks do not count further than some centuries.
    await sleep(for: .seconds(max(0, date.timeIntervalSinceNow)), clock: ContinuousClock())
  }

  private static let longestSleep = Duration.seconds(366 * 24 * 3600)

  /// Sleeps for `duration`, at most for a year, or until a stop is requested.
  package func sleep(for duration: Duration, clock: any Clock<Duration> = SuspendingClock()) async {
    guard duration > .zero else { return }
    try? await withTimeLimit(min(duration, Self.longestSleep), clock: clock) { await self.waitUntil(.graceful) }
  }

  /// Runs `body`, and cancels it once the stop reaches `level`. Returns what `body` returns, or throws what it throws
  /// when it is cancelled. A program that is ended for it is killed once the stop is immediate.
  package func cancelling<Result: Sendable>(
    at level: Level, _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask { try await StopRequest.$current.withValue(self) { try await body() } }
      group.addTask {
        await self.waitUntil(level)
        return nil
      }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
        group.cancelAll()
      }
      throw CancellationError()
    }
  }

  /// Runs what waits for somebody else's answer. Where it is part of a run (``current``), an immediate stop of that run
  /// cancels it, whoever waits for it.
  package static func withinRun<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    guard let current else { return try await body() }
    return try await current.cancelling(at: .immediate, body)
  }
}
