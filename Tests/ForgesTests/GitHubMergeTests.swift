import Basics
import Forges
import Foundation
import GitHub
import OrchTestSupport
import Processes
import Testing

@Suite(.enabled(if: gh != nil, "gh is not installed"), .timeLimit(.minutes(5))) struct GitHubMergeTests {
  @Test func `a merge makes one commit on the base, and the forge says that it is merged`() async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.open("topic").headCommit
      let base = try await world.commit("main")
      let forge = try world.client()
      #expect(try await forge.pullRequest(1).mergeCommit == nil)
      try await forge.merge(1, expecting: head, title: "T (#1)", message: "Why.\n\nMore.")
      let merged = try await forge.pullRequest(1)
      #expect(merged.state == .merged)
      #expect(merged.mergeCommit == (try await world.commit("main")))
      #expect(merged.head.reference == "refs/pull/1/head")
      #expect(try await world.commit("main^") == base)
      #expect(
        try await world.clone.git("log", "-1", "--format=%B", "main", in: world.bare) == "T (#1)\n\nWhy.\n\nMore.")
    }
  }

  @Test func `what is merged already is merged`() async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.open("topic").headCommit
      let forge = try world.client()
      try await forge.merge(1, expecting: head, title: "T", message: "")
      let base = try await world.commit("main")
      try await forge.merge(1, expecting: head, title: "T", message: "")
      #expect(try await world.commit("main") == base)
    }
  }

  @Test(arguments: [FakeForge.Fault.Action.loseAnswer, .cutBody, .drop, .page(status: 502)])
  func `a merge is made once, whatever becomes of the answer`(action: FakeForge.Fault.Action) async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.open("topic").headCommit
      let start = try await world.commit("main")
      await world.forge.fail(.init("PUT", "/merge", action))
      try await world.client().merge(1, expecting: head, title: "T", message: "")
      #expect(try await world.commit("main^") == start)
    }
  }

  @Test func `a page that says nothing is neither taken for a merge nor asked for again`() async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.open("topic").headCommit
      await world.forge.fail(.init("PUT", "/merge", .page(status: 200)))
      let error = try await forgeError {
        try await world.client().merge(1, expecting: head, title: "T", message: "")
      }
      #expect(error.code == .serverError)
      #expect(await world.forge.requests.filter { $0.method == "PUT" }.count == 1)
    }
  }

  @Test func `a head that moved is not merged`() async throws {
    try await ForgeWorld.gitHub { world in
      let old = try await world.open("topic").headCommit
      try await world.push("topic", "two\n")
      let base = try await world.commit("main")
      let error = try await forgeError {
        try await world.client().merge(1, expecting: old, title: "T", message: "")
      }
      #expect(error.code == .headMoved)
      #expect(
        error.message
          == "cannot merge pull request #1: Head branch was modified. Review and try the merge again")
      #expect(try await world.commit("main") == base)
    }
  }

  @Test(arguments: ["conflict", "draft", "blocked", "closed"])
  func `what GitHub does not merge is reported in its words`(case name: String) async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.open("topic", isDraft: name == "draft").headCommit
      let expected: String
      switch name {
      case "draft": expected = "Pull Request is still a draft"
      case "blocked":
        expected = "At least 1 approving review is required by reviewers with write access"
        await world.forge.block(1, "\(expected).")
      case "closed":
        expected = "Pull Request is not mergeable"
        await world.forge.change(1) { $0.state = .closed }
      default:
        expected = "Pull Request is not mergeable"
        try await world.push("conflicting", file: "topic.txt", "other\n")
        try await world.clone.git("push", "--quiet", "--force", "origin", "conflicting:main")
      }
      let error = try await forgeError {
        try await world.client().merge(1, expecting: head, title: "T", message: "")
      }
      #expect(error.code == .notMergeable)
      #expect(error.message == "cannot merge pull request #1: \(expected)")
    }
  }

  @Test func `a merge is tried again when another one came first`() async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.open("topic").headCommit
      await world.forge.fail(
        .init(
          "PUT", "/merge", times: 2,
          .answer(.init(405, ["message": "Base branch was modified. Review and try the merge again."]))))
      let waits = WaitRecord()
      let forge = try world.client(waits: waits)
      try await forge.merge(1, expecting: head, title: "T", message: "")
      #expect(try await forge.pullRequest(1).state == .merged)
      #expect(await waits.waits.map(\.duration) == [.milliseconds(100), .milliseconds(200)])
    }
  }

  @Test func `who may not write may not merge`() async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.open("topic").headCommit
      let error = try await forgeError {
        try await world.client(token: "ghp_rob-0123456789").merge(1, expecting: head, title: "T", message: "")
      }
      #expect(error.code == .forbidden)
      #expect(error.message == "cannot merge pull request #1: GitHub forbids it: Must have write access to repository")
    }
  }

  // MARK: - Checks

  struct CheckCase: Sendable, CustomTestStringConvertible {
    var checks: [FakeForge.Check]
    var summary: CheckSummary
    var testDescription: String { checks.map { "\($0.kind) \($0.outcome)" }.joined(separator: ", ") }
  }

  @Test(arguments: [
    CheckCase(checks: [], summary: .init(state: .none)),
    CheckCase(checks: [.init(.run, "a", "success")], summary: .init(state: .passed)),
    CheckCase(
      checks: [.init(.run, "a", "neutral"), .init(.run, "b", "skipped"), .init(.status, "c", "success")],
      summary: .init(state: .passed)),
    CheckCase(
      checks: [.init(.run, "a", "success", pendingAsks: 9), .init(.status, "b", "success", pendingAsks: 9)],
      summary: .init(state: .pending, names: ["a", "b"])),
    CheckCase(
      checks: [
        .init(.run, "a", "success", pendingAsks: 9), .init(.status, "b", "failure"), .init(.status, "c", "error"),
      ], summary: .init(state: .failed, names: ["b", "c"])),
    CheckCase(
      checks: ["failure", "timed_out", "cancelled", "action_required", "startup_failure", "stale"].map {
        .init(.run, $0, $0)
      },
      summary: .init(
        state: .failed, names: ["failure", "timed_out", "cancelled", "action_required", "startup_failure", "stale"])),
  ])
  func `check runs and commit statuses come to one answer, over all pages`(checked: CheckCase) async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.push("topic")
      await world.forge.configure { $0.pageSizeLimit = 1 }
      for check in checked.checks { await world.forge.set(check) }
      #expect(try await world.client().checks(of: head) == checked.summary)
    }
  }

  @Test func `a check that ends is seen, and the checks of other commits are not`() async throws {
    try await ForgeWorld.gitHub { world in
      let head = try await world.push("topic")
      await world.forge.set(.init(.run, "a", "success", commit: head, pendingAsks: 1))
      await world.forge.set(.init(.run, "b", "failure", commit: "0123"))
      let forge = try world.client()
      #expect(try await forge.checks(of: head) == CheckSummary(state: .pending, names: ["a"]))
      #expect(try await forge.checks(of: head) == CheckSummary(state: .passed))
    }
  }
}
