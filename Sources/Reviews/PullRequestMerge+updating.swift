import Attempts
import Engine
import Forges
import Git
import Merging
import Processes

/// Bases whose rules take only branches that are up to date with them.
extension PullRequestMerge {
  enum Update {
    /// The pull request is there now.
    case commit(ObjectID)
    /// Why it stays as it is, as a clause.
    case not(String)
  }

  /// Brings it up to date by a merge of the base, as the forge itself would, once the tests have passed with what that
  /// makes.
  func updated(_ seen: PullRequest) async throws -> Update {
    let wanted = "it must be brought up to date with '\(seen.base)' first"
    guard change.isPushable else { return .not("\(wanted), and its branch cannot be pushed to from here") }
    let base = try await fetching.base(seen.base)
    if let reason = try await result.fault(of: tip, into: base, named: seen.base) { return .not(reason) }
    guard case .clean(let tree) = try await terms.trials.merge(base, tip, in: .forge) else {
      return .not(wanted)
    }
    if context.stop.level > .none { throw CancellationError() }
    let committer = try await context.place.git.identities().committer
    let commit = try await terms.trials.commit(
      tree: tree, parents: [tip, base],
      CommitText(
        author: committer, committer: committer, message: "Merge branch '\(seen.base)' into \(seen.head.branch)\n"))
    try await terms.trials.adopt([commit])
    if let reason = try await result.round.push(commit, from: tip) { return .not("\(wanted): \(reason)") }
    // It does not show at once.
    let settled = try await forge.pullRequest(number, retryPolicy: terms.retryPolicy) {
      $0.state != .open || $0.isAt(commit.description)
    }
    return settled.isAt(commit.description) || settled.state == .merged
      ? .commit(commit) : .not("the forge does not show that it is up to date with '\(seen.base)' now")
  }
}
