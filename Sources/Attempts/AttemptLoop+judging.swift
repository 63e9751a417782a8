import Agents
import Basics
import Engine
import Journal
import Processes
import Settings
import SystemPackage
import Trace

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What came of an attempt, and what follows from it.
extension AttemptLoop {
  @inline(never)
  func judge(_ outcome: AttemptOutcome, consumed: Int, backoffs: Int) async throws -> Step {
    if outcome.end == .stopped, context.stop.level == .none, let ending = await overBudgetEnding() {
      return .outcome(.ended(ending))
    }
    if outcome.end == .stopped || context.stop.level > .none {
      if outcome.end == .succeeded, case .complete(let product) = try await examine(outcome) {
        return .outcome(.complete(product))
      }
      return .outcome(.ended(await ending(.interrupted, "stopped by you", outcome: outcome)))
    }
    guard outcome.end == .succeeded else {
      return try await afterFailure(outcome, consumed: consumed, backoffs: backoffs)
    }
    switch try await examine(outcome) {
    case .complete(let product):
      return .outcome(.complete(product))
    case .incomplete(let failure):
      if failure.isWorthAnother, consumed < context.retries.maxRetries {
        return .retry(
          Retry(
            reason: "it was reported as done, but \(failure.reason)", delay: .zero,
            resume: context.retries.useResume, consumesAttempt: true))
      }
      var ending = await ending(failure.status, failure.reason, outcome: outcome)
      ending.advice.insert(contentsOf: failure.advice, at: 0)
      return .outcome(.ended(ending))
    }
  }

  @inline(never)
  func examine(_ outcome: AttemptOutcome) async throws -> Verification<Work.Product> {
    let verification = try await work.examine(outcome)
    switch verification {
    case .complete: Trace.note(.decision, "proof of \(work.id): complete")
    case .incomplete(let failure): Trace.note(.decision, "proof of \(work.id): incomplete: \(failure.reason)")
    }
    return verification
  }

  @inline(never)
  private func afterFailure(_ outcome: AttemptOutcome, consumed: Int, backoffs: Int) async throws -> Step {
    let reason = outcome.end.description
    let decision = context.retries.decision(
      after: outcome, attempt: consumed + 1, backoffs: backoffs, jitter: .random(in: 0..<1))
    Trace.note(.decision, "attempt of \(work.id) failed, \(decision): \(reason)")
    switch decision {
    case .retry(let delay, let resume, let consumesAttempt):
      return .retry(Retry(reason: reason, delay: delay, resume: resume, consumesAttempt: consumesAttempt))
    case .pauseRun(let until):
      try await context.gate.pause(until: until, reason: reason)
      return .retry(Retry(reason: reason, delay: .zero, resume: context.retries.useResume, consumesAttempt: false))
    case .stopRun(let why):
      try await context.gate.halt(reason: why)
      return .outcome(.ended(await ending(.failed, why, outcome: outcome)))
    case .giveUp:
      if case .failed(let failure) = outcome.end, failure.kind == .maxBudget, let ending = await overBudgetEnding() {
        return .outcome(.ended(ending))
      }
      let attempts = await journal.state[task: work.id]?.attempts.count ?? 1
      let status: TaskStatus = if case .timedOut = outcome.end { .timeout } else { .failed }
      let times = attempts == 1 ? "" : ", \(attempts) attempts"
      let clause = reason.hasSuffix(".") && !times.isEmpty ? String(reason.dropLast()) : reason
      return .outcome(.ended(await ending(status, clause + times, outcome: outcome)))
    }
  }

  /// An ending with the advice that fits it.
  func ending(
    _ status: TaskStatus, _ message: String, outcome: AttemptOutcome? = nil
  ) async -> TaskEnding {
    var advice = outcome.flatMap(remedy).map { [$0] } ?? []
    switch status {
    case .noChanges:
      advice.append("see what the agent said: git orch log \(work.id)")
      if let words = outcome?.failedCommit { advice.append("its last 'git commit' failed: \(words)") }
      if let words = outcome?.finalMessage?.split(separator: "\n").first { advice.append("its last message: \(words)") }
    case .uncommitted:
      if let words = outcome?.failedCommit { advice.append("its last 'git commit' failed: \(words)") }
      advice.append("look at it and commit it: git -C \(shellQuoted(work.worktree.string)) status")
    case .failed, .timeout:
      advice.append("see what happened: git orch log \(work.id)")
    default:
      break
    }
    let attempts = await journal.state[task: work.id]?.attempts ?? []
    if context.agent.capabilities.isInteractive, outcome?.sessionID != nil, status != .noChanges,
      attempts.contains(where: \.holdsConversation), attempts.last?.job?.isFar != true
    {
      advice.append("resume by hand: git orch attach \(work.id)")
    }
    return TaskEnding(status: status, message: message, advice: advice)
  }

  /// What to do about a failure that no further attempt can fix.
  private func remedy(_ outcome: AttemptOutcome) -> String? {
    guard case .failed(let failure) = outcome.end else { return nil }
    return context.agent.remedy(for: failure.kind)
  }

  func nextSession(after outcome: AttemptOutcome, resume: Bool) async -> AgentSession {
    guard resume, let id = outcome.sessionID else { return .new(UUID()) }
    return .resumed(id: id, costSoFar: outcome.sessionCostUSD, usageSoFar: await usage(of: id))
  }

  /// What the attempts on a session have used, as far as they told: some agents count on from there.
  func usage(of session: String, before attempt: Int = .max) async -> TokenUsage {
    let attempts = await journal.state[task: work.id]?.attempts ?? []
    return attempts.reduce(into: TokenUsage()) { total, earlier in
      guard earlier.number < attempt, let result = earlier.result, result.session == session else { return }
      total += TokenUsage(result)
    }
  }
}
