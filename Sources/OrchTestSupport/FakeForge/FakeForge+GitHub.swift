extension FakeForge.Dialect {
  /// GitHub's REST API, version 3, as far as pull requests go.
  package static let gitHub = Self { forge, request in try await forge.gitHub(request) }
}

extension FakeForge {
  fileprivate func gitHub(_ request: Request) async throws -> Answer {
    var path = request.parts[...]
    // On hosts other than github.com.
    if path.starts(with: ["api", "v3"]) { path = path.dropFirst(2) }
    guard request.login != nil else { throw Answer.gitHub(401, "Bad credentials") }
    do {
      switch (request.method, path.first, path.count) {
      case ("GET", nil, 0):
        return Answer(200, headers: ["X-OAuth-Scopes": "repo, read:org"], ["current_user_url": "https://api/user"])
      case ("GET", "user", 1):
        guard let user = user(request.login), !user.isApplication else {
          throw Answer.gitHub(403, "Resource not accessible by integration")
        }
        return Answer(200, gitHubUser(user.login))
      case ("POST", "graphql", 1):
        return try await gitHubQuery(request)
      case (_, "repos", 3...):
        return try await gitHubRepository(request, Array(path.dropFirst()))
      default:
        throw unknown(request)
      }
    } catch let refusal as Refusal {
      throw Answer.gitHub(refusal)
    }
  }

  private func gitHubRepository(_ request: Request, _ path: [String]) async throws -> Answer {
    if request.method == "GET", path.count == 2, request.login != nil, let fork = fork(path.joined(separator: "/")) {
      return Answer(
        200,
        [
          "full_name": .string(fork.slug), "default_branch": .string(try await defaultBranch()),
          "permissions": ["push": .bool(fork.canPush)], "parent": ["full_name": .string(slug)],
        ])
    }
    let isOurs = path.prefix(2).joined(separator: "/").lowercased() == slug.lowercased()
    guard isOurs, let user = user(request.login), user.permission != .none else {
      throw Answer.gitHub(404, "Not Found")
    }
    let rest = Array(path.dropFirst(2))
    let isRead = request.method == "GET"
    let isContribution = rest.first == "pulls" && rest.last != "merge" || rest.first == "issues"
    guard isRead || isContribution || user.permission == .write else {
      throw Answer.gitHub(403, "Must have write access to repository")
    }
    switch (request.method, rest.first, rest.count) {
    case ("GET", nil, 0):
      return Answer(200, try await gitHubRepository(for: user))
    case ("GET", "branches", 2), ("GET", "rules", 3), ("GET", "milestones", 1), ("GET", "stacks", 1):
      return try await gitHubRules(request, rest)
    case ("POST", "pulls", 1):
      return try await gitHubOpen(request, by: user)
    case ("GET", "pulls", 1):
      return try await gitHubList(request)
    case (_, "pulls", 2...), (_, "issues", 2...):
      if rest.first == "issues", rest.count == 3, rest[1] == "comments", request.method == "PATCH" {
        return try gitHubEditComment(request, Int(rest[2]))
      }
      guard let number = Int(rest[1]), pulls[number] != nil else { throw Answer.gitHub(404, "Not Found") }
      return try await gitHubPullRequest(request, number, [rest[0]] + rest.dropFirst(2), by: user)
    case ("GET", "commits", 3):
      return try await gitHubChecks(request, of: rest[1], kind: rest[2])
    case ("DELETE", "git", 4...) where rest[1] == "refs" && rest[2] == "heads":
      try await deleteBranch(rest.dropFirst(3).joined(separator: "/"))
      return Answer(204, text: "")
    default:
      throw unknown(request)
    }
  }

  func unknown(_ request: Request) -> Answer {
    surprises.append(request.line)
    return Answer.gitHub(404, "Not Found")
  }

  // MARK: Pull requests

  private func gitHubOpen(_ request: Request, by user: User) async throws -> Answer {
    for field in ["title", "head", "base"] where request.body[field].string?.isEmpty != false {
      throw Answer.gitHub(422, "Invalid request.\n\n\"\(field)\" wasn't supplied.")
    }
    let owner = slug.prefix { $0 != "/" }
    var head = request.body["head"].string ?? ""
    let base = request.body["base"].string ?? ""
    if head.hasPrefix("\(owner):") { head.removeFirst(owner.count + 1) }
    do {
      if let colon = head.firstIndex(of: ":"), let fork = fork(String(head[..<colon])) {
        let pull = try await openFromFork(
          fork, title: request.body["title"].string ?? "", body: request.body["body"].string ?? "",
          head: String(head[head.index(after: colon)...]), base: base, author: user.login)
        return Answer(201, try await gitHubDetails(of: pull.number, countsAsAsk: false))
      }
      let pull = try await open(
        title: request.body["title"].string ?? "", body: request.body["body"].string ?? "", head: head, base: base,
        author: user.login, isDraft: request.body["draft"] == true)
      return Answer(201, try await gitHubDetails(of: pull.number, countsAsAsk: false))
    } catch Refusal.noCommits {
      throw Answer.gitHub(422, errors: [gitHubError("No commits between \(base) and \(head)")])
    } catch Refusal.alreadyExists {
      throw Answer.gitHub(422, errors: [gitHubError("A pull request already exists for \(owner):\(head).")])
    }
  }

