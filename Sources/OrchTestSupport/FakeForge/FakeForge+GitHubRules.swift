// What GitHub says of branches, what it does by GraphQL alone, and the fields of pull requests.
extension FakeForge {
  func gitHubRules(_ request: Request, _ path: [String]) async throws -> Answer {
    switch path[0] {
    case "branches":
      guard try await commit(ofBranch: path[1]) != nil else { throw Answer.gitHub(404, "Branch not found") }
      let checks = behaviour.protected[path[1]]
      return Answer(
        200,
        [
          "name": .string(path[1]), "protected": .bool(checks != nil),
          "protection": [
            "enabled": .bool(checks != nil),
            "required_status_checks": ["contexts": .array((checks ?? []).map { .string($0) }), "checks": []],
          ],
        ])
    case "rules" where path[1] == "branches":
      var rules = behaviour.rules[path[2]] ?? []
      if behaviour.queuedBranches.contains(path[2]) { rules.append(["type": "merge_queue", "parameters": [:]]) }
      return gitHubPage(rules, request)
    case "milestones":
      return gitHubPage(
        behaviour.milestones.enumerated().map { ["number": .number(Double($0 + 1)), "title": .string($1)] }, request)
    case "stacks":
      let isMember = request.query("pull_request").flatMap { Int($0) }.map(behaviour.stacked.contains) ?? false
      return isMember ? Answer(200, .array([["id": 1]])) : Answer.gitHub(404, "Not Found")
    default: throw unknown(request)
    }
  }

  /// The review that was never submitted, and its remarks.
  func gitHubPending(_ request: Request, _ number: Int, _ path: [String], by user: User) throws -> Answer {
    guard let review = pulls[number]?.reviews.first(where: { "\($0.id)" == path[2] }) else { throw Refusal.notFound }
    switch (request.method, path.count) {
    case ("GET", 4) where path[3] == "comments":
      return gitHubPage(review.comments.map { gitHubComment($0, review: review.id) }, request)
    case ("DELETE", 3):
      guard review.isPending, review.author == user.login else {
        throw Answer.gitHub(422, "Can not delete a non-pending pull request review")
      }
      pulls[number]?.reviews.removeAll { $0.id == review.id }
      return Answer(200, gitHubReview(review, of: number))
    default: throw unknown(request)
    }
  }

  func gitHubFields(_ request: Request, _ number: Int) throws -> Answer {
    func texts(_ name: String) -> [String] { request.body[name].items.compactMap(\.string) }
    let reviewers = texts("reviewers") + texts("team_reviewers").map { "team/\($0)" }
    if let author = pulls[number]?.author, reviewers.contains(author) {
      throw Answer.gitHub(422, "Review cannot be requested from pull request author.")
    }
    let known = Set(users.map(\.login) + behaviour.members)
    guard texts("reviewers").allSatisfy(known.contains) else {
      throw Answer.gitHub(422, "Reviews may only be requested from collaborators.")
    }
    pulls[number]?.requestedReviewers += reviewers
    pulls[number]?.labels += texts("labels")
    pulls[number]?.assignees += texts("assignees")
    if case .number(let milestone) = request.body["milestone"] {
      guard behaviour.milestones.indices.contains(Int(milestone) - 1) else {
        throw Answer.gitHub(422, errors: ["Invalid value for milestone"])
      }
      pulls[number]?.milestone = behaviour.milestones[Int(milestone) - 1]
    }
    return Answer(200, [:])
  }

  /// The mutations and the query that there are; whatever else is asked for is a surprise.
  func gitHubQuery(_ request: Request) async throws -> Answer {
    func problem(_ text: String) -> Answer {
      Answer(200, ["data": .null, "errors": .array([["message": .string(text)]])])
    }
    let query = request.body["query"].string ?? ""
    if query.contains("statusCheckRollup") {
      let nodes = pulls.values.filter { $0.state == .open }.sorted { $0.number > $1.number }.map { pull -> JSON in
        let reported = checks.filter { $0.commit == nil || $0.commit == pull.headCommit }
        let isFailed = reported.contains { !["success", "neutral", "skipped"].contains($0.outcome) }
        let state: JSON =
          reported.isEmpty
          ? .null : ["state": isFailed ? "FAILURE" : reported.contains { $0.pendingAsks > 0 } ? "PENDING" : "SUCCESS"]
        return [
          "number": .number(Double(pull.number)),
          "commits": ["nodes": .array([["commit": ["statusCheckRollup": state]]])],
        ]
      }
      return Answer(200, ["data": ["repository": ["pullRequests": ["nodes": .array(nodes)]]]])
    }
    if query.contains("isInMergeQueue") {
      guard case .number(let number) = request.body["variables"]["number"] else { throw unknown(request) }
      let isThere = pulls[Int(number)]?.isInQueue ?? false
      return Answer(200, ["data": ["repository": ["pullRequest": ["isInMergeQueue": .bool(isThere)]]]])
    }
    let isQueue = query.contains("enqueuePullRequest")
    guard isQueue || query.contains("enablePullRequestAutoMerge") else { throw unknown(request) }
    let number = (request.body["variables"]["id"].string ?? "").split(separator: "_").last.flatMap { Int($0) } ?? 0
    try await refreshHead(of: number)
    guard let pull = pulls[number], pull.state == .open else {
      return problem("Could not resolve to a node with the global id")
    }
    guard request.body["variables"]["head"].string == pull.headCommit else {
      return problem("Head branch was modified. Review and try the merge again.")
    }
    guard isQueue == behaviour.queuedBranches.contains(pull.base) else {
      return problem(isQueue ? "There is no merge queue" : "The merge queue must be used")
    }
    guard isQueue || behaviour.allowsAutoMerge else {
      return problem("Pull request Auto merge is not allowed for this repository")
    }
    if isQueue { pulls[number]?.isInQueue = true } else { pulls[number]?.isLeftToForge = true }
    return Answer(200, ["data": ["done": ["clientMutationId": .null]]])
  }
}
