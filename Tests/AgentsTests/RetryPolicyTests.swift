import Agents
import Basics
import Foundation
import Processes
import Testing

@Suite(.timeLimit(.minutes(5))) struct RetryPolicyTests {
  static let policy = RetryPolicy(maxRetries: 2, retryDelay: .seconds(5), useResume: true)
  static let reset = Date(timeIntervalSince1970: 1_795_400_000)

  private func decision(
    _ end: AttemptEnd, session: String? = "s", attempt: Int = 1, backoffs: Int = 0, jitter: Double = 0,
    policy: RetryPolicy = policy
  ) -> RetryDecision {
    policy.decision(
      after: AttemptOutcome(end: end, sessionID: session), attempt: attempt, backoffs: backoffs, jitter: jitter)
  }

  private static func failed(_ kind: AgentFailure.Kind) -> AttemptEnd {
    .failed(AgentFailure(kind: kind, message: "why"))
  }

  static let again = RetryDecision.retry(after: .seconds(5), resume: true, consumesAttempt: true)

  @Test(arguments: [
    (AttemptEnd.timedOut(.inactivity, after: .seconds(9)), again), (.timedOut(.runtime, after: .seconds(9)), again),
    (.crashed("x"), again),
    (.notLaunched("x"), again), (.succeeded, again), (.stopped, .giveUp), (failed(.maxTurns), again),
    (failed(.serverError), again), (failed(.other), again), (failed(.maxBudget), .giveUp),
    (failed(.promptTooLong), .giveUp), (failed(.notLoggedIn), .stopRun(reason: "why")),
    (failed(.invalidKey), .stopRun(reason: "why")), (failed(.unknownModel), .stopRun(reason: "why")),
    (failed(.usageLimit(resetsAt: reset)), .pauseRun(until: reset)),
    (failed(.usageLimit(resetsAt: nil)), .pauseRun(until: nil)),
    (failed(.sessionNotFound), .retry(after: .zero, resume: false, consumesAttempt: false)),
    (failed(.badRequest), .retry(after: .seconds(5), resume: false, consumesAttempt: true)),
    (failed(.overloaded), .retry(after: .seconds(5), resume: true, consumesAttempt: false)),
    (failed(.rateLimited(retryAfter: nil)), .retry(after: .seconds(5), resume: true, consumesAttempt: false)),
    (failed(.rateLimited(retryAfter: .seconds(90))), .retry(after: .seconds(90), resume: true, consumesAttempt: false)),
  ]) func `each end has its answer`(end: AttemptEnd, expected: RetryDecision) {
    #expect(decision(end) == expected)
  }

  @Test(arguments: [(1, again), (2, again), (3, RetryDecision.giveUp)])
  func `a task has one attempt and its retries`(attempt: Int, expected: RetryDecision) {
    #expect(decision(.timedOut(.inactivity, after: .seconds(9)), attempt: attempt) == expected)
  }

  @Test func `nothing is resumed that never began, or when it is not wished`() {
    let afresh = RetryDecision.retry(after: .seconds(5), resume: false, consumesAttempt: true)
    #expect(decision(.crashed("x"), session: nil) == afresh)
    var policy = Self.policy
    policy.useResume = false
    #expect(decision(.crashed("x"), policy: policy) == afresh)
  }

  @Test(arguments: [(0, 5), (1, 10), (2, 20), (3, 40), (5, 160)])
  func `waits for the API double`(backoffs: Int, seconds: Int) {
    #expect(
      decision(Self.failed(.overloaded), attempt: 3, backoffs: backoffs)
        == .retry(after: .seconds(seconds), resume: true, consumesAttempt: false))
  }

  @Test(arguments: [(Duration.zero, Duration.seconds(20)), (.milliseconds(10), .milliseconds(40))])
  func `waits for the API begin with the retry delay, or 5 s where there is none`(delay: Duration, third: Duration) {
    #expect(
      decision(
        Self.failed(.overloaded), backoffs: 2, policy: RetryPolicy(maxRetries: 2, retryDelay: delay, useResume: true))
        == .retry(after: third, resume: true, consumesAttempt: false))
  }

  @Test func `waits for the API end at five minutes and vary by half`() {
    let slow = RetryPolicy(maxRetries: 2, retryDelay: .seconds(100), useResume: true)
    #expect(
      decision(Self.failed(.overloaded), backoffs: 5, policy: slow)
        == .retry(after: .seconds(300), resume: true, consumesAttempt: false))
    #expect(
      decision(Self.failed(.overloaded), jitter: 0.5)
        == .retry(after: .milliseconds(3750), resume: true, consumesAttempt: false))
  }

  @Test func `after six waits a refusal counts as an attempt`() {
    #expect(decision(Self.failed(.overloaded), backoffs: 6) == Self.again)
    #expect(decision(Self.failed(.overloaded), attempt: 3, backoffs: 6) == .giveUp)
  }
}
