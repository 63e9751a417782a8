extension FakeForge.Dialect {
  /// Bitbucket Cloud's REST API 2.0, as far as pull requests go.
  package static let bitbucket = Self { forge, request in try await forge.bitbucket(request) }
}

extension FakeForge {
  /// The variables that make a client use this forge as that user.
  package nonisolated func bitbucketVariables(for user: User) -> [String: String] {
    [
      "BITBUCKET_EMAIL": user.email ?? user.login, "BITBUCKET_API_TOKEN": user.token,
      "BITBUCKET_API_URL": "\(baseURL)/2.0",
    ]
  }

  fileprivate func bitbucket(_ request: Request) async throws -> Answer {
    let path = request.parts
    guard let user = user(request.login) else {
      throw Answer.bitbucket(401, "Token is invalid, expired, or not supported for this endpoint.")
    }
    do {
      switch (request.method, path.first, path.dropFirst().first, path.count) {
      case ("GET", "2.0", "user", 2): return Answer(200, bitbucketUser(user.login))
      case ("GET", "2.0", "workspaces", 4) where path[3] == "members":
        return bitbucketPage((users.map(\.login) + behaviour.members).map { ["user": bitbucketUser($0)] }, request)
      case (_, "2.0", "repositories", 4...):
        return try await bitbucketRepository(request, Array(path.dropFirst(2)), by: user)
      default: throw unknown(request)
      }
    } catch let refusal as Refusal {
      throw Answer.bitbucket(refusal)
    }
  }

  private func bitbucketRepository(_ request: Request, _ path: [String], by user: User) async throws -> Answer {
    if request.method == "GET", path.count == 2, let fork = fork(path.joined(separator: "/")) {
      return Answer(
        200,
        [
          "type": "repository", "full_name": .string(fork.slug), "parent": ["full_name": .string(slug)],
          "mainbranch": ["type": "branch", "name": .string(try await defaultBranch())],
        ])
    }
    guard path.prefix(2).joined(separator: "/").lowercased() == slug.lowercased(), user.permission != .none else {
      throw Answer.bitbucket(
        404,
        "You may not have access to this repository or it no longer exists in this workspace."
          + " If you think this repository exists and you have access, make sure you are authenticated.")
    }
    guard request.method == "GET" || user.permission == .write else {
      throw Answer.bitbucket(403, "Your account does not have write access to this repository.")
    }
    let rest = Array(path.dropFirst(2))
    switch (request.method, rest.first, rest.count) {
    case ("GET", nil, 0):
      return Answer(
        200,
        [
          "type": "repository", "full_name": .string(slug),
          "mainbranch": ["type": "branch", "name": .string(try await defaultBranch())],
        ])
    case ("GET", "refs", 3) where rest[1] == "branches":
      guard try await commit(ofBranch: rest[2]) != nil else { throw Refusal.notFound }
      let methods = behaviour.mergeMethods.filter { !["merge", "rebase"].contains($0) }
      return Answer(
        200,
        [
          "type": "branch", "name": .string(rest[2]), "merge_strategies": .array(methods.map { .string($0) }),
          "default_merge_strategy": methods.first.map { .string($0) } ?? .null,
        ])
    case ("GET", "effective-default-reviewers", 1):
      return bitbucketPage(behaviour.defaultReviewers.map { ["user": bitbucketUser($0)] }, request)
    case ("GET", "commit", 3) where rest[2] == "statuses":
      return try await bitbucketStatuses(request, of: rest[1])
    case ("GET", "pullrequests", 1): return try await bitbucketList(request)
    case ("POST", "pullrequests", 1): return try await bitbucketCreate(request, by: user)
    case (_, "pullrequests", 2...):
      guard let number = Int(rest[1]), pulls[number] != nil else { throw Refusal.notFound }
      return try await bitbucketPullRequest(request, number, Array(rest.dropFirst(2)), by: user)
    default: throw unknown(request)
    }
  }

  private func bitbucketList(_ request: Request) async throws -> Answer {
    for number in pulls.keys.sorted() { try await refreshHead(of: number, isAsk: true) }
    var found = pulls.values.sorted { $0.number > $1.number }
    var states = request.query.filter { $0.name == "state" }.map(\.value)
    for (field, value) in try Self.conditions(request.query("q") ?? "") {
      switch field {
      case "state": states = [value]
      case "source.branch.name": found.removeAll { $0.branch != value }
      case "destination.branch.name": found.removeAll { $0.base != value }
      default: throw Answer.bitbucket(400, "Unknown field: \(field)")
      }
    }
    if states.isEmpty { states = ["OPEN"] }
    found.removeAll { !states.contains(Self.bitbucketState(of: $0)) }
    return bitbucketPage(try await bitbucketPullRequests(found), request)
  }

