import Forges

extension PullRequest {
  /// As Bitbucket shows it, for a repository at `site`.
  init(_ told: BitbucketPullRequest, at site: ForgeRepository) {
    let isFromFork = !told.isFromRepository(at: site)
    let state = told.isOpen ? State.open : told.state == "MERGED" ? .merged : .closed
    let isDraft = told.draft ?? (told.state == "DRAFT")
    let mergeability: Mergeability =
      switch told.state {
      case "QUEUED": .blocked("it waits in the merge queue")
      case _ where state == .open && isDraft: .blocked("it is a draft")
      // Bitbucket reports conflicts elsewhere only; who asks merges in memory.
      default: .untold
      }
    self.init(
      number: told.id,
      url: told.links?.html?.href ?? "https://\(site.host)/\(site.slug)/pull-requests/\(told.id)",
      title: told.title ?? "", body: told.description ?? "", author: told.author?.name ?? "", state: state,
      isDraft: isDraft,
      head: Head(
        branch: told.source.branch.name, commit: told.source.commit?.hash ?? "",
        repository: told.source.repository?.full_name,
        // There are no refs for pull requests: what is in a fork cannot be had here.
        reference: isFromFork ? nil : "refs/heads/\(told.source.branch.name)"),
      base: told.destination.branch.name, isFromFork: isFromFork, mergeability: mergeability,
      mergeCommit: state == .merged ? told.merge_commit?.hash : nil)
    isQueued = told.state == "QUEUED"
    createdAt = told.created_on.flatMap(Self.moment)
  }
}

extension BitbucketPullRequest {
  var isOpen: Bool { ["OPEN", "DRAFT", "QUEUED"].contains(state) }

  /// Whether its head is a branch of the repository itself.
  func isFromRepository(at site: ForgeRepository) -> Bool {
    guard let source = source.repository?.full_name?.lowercased() else { return false }
    // The name that Bitbucket uses now is what counts: the one in the remote's URL may be an old one.
    return source == (destination.repository?.full_name ?? site.slug).lowercased()
  }
}
