import Agents
import Attempts
import Basics
import Engine
import ForgeMerges
import Forges
import Git
import Journal
import Merging
import Processes
import Remotes

/// Why the review of a pull request goes no further.
enum ReviewError: Error {
  case ended(TaskEnding)
  /// What was done is void; why, as a clause.
  case startOver(String)
}

/// Brings a pull request's commits here, through references that no branch and no other process knows.
struct ReviewFetching: Sendable {
  let context: RunContext
  let terms: ReviewOptions
  let sites: ReviewWorktrees
  let number: Int

  /// How often a head is looked for that moves while it is fetched.
  private static let mostTries = 4

  /// The pull request as it is now, with its head and the tip of its base.
  func change() async throws -> ReviewedChange {
    let (pullRequest, head) = try await head(of: open(terms.forge.pullRequest(number)))
    let base = try await presentBase(of: pullRequest)
    let conflicts = try await conflicts(of: head, with: base)
    let commits = try await context.place.withRepository { repository throws(GitError) in
      try repository.commits(from: head, excluding: [base], limit: ReviewedChange.commitLimit)
    }
    let isPushable =
      terms.canPush && !pullRequest.isFromFork && BranchName.isValid(pullRequest.head.branch)
      && pullRequest.head.repository != nil
    return ReviewedChange(
      pullRequest: pullRequest, head: head, base: base, commits: commits, conflicts: conflicts, isPushable: isPushable,
      isForeign: terms.own.isForeign(pullRequest))
  }

  /// The pull request itself.
  /// - Throws: `ReviewError.ended` for one that is not open.
  func open(_ pullRequest: PullRequest) throws(ReviewError) -> PullRequest {
    switch pullRequest.state {
    case .open: return pullRequest
    case .merged:
      // Where it was to be merged, that is what was wanted.
      throw .ended(TaskEnding(status: terms.merges ? .merged : .skipped, message: "it is already merged"))
    case .closed: throw .ended(TaskEnding(status: .skipped, message: "it is closed"))
    }
  }

  private func head(of first: PullRequest) async throws -> (PullRequest, ObjectID) {
    var pullRequest = first
    for _ in 0..<Self.mostTries {
      let fork = pullRequest.head.reference == nil ? forkURL(pullRequest) : nil
      guard let reference = pullRequest.head.reference ?? fork.map({ _ in "refs/heads/\(pullRequest.head.branch)" })
      else {
        let fork = pullRequest.head.repository.map { "'\(plainText($0, limit: 200))'" } ?? "a deleted repository"
        throw ReviewError.ended(
          TaskEnding(
            status: .failed, message: "its branch is in \(fork), and '\(terms.remote)' does not have it",
            advice: [
              "push the branch to '\(terms.remote)' and open a pull request from there, which can be reviewed",
              "or review it on the forge: \(pullRequest.url)",
            ]))
      }
      let fetched = try await fetch(reference, into: sites.headReference, at: fork, what: "its head")
      if pullRequest.isAt(fetched.description) { return (pullRequest, fetched) }
      let seen = try await terms.forge.pullRequest(number, retryPolicy: terms.retryPolicy) {
        $0.isAt(fetched.description) || $0.state != .open
      }
      pullRequest = try open(seen)
      if pullRequest.isAt(fetched.description) { return (pullRequest, fetched) }
    }
    throw ReviewError.ended(
      TaskEnding(
        status: .failed,
        message: "the forge shows it at \(pullRequest.head.commit.prefix(10)), which '\(terms.remote)' does not have",
        advice: ["try again later: git orch review --pr \(number)"]))
  }

  /// Where the fork is whose branches our remote does not show: next to the repository itself, by the remote's URL. nil when
  /// that cannot be told.
  private func forkURL(_ pullRequest: PullRequest) -> String? {
    guard let slug = pullRequest.head.repository, let remote = context.place.remote(terms.remote) else { return nil }
    let parts = slug.split(separator: "/", omittingEmptySubsequences: false)
    // Others chose the name.
    let isName =
      parts.count == 2
      && parts.allSatisfy { part in
        !part.isEmpty && part.first != "-" && part.first != "."
          && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
      }
    let own = terms.forge.site.slug
    let url = remote.writtenURL
    guard isName, let place = url.lowercased().ranges(of: own.lowercased()).last else { return nil }
    // In lower case a URL has the same length: its letters are ASCII.
    let start = url.lowercased().distance(from: url.lowercased().startIndex, to: place.lowerBound)
    let front = url.prefix(start)
    return front + slug + url.dropFirst(start + own.count)
  }

  /// The tip of the remote's branch.
  func base(_ branch: String) async throws -> ObjectID {
    try await fetch("refs/heads/\(branch)", into: sites.baseReference, what: "its base '\(branch)'")
  }

  private func fetch(_ reference: String, into ours: String, at url: String? = nil, what: String) async throws
    -> ObjectID
  {
    let (git, remote) = (context.place.git, terms.remote)
    do {
      try await context.stop.cancelling(at: .graceful) {
        try await git.fetch(remote: remote, reference: reference, into: ours, url: url)
      }
    } catch let error as GitError where error.code != .cancelled {
      throw ReviewError.ended(
        TaskEnding(
          status: .failed, message: "cannot fetch \(what): \(context.secrets.masking(error.message))"))
    }
    let commit = try await context.place.withRepository { repository throws(GitError) in
      try repository.reference(ours)
    }
    guard let commit else {
      throw ReviewError.ended(TaskEnding(status: .failed, message: "cannot fetch \(what): git found no commit"))
    }
    return commit
  }

  /// The same of the branch in which a pull request's work belongs where its own base is gone: that of another one which
  /// was merged, and deleted with it.
  private func presentBase(of pullRequest: PullRequest) async throws -> ObjectID {
    do {
      return try await base(pullRequest.base)
    } catch let error as ReviewError {
      let stack = terms.merges(in: context).stack
      guard try await stack.tip(of: pullRequest.base) == nil,
        case .branch(let branch) = try await stack.destination(of: number, from: pullRequest.base),
        branch != pullRequest.base
      else { throw error }
      return try await base(branch)
    }
  }

  /// The files in which the commits do not merge on the forge; nothing is left of the attempt.
  func conflicts(of head: ObjectID, with base: ObjectID) async throws -> [String] {
    if case .conflict(let files) = try await terms.trials.merge(base, head, in: .forge) { return files }
    return []
  }
}
