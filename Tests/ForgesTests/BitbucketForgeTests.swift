import Basics
import Bitbucket
import Forges
import Foundation
import HTTPClient
import OrchTestSupport
import Processes
import SystemPackage
import Testing

extension ForgeWorld {
  static let bitbucketSite = ForgeRepository(
    kind: .bitbucket, host: "bitbucket.org", owner: "acme", repository: "widget")

  /// Bitbucket as one of the users sees it, over real HTTP.
  func bitbucket(
    as login: String = "alice", at site: ForgeRepository = bitbucketSite, _ waits: WaitRecord = WaitRecord(),
    retries: Int = 4
  ) throws -> BitbucketForge {
    let user = FakeForge.User(login, token: "ghp_\(login)-0123456789", email: "\(login)@example.com")
    return try BitbucketForge(
      site: site, environment: forge.bitbucketVariables(for: user), retryPolicy: waits.retryPolicy(retries: retries),
      send: CurlClient().send)
  }

  /// Pushes a branch and opens a pull request for it.
  func openPull(_ branch: String, by author: String = "alice", file: String = "file.txt") async throws
    -> FakeForge.PullRequest
  {
    try await push(branch, file: file)
    return try await forge.open(title: "Title of \(branch)", body: "Body", head: branch, base: "main", author: author)
  }

  func requests(_ method: String, endingIn path: String) async -> Int {
    await forge.requests.filter { $0.method == method && $0.path.hasSuffix(path) }.count
  }
}

