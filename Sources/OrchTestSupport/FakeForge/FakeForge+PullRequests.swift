// What can be done with pull requests, whatever the dialect. Checks that decide are made without a suspension between
// them and the change, since the actor takes other requests meanwhile.
extension FakeForge {
  /// Opens a pull request for a branch of the repository itself.
  /// - Throws: `Refusal`.
  @discardableResult
  package func open(
    title: String, body: String = "", head branch: String, base: String, author: String, isDraft: Bool = false
  ) async throws -> PullRequest {
    guard let head = try await commit(ofBranch: branch) else { throw Refusal.headUnknown }
    guard let target = try await commit(ofBranch: base) else { throw Refusal.baseUnknown }
    let isAhead = try await hasCommits(head, beyond: target)
    if let present = pulls.values.first(where: {
      $0.state == .open && $0.branch == branch && $0.base == base && $0.fork == nil
    }) {
      throw Refusal.alreadyExists(present.number)
    }
    guard isAhead else { throw Refusal.noCommits }
    lastNumber += 1
    let pull = PullRequest(
      number: lastNumber, title: title, body: body, author: author, isDraft: isDraft, branch: branch, base: base,
      headCommit: head, mergeabilityLag: behaviour.mergeabilityLag)
    pulls[pull.number] = pull
    try await follow(pull)
    return pull
  }

  /// Opens a pull request whose head is a branch of another repository.
  @discardableResult
  package func openFromFork(
    _ fork: Fork, title: String, body: String = "", head branch: String, base: String, author: String
  ) async throws -> PullRequest {
    guard try await commit(ofBranch: base) != nil else { throw Refusal.baseUnknown }
    if let present = pulls.values.first(where: {
      $0.state == .open && $0.branch == branch && $0.base == base && $0.fork?.slug == fork.slug
    }) {
      throw Refusal.alreadyExists(present.number)
    }
    lastNumber += 1
    var pull = PullRequest(
      number: lastNumber, title: title, body: body, author: author, isDraft: false, branch: branch, fork: fork,
      base: base, headCommit: "", mergeabilityLag: behaviour.mergeabilityLag)
    guard let head = try await liveHead(of: pull) else { throw Refusal.headUnknown }
    pull.headCommit = head
    pulls[pull.number] = pull
    return pull
  }

  /// Changes a pull request, as its author or the forge's pages would.
  package func change(_ number: Int, _ change: @Sendable (inout PullRequest) -> Void) {
    guard var pull = pulls[number] else { return }
    change(&pull)
    pulls[number] = pull
  }

  /// The rules forbid a merge from now on, in these words; nil lets it.
  package func block(_ number: Int, _ reason: String?) { pulls[number]?.block = reason }

  /// Says something about a commit, or takes back what was said under the same name.
  package func set(_ check: Check) {
    checks.removeAll { $0.kind == check.kind && $0.name == check.name && $0.commit == check.commit }
    checks.append(check)
  }

  /// The checks of one kind for a commit, and for each whether it shows as finished; this counts as an ask.
  func askForChecks(_ kind: Check.Kind, of commit: String) -> [(check: Check, isFinished: Bool)] {
    checks.indices.compactMap { index in
      let check = checks[index]
      guard check.kind == kind, check.commit == nil || check.commit == commit else { return nil }
      if check.pendingAsks > 0 { checks[index].pendingAsks -= 1 }
      return (check, check.pendingAsks == 0)
    }
  }

  /// Takes note of pushes. One whose branch is gone is closed, as forges do.
  func refreshHead(of number: Int, isAsk: Bool = false) async throws {
    guard let seen = pulls[number], seen.state == .open else { return }
    if behaviour.closesOrphans, try await commit(ofBranch: seen.base) == nil {
      pulls[number]?.state = .closed
      return try await pin(seen, at: seen.headCommit)
    }
    let live = try await liveHead(of: seen)
    guard var pull = pulls[number], pull.state == .open else { return }
    guard let live else {
      pulls[number]?.state = .closed
      return try await pin(pull, at: pull.headCommit)
    }
    guard live != pull.headCommit else { return }
    let lag = pull.headLag ?? behaviour.headLag
    if lag > 0 {
      pull.headLag = isAsk ? lag - 1 : lag
    } else {
      pull.headLag = nil
      pull.headCommit = live
      pull.mergeabilityLag = behaviour.mergeabilityLag
    }
    pulls[number] = pull
  }

  enum Mergeability: Sendable, Equatable { case unknown, clean, conflicting, blocked, behind, draft }

  /// Whether it can be merged, as the forge would say it now; this counts as an ask.
  func askForMergeability(of number: Int) async throws -> Mergeability {
    guard let pull = pulls[number], pull.state == .open else { return .unknown }
    if pull.mergeabilityLag > 0 {
      pulls[number]?.mergeabilityLag -= 1
      return .unknown
    }
    guard let base = try await commit(ofBranch: pull.base),
      try await mergedTree(base, pull.headCommit) != nil
    else { return .conflicting }
    if pull.isDraft { return .draft }
    if pull.block != nil { return .blocked }
    return try await isBehind(pull, base) ? .behind : .clean
  }

