/// The time since it was made, on a clock of the caller's choice.
///
/// The usual clock stands still while the machine sleeps: a laptop that is closed overnight uses up no time limit. Tests
/// inject one that they move by hand.
package struct Stopwatch: Sendable {
  package let clock: any Clock<Duration>
  private let read: @Sendable () -> Duration

  package init(_ clock: any Clock<Duration> = SuspendingClock()) {
    self.clock = clock
    read = Self.reader(clock)
  }

  package var elapsed: Duration { read() }

  private static func reader(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
    let start = clock.now
    return { start.duration(to: clock.now) }
  }
}
