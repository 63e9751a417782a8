import Agents
import Attempts
import Basics
import Engine
import ForgeMerges
import Forges
import Git
import Journal
import Processes
import Settings
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Merges a pull request that its review approves, if the forge says that it may be merged, and asks the forge
/// whether it is.
struct PullRequestMerge: Sendable {
  let context: RunContext
  let terms: ReviewOptions
  let fetching: ReviewFetching
  let header: TaskHeader
  let change: ReviewedChange
  /// The commit that was reviewed and tested, at which the pull request is; or what brought that up to date.
  var tip: ObjectID
  /// Whether the review added commits, which the forge's checks may not know yet.
  let hasPushedFixes: Bool
  /// Whether it was approved just now: what the forge's rules ask for may be counted only after a while.
  let isApprovalNew: Bool
  /// Tests what the merge would make.
  let result: MergedResult
  /// The commit that was reviewed, once the base is merged into it.
  var reviewed: ObjectID?

  enum Outcome: Sendable, Equatable {
    /// What is to be known of it, as a clause.
    case merged(note: String?)
    /// The forge merges it automatically: it is in its queue, or waits for its rules. Why, as a clause.
    case queued(String)
    /// Why, as a clause.
    case not(String)
    /// The head is no longer what was reviewed.
    case headMoved
    case unconfirmed
    case failed(ForgeError)
  }

  var forge: any Forge { terms.forge }
  var number: Int { change.pullRequest.number }
  var merges: MergeContext { terms.merges(in: context) }

  func merge(_ pullRequest: PullRequest) async throws -> Outcome {
    var pullRequest = pullRequest
    if let reason = try await settleStack(&pullRequest) { return .not(reason) }
    let rules = try await terms.mergeRules.rules(of: pullRequest.base)
    let checked = MergeContext.CheckedCommit(
      tip, after: reviewed ?? (hasPushedFixes ? change.head : nil), rules: rules, base: pullRequest.base)
    if let reason = try await merges.checkFault(of: checked, for: header.id) { return .not(reason) }
    // Two that are merged one after the other must not both be tested on the base from before.
    for round in 0..<Self.mostRounds {
      let seen = try await settled(rules)
      switch seen.state {
      case .merged: return try await record(seen, expecting: nil)
      case .closed: return .not("it was closed in the meantime")
      case .open: break
      }
      guard seen.isAt(tip.description) else { return .headMoved }
      if seen.isQueued { return .queued("the forge merges it automatically") }
      switch seen.mergeability {
      case .conflicting: return .not(try await conflictWords(seen))
      case .blocked where seen.isBehind && !rules.needsQueue && reviewed == nil:
        switch try await updated(seen) {
        case .commit(let commit):
          var next = self
          (next.tip, next.reviewed) = (commit, tip)
          return try await next.merge(seen)
        case .not(let reason): return .not(reason)
        }
      case .blocked(let reason): return try await whenBlocked(seen, rules, reason)
      case .mergeable, .unknown, .untold: break
      }
      if context.stop.level > .none { throw CancellationError() }
      // The queue tests what it makes.
      if rules.needsQueue { return try await leave(seen, rules, inQueue: true) }
      // After some rounds all others wait until this one is tested.
      let holdsTurn = round >= 2
      if holdsTurn { await terms.turn.take() }
      defer { if holdsTurn { terms.turn.giveBack() } }
      let base = result.isNeeded ? try await fetching.base(seen.base) : nil
      if let base, let reason = try await result.fault(of: tip, into: base, named: seen.base) { return .not(reason) }
      if !holdsTurn { await terms.turn.take() }
      defer { if !holdsTurn { terms.turn.giveBack() } }
      if context.stop.level > .none { throw CancellationError() }
      if let base, try await fetching.base(seen.base) != base { continue }
      return try await perform(seen, rules, onto: base)
    }
    return .not("'\(pullRequest.base)' moves faster than it can be tested with it")
  }

  private static let mostRounds = 6

  /// Has the forge merge it once its rules are met, where it does that.
  private func whenBlocked(_ seen: PullRequest, _ rules: MergeRules, _ reason: String) async throws -> Outcome {
    let words = "the forge does not allow it: \(plainText(reason, limit: 500))"
    guard rules.allowsAutoMerge || rules.needsQueue, !seen.isDraft else { return .not(words) }
    let base = try await fetching.base(seen.base)
    if let reason = try await result.fault(of: tip, into: base, named: seen.base) { return .not(reason) }
    return try await leave(seen, rules, inQueue: rules.needsQueue)
  }