  private func gitHubError(_ message: String) -> JSON {
    ["resource": "PullRequest", "code": "custom", "message": .string(message)]
  }

  private func gitHubList(_ request: Request) async throws -> Answer {
    for number in pulls.keys { try await refreshHead(of: number) }
    let owner = slug.prefix { $0 != "/" }
    var found = pulls.values.sorted { $0.number > $1.number }
    switch request.query("state") ?? "open" {
    case "open": found.removeAll { $0.state != .open }
    case "closed": found.removeAll { $0.state == .open }
    default: break
    }
    // Without an owner the filter has no effect.
    if let head = request.query("head"), head.contains(":"), !behaviour.ignoresHeadFilter {
      found.removeAll { "\($0.fork.map { $0.slug.prefix { $0 != "/" } } ?? owner):\($0.branch)" != head }
    }
    if let base = request.query("base") { found.removeAll { $0.base != base } }
    return gitHubPage(found.map { gitHubSummary(of: $0) }, request)
  }

  private func gitHubPullRequest(
    _ request: Request, _ number: Int, _ path: [String], by user: User
  ) async throws -> Answer {
    switch (request.method, path) {
    case ("GET", ["pulls"]):
      return Answer(200, try await gitHubDetails(of: number, countsAsAsk: true))
    case ("PATCH", ["pulls"]):
      return try await gitHubEdit(request, number)
    case ("GET", ["pulls", "reviews"]):
      let seen = pulls[number]?.reviews.filter { !$0.isPending || $0.author == user.login } ?? []
      return gitHubPage(seen.map { gitHubReview($0, of: number) }, request)
    case ("POST", ["pulls", "reviews"]):
      return try await gitHubReview(request, number, by: user)
    case ("GET", ["pulls", "comments"]):
      let comments = pulls[number]?.reviews.flatMap { review in
        review.comments.map { gitHubComment($0, commit: review.commit, review: review.id) }
      }
      return gitHubPage(comments ?? [], request)
    case ("GET", ["pulls", "files"]):
      guard let pull = pulls[number] else { throw Refusal.notFound }
      let files = try await changedFiles(of: pull).map { file -> JSON in
        ["filename": .string(file.path), "status": .string(file.status), "patch": .string(file.patch)]
      }
      return gitHubPage(files, request)
    case (_, let path) where path.starts(with: ["pulls", "reviews"]) && path.count >= 3:
      return try gitHubPending(request, number, path, by: user)
    case ("POST", ["pulls", "requested_reviewers"]), ("POST", ["issues", "labels"]), ("POST", ["issues", "assignees"]),
      ("PATCH", ["issues"]):
      return try gitHubFields(request, number)
    case ("PUT", ["pulls", "merge"]):
      return try await gitHubMerge(request, number, by: user)
    case ("GET", ["issues", "comments"]):
      return gitHubPage(pulls[number]?.comments.map { gitHubComment($0) } ?? [], request)
    case ("POST", ["issues", "comments"]):
      let comment = Comment(id: nextID(), author: user.login, body: request.body["body"].string ?? "")
      pulls[number]?.comments.append(comment)
      return Answer(201, gitHubComment(comment))
    default:
      throw unknown(request)
    }
  }

  private func gitHubEdit(_ request: Request, _ number: Int) async throws -> Answer {
    if let base = request.body["base"].string {
      guard !behaviour.stacked.contains(number) else {
        throw Answer.gitHub(422, errors: [gitHubError("The base of a stacked pull request cannot be changed")])
      }
      guard let target = try await commit(ofBranch: base) else { throw Refusal.baseUnknown }
      guard let pull = pulls[number] else { throw Refusal.notFound }
      guard try await hasCommits(pull.headCommit, beyond: target) else {
        throw Answer.gitHub(
          422,
          errors: [
            gitHubError("There are no new commits between base branch '\(base)' and head branch '\(pull.branch)'")
          ])
      }
      pulls[number]?.base = base
      pulls[number]?.mergeabilityLag = behaviour.mergeabilityLag
    }
    if let title = request.body["title"].string { pulls[number]?.title = title }
    if let body = request.body["body"].string { pulls[number]?.body = body }
    if let state = request.body["state"].string { try await setOpen(state == "open", number) }
    return Answer(200, try await gitHubDetails(of: number, countsAsAsk: false))
  }

