import Basics
import Forges
import Foundation
import GitHub
import OrchTestSupport
import Processes
import Testing

@Suite(.enabled(if: gh != nil, "gh is not installed"), .timeLimit(.minutes(5))) struct GitHubReviewTests {
  private let signature = "<!-- git-orch review 8b05f910 -->"

  private func review(
    _ decision: ReviewPost.Decision, _ commit: String, remarks: [ReviewPost.LineComment] = []
  ) -> ReviewPost {
    ReviewPost(
      decision: decision, body: "All of it.", lineComments: remarks, commit: commit, signature: signature)
  }

  /// A pull request of bob's that changes the lines 10 and 40 of a file of 50, and the client's view of it.
  private func changed(_ world: ForgeWorld, _ forge: GitHubForge, by author: String = "bob") async throws
    -> PullRequest
  {
    func text(_ changed: Set<Int>) -> String {
      (1...50).map { changed.contains($0) ? "new \($0)\n" : "\($0)\n" }.joined()
    }
    try await world.push("base", file: "long.txt", text([]))
    try await world.clone.git("push", "--quiet", "origin", "base:main")
    try await world.push("topic", file: "long.txt", text([10, 40]), from: "base")
    let pull = try await world.forge.open(title: "T", head: "topic", base: "main", author: author)
    return try await forge.pullRequest(pull.number)
  }

  @Test(arguments: [
    (ReviewPost.Decision.approve, FakeForge.Decision.approve), (.requestChanges, .requestChanges),
    (.comment, .comment),
  ])
  func `a review is posted with its decision, its remarks and its signature`(
    decision: ReviewPost.Decision, posted: FakeForge.Decision
  ) async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.client()
      let pull = try await changed(world, forge)
      let answer = try await forge.post(
        review(decision, pull.head.commit, remarks: [.init(path: "long.txt", line: 10, body: "why?")]), on: pull)
      #expect(answer.decision == decision && answer.note == nil && !answer.wasThere)
      #expect(answer.url?.hasPrefix("https://github.com/acme/widget/pull/1#pullrequestreview-") == true)
      let seen = try #require(await world.forge.pullRequest(1)?.reviews.first)
      #expect(seen.author == "alice" && seen.decision == posted && seen.commit == pull.head.commit)
      #expect(seen.body == "All of it.\n\n\(signature)")
      #expect(seen.comments.map(\.body) == ["why?\n\n\(signature)"])
      #expect(seen.comments.map(\.line) == [10] && seen.comments.map(\.path) == ["long.txt"])
    }
  }

  @Test func `a review that is there is found by signature and login, on any page`() async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.client()
      let pull = try await changed(world, forge)
      let post = review(.approve, pull.head.commit)
      // Somebody else's copy of it is not ours.
      _ = try await world.client(token: "ghp_rob-0123456789").post(post, on: pull)
      #expect(try await forge.post(post, on: pull).wasThere == false)
      _ = try await world.client(token: "ghp_rob-0123456789").post(
        ReviewPost(
          decision: .comment, body: "Later.", lineComments: [], commit: pull.head.commit, signature: "<!-- x -->"),
        on: pull)
      await world.forge.configure { $0.pageSizeLimit = 1 }
      let again = try await forge.post(post, on: pull)
      #expect(again.wasThere && again.decision == .approve)
      #expect(try await world.forge.pullRequest(1)?.reviews.count == 3)

      await world.forge.change(1) { $0.reviews[1].isDismissed = true }
      let dismissed = try await forge.post(post, on: pull)
      #expect(dismissed.wasThere && dismissed.decision == .comment && dismissed.note == "it was dismissed on GitHub")
    }
  }

  @Test(arguments: [
    FakeForge.Fault.Action.loseAnswer, .cutBody, .drop, .page(status: 200), .page(status: 503),
  ])
  func `a review is posted once, whatever becomes of the answer`(action: FakeForge.Fault.Action) async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.client()
      let pull = try await changed(world, forge)
      await world.forge.fail(.init("POST", "/reviews", action))
      let posted = try await forge.post(review(.approve, pull.head.commit), on: pull)
      #expect(posted.decision == .approve && !posted.wasThere)
      #expect(try await world.forge.pullRequest(1)?.reviews.count == 1)
    }
  }

  @Test func `remarks on lines that are no part of the change go into the text, the others stay`() async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.client()
      let pull = try await changed(world, forge)
      await world.forge.configure { $0.pageSizeLimit = 1 }
      let posted = try await forge.post(
        review(
          .requestChanges, pull.head.commit,
          remarks: [
            .init(path: "long.txt", line: 25, body: "first\nsecond"), .init(path: "long.txt", line: 43, body: "near"),
            .init(path: "README.md", line: 1, body: "elsewhere"),
          ]), on: pull)
      #expect(posted.decision == .requestChanges && posted.note == nil)
      let reviews = try #require(await world.forge.pullRequest(1)?.reviews)
      #expect(reviews.count == 1)
      #expect(
        reviews.first?.body == """
          All of it.

          - `long.txt:25` — first
            second
          - `README.md:1` — elsewhere

          \(signature)
          """)
      #expect(reviews.first?.comments.map(\.line) == [43])
    }
  }

  @Test func `all remarks go into the text when GitHub takes none of them`() async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.client()
      let pull = try await changed(world, forge)
      let refusal = FakeForge.Answer(
        422, ["message": "Unprocessable Entity", "errors": ["Line could not be resolved"]])
      await world.forge.fail(.init("POST", "/reviews", times: 2, .answer(refusal)))
      _ = try await forge.post(
        review(
          .comment, pull.head.commit,
          remarks: [.init(path: "long.txt", line: 10, body: "a"), .init(path: "x", line: 1, body: "b")]), on: pull)
      let seen = try #require(await world.forge.pullRequest(1)?.reviews.first)
      #expect(seen.body == "All of it.\n\n- `long.txt:10` — a\n- `x:1` — b\n\n\(signature)")
      #expect(seen.comments.isEmpty)
    }
  }

  @Test(arguments: [ReviewPost.Decision.approve, .requestChanges])
  func `on a pull request of one's own the review is a comment, and says so`(
    decision: ReviewPost.Decision
  ) async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.client()
      let pull = try await changed(world, forge, by: "alice")
      let posted = try await forge.post(
        review(decision, pull.head.commit, remarks: [.init(path: "long.txt", line: 25, body: "out")]), on: pull)
      #expect(posted.decision == .comment)
      #expect(posted.note == "GitHub lets nobody review their own pull requests: the review is a comment")
      let seen = try #require(await world.forge.pullRequest(1)?.reviews.first)
      #expect(seen.decision == .comment && seen.body.contains("`long.txt:25` — out"))
    }
  }

  @Test func `an application finds its own review though it has no login`() async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.add(.init("robot", token: "ghs_robot-0123456789", isApplication: true))
      let forge = try world.client(token: "ghs_robot-0123456789")
      let pull = try await changed(world, forge)
      let post = review(.approve, pull.head.commit)
      _ = try await world.client().post(post, on: pull)
      #expect(try await forge.post(post, on: pull).wasThere == false)
      #expect(try await forge.post(post, on: pull).wasThere)
    }
  }

  @Test func `a review that GitHub refuses for another reason is an error`() async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.client()
      let pull = try await changed(world, forge)
      let refusal = FakeForge.Answer(422, ["message": "Unprocessable Entity", "errors": ["Nope."]])
      await world.forge.fail(.init("POST", "/reviews", times: 9, .answer(refusal)))
      let error = try await forgeError {
        _ = try await forge.post(
          review(.comment, pull.head.commit, remarks: [.init(path: "long.txt", line: 10, body: "a")]), on: pull)
      }
      #expect(error.code == .invalid)
      #expect(error.message == "cannot post a review on pull request #1: Nope")
      #expect(await world.forge.requests.filter { $0.method == "POST" }.count == 2)
    }
  }
}