  private func leave(_ seen: PullRequest, _ rules: MergeRules, inQueue: Bool) async throws -> Outcome {
    let order = try await order(seen, rules)
    try await context.journal.append(.mergeStarting(task: header.id, commit: tip.description))
    let (forge, number) = (forge, number)
    do {
      try await context.stop.cancelling(at: .immediate) {
        try await forge.leaveToForge(number, order, inQueue: inQueue)
      }
    } catch let error as ForgeError {
      switch error.code {
      case .headMoved: return .headMoved
      case .notMergeable, .invalid: return .not("the forge refused: \(plainText(error.message, limit: 500))")
      default: throw error
      }
    }
    return .queued(
      inQueue ? "it is in the merge queue of '\(seen.base)'" : "the forge merges it once its rules are met")
  }

  private func order(_ pullRequest: PullRequest, _ rules: MergeRules) async throws -> MergeOrder {
    // Of its own commits, not of the base's.
    let (tip, base) = (reviewed ?? tip, change.base)
    let messages = try await context.place.withRepository { repository throws(GitError) in
      try repository.messages(from: tip, excluding: [base], limit: ReviewedChange.commitLimit)
    }
    let method = rules.method(terms.method) ?? .squash
    return MergeOrder(
      commit: self.tip.description, method: method, methodName: rules.methods[method],
      title: ReviewText.mergeTitle(pullRequest, secrets: context.secrets),
      message: ReviewText.mergeMessage(change.commits, messages: messages, secrets: context.secrets))
  }

  private func perform(_ pullRequest: PullRequest, _ rules: MergeRules, onto base: ObjectID?) async throws -> Outcome {
    let order = try await order(pullRequest, rules)
    try await context.journal.append(.mergeStarting(task: header.id, commit: tip.description))
    let (forge, number) = (forge, number)
    do {
      // A first Ctrl-C lets a merge end; a second does not.
      try await context.stop.cancelling(at: .immediate) {
        try await forge.merge(number, order)
      }
    } catch let error as ForgeError {
      switch error.code {
      case .headMoved: return .headMoved
      case .queueRequired: return try await leave(pullRequest, rules, inQueue: true)
      case .notMergeable: return .not("the forge refused: \(plainText(error.message, limit: 500))")
      case _ where error.leavesDoubt: break
      default: throw error
      }
    }
    let seen = try await forge.pullRequest(number, retryPolicy: terms.retryPolicy) { $0.state != .open }
    guard seen.state == .merged else { return .unconfirmed }
    return try await record(seen, expecting: base.flatMap { result.tree(of: tip, into: $0) })
  }

  /// - Parameter tree: what was tested; nil where nothing was.
  private func record(_ pullRequest: PullRequest, expecting tree: ObjectID?) async throws -> Outcome {
    try await context.journal.append(.merged(task: header.id, commit: pullRequest.mergeCommit))
    var note: String?
    if let tree { note = try await difference(of: pullRequest, from: tree) }
    if context.place.settings[.landDeleteBranch] {
      try await merges.deleteBranch(of: pullRequest, at: tip, for: header.id)
    }
    return .merged(note: note)
  }

  /// What the forge merged otherwise than it was tested, as a clause; nil when it has the very files.
  private func difference(of merged: PullRequest, from tree: ObjectID) async throws -> String? {
    do {
      let base = try await fetching.base(merged.base)
      let commit = merged.mergeCommit
      let made = try await context.place.withRepository { repository throws(GitError) in
        guard let commit else { return (base, try repository.tree(of: base)) as (id: ObjectID, tree: ObjectID)? }
        guard let id = try repository.commit(at: commit) else { return nil }
        return (id, try repository.tree(of: id))
      }
      guard let made, made.tree != tree else { return nil }
      return "what the forge made of it (\(made.id.abbreviated)) has other files than those that were tested"
    } catch let error as ReviewError {
      // It is merged all the same.
      guard case .ended(let ending) = error else { throw error }
      return "what the forge made of it cannot be compared with what was tested: \(ending.message ?? "")"
    }
  }

  // MARK: - Mergeability

  /// The pull request once the forge knows whether it would merge it, or after the last retry.
  private func settled(_ rules: MergeRules) async throws -> PullRequest {
    // Where more approvals are needed than one, ours cannot be what is missing; else it is counted soon.
    let isApprovalNew = isApprovalNew && rules.requiredApprovals ?? 1 == 1
    let tip = tip.description
    let blocks = Mutex(0)
    return try await forge.pullRequest(number, retryPolicy: terms.retryPolicy) { seen in
      guard seen.state == .open, seen.isAt(tip) else { return true }
      switch seen.mergeability {
      case .mergeable, .conflicting, .untold: return true
      case .blocked:
        return !isApprovalNew
          || blocks.withLock {
            $0 += 1; return $0
          } > 2
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