  private func gitHubEditComment(_ request: Request, _ id: Int?) throws -> Answer {
    for (number, pull) in pulls {
      guard let index = pull.comments.firstIndex(where: { $0.id == id }) else { continue }
      pulls[number]?.comments[index].body = request.body["body"].string ?? ""
      return Answer(200, gitHubComment(pulls[number]?.comments[index] ?? pull.comments[index]))
    }
    throw Refusal.notFound
  }

  private func gitHubReview(_ request: Request, _ number: Int, by user: User) async throws -> Answer {
    guard pulls[number]?.reviews.contains(where: { $0.isPending && $0.author == user.login }) != true else {
      throw Answer.gitHub(422, errors: ["User can only have one pending review per pull request"])
    }
    if request.body["event"] == .null {
      var review = try await addReview(
        to: number, by: user.login, decision: .comment, body: request.body["body"].string ?? "",
        commit: request.body["commit_id"].string, comments: [])
      review.isPending = true
      pulls[number]?.reviews.removeAll { $0.id == review.id }
      pulls[number]?.reviews.append(review)
      return Answer(200, gitHubReview(review, of: number))
    }
    let events: [String: Decision] = [
      "APPROVE": .approve, "REQUEST_CHANGES": .requestChanges, "COMMENT": .comment,
    ]
    guard let decision = events[request.body["event"].string ?? ""] else {
      throw Answer.gitHub(422, "Unprocessable Entity")
    }
    let body = request.body["body"].string ?? ""
    if decision != .approve, body.isEmpty { throw Answer.gitHub(422, errors: ["Body can't be blank"]) }
    do {
      let review = try await addReview(
        to: number, by: user.login, decision: decision, body: body, commit: request.body["commit_id"].string,
        comments: request.body["comments"].items.map { comment in
          let line = if case .number(let line) = comment["line"] { Int(line) } else { 0 }
          return (comment["path"].string ?? "", line, comment["body"].string ?? "")
        })
      return Answer(200, gitHubReview(review, of: number))
    } catch Refusal.ownPullRequest {
      let deed = decision == .approve ? "approve" : "request changes on"
      throw Answer.gitHub(
        422, "Unprocessable Entity", errors: [.string("Can not \(deed) your own pull request")])
    } catch Refusal.lineOutsideChange {
      throw Answer.gitHub(422, "Unprocessable Entity", errors: ["Line could not be resolved"])
    }
  }

  private func gitHubMerge(_ request: Request, _ number: Int, by user: User) async throws -> Answer {
    let method = request.body["merge_method"].string ?? "merge"
    guard behaviour.mergeMethods.contains(method) else {
      throw Answer.gitHub(
        405, "\(method.prefix(1).uppercased())\(method.dropFirst()) merges are not allowed on this repository.")
    }
    let pull = pulls[number]
    guard pull.map({ behaviour.queuedBranches.contains($0.base) }) != true else {
      throw Answer.gitHub(405, "Changes must be made through the merge queue")
    }
    let title = request.body["commit_title"].string ?? "\(pull?.title ?? "") (#\(number))"
    let text = request.body["commit_message"].string ?? ""
    let commit = try await merge(
      number, expecting: request.body["sha"].string, message: text.isEmpty ? "\(title)\n" : "\(title)\n\n\(text)\n",
      isSquash: method != "merge", by: user.login)
    return Answer(200, ["sha": .string(commit), "merged": true, "message": "Pull Request successfully merged"])
  }
}

extension FakeForge.Answer {
  static func gitHub(
    _ status: Int, _ message: String = "Validation Failed", errors: [FakeForge.JSON] = []
  ) -> Self {
    var body: [String: FakeForge.JSON] = [
      "message": .string(message), "documentation_url": "https://docs.github.com/rest", "status": .string("\(status)"),
    ]
    if !errors.isEmpty { body["errors"] = .array(errors) }
    return Self(status, .object(body))
  }

  fileprivate static func gitHub(_ refusal: FakeForge.Refusal) -> Self {
    func field(_ name: String) -> FakeForge.JSON {
      ["resource": "PullRequest", "field": .string(name), "code": "invalid"]
    }
    return switch refusal {
    case .notFound: gitHub(404, "Not Found")
    case .headUnknown: gitHub(422, errors: [field("head")])
    case .baseUnknown: gitHub(422, errors: [field("base")])
    case .headMoved: gitHub(409, "Head branch was modified. Review and try the merge again.")
    case .baseMoved: gitHub(405, "Base branch was modified. Review and try the merge again.")
    case .notMergeable, .alreadyMerged: gitHub(405, "Pull Request is not mergeable")
    case .isDraft: gitHub(405, "Pull Request is still a draft")
    case .blocked(let reason): gitHub(405, reason)
    case .referenceUnknown: gitHub(422, "Reference does not exist")
    case .alreadyExists, .noCommits, .ownPullRequest, .lineOutsideChange: gitHub(422, "Unprocessable Entity")
    }
  }
}
