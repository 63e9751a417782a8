import Basics
import Bitbucket
import Forges
import Foundation
import HTTP
import OrchTestSupport
import Processes
import Testing

/// What both forges have in common.
@Suite(.timeLimit(.minutes(5))) struct ForgePageTests {
  @Test(arguments: [true, false]) func `a web page instead of a list is asked for again`(isGitHub: Bool) async throws {
    try await ForgeWorld.with(isGitHub ? .gitHub : .bitbucket) { world in
      try await world.push("topic", file: "t.txt")
      _ = try await world.forge.open(title: "T", head: "topic", base: "main", author: "bob")
      await world.forge.fail(.init("GET", "/pull", .page(status: 200)))
      let waits = WaitRecord()
      let forge: any Forge = isGitHub ? try world.client(waits: waits) : try world.bitbucket(waits)
      #expect(try await forge.openPullRequests().map(\.number) == [1])
      #expect(await waits.waits.count == 1)
    }
  }

  @Test(arguments: [true, false]) func `a remark off the diff is in the text once`(isGitHub: Bool) async throws {
    try await ForgeWorld.with(isGitHub ? .gitHub : .bitbucket) { world in
      let head = try await world.push("topic", file: "t.txt")
      _ = try await world.forge.open(title: "T", head: "topic", base: "main", author: "bob")
      let forge: any Forge = isGitHub ? try world.client() : try world.bitbucket()
      let post = ReviewPost(
        decision: .comment, body: "All.\n\n### Findings\n\n- `t.txt:99`: **nit**: Off it\n  by far",
        lineComments: [
          .init(path: "t.txt", line: 99, body: "**nit**: Off it\nby far"),
          .init(path: "t.txt", line: 98, body: "**nit**: Not said yet"),
        ], commit: head, signature: "git-orch review x")
      _ = try await forge.post(post, on: try await forge.pullRequest(1))
      let seen = try #require(try await world.forge.pullRequest(1))
      let text = seen.reviews.map(\.body).joined() + seen.comments.map(\.body).joined()
      #expect(text.ranges(of: "Off it").count == 1)
      #expect(text.ranges(of: "Not said yet").count == 1)
    }
  }

  @Test func `Bitbucket's strategies, default reviewers, drafts and missing fields`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      try await world.push("topic", file: "t.txt")
      await world.forge.configure {
        $0.mergeMethods = ["merge_commit", "squash_fast_forward"]
        $0.defaultReviewers = ["carol", "alice"]
        $0.members = ["dave"]
      }
      let forge = try world.bitbucket()
      let rules = try await forge.mergeRules(of: "main")
      #expect(rules.methods == [.merge: "merge_commit", .squash: "squash_fast_forward"])
      #expect(rules.standard == .merge && rules.method(nil) == .squash)
      let fields = PullRequestFields(isDraft: true, reviewers: ["dave", "nobody"], labels: ["x"])
      let new = NewPullRequest(title: "T", body: "", head: "topic", base: "main", fields: fields)
      let opened = try await forge.create(new)
      #expect(opened.isDraft && opened.createdAt != nil)
      #expect(await world.forge.reviewers[1] == ["{uuid-of-carol}", "{uuid-of-dave}"])
      #expect(
        try await forge.set(fields, on: opened) == ["not asked for a review: nobody", "Bitbucket has no labels"])
      await world.forge.change(1) { $0.isDraft = false }
      try await forge.merge(
        1,
        MergeOrder(
          commit: opened.head.commit, method: .squash, methodName: rules.methods[.squash], title: "T", message: ""))
      #expect(try await forge.pullRequests(from: "topic").map(\.state) == [.merged])
    }
  }

  @Test func `a login that is asked for is reported at once`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let refusal = FakeForge.Answer(
        401, headers: ["WWW-Authenticate": "Basic realm=\"Atlassian\""], ["error": ["message": "no"]])
      await world.forge.fail(.init("GET", "/2.0", times: 9, .answer(refusal)))
      let waits = WaitRecord()
      let error = try await forgeError { _ = try await world.bitbucket(waits).access() }
      #expect(error.code == .notLoggedIn)
      #expect(await waits.waits.isEmpty)
      #expect(await world.forge.requests.count == 1)
    }
  }
}