  private func isBehind(_ pull: PullRequest, _ base: String) async throws -> Bool {
    guard behaviour.strictBranches.contains(pull.base) else { return false }
    return try await hasCommits(base, beyond: pull.headCommit)
  }

  /// - Throws: `Refusal`.
  func addReview(
    to number: Int, by author: String, decision: Decision, body: String, commit: String?,
    comments: [(path: String, line: Int, body: String)]
  ) async throws -> Review {
    try await refreshHead(of: number)
    guard let pull = pulls[number] else { throw Refusal.notFound }
    if decision != .comment, pull.author == author { throw Refusal.ownPullRequest }
    if !comments.isEmpty {
      let files = try await changedFiles(of: pull)
      let fits = comments.allSatisfy { comment in
        files.contains { $0.path == comment.path && $0.lines.contains(comment.line) }
      }
      guard fits else { throw Refusal.lineOutsideChange }
    }
    let review = Review(
      id: nextID(), author: author, decision: decision, body: body, commit: commit ?? pull.headCommit,
      comments: comments.map { Comment(id: nextID(), author: author, body: $0.body, path: $0.path, line: $0.line) })
    pulls[number]?.reviews.append(review)
    return review
  }

  /// Merges into the base branch of the bare repository, if the head still is `expected`.
  /// - Throws: `Refusal`.
  func merge(
    _ number: Int, expecting expected: String?, message: String, isSquash: Bool, by login: String
  ) async throws -> String {
    guard let pull = pulls[number] else { throw Refusal.notFound }
    if pull.state == .merged { throw Refusal.alreadyMerged }
    guard pull.state == .open, let base = try await commit(ofBranch: pull.base) else { throw Refusal.notMergeable }
    guard let head = try await liveHead(of: pull) else { throw Refusal.notMergeable }
    if let expected, expected != head { throw Refusal.headMoved }
    if pull.isDraft { throw Refusal.isDraft }
    if let reason = pull.block { throw Refusal.blocked(reason) }
    if behaviour.strictBranches.contains(pull.base), try await hasCommits(base, beyond: head) {
      throw Refusal.blocked("Head branch is out of date")
    }
    guard let tree = try await mergedTree(base, head) else { throw Refusal.notMergeable }
    let parents = isSquash ? ["-p", base] : ["-p", base, "-p", head]
    guard
      let made = try await commitTree([tree] + parents, message: message, author: pull.author),
      try await git("update-ref", "refs/heads/\(pull.base)", made, base) != nil
    else { throw Refusal.baseMoved }
    pulls[number]?.state = .merged
    pulls[number]?.headCommit = head
    pulls[number]?.mergeCommit = made
    pulls[number]?.mergedBy = login
    try await pin(pull, at: head)
    moveStack(above: pull)
    return made
  }

  /// Somebody merges it on the forge's pages, or the queue does.
  package func mergeByHand(_ number: Int, isSquash: Bool = true) async throws {
    let title = pulls[number]?.title ?? ""
    _ = try await merge(number, expecting: nil, message: "\(title) (#\(number))\n", isSquash: isSquash, by: "bob")
  }

  /// GitHub gives the members of its own stacks what the merged one was based on.
  private func moveStack(above merged: PullRequest) {
    for (number, pull) in pulls where pull.base == merged.branch && behaviour.stacked.contains(number) {
      pulls[number]?.base = merged.base
    }
  }

  private func commitTree(_ arguments: [String], message: String, author: String) async throws -> String? {
    try await git(["commit-tree", "-F", "-"] + arguments, input: message, author: author)
  }

  /// Opens or closes it, without a merge.
  func setOpen(_ isOpen: Bool, _ number: Int) async throws {
    guard let pull = pulls[number], pull.state != .merged else { return }
    if isOpen, pull.state == .closed {
      // Without its branch it cannot be opened.
      guard try await liveHead(of: pull) != nil else { throw Refusal.headUnknown }
      pulls[number]?.state = .open
      try await follow(pull)
    } else if !isOpen, pull.state == .open {
      try await refreshHead(of: number)
      pulls[number]?.state = .closed
      try await pin(pull, at: pulls[number]?.headCommit ?? pull.headCommit)
    }
  }

  /// - Throws: `Refusal.referenceUnknown`.
  func deleteBranch(_ branch: String) async throws {
    guard try await commit(ofBranch: branch) != nil else { throw Refusal.referenceUnknown }
    for number in pulls.keys.sorted() { try await refreshHead(of: number) }
    _ = try await git("update-ref", "-d", "refs/heads/\(branch)")
    for number in pulls.keys.sorted() { try await refreshHead(of: number) }
  }
}
