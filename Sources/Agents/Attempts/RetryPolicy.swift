#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What to do after an attempt that did not bring its task to an end.
package struct RetryPolicy: Sendable, Equatable {
  /// How many attempts may follow the first.
  package var maxRetries: Int
  package var retryDelay: Duration
  package var useResume: Bool

  /// How often an overloaded or rate-limited API, or a busy machine, is waited for before it counts as attempts.
  package static let mostBackoffs = 6
  package static let longestBackoff = Duration.seconds(300)

  package init(maxRetries: Int, retryDelay: Duration, useResume: Bool) {
    self.maxRetries = maxRetries
    self.retryDelay = retryDelay
    self.useResume = useResume
  }

  /// Decides; a pure function.
  ///
  /// To be asked of a succeeded attempt only when its work turns out to be unfinished (nothing committed, tests that
  /// fail): the answer is then as for any other attempt.
  ///
  /// - `attempt`: the number of this attempt, from 1; those that consumed no attempt not counted.
  /// - `backoffs`: how many waits for the API went before.
  /// - `jitter`: 0 up to 1, random: keeps tasks that were refused together from coming back together.
  package func decision(
    after outcome: AttemptOutcome, attempt: Int, backoffs: Int, jitter: Double
  ) -> RetryDecision {
    let resume = useResume && outcome.sessionID != nil
    let another: RetryDecision =
      attempt <= maxRetries ? .retry(after: retryDelay, resume: resume, consumesAttempt: true) : .giveUp
    if outcome.isForWantOfMeans {
      guard backoffs < Self.mostBackoffs else { return another }
      return .retry(after: backoff(backoffs, jitter), resume: resume, consumesAttempt: false)
    }
    guard case .failed(let failure) = outcome.end else {
      return outcome.end == .stopped ? .giveUp : another
    }
    switch failure.kind {
    case .overloaded:
      guard backoffs < Self.mostBackoffs else { return another }
      return .retry(after: backoff(backoffs, jitter), resume: resume, consumesAttempt: false)
    case .rateLimited(let retryAfter):
      guard backoffs < Self.mostBackoffs else { return another }
      let wait = max(backoff(backoffs, jitter), retryAfter ?? .zero)
      return .retry(after: wait, resume: resume, consumesAttempt: false)
    case .usageLimit(let resetsAt): return .pauseRun(until: resetsAt)
    case .notLoggedIn, .invalidKey, .unknownModel: return .stopRun(reason: failure.message)
    case .promptTooLong, .maxBudget: return .giveUp
    case .sessionNotFound:
      // The conversation is lost, which is no failure of the task's. A new one cannot be missing.
      guard backoffs < Self.mostBackoffs else {
        return attempt <= maxRetries ? .retry(after: retryDelay, resume: false, consumesAttempt: true) : .giveUp
      }
      return .retry(after: .zero, resume: false, consumesAttempt: false)
    case .badRequest:
      return attempt <= maxRetries ? .retry(after: retryDelay, resume: false, consumesAttempt: true) : .giveUp
    case .maxTurns, .serverError, .other: return another
    }
  }

  /// Doubles from `retryDelay`, or from 5 s where there is none: not to wait between attempts is a choice, to press an
  /// API that is overloaded is not. Takes off up to a half by chance, and ends at five minutes.
  private func backoff(_ backoffs: Int, _ jitter: Double) -> Duration {
    let first = retryDelay > .zero ? retryDelay : .seconds(5)
    let base = first * (1 << min(max(backoffs, 0), 10))
    return min(base, Self.longestBackoff) * (1 - min(max(jitter, 0), 1) / 2)
  }
}

package enum RetryDecision: Sendable, Equatable {
  case retry(after: Duration, resume: Bool, consumesAttempt: Bool)
  /// Until the allowance is renewed; `nil` when nobody said when.
  case pauseRun(until: Date?)
  case giveUp
  /// No attempt of any task can succeed.
  case stopRun(reason: String)
}
