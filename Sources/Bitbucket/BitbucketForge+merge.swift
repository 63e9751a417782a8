import Basics
package import Forges
import HTTP

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension BitbucketForge {
  /// The API takes no commit to expect, so the head is compared just before; in between it could still move.
  package func merge(_ number: Int, _ order: MergeOrder) async throws(ForgeError) {
    let commit = order.commit
    let strategy = order.methodName ?? Self.strategies.first { $0.method == order.method }?.name ?? "squash"
    let request = BitbucketMerge(message: Self.message(order.title, order.message), merge_strategy: strategy)
    var pause = retryPolicy.firstPause
    for attempt in 0... {
      if try await isMerged(number, expecting: commit) { return }
      let (failure, isWorthAnother): (ForgeError, Bool)
      do throws(ForgeError) {
        switch try await mergeNow(number, request) {
        case .merged: return
        case .failed(let error, let again): (failure, isWorthAnother) = (error, again)
        }
      } catch {
        (failure, isWorthAnother) = (error, error.leavesDoubt)
      }
      guard isWorthAnother, attempt < retryPolicy.retries else {
        // It may be done all the same: by this request, or by an earlier one, whose answer was lost.
        let mayBeMerged = failure.leavesDoubt || failure.code == .notMergeable
        if mayBeMerged, try await isMerged(number, expecting: commit) { return }
        throw failure
      }
      try await retryPolicy.pause(for: pause, after: failure)
      pause *= 2
    }
  }

  /// Bitbucket's names; of several that make the same the best first.
  static let strategies: [(method: MergeMethod, name: String)] = [
    (.squash, "squash"), (.merge, "merge_commit"), (.rebase, "rebase_fast_forward"), (.squash, "squash_fast_forward"),
    (.rebase, "fast_forward"), (.rebase, "rebase_merge"),
  ]

  package func mergeRules(of branch: String) async throws(ForgeError) -> MergeRules {
    let what = "the branch '\(branch)' of \(site.slug)"
    let response = try await api.exchange("GET", try api.url(["refs", "branches", branch]), isRepeatable: true)
    if [403, 404].contains(response.status) { return MergeRules() }
    let told = try api.decoded(BitbucketBranch.self, from: try api.accepted(response, what), what)
    var rules = MergeRules()
    for (method, name) in Self.strategies where told.merge_strategies?.contains(name) == true {
      if rules.methods[method] == nil { rules.methods[method] = name }
    }
    rules.standard = Self.strategies.first { $0.name == told.default_merge_strategy }?.method
    return rules
  }

  package func recentChecks(into branch: String) async throws(ForgeError) -> PastChecks? {
    let merged = try await pullRequests(
      query: [("q", "destination.branch.name=\(Self.quoted(branch)) AND state=\"MERGED\""), ("sort", "-updated_on")],
      pages: 1)
    for pullRequest in merged.prefix(2) where !pullRequest.head.commit.isEmpty {
      let checks = try await checks(of: pullRequest.head.commit)
      if checks.state != .none { return PastChecks(number: pullRequest.number, state: checks.state) }
    }
    return nil
  }

  private enum Ending {
    case merged
    case failed(ForgeError, again: Bool)
  }

  /// - Throws: `.headMoved`, or `.notMergeable` when it is closed.
  private func isMerged(_ number: Int, expecting commit: String) async throws(ForgeError) -> Bool {
    let present = try await pullRequest(number)
    switch present.state {
    case .merged: return true
    case .closed: throw ForgeError(.notMergeable, "\(name(of: number)) is closed")
    case .open: break
    }
    guard present.isAt(commit) else {
      throw ForgeError(
        .headMoved,
        "\(name(of: number)) is at \(oneLine(String(present.head.commit.prefix(12)))), not at \(commit.prefix(12))")
    }
    return false
  }

  private func mergeNow(_ number: Int, _ request: BitbucketMerge) async throws(ForgeError) -> Ending {
    let what = "the merge of \(name(of: number))"
    let response = try await api.exchange(
      "POST", try api.url(["pullrequests", "\(number)", "merge"]), request, isRepeatable: false)
    if response.status == 202 { return try await awaitMerge(number, response.headers["location"], what) }
    if let refused = refusedMerge(response, what) { return refused }
    let merged = try api.decoded(BitbucketPullRequest.self, from: try api.accepted(response, what), what)
    guard merged.state == "MERGED" else {
      throw ForgeError(.serverError, "Bitbucket accepted \(what), but does not show it yet")
    }
    return .merged
  }

  /// Waits for a merge that Bitbucket does in the background, for some minutes at most.
  private func awaitMerge(_ number: Int, _ location: String?, _ what: String) async throws(ForgeError) -> Ending {
    let unfinished = Ending.failed(
      ForgeError(.serverError, "Bitbucket has not finished \(what) yet"), again: false)
    guard let location, let url = try? api.trusted(location, "the progress of \(what)") else {
      let seen = try await pullRequest(number, retryPolicy: retryPolicy) { $0.state == .merged }
      return seen.state == .merged ? .merged : unfinished
    }
    var pause = retryPolicy.firstPause
    for look in 0...(retryPolicy.retries * 3) {
      if look > 0 {
        try await retryPolicy.pause(for: pause, after: nil)
        if look < retryPolicy.retries { pause *= 2 }
      }
      let response = try await api.exchange("GET", url, isRepeatable: true)
      if let refused = refusedMerge(response, what) { return refused }
      let task = try api.decoded(BitbucketMergeTask.self, from: try api.accepted(response, what), what)
      switch task.task_status {
      case "SUCCESS": return .merged
      case "PENDING": continue
      default:
        let ended = api.login.secrets.masking(oneLine(task.task_status))
        return .failed(ForgeError(.notMergeable, "\(what) ended as '\(ended)'"), again: false)
      }
    }
    return unfinished
  }

  /// What an answer of 400 or 409 means; nil for others.
  private func refusedMerge(_ response: HTTPResponse, _ what: String) -> Ending? {
    guard [400, 409].contains(response.status) else { return nil }
    let refusal = api.refusal(response)
    let reason = refusal.reason.isEmpty ? "HTTP \(response.status)" : refusal.reason
    // A ref that moved may be the base, as when several are merged at a time: then the same once more may well succeed.
    let hasMoved =
      response.status == 409 && !refusal.mentions("conflict")
      && refusal.mentions("moved", "changed", "updated", "modified", "stale", "out of date")
    return .failed(ForgeError(.notMergeable, "Bitbucket refuses \(what): \(reason)"), again: hasMoved)
  }

  /// The longest message that Bitbucket takes, in bytes of UTF-8.
  static let longestMessage = 128 << 10

  static func message(_ title: String, _ message: String) -> String {
    let whole = message.isEmpty ? title : "\(title)\n\n\(message)"
    guard whole.utf8.count > longestMessage else { return whole }
    var end = whole.utf8.index(whole.startIndex, offsetBy: longestMessage)
    while end.samePosition(in: whole) == nil { end = whole.utf8.index(before: end) }
    return String(whole[..<end])
  }
}
