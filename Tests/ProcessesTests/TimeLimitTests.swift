import Basics
import OrchTestSupport
import Processes
import Testing

@Suite(.timeLimit(.minutes(1))) struct TimeLimitTests {
  private struct Odd: Error, Equatable {}

  /// Waits until it is cancelled.
  private func waitForever() async throws { try await Task.sleep(for: .seconds(86_400)) }

  @Test func `what ends in time gives its result or its error`() async throws {
    #expect(try await withTimeLimit(.seconds(10), clock: ManualClock()) { 7 } == 7)
    await #expect(throws: Odd()) { try await withTimeLimit(.seconds(10), clock: ManualClock()) { throw Odd() } }
  }

  @Test func `what does not is cancelled, and has ended when the error comes`() async throws {
    let clock = ManualClock()
    let noted = StopRequest()
    let ended = StopRequest()
    let work = Task {
      try await withTimeLimit(.seconds(10), clock: clock, atLimit: { noted.raise(to: .graceful) }) {
        try? await waitForever()
        #expect(noted.level == .graceful)
        ended.raise(to: .graceful)
      }
    }
    await clock.skip()
    await #expect(throws: TimeLimitReached(limit: .seconds(10))) { try await work.value }
    #expect(ended.level == .graceful)
  }

  @Test func `cancelled from outside, it gives what the work makes of that`() async throws {
    let work = Task {
      try await withTimeLimit(.seconds(10), clock: ManualClock()) {
        try? await waitForever()
        return "tidied up"
      }
    }
    work.cancel()
    #expect(try await work.value == "tidied up")
  }

  @Test func `a pause ends when its time is over, or at a stop`() async {
    let clock = ManualClock()
    let stop = StopRequest()
    async let pause: Void = stop.sleep(for: .seconds(30), clock: clock)
    await clock.skip()
    await pause
    #expect(clock.now.offset == .seconds(30))
    async let second: Void = stop.sleep(for: .seconds(30), clock: clock)
    stop.raise(to: .graceful)
    await second
    #expect(clock.now.offset == .seconds(30))
  }

  @Test func `work off the pool gives its value or its error`() async throws {
    #expect(await offPool { 7 } == 7)
    await #expect(throws: Odd()) { try await offPool { () throws(Odd) -> Int in throw Odd() } }
  }
}
