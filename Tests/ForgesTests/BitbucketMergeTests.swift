import Basics
import Bitbucket
import Forges
import OrchTestSupport
import Processes
import Testing

@Suite(.timeLimit(.minutes(5))) struct BitbucketMergeTests {
  func failure(_ forge: BitbucketForge, expecting commit: String) async -> ForgeError? {
    do {
      try await forge.merge(1, expecting: commit, title: "T", message: "")
      return nil
    } catch {
      return error
    }
  }

  @Test func `a head that moved is not merged`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let pushed = try await world.push("topic", "two\n")
      let error = try await failure(world.bitbucket(), expecting: pull.headCommit)
      #expect(error?.code == .headMoved)
      #expect(
        error?.message
          == "pull request #1 of acme/widget is at \(pushed.prefix(12)), not at \(pull.headCommit.prefix(12))")
      #expect(await world.requests("POST", endingIn: "/merge") == 0)
    }
  }

  @Test func `one that is merged already is not an error`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let forge = try world.bitbucket()
      #expect(await failure(forge, expecting: pull.headCommit) == nil)
      #expect(await failure(forge, expecting: pull.headCommit) == nil)
      #expect(await world.requests("POST", endingIn: "/merge") == 1)
    }
  }

  @Test func `what conflicts, is closed or is forbidden is reported with the reason`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let forge = try world.bitbucket()
      await world.forge.block(1, "2 approvals are missing.")
      let blocked = await failure(forge, expecting: pull.headCommit)
      #expect(blocked?.code == .notMergeable)
      #expect(blocked?.message.hasSuffix(": 2 approvals are missing") == true)
      await world.forge.block(1, nil)

      try await world.push("other", "different\n")
      try await world.clone.git("push", "--quiet", "origin", "other:main")
      let conflict = await failure(forge, expecting: pull.headCommit)
      #expect(conflict?.code == .notMergeable)
      #expect(conflict?.message.contains("resolve all merge conflicts") == true)

      await world.forge.change(1) { $0.state = .closed }
      let closed = await failure(forge, expecting: pull.headCommit)
      #expect(closed?.code == .notMergeable)
      #expect(closed?.message == "pull request #1 of acme/widget is closed")
      #expect(await world.requests("POST", endingIn: "/merge") == 2)
    }
  }

  @Test func `a merge in the background is awaited`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      await world.forge.configure { $0.mergeTaskAsks = 6 }
      let waits = WaitRecord()
      #expect(try await failure(world.bitbucket(waits), expecting: pull.headCommit) == nil)
      #expect(try await world.forge.pullRequest(1)?.state == .merged)
      #expect(await waits.waits.count == 6)
      #expect(await world.requests("POST", endingIn: "/merge") == 1)
    }
  }

  @Test func `a merge in the background that fails is reported with the reason`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      await world.forge.block(1, "A build failed.")
      await world.forge.configure { $0.mergeTaskAsks = 1 }
      let error = try await failure(world.bitbucket(), expecting: pull.headCommit)
      #expect(error?.code == .notMergeable)
      #expect(error?.message.hasSuffix(": A build failed") == true)
    }
  }

  @Test func `a merge in the background that does not end is given up, and not started again`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      await world.forge.configure { $0.mergeTaskAsks = 1000 }
      let error = try await failure(world.bitbucket(), expecting: pull.headCommit)
      #expect(error?.code == .serverError)
      #expect(error?.leavesDoubt == true)
      #expect(await world.requests("POST", endingIn: "/merge") == 1)
    }
  }

  @Test func `the login does not follow the progress of a merge to another host`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      await world.forge.fail(
        .init(
          "POST", "/merge", .answer(.init(202, headers: ["Location": "https://example.invalid/2.0/task"], text: ""))))
      let waits = WaitRecord()
      await waits.meanwhile { await world.forge.change(1) { $0.state = .merged } }
      // Nothing listens there: to be asked, it would have failed.
      #expect(try await failure(world.bitbucket(waits), expecting: pull.headCommit) == nil)
    }
  }

  @Test(arguments: [
    FakeForge.Fault.Action.loseAnswer, .cutBody, .drop, .page(status: 200), .page(status: 502),
    .answer(.init(555, ["error": ["message": "timed out"]])),
  ])
  func `after a lost answer the merge is made once`(fault: FakeForge.Fault.Action) async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      await world.forge.fail(.init("POST", "/merge", fault))
      #expect(try await failure(world.bitbucket(), expecting: pull.headCommit) == nil)
      #expect(try await world.forge.pullRequest(1)?.state == .merged)
      #expect(try await world.clone.git("rev-list", "--count", "main", in: world.bare) == "2")
    }
  }

  @Test func `a merge that is done while another answer is a refusal is not an error`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let waits = WaitRecord()
      await world.forge.fail(
        .init("POST", "/merge", times: 9, .answer(.init(409, ["error": ["message": "The ref was updated."]]))))
      await waits.meanwhile { await world.forge.change(1) { $0.state = .merged } }
      #expect(try await failure(world.bitbucket(waits), expecting: pull.headCommit) == nil)
    }
  }

  @Test(arguments: [FakeForge.Fault.Action.loseAnswer, .cutBody])
  func `after the last lost answer it is looked, too`(fault: FakeForge.Fault.Action) async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      await world.forge.fail(.init("POST", "/merge", fault))
      #expect(try await failure(world.bitbucket(retries: 0), expecting: pull.headCommit) == nil)
    }
  }

  @Test func `a base that moved meanwhile is worth another try, a head that moved none`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let moved = FakeForge.Answer(409, ["error": ["message": "A branch was updated while the merge was under way."]])
      await world.forge.fail(.init("POST", "/merge", .answer(moved)))
      #expect(try await failure(world.bitbucket(), expecting: pull.headCommit) == nil)
      #expect(await world.requests("POST", endingIn: "/merge") == 2)
    }
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let moved = FakeForge.Answer(409, ["error": ["message": "A branch was updated while the merge was under way."]])
      await world.forge.fail(.init("POST", "/merge", .answer(moved)))
      let waits = WaitRecord()
      await waits.meanwhile { _ = try await world.push("topic", "two\n") }
      #expect(try await failure(world.bitbucket(waits), expecting: pull.headCommit)?.code == .headMoved)
      #expect(await world.requests("POST", endingIn: "/merge") == 1)
    }
  }

  @Test func `a message is cut to what Bitbucket takes, between two characters`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let forge = try world.bitbucket()
      try await forge.merge(
        1, expecting: pull.headCommit, title: "Title", message: String(repeating: "e\u{301}", count: 64 << 10))
      let request = try #require(await world.forge.requests.first { $0.path.hasSuffix("/merge") })
      let message = try #require(request.body["message"].string)
      #expect(message.utf8.count == (128 << 10) - 1)
      #expect(message.hasPrefix("Title\n\ne\u{301}") && message.hasSuffix("e\u{301}"))
      #expect(request.body["merge_strategy"] == "squash")
      #expect(request.body["close_source_branch"] == false)
    }
  }
}
