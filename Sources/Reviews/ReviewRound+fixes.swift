import Attempts
import Basics
import Engine
import Forges
import Git
import Journal
import Processes
import Remotes

/// What the reviewer fixed, and how it comes to the pull request.
extension ReviewRound {
  struct Fixes: Sendable {
    let text: ReviewText.Fixes
    /// Where the pull request is to be: at the pushed fixes, or at the head as it was.
    let tip: ObjectID
    let werePushedNow: Bool
  }

  func deliver(_ result: ReviewResult, tests: ReviewText.Tests) async throws -> Fixes {
    if !result.fixes.isEmpty {
      try await journal.append(
        .proven(task: id, tip: result.tip.description, commits: result.fixes.map(CommitRecord.init(fix:))))
    }
    guard result.tip != change.head else {
      return Fixes(
        text: result.fixes.isEmpty ? .none : .pushed(result.fixes), tip: change.head, werePushedNow: false)
    }
    let reason: String
    if rulingOut(tests) != nil {
      reason = "the tests fail"
    } else if change.pullRequest.isFromFork {
      reason = "the branch is in a fork"
    } else if !change.isPushable {
      reason = "the branch cannot be pushed to from here"
    } else {
      try refuseAfterStop()
      guard let failure = try await push(result.tip, from: change.head) else {
        return Fixes(text: .pushed(result.fixes), tip: result.tip, werePushedNow: true)
      }
      reason = failure
    }
    return Fixes(
      text: .kept(result.fixes, reason: reason, patch: try await patch(to: result.tip)), tip: change.head,
      werePushedNow: false)
  }

  /// Pushes to the pull request's branch if it still is at `head`; returns why not, nil when it is pushed.
  func push(_ tip: ObjectID, from head: ObjectID) async throws -> String? {
    let (remote, branch) = (terms.remote, change.pullRequest.head.branch)
    let tracked = try await context.place.withRepository { repository throws(GitError) in
      try repository.remoteBranch(branch, of: remote)
    }
    try await journal.append([
      .pushStarting(task: id, remote: remote, commit: tip.description),
      .effect(
        task: id,
        effects: [
          .push(of: branch, to: remote, from: head, to: tip), .tracking(branch, of: remote, from: tracked, to: tip),
        ]),
    ])
    // From the worktree, so that a pre-push hook sees the files; but a relative URL is meant from the checkout.
    let git =
      terms.remoteIsRelative
      ? context.place.git : GitCommand(directory: site.worktree, environment: context.place.environment)
    let pushURL = context.place.remote(remote)?.separatePushURL
    // A first Ctrl-C lets a push end; a second does not.
    let result = try await context.stop.cancelling(at: .immediate) {
      try await git.push(
        remote: remote, branch: branch, tip: tip, expecting: head, setsUpstream: false, pushURL: pushURL)
    }
    switch result {
    case .pushed, .upToDate:
      try await journal.append(.pushed(task: id, commit: tip.description))
      return nil
    case .rejected(let reason):
      // Ours alone is not to be asked: the lease also fails for what the remote does not show.
      if try await git.remoteTip(remote: remote, branch: branch, pushURL: pushURL) != head {
        throw ReviewError.startOver("its branch moved before it could be pushed to")
      }
      return "'\(remote)' rejected the push: \(context.secrets.masking(reason))"
    case .failed(let message):
      return "'\(remote)' refused the push: \(context.secrets.masking(plainText(message, limit: 500)))"
    }
  }

  private func patch(to tip: ObjectID) async throws -> String? {
    let output = try await context.place.git.require(
      .reading, ReviewDiff.sizeLimit + ["diff"] + ReviewDiff.options + ["\(change.head)", "\(tip)", "--"])
    let text = sanitized(context.secrets.masking(output.text), .keepLines)
    return text.utf8.count < ReviewText.patchLimit ? text : nil
  }
}

extension CommitRecord {
  fileprivate init(fix commit: Commit) { self.init(id: commit.id.description, summary: commit.summary) }
}