  /// `a="b" AND c="d\"e"` as pairs.
  private static func conditions(_ query: String) throws -> [(field: String, value: String)] {
    var conditions: [(String, String)] = []
    var rest = query[...]
    while !rest.isEmpty {
      guard let start = rest.firstRange(of: "=\"") else { throw Answer.bitbucket(400, "Malformed query") }
      let field = String(rest[..<start.lowerBound])
      rest = rest[start.upperBound...]
      var value = ""
      while let character = rest.popFirst(), character != "\"" {
        value.append(character == "\\" ? rest.popFirst() ?? character : character)
      }
      conditions.append((field, value))
      if rest.hasPrefix(" AND ") {
        rest = rest.dropFirst(5)
      } else if !rest.isEmpty {
        throw Answer.bitbucket(400, "Malformed query")
      }
    }
    return conditions
  }

  private func bitbucketCreate(_ request: Request, by user: User) async throws -> Answer {
    let title = request.body["title"].string ?? ""
    let head = request.body["source"]["branch"]["name"].string ?? ""
    let mainBranch = try await defaultBranch()
    let base = request.body["destination"]["branch"]["name"].string ?? mainBranch
    guard !title.isEmpty else {
      throw Answer.bitbucket(400, "Bad request", fields: ["title": ["This field is required."]])
    }
    do {
      if let name = request.body["source"]["repository"]["full_name"].string, let fork = fork(name) {
        let pull = try await openFromFork(
          fork, title: title, body: request.body["description"].string ?? "", head: head, base: base, author: user.login
        )
        return Answer(201, try await bitbucketPullRequest(pull.number))
      }
      let pull = try await open(
        title: title, body: request.body["description"].string ?? "", head: head, base: base, author: user.login,
        isDraft: request.body["draft"] == true)
      reviewers[pull.number] = request.body["reviewers"].items.compactMap { $0["uuid"].string }
      if reviewers[pull.number]?.contains("{uuid-of-\(user.login)}") == true {
        pulls[pull.number] = nil
        throw Answer.bitbucket(400, "The author is the only one who cannot be a reviewer")
      }
      return Answer(201, try await bitbucketPullRequest(pull.number))
    } catch Refusal.alreadyExists(let number) {
      // It takes a second one of the same branches for a change of the first.
      pulls[number]?.title = title
      pulls[number]?.body = request.body["description"].string ?? ""
      return Answer(201, try await bitbucketPullRequest(number))
    } catch Refusal.headUnknown {
      throw Answer.bitbucket(400, "Bad request", fields: ["source": [.string("branch not found: \(head)")]])
    } catch Refusal.baseUnknown {
      throw Answer.bitbucket(400, "Bad request", fields: ["destination": [.string("branch not found: \(base)")]])
    }
  }

  private func bitbucketStatuses(_ request: Request, of hash: String) async throws -> Answer {
    guard let commit = try await git("rev-parse", "--verify", "--quiet", "\(hash)^{commit}") else {
      throw Answer.bitbucket(404, "Commit not found")
    }
    let statuses = askForChecks(.status, of: commit).map { check, isFinished -> JSON in
      [
        "type": "build", "key": .string(check.name.lowercased()), "name": .string(check.name),
        "state": .string(isFinished ? check.outcome : "INPROGRESS"),
      ]
    }
    return bitbucketPage(statuses, request)
  }
}

extension FakeForge.Answer {
  static func bitbucket(_ status: Int, _ message: String, fields: [String: FakeForge.JSON] = [:]) -> Self {
    var error: [String: FakeForge.JSON] = ["message": .string(message)]
    if !fields.isEmpty { error["fields"] = .object(fields) }
    return Self(status, ["type": "error", "error": .object(error)])
  }

  static func bitbucket(_ refusal: FakeForge.Refusal) -> Self {
    switch refusal {
    case .notFound, .referenceUnknown: bitbucket(404, "Resource not found")
    case .noCommits: bitbucket(400, "There are no changes to be pulled")
    case .headUnknown: bitbucket(400, "Bad request", fields: ["source": ["branch not found"]])
    case .baseUnknown: bitbucket(400, "Bad request", fields: ["destination": ["branch not found"]])
    case .lineOutsideChange: bitbucket(400, "Bad request", fields: ["inline": ["the line is not in the diff"]])
    case .notMergeable: bitbucket(400, "You can't merge until you resolve all merge conflicts.")
    case .isDraft: bitbucket(400, "Draft pull requests can't be merged.")
    case .blocked(let reason): bitbucket(400, reason)
    case .headMoved, .baseMoved: bitbucket(409, "A branch was updated while the merge was under way.")
    case .alreadyMerged, .alreadyExists: bitbucket(400, "This pull request is already closed.")
    case .ownPullRequest: bitbucket(400, "You can't decide on your own pull request.")
    }
  }
}
