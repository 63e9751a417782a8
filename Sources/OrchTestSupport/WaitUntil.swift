/// Asks at growing intervals whether what another process does has happened, for what no event tells of.
/// - Throws: ``WaitFailure`` after two minutes: far more than anything takes, and less than a suite's time limit.
package func waitUntil(
  _ what: String, for limit: Duration = .seconds(120), isolation: isolated (any Actor)? = #isolation,
  _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  var pause = Duration.milliseconds(5)
  while try await !condition() {
    guard ContinuousClock.now < deadline else { throw WaitFailure(what: what) }
    try await Task.sleep(for: pause)
    pause = min(pause * 2, .milliseconds(50))
  }
}

/// What was waited for in vain.
package struct WaitFailure: Error, CustomStringConvertible {
  package let what: String

  package var description: String { "waited in vain until \(what)" }
}
