#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// How long a forge is waited for, and who hears of it.
package struct ForgeRetryPolicy: Sendable {
  /// Why a request is made again later.
  package enum Cause: Sendable, Equatable {
    /// The forge turned it away until a moment that it named.
    case rateLimit
    /// A lost connection or a 5xx.
    case failure(String)
    /// What is waited for is not the forge's answer but what it reports on: its checks.
    case checks
  }

  /// Waits that long, and warns the user of long waits: `until` is the end of the wait by our own clock.
  /// - Throws: `CancellationError` when nobody wants to wait any longer.
  package var wait: @Sendable (_ duration: Duration, _ until: Date, _ cause: Cause) async throws -> Void
  /// The longest wait that a rate limit may ask for; beyond it the request fails. GitHub's limit is renewed each hour.
  package var longestWait: Duration
  /// How often a request is made again after failures.
  package var retries: Int
  /// The pause before the first of them, doubled for each further one.
  package var firstPause: Duration

  package init(
    longestWait: Duration = .seconds(3900), retries: Int = 4, firstPause: Duration = .seconds(1),
    wait: @escaping @Sendable (_ duration: Duration, _ until: Date, _ cause: Cause) async throws -> Void
  ) {
    self.wait = wait
    self.longestWait = longestWait
    self.retries = retries
    self.firstPause = firstPause
  }
}
