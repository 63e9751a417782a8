import Foundation

// How GitHub writes things down; only the fields that somebody reads, but these in its own shape.
extension FakeForge {
  func gitHubUser(_ login: String) -> JSON {
    let isApplication = user(login)?.isApplication ?? false
    return [
      "login": .string(isApplication ? "\(login)[bot]" : login), "type": .string(isApplication ? "Bot" : "User"),
    ]
  }

  func gitHubRepository(for user: User) async throws -> JSON {
    let branch = try await defaultBranch()
    return [
      "parent": behaviour.parent.map { ["full_name": .string($0)] } ?? .null,
      "name": .string(String(slug.drop { $0 != "/" }.dropFirst())), "full_name": .string(slug), "private": true,
      "default_branch": .string(branch),
      "allow_squash_merge": .bool(behaviour.mergeMethods.contains("squash")),
      "allow_merge_commit": .bool(behaviour.mergeMethods.contains("merge")),
      "allow_rebase_merge": .bool(behaviour.mergeMethods.contains("rebase")),
      "allow_auto_merge": .bool(behaviour.allowsAutoMerge),
      "permissions": ["admin": false, "push": .bool(user.permission == .write), "pull": true],
    ]
  }

  /// As in a list: without what must be computed for each.
  func gitHubSummary(of pull: PullRequest) -> JSON {
    let merged = pull.state == .merged
    let headSlug = pull.fork?.slug ?? slug
    func repository(_ slug: String) -> JSON {
      ["full_name": .string(slug), "owner": gitHubUser(String(slug.prefix { $0 != "/" }))]
    }
    return [
      "number": .number(Double(pull.number)), "title": .string(pull.title),
      "body": pull.body.isEmpty ? .null : .string(pull.body), "state": pull.state == .open ? "open" : "closed",
      "draft": .bool(pull.isDraft), "user": gitHubUser(pull.author),
      "html_url": .string("https://github.com/\(slug)/pull/\(pull.number)"),
      "node_id": .string("PR_\(pull.number)"), "created_at": "2026-01-01T03:04:05Z",
      "auto_merge": pull.isLeftToForge ? ["merge_method": "squash"] : .null,
      "merged_at": merged ? "2026-01-02T03:04:05Z" : .null,
      // Until it is merged this is a merge made for trial.
      "merge_commit_sha": .string(pull.mergeCommit ?? "7e57" + pull.headCommit.dropFirst(4)),
      "head": [
        "ref": .string(pull.branch), "sha": .string(pull.headCommit),
        "label": .string("\(headSlug.prefix { $0 != "/" }):\(pull.branch)"), "repo": repository(headSlug),
      ],
      "base": ["ref": .string(pull.base), "repo": repository(slug)],
    ]
  }

  func gitHubDetails(of number: Int, countsAsAsk: Bool) async throws -> JSON {
    try await refreshHead(of: number, isAsk: countsAsAsk)
    let mergeability = countsAsAsk ? try await askForMergeability(of: number) : .unknown
    guard let pull = pulls[number], case .object(var fields) = gitHubSummary(of: pull) else { throw Refusal.notFound }
    fields["merged"] = .bool(pull.state == .merged)
    fields["merged_by"] = pull.mergedBy.map { gitHubUser($0) } ?? .null
    let (mergeable, state): (JSON, JSON) =
      switch mergeability {
      case .unknown: (.null, "unknown")
      case .clean: (true, "clean")
      case .conflicting: (false, "dirty")
      case .blocked: (true, "blocked")
      case .behind: (true, "behind")
      case .draft: (true, "draft")
      }
    fields["mergeable"] = mergeable
    fields["mergeable_state"] = state
    return .object(fields)
  }

  func gitHubReview(_ review: Review, of number: Int) -> JSON {
    let states: [Decision: JSON] = [
      .approve: "APPROVED", .requestChanges: "CHANGES_REQUESTED", .comment: "COMMENTED",
    ]
    return [
      "id": .number(Double(review.id)), "user": gitHubUser(review.author), "body": .string(review.body),
      "state": review.isPending ? "PENDING" : review.isDismissed ? "DISMISSED" : states[review.decision] ?? .null,
      "commit_id": .string(review.commit),
      "html_url": .string("https://github.com/\(slug)/pull/\(number)#pullrequestreview-\(review.id)"),
    ]
  }

  func gitHubComment(_ comment: Comment, commit: String? = nil, review: Int? = nil) -> JSON {
    [
      "id": .number(Double(comment.id)), "user": gitHubUser(comment.author), "body": .string(comment.body),
      "path": comment.path.map { .string($0) } ?? .null, "line": comment.line.map { .number(Double($0)) } ?? .null,
      "side": "RIGHT", "commit_id": commit.map { .string($0) } ?? .null,
      "pull_request_review_id": review.map { .number(Double($0)) } ?? .null,
    ]
  }

  func gitHubChecks(_ request: Request, of commit: String, kind: String) async throws -> Answer {
    guard let commit = try await git("rev-parse", "--verify", "--quiet", "\(commit)^{commit}") else {
      throw Answer.gitHub(422, "No commit found for SHA: \(commit)")
    }
    switch kind {
    case "check-runs":
      let runs = askForChecks(.run, of: commit).map { check, isFinished -> JSON in
        [
          "name": .string(check.name), "status": isFinished ? "completed" : "in_progress",
          "conclusion": isFinished ? .string(check.outcome) : .null, "head_sha": .string(commit),
        ]
      }
      return gitHubPage(runs, request) { ["total_count": .number(Double(runs.count)), "check_runs": .array($0)] }
    case "status":
      let statuses = askForChecks(.status, of: commit).map { check, isFinished -> JSON in
        ["context": .string(check.name), "state": isFinished ? .string(check.outcome) : "pending"]
      }
      let states = statuses.map { $0["state"] }
      let state: JSON =
        if states.contains("failure") || states.contains("error") {
          "failure"
        } else {
          !states.isEmpty && states.allSatisfy { $0 == "success" } ? "success" : "pending"
        }
      return gitHubPage(statuses, request) {
        ["state": state, "total_count": .number(Double(statuses.count)), "statuses": .array($0)]
      }
    default:
      throw unknown(request)
    }
  }

  /// One page of a list, with a `Link` to the next.
  func gitHubPage(_ items: [JSON], _ request: Request, wrap: ([JSON]) -> JSON = { .array($0) }) -> Answer {
    let size = min(max(request.query("per_page").flatMap { Int($0) } ?? 30, 1), 100, behaviour.pageSizeLimit)
    let page = max(request.query("page").flatMap { Int($0) } ?? 1, 1)
    let slice = Array(items.dropFirst((page - 1) * size).prefix(size))
    var headers: [String: String] = [:]
    if page * size < items.count {
      var allowed = CharacterSet.alphanumerics
      allowed.insert(charactersIn: "-._~")
      let query = request.query.filter { $0.name != "page" }.map { name, value in
        "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
      }
      // It names the host that was asked.
      let address = "https://\(request.headers["host"] ?? "api.github.com")\(request.path)"
      func link(_ page: Int, _ relation: String) -> String {
        "<\(address)?\((query + ["page=\(page)"]).joined(separator: "&"))>; rel=\"\(relation)\""
      }
      headers["Link"] = "\(link(page + 1, "next")), \(link((items.count + size - 1) / size, "last"))"
    }
    return Answer(200, headers: headers, wrap(slice))
  }
}
