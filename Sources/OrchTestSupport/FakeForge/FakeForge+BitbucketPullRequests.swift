// What Bitbucket's routes of one pull request do.
extension FakeForge {
  /// A merge that is done in the background.
  struct MergeTask: Sendable {
    var number: Int
    var message: String
    var isSquash: Bool
    var login: String
    /// So often its progress is still shown as pending.
    var asks: Int
  }

  func bitbucketPullRequest(
    _ request: Request, _ number: Int, _ path: [String], by user: User
  ) async throws -> Answer {
    switch (request.method, path.first, path.count) {
    case ("GET", nil, 0):
      try await refreshHead(of: number, isAsk: true)
      return Answer(200, try await bitbucketPullRequest(number))
    case ("PUT", nil, 0): return try await bitbucketEdit(request, number)
    case ("GET", "comments", 1):
      return bitbucketPage(pulls[number]?.comments.map { bitbucketComment($0, on: number) } ?? [], request)
    case ("POST", "comments", 1): return try await bitbucketComment(request, number, by: user)
    case (_, "approve", 1): return try await bitbucketDecide(.approve, request, number, by: user)
    case (_, "request-changes", 1): return try await bitbucketDecide(.requestChanges, request, number, by: user)
    case ("POST", "decline", 1):
      try await setOpen(false, number)
      return Answer(200, try await bitbucketPullRequest(number))
    case ("POST", "merge", 1): return try await bitbucketMerge(request, number, by: user)
    case ("GET", "merge", 3) where path[1] == "task-status":
      return try await bitbucketMergeTask(path[2])
    default: throw unknown(request)
    }
  }

  /// What is left out is emptied, as Bitbucket does with reviewers.
  private func bitbucketEdit(_ request: Request, _ number: Int) async throws -> Answer {
    guard let title = request.body["title"].string, !title.isEmpty else {
      throw Answer.bitbucket(400, "Bad request", fields: ["title": ["This field is required."]])
    }
    if let base = request.body["destination"]["branch"]["name"].string {
      guard try await commit(ofBranch: base) != nil else {
        throw Answer.bitbucket(400, "Bad request", fields: ["destination": [.string("branch not found: \(base)")]])
      }
      guard pulls[number]?.state == .open else { throw Answer.bitbucket(400, "This pull request is already closed.") }
      pulls[number]?.base = base
    }
    pulls[number]?.title = title
    pulls[number]?.body = request.body["description"].string ?? ""
    reviewers[number] = request.body["reviewers"].items.compactMap { $0["uuid"].string }
    return Answer(200, try await bitbucketPullRequest(number))
  }

  private func bitbucketComment(_ request: Request, _ number: Int, by user: User) async throws -> Answer {
    guard let body = request.body["content"]["raw"].string, !body.isEmpty else {
      throw Answer.bitbucket(400, "Bad request", fields: ["content": ["This field is required."]])
    }
    var comment = Comment(id: 0, author: user.login, body: body)
    if let path = request.body["inline"]["path"].string {
      comment.path = path
      if case .number(let line) = request.body["inline"]["to"] { comment.line = Int(line) }
      try await refreshHead(of: number)
      guard let pull = pulls[number] else { throw Refusal.notFound }
      let files = try await changedFiles(of: pull)
      guard files.contains(where: { $0.path == path && comment.line.map($0.lines.contains) != false }) else {
        throw Refusal.lineOutsideChange
      }
    }
    comment.id = nextID()
    pulls[number]?.comments.append(comment)
    return Answer(201, bitbucketComment(comment, on: number))
  }

  /// One decision an account: another takes its place.
  private func bitbucketDecide(
    _ decision: Decision, _ request: Request, _ number: Int, by user: User
  ) async throws -> Answer {
    try await refreshHead(of: number)
    guard let pull = pulls[number] else { throw Refusal.notFound }
    let present = pull.reviews.last { $0.author == user.login }?.decision
    let word = decision == .approve ? "approved" : "requested changes on"
    switch request.method {
    case "POST":
      guard present != decision else { throw Answer.bitbucket(409, "You already \(word) this pull request.") }
      guard pull.state == .open else { throw Answer.bitbucket(400, "This pull request is already closed.") }
      pulls[number]?.reviews.removeAll { $0.author == user.login }
      pulls[number]?.reviews.append(
        Review(id: nextID(), author: user.login, decision: decision, body: "", commit: pull.headCommit, comments: []))
      return Answer(200, bitbucketParticipant(user.login, decision))
    case "DELETE":
      guard present == decision else { throw Answer.bitbucket(404, "You haven't \(word) this pull request.") }
      pulls[number]?.reviews.removeAll { $0.author == user.login }
      return Answer(204, text: "")
    default: throw unknown(request)
    }
  }

  private func bitbucketMerge(_ request: Request, _ number: Int, by user: User) async throws -> Answer {
    let strategy = request.body["merge_strategy"].string ?? "merge_commit"
    guard behaviour.mergeMethods.contains(strategy) else {
      throw Answer.bitbucket(400, "The merge strategy \(strategy) is not enabled for this branch.")
    }
    let task = MergeTask(
      number: number,
      message: request.body["message"].string ?? "Merged in \(pulls[number]?.branch ?? "") (pull request #\(number))",
      isSquash: strategy != "merge_commit", login: user.login,
      asks: behaviour.mergeTaskAsks ?? 0)
    guard behaviour.mergeTaskAsks != nil || request.query("async") == "true" else {
      try await finish(task)
      return Answer(200, try await bitbucketPullRequest(number))
    }
    let id = "task-\(nextID())"
    mergeTasks[id] = task
    let location = "\(baseURL)/2.0/repositories/\(slug)/pullrequests/\(number)/merge/task-status/\(id)"
    return Answer(202, headers: ["Location": location], text: "")
  }

  private func bitbucketMergeTask(_ id: String) async throws -> Answer {
    guard let task = mergeTasks[id] else { throw Refusal.notFound }
    if task.asks > 0 {
      mergeTasks[id]?.asks -= 1
      return Answer(200, ["task_status": "PENDING", "links": [:]])
    }
    if pulls[task.number]?.state == .open { try await finish(task) }
    return Answer(200, ["task_status": "SUCCESS", "merge_result": try await bitbucketPullRequest(task.number)])
  }

  private func finish(_ task: MergeTask) async throws {
    if pulls[task.number]?.state == .closed { throw Refusal.alreadyMerged }
    _ = try await merge(
      task.number, expecting: nil, message: task.message, isSquash: task.isSquash, by: task.login)
  }
}
