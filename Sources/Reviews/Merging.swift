import Agents
import Basics
import Engine
import Forges
import Git
import Journal
import Processes
import Settings

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Merges a pull request that its review approves, if the forge says that it may be merged, and asks the forge
/// whether it is.
struct Merging: Sendable {
  let context: RunContext
  let terms: ReviewOptions
  let fetching: ReviewFetching
  let header: TaskHeader
  let change: ReviewedChange
  /// The commit that was reviewed and tested, at which the pull request is.
  let tip: ObjectID
  /// Whether the review added commits, which the forge's checks may not know yet.
  let hasPushedFixes: Bool
  /// Whether it was approved just now: what the forge's rules ask for may be counted only after a while.
  let isApprovalNew: Bool

  enum Outcome: Sendable, Equatable {
    case merged
    /// Why, as a clause.
    case not(String)
    /// The head is no longer what was reviewed.
    case headMoved
    case unconfirmed
    case failed(ForgeError)
  }

  private var forge: any Forge { terms.forge }
  private var number: Int { change.pullRequest.number }

  func merge(_ pullRequest: PullRequest) async throws -> Outcome {
    if let reason = try await settleStack(pullRequest) { return .not(reason) }
    if let reason = try await checkFault() { return .not(reason) }
    let seen = try await settled()
    switch seen.state {
    case .merged: return try await record(seen)
    case .closed: return .not("it was closed in the meantime")
    case .open: break
    }
    guard seen.isAt(tip.description) else { return .headMoved }
    switch seen.mergeability {
    case .conflicting: return .not(try await conflictWords(seen))
    case .blocked(let reason): return .not("the forge does not allow it: \(plainText(reason, limit: 500))")
    case .mergeable, .unknown, .untold: break
    }
    if context.stop.level > .none { throw CancellationError() }
    return try await perform(seen)
  }

  private func perform(_ pullRequest: PullRequest) async throws -> Outcome {
    try await context.journal.append(.mergeStarting(task: header.id, commit: tip.description))
    let (forge, number, tip) = (forge, number, tip.description)
    let title = ReviewText.mergeTitle(pullRequest, secrets: context.secrets)
    let message = ReviewText.mergeMessage(change.commits, secrets: context.secrets)
    do {
      // A first Ctrl-C lets a merge end; a second does not.
      try await context.stop.cancelling(at: .immediate) {
        try await forge.merge(number, expecting: tip, title: title, message: message)
      }
    } catch let error as ForgeError {
      switch error.code {
      case .headMoved: return .headMoved
      case .notMergeable: return .not("the forge refused: \(plainText(error.message, limit: 500))")
      case _ where error.leavesDoubt: break
      default: throw error
      }
    }
    let seen = try await forge.pullRequest(number, retryPolicy: terms.retryPolicy) { $0.state != .open }
    return seen.state == .merged ? try await record(seen) : .unconfirmed
  }

  private func record(_ pullRequest: PullRequest) async throws -> Outcome {
    try await context.journal.append(.merged(task: header.id, commit: pullRequest.mergeCommit))
    return .merged
  }

  // MARK: - Stacks

  /// Waits for what the pull request builds on, and turns it to that one's base once it is merged; returns why it
  /// cannot be merged now, nil when it can.
  private func settleStack(_ pullRequest: PullRequest) async throws -> String? {
    let (needs, ends) = (header.needs, terms.ends)
    try await context.stop.cancelling(at: .graceful) {
      for need in needs { await ends.wait(for: need) }
    }
    if context.stop.level > .none { throw CancellationError() }
    let state = await context.journal.state
    let below = header.needs.compactMap { state[task: $0] }.filter { $0.header.branch == pullRequest.base }
    let merged = below.first { $0.status == .merged }
    if let open = below.first(where: { $0.status != .merged }), merged == nil {
      return "it builds on \(open.header.pullRequest.map { "#\($0)" } ?? open.header.id), which is not merged"
    }
    let mergedNumbers = Set(below.filter { $0.status == .merged }.compactMap(\.header.pullRequest))
    let others = try await forge.openPullRequests(from: pullRequest.base)
      .filter { $0.number != number && !$0.isFromFork && !mergedNumbers.contains($0.number) }
    if let open = others.first { return "it builds on #\(open.number), which is not merged" }
    guard let base = merged?.pullRequest?.base else { return nil }
    return try await retarget(from: pullRequest.base, to: base)
  }

  private func retarget(from present: String, to base: String) async throws -> String? {
    try await context.journal.append(
      .effect(
        task: header.id, effects: [EffectRecord(.pullRequestBase, "\(number)", before: present, after: base)]))
    _ = try await forge.retarget(number, to: base)
    let seen = try await forge.pullRequest(number, retryPolicy: terms.retryPolicy) {
      $0.base == base || $0.state != .open
    }
    guard seen.base == base else { return "the forge does not show its new base '\(base)'" }
    try await context.journal.append(
      .pullRequestSeen(task: header.id, pullRequest: PullRequestRecord(seen, commit: tip.description)))
    return nil
  }

  // MARK: - Checks

  /// Waits for the forge's checks; returns why they rule the merge out, nil when they do not.
  private func checkFault() async throws -> String? {
    let limit = context.place.settings[.reviewChecksTimeout]
    var waited = Duration.zero
    var pause = Duration.seconds(1)
    var recorded: [String]?
    while true {
      let checks = try await checksNow()
      let names = checks.names.map { plainText($0, limit: 100) }
      switch checks.state {
      case .none, .passed: return nil
      case .failed: return "checks failed\(Self.which(names))"
      case .pending:
        guard waited < limit else { return "checks are pending\(Self.which(names))" }
        if names != recorded {
          let end = JournalTime(Date(timeIntervalSinceNow: (limit - waited) / .seconds(1)))
          try await context.journal.append(.waitingForChecks(task: header.id, checks: names, until: end))
          recorded = names
        }
        let next = min(pause, limit - waited)
        try await terms.retryPolicy.pause(for: next, .checks)
        waited += next
        pause = min(pause * 2, .seconds(15))
      }
    }
  }

  private func checksNow() async throws -> CheckSummary {
    let checks = try await forge.checks(of: tip.description)
    guard checks.state == .none, hasPushedFixes,
      try await forge.checks(of: change.head.description).state != .none
    else { return checks }
    // They reported on the head before; those of a commit that was pushed just now are yet to begin.
    return CheckSummary(state: .pending)
  }

  private static func which(_ names: [String]) -> String {
    guard !names.isEmpty else { return "" }
    let more = names.count > 5 ? " and \(names.count - 5) more" : ""
    return ": \(names.prefix(5).joined(separator: ", "))\(more)"
  }

  // MARK: - Mergeability

  /// The pull request once the forge knows whether it would merge it, or after the last retry.
  private func settled() async throws -> PullRequest {
    let isApprovalNew = isApprovalNew
    let tip = tip.description
    return try await forge.pullRequest(number, retryPolicy: terms.retryPolicy) { seen in
      guard seen.state == .open, seen.isAt(tip) else { return true }
      switch seen.mergeability {
      case .mergeable, .conflicting, .untold: return true
      case .blocked: return !isApprovalNew
      case .unknown: return false
      }
    }
  }

  private func conflictWords(_ seen: PullRequest) async throws -> String {
    let base = try await fetching.base(seen.base)
    let files = try await fetching.conflicts(of: tip, with: base)
    return "it " + (ReviewedChange.words(conflicts: files, base: seen.base) ?? "conflicts with '\(seen.base)'")
  }
}
