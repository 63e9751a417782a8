import Basics
import Bitbucket
import Forges
import OrchTestSupport
import Processes
import Testing

@Suite(.timeLimit(.minutes(5))) struct BitbucketReviewTests {
  static let signature = "<!-- git-orch 2026/review-1 -->"

  func review(
    _ decision: ReviewPost.Decision = .requestChanges, at commit: String, lines: [(String, Int, String)] = []
  ) -> ReviewPost {
    ReviewPost(
      decision: decision, body: "The text.",
      lineComments: lines.map { ReviewPost.LineComment(path: $0.0, line: $0.1, body: $0.2) }, commit: commit,
      signature: Self.signature)
  }

  @Test func `remarks, text and decision are posted once, each with the signature as its last line`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let bob = try world.bitbucket(as: "bob")
      let review = review(at: pull.headCommit, lines: [("file.txt", 1, "One."), ("file.txt", 1, "Another.")])
      let seen = try await bob.pullRequest(1)

      let posted = try await bob.post(review, on: seen)
      #expect(posted.decision == .requestChanges)
      #expect(posted.note == nil)
      #expect(!posted.wasThere)
      let again = try await bob.post(review, on: seen)
      #expect(again.wasThere)
      #expect(again.url == posted.url)
      #expect(posted.url?.contains("#comment-") == true)

      let comments = try #require(try await world.forge.pullRequest(1)).comments
      #expect(comments.map(\.body) == ["One.", "Another.", "The text."].map { "\($0)\n\n\(Self.signature)" })
      #expect(comments.map(\.line) == [1, 1, nil])
      #expect(await world.requests("POST", endingIn: "/request-changes") == 1)
    }
  }

  @Test func `another's comment with the signature is not taken for one's own`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let review = review(.comment, at: pull.headCommit)
      let seen = try await world.bitbucket().pullRequest(1)
      _ = try await world.bitbucket(as: "bob").post(review, on: seen)
      let mine = try await world.bitbucket().post(review, on: seen)
      #expect(!mine.wasThere)
      #expect(try await world.forge.pullRequest(1)?.comments.map(\.author) == ["bob", "alice"])
    }
  }

  @Test func `a comment that only quotes the signature is another one`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      await world.forge.change(1) {
        $0.comments = [.init(id: 1, author: "bob", body: "> \(Self.signature)\n\nWhat is this?")]
      }
      let seen = try await world.bitbucket().pullRequest(1)
      let posted = try await world.bitbucket(as: "bob").post(review(.comment, at: pull.headCommit), on: seen)
      #expect(!posted.wasThere)
    }
  }

  @Test(arguments: [("One.", 1), ("Another.", 1), ("The text.", 3)])
  func `a review that broke off is completed`(lost: String, comments: Int) async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let bob = try world.bitbucket(as: "bob", retries: 0)
      let review = review(at: pull.headCommit, lines: [("file.txt", 1, "One."), ("file.txt", 1, "Another.")])
      let seen = try await bob.pullRequest(1)
      let before = ["One.", "Another.", "The text."].firstIndex(of: lost) ?? 0
      await world.forge.change(1) { pull in
        pull.comments = ["One.", "Another."].prefix(before).enumerated().map {
          .init(id: $0, author: "bob", body: "\($1)\n\n\(Self.signature)", path: "file.txt", line: 1)
        }
      }
      await world.forge.fail(.init("POST", "/comments", .drop))
      await #expect(throws: ForgeError.self) { try await bob.post(review, on: seen) }
      let posted = try await bob.post(review, on: seen)
      #expect(posted.decision == .requestChanges)
      let bodies = try #require(try await world.forge.pullRequest(1)).comments.map(\.body)
      #expect(bodies == ["One.", "Another.", "The text."].map { "\($0)\n\n\(Self.signature)" })
    }
  }

  @Test(arguments: [FakeForge.Fault.Action.loseAnswer, .drop, .cutBody, .page(status: 502)])
  func `after a lost answer a comment is looked for before it is posted again`(
    fault: FakeForge.Fault.Action
  ) async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let bob = try world.bitbucket(as: "bob")
      let seen = try await bob.pullRequest(1)
      await world.forge.fail(.init("POST", "/comments", times: 2, fault))
      let posted = try await bob.post(
        review(at: pull.headCommit, lines: [("file.txt", 1, "One."), ("file.txt", 1, "One.")]), on: seen)
      #expect(posted.decision == .requestChanges)
      let bodies = try #require(try await world.forge.pullRequest(1)).comments.map(\.body)
      #expect(bodies == ["One.", "One.", "The text."].map { "\($0)\n\n\(Self.signature)" })
    }
  }

  @Test func `a remark on a line that is not part of the change goes into the text`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let bob = try world.bitbucket(as: "bob")
      let seen = try await bob.pullRequest(1)
      _ = try await bob.post(
        review(at: pull.headCommit, lines: [("file.txt", 99, "Far."), ("file.txt", 1, "Near.")]), on: seen)
      let bodies = try #require(try await world.forge.pullRequest(1)).comments.map(\.body)
      #expect(
        bodies == [
          "Near.\n\n\(Self.signature)", "The text.\n\n`file.txt`, line 99:\n\nFar.\n\n\(Self.signature)",
        ])
    }
  }

  @Test func `a later decision takes the place of an earlier one`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let bob = try world.bitbucket(as: "bob")
      let seen = try await bob.pullRequest(1)
      _ = try await bob.post(review(.requestChanges, at: pull.headCommit), on: seen)
      var later = review(.approve, at: pull.headCommit)
      later.signature = "another"
      await world.forge.fail(.init("DELETE", "/request-changes", .loseAnswer))
      await world.forge.fail(.init("POST", "/approve", .loseAnswer))
      let posted = try await bob.post(later, on: seen)
      #expect(posted.decision == .approve)
      #expect(try await world.forge.pullRequest(1)?.reviews.map(\.decision) == [.approve])
      #expect(await world.requests("DELETE", endingIn: "/request-changes") == 2)
    }
  }

  @Test(arguments: [400, 403, 409])
  func `where an author may not decide the review is a comment`(status: Int) async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let alice = try world.bitbucket()
      await world.forge.fail(
        .init(
          "POST", "/approve", .answer(.init(status, ["error": ["message": "You can't approve your own pull request."]]))
        ))
      let posted = try await alice.post(review(.approve, at: pull.headCommit), on: try await alice.pullRequest(1))
      #expect(posted.decision == .comment)
      #expect(posted.note == "Bitbucket allows no review by the author: You can't approve your own pull request")
      #expect(try await world.forge.pullRequest(1)?.comments.count == 1)
    }
  }

  @Test func `one that is closed gets the text without a decision`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let bob = try world.bitbucket(as: "bob")
      let seen = try await bob.pullRequest(1)
      await world.forge.change(1) { $0.state = .closed }
      let posted = try await bob.post(review(.approve, at: pull.headCommit), on: seen)
      #expect(posted.decision == .comment)
      #expect(posted.note == "it is no longer open")
    }
  }

  @Test func `a decision that was made by an earlier attempt is not an error`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let bob = try world.bitbucket(as: "bob")
      await world.forge.fail(.init("POST", "/approve", .loseAnswer))
      let posted = try await bob.post(review(.approve, at: pull.headCommit), on: try await bob.pullRequest(1))
      #expect(posted.decision == .approve)
      #expect(posted.note == nil)
      #expect(await world.requests("POST", endingIn: "/approve") == 2)
    }
  }

  @Test func `a scope that is missing for a decision is an error, not a comment`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let alice = try world.bitbucket()
      await world.forge.fail(
        .init(
          "POST", "/approve",
          .answer(
            .init(
              403,
              ["error": ["message": "lack scopes", "detail": ["required": ["write:pullrequest:bitbucket"]]]]))))
      let seen = try await alice.pullRequest(1)
      let error = await #expect(throws: ForgeError.self) {
        try await alice.post(review(.approve, at: pull.headCommit), on: seen)
      }
      #expect(error?.code == .forbidden)
      #expect(error?.message.contains("lacks the scope write:pullrequest:bitbucket") == true)
    }
  }

  @Test func `a head that was not reviewed is not approved`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = try await world.openPull("topic")
      let bob = try world.bitbucket(as: "bob")
      let seen = try await bob.pullRequest(1)
      try await world.push("topic", "two\n")
      let posted = try await bob.post(review(.approve, at: pull.headCommit), on: seen)
      #expect(posted.decision == .comment)
      #expect(posted.note == "its head is no longer \(pull.headCommit.prefix(12)), which was reviewed")
      #expect(try await world.forge.pullRequest(1)?.reviews.isEmpty == true)
    }
  }

  @Test func `a head that the forge shows late is approved`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      _ = try await world.openPull("topic")
      let bob = try world.bitbucket(as: "bob")
      let seen = try await bob.pullRequest(1)
      await world.forge.configure { $0.headLag = 2 }
      let pushed = try await world.push("topic", "two\n")
      let posted = try await bob.post(review(.approve, at: pushed), on: seen)
      #expect(posted.decision == .approve)
      #expect(posted.note == nil)
    }
  }
}
