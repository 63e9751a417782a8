import Basics
import Forges
import Foundation
import GitHub
import OrchTestSupport
import Processes
import Testing

@Suite(.enabled(if: gh != nil, "gh is not installed"), .timeLimit(.minutes(5))) struct GitHubPullRequestTests {
  @Test func `a pull request is opened with title, body, head and base`() async throws {
    try await ForgeWorld.gitHub { world in
      let commit = try await world.push("feature/a+b{owner}")
      let text = "Grüße\n\n`$(x)` @file {owner} :branch \"q\""
      let forge = try world.client()
      let opened = try await forge.create(
        NewPullRequest(title: "-t @x", body: text, head: "feature/a+b{owner}", base: "main"))
      #expect(opened.number == 1)
      #expect(opened.url == "https://github.com/acme/widget/pull/1")
      #expect(opened.title == "-t @x" && opened.body == text)
      #expect(opened.author == "alice" && opened.state == .open && !opened.isDraft && !opened.isFromFork)
      #expect(
        opened.head
          == .init(
            branch: "feature/a+b{owner}", commit: commit, repository: "acme/widget",
            reference: "refs/heads/feature/a+b{owner}"))
      #expect(opened.base == "main" && opened.mergeCommit == nil)
      #expect(try await forge.openPullRequests(from: "feature/a+b{owner}").map(\.number) == [1])
    }
  }

  // gh puts its own values in the place of such words wherever it finds them.
  @Test(arguments: ["branch", "owner", "repo", "{branch}", "a&state=closed", "50%", "ü/ä", "a#b"])
  func `a branch of any name is found`(branch: String) async throws {
    try await ForgeWorld.gitHub { world in
      _ = try await world.open(branch)
      _ = try await world.open("other")
      #expect(try await world.client().openPullRequests(from: branch).map(\.head.branch) == [branch])
    }
  }

  @Test func `a second pull request for a branch, an unknown branch and one without changes have errors of their own`()
    async throws
  {
    try await ForgeWorld.gitHub { world in
      _ = try await world.open("topic")
      try await world.clone.git("push", "--quiet", "origin", "main:refs/heads/same")
      let forge = try world.client()
      let second = try await forgeError { _ = try await forge.create(world.new("topic")) }
      #expect(second.code == .alreadyExists)
      #expect(second.message == "cannot open a pull request for 'topic': one already exists")
      let same = try await forgeError { _ = try await forge.create(world.new("same")) }
      #expect(same.code == .noChanges)
      #expect(same.message == "cannot open a pull request for 'same': it has no commits that 'main' lacks")
      let unknown = try await forgeError { _ = try await forge.create(world.new("nowhere")) }
      #expect(unknown.code == .branchUnknown)
      #expect(
        unknown.message
          == "cannot open a pull request for 'nowhere': GitHub finds no branch 'nowhere' in acme/widget")
      let base = try await forgeError { _ = try await forge.create(world.new("topic", base: "trunk")) }
      #expect(base.message.contains("finds no branch 'trunk'"))
      let untitled = try await forgeError {
        _ = try await forge.create(NewPullRequest(title: "", body: "", head: "topic", base: "main"))
      }
      #expect(untitled.code == .invalid)
      #expect(
        untitled.message == #"cannot open a pull request for 'topic': Invalid request. "title" wasn't supplied"#)
    }
  }

  @Test func `an open pull request is adopted, whatever its base`() async throws {
    try await ForgeWorld.gitHub { world in
      let present = try await world.open("topic")
      try await world.clone.git("push", "--quiet", "origin", "main:refs/heads/trunk")
      let waits = WaitRecord()
      let opened = try await world.client(waits: waits).openOnce(
        world.new("topic", base: "trunk"), retryPolicy: waits.retryPolicy())
      #expect(opened.wasThere && opened.pullRequest.number == present.number)
      #expect(try await world.forge.pullRequests().count == 1)
      #expect(await world.forge.requests.allSatisfy { $0.method == "GET" })
    }
  }

  @Test func `of two who open one at once, one opens and the other adopts`() async throws {
    try await ForgeWorld.gitHub { world in
      try await world.push("topic")
      // Both have looked before either creates.
      let gate = FakeForge.Gate()
      await world.forge.fail(.init("POST", "/pulls", times: 2, .hold(gate)))
      let waits = WaitRecord()
      let forge = try world.client(waits: waits)
      async let first = forge.openOnce(world.new(), retryPolicy: waits.retryPolicy())
      async let second = forge.openOnce(world.new(), retryPolicy: waits.retryPolicy())
      try await world.forge.waitForRequest(2) { $0.method == "POST" }
      await gate.open()
      let opened = try await [first, second]
      #expect(opened.map(\.pullRequest.number) == [1, 1])
      #expect(opened.filter(\.wasThere).count == 1)
      #expect(try await world.forge.pullRequests().count == 1)
    }
  }

  @Test(arguments: [
    FakeForge.Fault.Action.loseAnswer, .cutBody, .drop, .page(status: 200), .page(status: 502),
    .answer(.init(500, ["message": "Server Error"])),
  ])
  func `a pull request is opened once, whatever becomes of the answer`(action: FakeForge.Fault.Action) async throws {
    try await ForgeWorld.gitHub { world in
      try await world.push("topic")
      await world.forge.fail(.init("POST", "/pulls", action))
      let waits = WaitRecord()
      let opened = try await world.client(waits: waits).openOnce(world.new(), retryPolicy: waits.retryPolicy())
      #expect(opened.pullRequest.number == 1)
      #expect(try await world.forge.pullRequests().count == 1)
      #expect(await waits.waits.count == 1)
    }
  }

  @Test func `all pages of open pull requests are read, the newest first`() async throws {
    try await ForgeWorld.gitHub { world in
      for number in 1...5 { _ = try await world.open("topic-\(number)") }
      await world.forge.change(2) { $0.state = .closed }
      await world.forge.configure { $0.pageSizeLimit = 2 }
      #expect(try await world.client().openPullRequests().map(\.number) == [5, 4, 3, 1])
      #expect(await world.forge.requests.count == 2)
      #expect(await world.forge.requestLines.allSatisfy { $0.contains("per_page=100") })
    }
  }

  @Test(arguments: [
    "https://elsewhere.example/repos/acme/widget/pulls?page=2", "https://api.github.com.example/pulls?page=2",
    "https://user@api.github.com/pulls?page=2", "https://api.github.com:8443/pulls?page=2", "::",
    "https://api.github.com/repos/acme/widget/pulls?state=open&per_page=100",
  ])
  func `a next page that is elsewhere, or has no end, is not followed`(next: String) async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.fail(
        .init("GET", "/pulls", .answer(.init(200, headers: ["Link": "<\(next)>; rel=\"next\""], []))))
      let error = try await forgeError { _ = try await world.client().openPullRequests() }
      #expect(error.code == .serverError)
      #expect(await world.forge.requests.count == 1)
    }
  }

  @Test func `a fork's branch of the same name is not taken for ours`() async throws {
    try await ForgeWorld.gitHub { world in
      let fork = try await world.addFork()
      let commit = try await world.push("topic")
      try await world.clone.git("push", "--quiet", "fork", "topic")
      try await world.forge.openFromFork(
        .init("mallory/widget", repository: fork), title: "F", head: "topic", base: "main", author: "mallory")
      let forge = try world.client()
      #expect(try await forge.openPullRequests(from: "topic") == [])
      let seen = try await forge.pullRequest(1)
      #expect(seen.isFromFork && seen.author == "mallory")
      #expect(
        seen.head
          == .init(branch: "topic", commit: commit, repository: "mallory/widget", reference: "refs/pull/1/head"))
      #expect(try await world.commit("refs/pull/1/head") == commit)
    }
  }

  @Test func `the head filter is checked, since it may have no effect`() async throws {
    try await ForgeWorld.gitHub { world in
      for branch in ["topic", "topic-2"] { _ = try await world.open(branch) }
      let fork = try await world.addFork()
      try await world.clone.git("push", "--quiet", "fork", "topic-2:topic")
      try await world.forge.openFromFork(
        .init("mallory/widget", repository: fork), title: "F", head: "topic", base: "main", author: "mallory")
      await world.forge.configure { $0.ignoresHeadFilter = true }
      #expect(try await world.client().openPullRequests(from: "topic").map(\.number) == [1])
    }
  }

  @Test func `the forge's view of a merge is reported, and is unknown until it is worked out`() async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.configure { $0.mergeabilityLag = 1 }
      _ = try await world.open("topic")
      let draft = try await world.open("draft", isDraft: true)
      let blocked = try await world.open("blocked")
      await world.forge.block(blocked.number, "At least 1 approving review is required.")
      let waits = WaitRecord()
      let forge = try world.client(waits: waits)
      #expect(try await forge.pullRequest(1).mergeability == .unknown)
      #expect(try await forge.pullRequest(1).mergeability == .mergeable)
      func known(_ number: Int) async throws -> PullRequest.Mergeability {
        try await forge.pullRequest(number, retryPolicy: waits.retryPolicy()) { $0.mergeability != .unknown }
          .mergeability
      }
      #expect(try await known(draft.number) == .blocked("it is a draft"))
      guard case .blocked(let words) = try await known(blocked.number) else {
        Issue.record("not blocked")
        return
      }
      #expect(words.contains("'main'"))
      try await world.push("conflicting", file: "topic.txt", "other\n")
      try await world.clone.git("push", "--quiet", "--force", "origin", "conflicting:main")
      #expect(try await known(1) == .conflicting)
    }
  }

  @Test func `a push moves the head, sooner or later`() async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.configure { $0.headLag = 2 }
      let old = try await world.open("topic").headCommit
      let new = try await world.push("topic", "two\n")
      let waits = WaitRecord()
      let forge = try world.client(waits: waits)
      #expect(try await forge.pullRequest(1).head.commit == old)
      #expect(try await forge.pullRequest(1, retryPolicy: waits.retryPolicy()) { $0.isAt(new) }.isAt(new))
      #expect(await waits.waits.count == 1)
    }
  }

  @Test func `another base can be given to a pull request`() async throws {
    try await ForgeWorld.gitHub { world in
      _ = try await world.open("topic")
      try await world.clone.git("push", "--quiet", "origin", "main:refs/heads/trunk", "topic:refs/heads/ahead")
      let forge = try world.client()
      await world.forge.fail(.init("PATCH", "/pulls/1", .loseAnswer))
      #expect(try await forge.retarget(1, to: "trunk").base == "trunk")
      #expect(try await forgeError { _ = try await forge.retarget(1, to: "ahead") }.code == .noChanges)
      #expect(try await forgeError { _ = try await forge.retarget(1, to: "none") }.code == .invalid)
      #expect(try await forgeError { _ = try await forge.retarget(9, to: "main") }.code == .notFound)
    }
  }

  @Test func `texts that are too long for GitHub are cut`() async throws {
    try await ForgeWorld.gitHub { world in
      try await world.push("topic")
      let body = String(repeating: "👩‍👩‍👧 ", count: 20_000)
      let opened = try await world.client().create(
        NewPullRequest(title: "T", body: body, head: "topic", base: "main"))
      #expect(opened.body.utf16.count < 65_536)
      #expect(opened.body.hasSuffix("… (the rest is cut off: GitHub takes no longer texts)"))
    }
  }

  @Test func `access tells login, default branch and the right to push`() async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.add(.init("robot", token: "ghs_robot-0123456789", isApplication: true))
      let own = try await world.client().access()
      #expect(own == ForgeAccess(login: "alice", defaultBranch: "main", canPush: true))
      let reader = try await world.client(token: "ghp_rob-0123456789").access()
      #expect(reader.login == "rob" && reader.canPush == false)
      let application = try await world.client(token: "ghs_robot-0123456789").access()
      #expect(application.login == nil && application.canPush == true)
    }
  }

  @Test func `GitHub Enterprise is asked under its own name`() async throws {
    try await ForgeWorld.gitHub { world in
      for number in 1...3 { _ = try await world.open("topic-\(number)") }
      await world.forge.configure { $0.pageSizeLimit = 2 }
      let forge = try world.ghClient(token: nil, host: "git.example.com") {
        $0["GH_ENTERPRISE_TOKEN"] = ForgeWorld.token
      }
      #expect(try await forge.openPullRequests().count == 3)
      let requests = await world.forge.requests
      #expect(requests.count == 2)
      #expect(requests.allSatisfy { $0.path == "/api/v3/repos/acme/widget/pulls" })
      #expect(requests.allSatisfy { $0.headers["host"] == "git.example.com" })
    }
  }
}