@Suite(.timeLimit(.minutes(5))) struct BitbucketForgeTests {
  @Test func `a pull request is opened, found, reviewed, retargeted and merged`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let head = try await world.push("topic/\"quoted\"+1&2")
      try await world.clone.git("push", "--quiet", "origin", "main:next")
      let forge = try world.bitbucket()
      let new = NewPullRequest(
        title: "Title é", body: "Line 1\n\n- a \"b\"", head: "topic/\"quoted\"+1&2", base: "next")
      #expect(try await forge.openPullRequests(from: new.head).isEmpty)

      let opened = try await forge.create(new)
      var expected = PullRequest(
        number: 1, url: "https://bitbucket.org/acme/widget/pull-requests/1", title: "Title é",
        body: "Line 1\n\n- a \"b\"", author: "alice", state: .open, isDraft: false,
        head: .init(
          branch: new.head, commit: String(head.prefix(12)), repository: "acme/widget",
          reference: "refs/heads/\(new.head)"),
        base: "next", isFromFork: false, mergeability: .untold, mergeCommit: nil)
      expected.createdAt = Date(timeIntervalSince1970: 1_767_236_645)
      #expect(opened == expected)
      #expect(opened.isAt(head))
      #expect(try await forge.openPullRequests(from: new.head) == [opened])
      #expect(try await forge.openPullRequests() == [opened])
      #expect(try await forge.pullRequest(1) == opened)

      let retargeted = try await forge.retarget(1, to: "main")
      #expect(retargeted.base == "main")
      #expect(retargeted.body == opened.body)

      let review = ReviewPost(
        decision: .approve, body: "Fine.", lineComments: [], commit: head, signature: "git-orch review 1")
      let posted = try await world.bitbucket(as: "bob").post(review, on: retargeted)
      #expect(posted.decision == .approve)

      try await forge.merge(1, expecting: head, title: "Title (#1)", message: "Why")
      let merged = try await forge.pullRequest(1)
      #expect(merged.state == .merged)
      let main = try await world.commit("main")
      #expect(merged.mergeCommit.map { main.hasPrefix($0) } == true)
      #expect(
        try await world.clone.git("log", "-1", "--format=%B%P", "main", in: world.bare).hasPrefix("Title (#1)\n\nWhy"))
      #expect(try await forge.openPullRequests().isEmpty)
      // The branch stays: nobody asked for its end.
      #expect(try await world.commit("refs/heads/\(new.head)") == head)
      #expect(await world.forge.surprises == [])
    }
  }

  @Test func `access tells whose login it is and which branch is the main one`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let access = try await world.bitbucket().access()
      #expect(access == ForgeAccess(login: "alice", defaultBranch: "main", canPush: nil))
    }
  }

  @Test func `lists are read through all pages, the newest first`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      await world.forge.configure { $0.pageSizeLimit = 2 }
      for number in 1...5 { _ = try await world.openPull("topic-\(number)") }
      let forge = try world.bitbucket()
      #expect(try await forge.openPullRequests().map(\.number) == [5, 4, 3, 2, 1])
      #expect(try await forge.openPullRequests(from: "topic-3").map(\.number) == [3])
    }
  }

  @Test func `a branch of a fork is not taken for one of the repository`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let fork = try await world.clone.clone("fork", options: ["--bare"])
      try await world.push("topic")
      try await world.clone.git("push", "--quiet", fork.path.string, "topic")
      _ = try await world.forge.openFromFork(
        .init("zoe/widget", repository: fork.path), title: "T", head: "topic", base: "main", author: "zoe")
      let forge = try world.bitbucket()
      #expect(try await forge.openPullRequests(from: "topic").isEmpty)
      let seen = try #require(try await forge.openPullRequests().first)
      #expect(seen.isFromFork)
      #expect(seen.head.repository == "zoe/widget")
      #expect(seen.head.reference == nil)
      #expect(seen.author == "zoe")
    }
  }

  @Test func `a draft is blocked and a declined one closed`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      _ = try await world.openPull("topic")
      let forge = try world.bitbucket()
      await world.forge.change(1) { $0.isDraft = true }
      let draft = try await forge.pullRequest(1)
      #expect(draft.isDraft)
      #expect(draft.mergeability == .blocked("it is a draft"))
      await world.forge.change(1) { $0.state = .closed }
      #expect(try await forge.pullRequest(1).state == .closed)
    }
  }

  @Test func `what cannot be opened is distinguished`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      try await world.push("topic")
      try await world.clone.git("push", "--quiet", "origin", "main:same")
      let forge = try world.bitbucket()
      func failure(head: String, base: String) async -> ForgeError? {
        await #expect(throws: ForgeError.self) {
          try await forge.create(NewPullRequest(title: "T", body: "", head: head, base: base))
        }
      }
      #expect(await failure(head: "same", base: "main")?.code == .noChanges)
      let unknown = await failure(head: "gone", base: "main")
      #expect(unknown?.code == .branchUnknown)
      #expect(unknown?.message.contains("source: branch not found: gone") == true)
      #expect(await failure(head: "topic", base: "gone")?.code == .branchUnknown)
      await world.forge.fail(
        .init("POST", "/pullrequests", .answer(.init(409, ["error": ["message": "It already exists."]]))))
      #expect(await failure(head: "topic", base: "main")?.code == .alreadyExists)
    }
  }

  @Test func `one that is retargeted keeps its description and its reviewers`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      _ = try await world.openPull("topic")
      try await world.clone.git("push", "--quiet", "origin", "main:next")
      await world.forge.setReviewers(of: 1, ["{uuid-of-bob}"])
      let forge = try world.bitbucket()
      _ = try await forge.retarget(1, to: "next")
      let kept = try #require(try await world.forge.pullRequest(1))
      #expect(kept.base == "next")
      #expect(kept.body == "Body")
      #expect(kept.title == "Title of topic")
      #expect(await world.forge.reviewers[1] == ["{uuid-of-bob}"])
      let gone = await #expect(throws: ForgeError.self) { try await forge.retarget(1, to: "gone") }
      #expect(gone?.code == .invalid)
    }
  }

  @Test(arguments: [
    ([], CheckSummary(state: .none)),
    (["SUCCESSFUL", "SUCCESSFUL"], CheckSummary(state: .passed)),
    (["SUCCESSFUL", "INPROGRESS"], CheckSummary(state: .pending, names: ["Check 1"])),
    (["FAILED", "INPROGRESS", "STOPPED"], CheckSummary(state: .failed, names: ["Check 0", "Check 2"])),
  ])
  func `the checks of a commit come to one answer`(outcomes: [String], summary: CheckSummary) async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      await world.forge.configure { $0.pageSizeLimit = 1 }
      let head = try await world.push("topic")
      for (index, outcome) in outcomes.enumerated() {
        await world.forge.set(.init(.status, "Check \(index)", outcome))
      }
      #expect(try await world.bitbucket().checks(of: head) == summary)
    }
  }

  @Test func `two who open at once end with one pull request`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      try await world.push("topic")
      let waits = WaitRecord()
      let forge = try world.bitbucket(waits)
      let new = NewPullRequest(title: "T", body: "B", head: "topic", base: "main")
      async let one = forge.openOnce(new, retryPolicy: waits.retryPolicy())
      async let two = forge.openOnce(new, retryPolicy: waits.retryPolicy())
      let numbers = try await [one.pullRequest.number, two.pullRequest.number]
      #expect(numbers == [1, 1])
      #expect(try await world.forge.pullRequests().count == 1)
    }
  }

  @Test func `after a lost answer the pull request is found, not opened again`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      try await world.push("topic")
      await world.forge.fail(.init("POST", "/pullrequests", .loseAnswer))
      let waits = WaitRecord()
      let opened = try await world.bitbucket(waits).openOnce(
        NewPullRequest(title: "T", body: "B", head: "topic", base: "main"), retryPolicy: waits.retryPolicy())
      #expect(opened.pullRequest.number == 1)
      #expect(await world.requests("POST", endingIn: "/pullrequests") == 1)
    }
  }
}
