import Basics
import Forges
import Foundation
import GitHub
import OrchTestSupport
import Processes
import Testing

/// What GitHub says before a merge, and what it does by itself.
@Suite(.timeLimit(.minutes(5))) struct GitHubRuleTests {
  @Test func `settings, rulesets and the older protection come to one set of rules`() async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.configure {
        $0.mergeMethods = ["merge", "rebase"]
        $0.allowsAutoMerge = true
        $0.protected = ["main": ["ci/old"]]
        $0.rules = [
          "main": [
            ["type": "required_linear_history"], ["type": "odd", "parameters": ["required_status_checks": 7]],
            ["type": "required_status_checks", "parameters": ["required_status_checks": [["context": "ci/new"]]]],
            ["type": "pull_request", "parameters": ["required_approving_review_count": 2]],
          ]
        ]
      }
      let forge = try world.client()
      let rules = try await forge.mergeRules(of: "main")
      #expect(rules.methods == [.rebase: "rebase"])
      #expect(rules.method(nil) == .rebase && rules.method(.squash) == nil)
      #expect(rules.requiredChecks == ["ci/old", "ci/new"])
      #expect(rules.requiredApprovals == 2 && rules.allowsAutoMerge && rules.isProtected && !rules.needsQueue)
      await world.forge.configure { $0.queuedBranches = ["main"] }
      #expect(try await forge.mergeRules(of: "main").needsQueue)
      // A branch that is not there has none.
      #expect(try await forge.mergeRules(of: "feature/x").requiredChecks.isEmpty)
    }
  }

  @Test func `a merge is made as it is ordered, and a queue's refusal is known`() async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.open("topic").headCommit
      let forge = try world.client()
      try await forge.merge(1, MergeOrder(commit: head, method: .merge, title: "T", message: "M"))
      #expect(try await world.clone.git("rev-parse", "main^2", in: world.bare) == head)

      let next = try await world.open("next").headCommit
      await world.forge.configure { $0.queuedBranches = ["main"] }
      let order = MergeOrder(commit: next, title: "T", message: "M")
      #expect(try await forgeError { try await forge.merge(2, order) }.code == .queueRequired)
      try await forge.leaveToForge(2, order, inQueue: true)
      #expect(try await world.forge.pullRequest(2)?.isInQueue == true)
      #expect(try await forge.isLeftToForge(2))
      try await forge.leaveToForge(2, order, inQueue: true)
      await world.forge.change(2) { $0.isInQueue = false }
      #expect(try await !forge.isLeftToForge(2))

      let third = try await world.open("third").headCommit
      await world.forge.configure { $0.queuedBranches = [] }
      let automatic = MergeOrder(commit: third, title: "T", message: "M")
      let refused = try await forgeError { try await forge.leaveToForge(3, automatic, inQueue: false) }
      #expect(refused.code == .notMergeable && refused.message.contains("Auto merge is not allowed"))
      await world.forge.configure { $0.allowsAutoMerge = true }
      try await forge.leaveToForge(3, automatic, inQueue: false)
      #expect(try await forge.pullRequest(3).isQueued)
    }
  }

  @Test func `the checks of what was merged last are known, and those of all that is open in one request`()
    async throws
  {
    try await ForgeWorld.gitHub { world in
      let head = try await world.open("topic").headCommit
      let forge = try world.client()
      #expect(try await forge.recentChecks(into: "main") == nil)
      try await forge.merge(1, expecting: head, title: "T", message: "")
      #expect(try await forge.recentChecks(into: "main") == nil)
      await world.forge.set(.init(.run, "ci", "success", commit: head))
      #expect(try await forge.recentChecks(into: "main") == PastChecks(number: 1, state: .passed))
      #expect(try await forge.recentChecks(into: "other") == nil)

      let second = try await world.open("second").headCommit
      _ = try await world.open("third")
      await world.forge.set(.init(.run, "ci", "failure", commit: second))
      let count = await world.forge.requests.count
      let open = try await forge.openPullRequests()
      #expect(try await forge.checkStates(of: open) == [2: .failed, 3: CheckSummary.State.none])
      #expect(await world.forge.requests.count == count + 2)
      #expect(open.first?.createdAt != nil)
    }
  }

  @Test func `all pull requests of a branch are found, whatever became of them`() async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.open("topic").headCommit
      let forge = try world.client()
      try await forge.merge(1, expecting: head, title: "T", message: "")
      #expect(try await forge.pullRequests(from: "topic").map(\.state) == [.merged])
      #expect(try await forge.openPullRequests(from: "topic").isEmpty)
    }
  }

  @Test func `a member of GitHub's own stack keeps the base that GitHub gives it`() async throws {
    try await ForgeWorld.gitHub { world in
      _ = try await world.open("topic")
      try await world.push("other", file: "o.txt")
      let forge = try world.client()
      await world.forge.configure { $0.stacked = [1] }
      #expect(try await forge.retarget(1, to: "other").base == "main")
      await world.forge.configure { $0.stacked = [] }
      #expect(try await forge.retarget(1, to: "other").base == "other")
    }
  }

  @Test func `fields are set, and those that GitHub does not take are reported`() async throws {
    try await ForgeWorld.gitHub { world in
      try await world.push("topic", file: "t.txt")
      await world.forge.configure {
        $0.milestones = ["v1", "v2"]
        $0.members = ["carol"]
      }
      let forge = try world.client()
      var fields = PullRequestFields(
        isDraft: true, reviewers: ["carol", "acme/core", "alice"], labels: ["agent"], assignees: ["bob"],
        milestone: "v2")
      var new = world.new()
      new.fields = fields
      let opened = try await forge.create(new)
      #expect(opened.isDraft)
      #expect(try await forge.set(fields, on: opened).isEmpty)
      let seen = try #require(try await world.forge.pullRequest(1))
      #expect(seen.requestedReviewers == ["carol", "team/core"])
      #expect(seen.labels == ["agent"] && seen.assignees == ["bob"] && seen.milestone == "v2")
      fields = PullRequestFields(reviewers: ["nobody"], milestone: "v9")
      #expect(
        try await forge.set(fields, on: opened) == [
          "GitHub does not take the reviewers: Reviews may only be requested from collaborators",
          "there is no open milestone 'v9'",
        ])
    }
  }

  // MARK: - Reviews that were never submitted

  private func pull(_ world: ForgeWorld, _ forge: GitHubForge) async throws -> PullRequest {
    _ = try await world.open("topic")
    return try await forge.pullRequest(1)
  }

  private func leavePending(_ world: ForgeWorld, body: String) async {
    await world.forge.change(1) { pull in
      pull.reviews.append(
        FakeForge.Review(
          id: 7, author: "alice", decision: .comment, body: body, commit: pull.headCommit, isPending: true, comments: []
        ))
    }
  }

  @Test(arguments: ["", "**Approved**\n\ngit-orch review 20260101-000000-0000 of abc"])
  func `what a request of ours has left pending is removed, and the review posted`(body: String) async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.client()
      let pull = try await pull(world, forge)
      await leavePending(world, body: body)
      let post = ReviewPost(
        decision: .approve, body: "Good", lineComments: [], commit: pull.head.commit, signature: "git-orch review x")
      #expect(try await forge.post(post, on: pull).decision == .approve)
      #expect(try await world.forge.pullRequest(1)?.reviews.map(\.isPending) == [false])
    }
  }

  @Test func `a review that a person has begun is left alone`() async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.client()
      let pull = try await pull(world, forge)
      await leavePending(world, body: "I think that")
      let post = ReviewPost(
        decision: .approve, body: "Good", lineComments: [], commit: pull.head.commit, signature: "git-orch review x")
      let error = try await forgeError { _ = try await forge.post(post, on: pull) }
      #expect(error.message.contains("you have begun a review there that is not submitted"))
      #expect(try await world.forge.pullRequest(1)?.reviews.count == 1)
    }
  }

  // MARK: - What is tried again

  @Test func `a refusal that stays is not asked for again, a branch that is not known yet is`() async throws {
    try await ForgeWorld.gitHub { world in
      try await world.push("topic", file: "t.txt")
      let waits = WaitRecord()
      let forge = try world.client(waits: waits)
      let refusal = FakeForge.Answer(
        422, ["message": "Validation Failed", "errors": [["message": "title is too long"]]])
      await world.forge.fail(.init("POST", "/pulls", times: 9, .answer(refusal)))
      let error = try await forgeError { _ = try await forge.openOnce(world.new(), retryPolicy: waits.retryPolicy()) }
      #expect(error.code == .invalid)
      #expect(await waits.waits.isEmpty)
      #expect(await world.forge.requests.filter { $0.method == "POST" }.count == 1)
    }
    try await ForgeWorld.gitHub { world in
      try await world.push("topic", file: "t.txt")
      let waits = WaitRecord()
      let forge = try world.client(waits: waits)
      let unknown = FakeForge.Answer(
        422,
        ["message": "Validation Failed", "errors": [["resource": "PullRequest", "field": "head", "code": "invalid"]]])
      await world.forge.fail(.init("POST", "/pulls", times: 2, .answer(unknown)))
      let opened = try await forge.openOnce(world.new(), retryPolicy: waits.retryPolicy())
      #expect(opened.pullRequest.number == 1)
      #expect(await waits.waits.count == 2)
    }
  }
}
