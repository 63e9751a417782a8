import Attempts
import Engine
import ForgeMerges
import Forges
import Git
import Journal
import Processes

/// What a pull request builds on, and where its work belongs.
extension PullRequestMerge {
  /// Waits for what the pull request builds on, and turns it to that one's base once it is merged; returns why it
  /// cannot be merged now, nil when it can.
  func settleStack(_ pullRequest: inout PullRequest) async throws -> String? {
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
    // What it was merged into may itself be gone by now.
    switch try await merges.stack.destination(of: number, from: merged?.pullRequest?.base ?? pullRequest.base) {
    case .refused(let reason): return reason
    case .branch(let branch): return try await retarget(&pullRequest, to: branch)
    }
  }

  private func retarget(_ pullRequest: inout PullRequest, to base: String) async throws -> String? {
    guard pullRequest.base != base else { return nil }
    guard let seen = try await merges.retarget(number, from: pullRequest.base, to: base, for: header.id) else {
      return "the forge does not show its new base '\(base)'"
    }
    pullRequest = seen
    try await context.journal.append(
      .pullRequestSeen(task: header.id, pullRequest: PullRequestRecord(seen, commit: tip.description)))
    return nil
  }
}
