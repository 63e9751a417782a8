// How Bitbucket writes things down; only the fields that somebody reads, but these in its own shape.
extension FakeForge {
  func bitbucketUser(_ login: String) -> JSON {
    [
      "type": "user", "uuid": .string("{uuid-of-\(login)}"), "account_id": .string("557058:\(login)"),
      "nickname": .string(login), "display_name": .string("\(login) of Example"),
    ]
  }

  func bitbucketParticipant(_ login: String, _ decision: Decision?) -> JSON {
    let state: JSON =
      switch decision {
      case .approve: "approved"
      case .requestChanges: "changes_requested"
      case .comment, nil: .null
      }
    return [
      "type": "participant", "user": bitbucketUser(login), "role": "PARTICIPANT",
      "approved": .bool(decision == .approve), "state": state,
    ]
  }

  static func bitbucketState(of pull: PullRequest) -> String {
    switch pull.state {
    case .open: "OPEN"
    case .merged: "MERGED"
    case .closed: "DECLINED"
    }
  }

  func bitbucketPullRequests(_ pulls: [PullRequest]) async throws -> [JSON] {
    var told: [JSON] = []
    for pull in pulls { told.append(try await bitbucketPullRequest(pull.number)) }
    return told
  }

  func bitbucketPullRequest(_ number: Int) async throws -> JSON {
    guard let base = pulls[number]?.base else { throw Refusal.notFound }
    let baseCommit = try await commit(ofBranch: base)
    guard let pull = pulls[number] else { throw Refusal.notFound }
    /// Hashes have twelve digits here.
    func end(_ branch: String, _ commit: String?, _ slug: String) -> JSON {
      [
        "branch": ["name": .string(branch)],
        "commit": commit.map { ["type": "commit", "hash": .string(String($0.prefix(12)))] } ?? .null,
        "repository": ["type": "repository", "full_name": .string(slug)],
      ]
    }
    return [
      "type": "pullrequest", "id": .number(Double(number)), "title": .string(pull.title),
      "description": .string(pull.body), "summary": ["type": "rendered", "raw": .string(pull.body)],
      "state": .string(Self.bitbucketState(of: pull)), "draft": .bool(pull.isDraft),
      "author": bitbucketUser(pull.author), "source": end(pull.branch, pull.headCommit, pull.fork?.slug ?? slug),
      "destination": end(pull.base, baseCommit, slug),
      "merge_commit": pull.mergeCommit.map { ["type": "commit", "hash": .string(String($0.prefix(12)))] } ?? .null,
      "participants": .array(pull.reviews.map { bitbucketParticipant($0.author, $0.decision) }),
      "created_on": "2026-01-01T03:04:05.678901+00:00",
      "reviewers": .array(
        (reviewers[number] ?? []).map { uuid in
          uuid.hasPrefix("{uuid-of-") ? bitbucketUser(String(uuid.dropFirst(9).dropLast())) : ["uuid": .string(uuid)]
        }),
      "links": ["html": ["href": .string("https://bitbucket.org/\(slug)/pull-requests/\(number)")]],
    ]
  }

  func bitbucketComment(_ comment: Comment, on number: Int) -> JSON {
    var fields: [String: JSON] = [
      "type": "pullrequest_comment", "id": .number(Double(comment.id)), "deleted": false,
      "content": ["type": "rendered", "raw": .string(comment.body), "markup": "markdown"],
      "user": bitbucketUser(comment.author),
      "links": [
        "html": ["href": .string("https://bitbucket.org/\(slug)/pull-requests/\(number)#comment-\(comment.id)")]
      ],
    ]
    if let path = comment.path {
      fields["inline"] = [
        "path": .string(path), "to": comment.line.map { .number(Double($0)) } ?? .null, "from": .null,
      ]
    }
    return .object(fields)
  }

  /// One page of a list, and where the next one is.
  func bitbucketPage(_ values: [JSON], _ request: Request) -> Answer {
    let length = max(1, min(request.query("pagelen").flatMap { Int($0) } ?? 10, behaviour.pageSizeLimit))
    let page = max(1, request.query("page").flatMap { Int($0) } ?? 1)
    var fields: [String: JSON] = [
      "values": .array(Array(values.dropFirst((page - 1) * length).prefix(length))),
      "size": .number(Double(values.count)), "page": .number(Double(page)), "pagelen": .number(Double(length)),
    ]
    if page * length < values.count {
      let target = request.line.drop { $0 != " " }.dropFirst()
      let (path, query) = (target.prefix { $0 != "?" }, target.drop { $0 != "?" }.dropFirst())
      let items = query.split(separator: "&").filter { !$0.hasPrefix("page=") } + ["page=\(page + 1)"]
      fields["next"] = .string("\(baseURL)\(path)?\(items.joined(separator: "&"))")
    }
    return Answer(200, .object(fields))
  }
}
