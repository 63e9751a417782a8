import Forges

extension PullRequest {
  init(_ answer: GitHubPullRequest) {
    let isMerged = answer.merged ?? (answer.mergedAt != nil)
    let state: State = isMerged ? .merged : answer.state == "open" ? .open : .closed
    // Not the site's name, which may be an old one of a repository that was renamed.
    let isFromFork = answer.head.repo == nil || answer.head.repo?.fullName != answer.base.repo?.fullName
    self.init(
      number: answer.number, url: answer.url, title: answer.title, body: answer.body ?? "",
      // Deleted accounts have none; GitHub shows them so.
      author: answer.user?.login ?? "ghost", state: state, isDraft: answer.draft ?? false,
      head: Head(
        branch: answer.head.ref, commit: answer.head.sha ?? "", repository: answer.head.repo?.fullName,
        // The branch itself moves first; it is often deleted after the end.
        reference: state == .open && !isFromFork
          ? "refs/heads/\(answer.head.ref)" : "refs/pull/\(answer.number)/head"),
      base: answer.base.ref, isFromFork: isFromFork,
      mergeability: state == .open ? Mergeability(answer) : .unknown,
      // Until then it names a merge made for trial.
      mergeCommit: isMerged ? answer.mergeCommit : nil)
    isQueued = state == .open && answer.autoMerge != nil
    isBehind = state == .open && answer.mergeable != false && answer.mergeableState == "behind"
    createdAt = answer.created.flatMap(Self.moment)
  }
}

extension PullRequest.Mergeability {
  fileprivate init(_ answer: GitHubPullRequest) {
    switch (answer.mergeable, answer.mergeableState) {
    case (false, _), (_, "dirty"): self = .conflicting
    case (nil, _): self = .unknown
    case (true, "clean"), (true, "unstable"), (true, "has_hooks"): self = .mergeable
    case (true, "blocked"):
      self = .blocked("the rules of '\(answer.base.ref)' are not met: a review or a check is missing")
    case (true, "behind"): self = .blocked("its branch must be brought up to date with '\(answer.base.ref)' first")
    case (true, "draft"): self = .blocked("it is a draft")
    case (true, _): self = .unknown
    }
  }
}
