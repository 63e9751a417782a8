import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// What reviews and runs ask of forges beyond the plain way.
@Suite(.timeLimit(.minutes(5))) struct ReviewForgeTests {
  /// How often it is killed; more where somebody asks for more.
  private static let kills = ProcessInfo.processInfo.environment["ORCH_TEST_KILLS"].flatMap { Int($0) } ?? 1

  /// gh goes on when what started it is gone.
  @Test func `a merge whose process is killed is asked for whole, or not at all`() async throws {
    try await ForgeWorld.with { scene in
      try await scene.openPullRequest("feature/a")
      try scene.world.script("{\"pr-1\": [[\(ReviewTests.approval)]]}")
      try await scene.world.set("review.testBeforeMerge", "false")
      let bob = try await scene.asUser("bob")
      #expect(try await bob.orch("review", "--pr", "1").status == 0)
      let journals: @Sendable () throws -> Int = { try scene.recordedTexts().ranges(of: "\"merge-starting\"").count }
      for _ in 0..<Self.kills {
        // It stays open: nothing is done, or the answer never comes.
        await scene.forge.fail(.init("PUT", "/merge", .answer(.init(502, text: ""))))
        let before = try journals()
        _ = try await bob.gitOrch("review", "--pr", "1", "-m") { process in
          try await waitUntil("the merge begins") { try journals() > before }
          bob.send(SIGKILL, to: process)
        }
        if try await scene.forge.pullRequest(1)?.state == .merged { break }
      }
      for request in await scene.forge.requests where request.method == "PUT" {
        #expect(request.body["sha"].string?.count == 40, "\(request.body)")
        #expect(request.body["merge_method"] == "squash")
        #expect(request.headers["content-length"] != nil)
      }
    }
  }

  @Test func `what became of a run's pull requests is asked and kept`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      try await world.set("pr.draft", "true")
      #expect(try await world.orch("run").status == 0)
      #expect(try await scene.forge.pullRequest(1)?.isDraft == true)
      await scene.forge.change(1) { $0.state = .closed }
      let refreshed = try await world.orch("status", "--refresh")
      #expect(refreshed.status == 0, "\(refreshed.errors)")
      #expect(refreshed.output.contains("pull-requests/1 (closed)"))
      // From here on it is known.
      let task = try #require((try await world.orch("status", "--json").json()["tasks"] as? [[String: Any]])?.first)
      #expect((task["pullRequestState"] as? [String: Any])?["state"] as? String == "closed")
    }
  }

  @Test func `the agent gets the project's template, and its words become the text`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try world.repository.write(".github/PULL_REQUEST_TEMPLATE.md", "## Why\n\n## Checked\n- [ ] tests\n")
      try await world.repository.git("add", "-A")
      try await world.repository.git("commit", "--quiet", "-m", "docs: template")
      try await world.repository.git("push", "--quiet", "origin", "main")
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      let result = try await world.orch("run")
      #expect(result.status == 0, "\(result.errors)")
      let prompts = try scene.recordedTexts()
      #expect(prompts.contains("for which this project has a template") && prompts.contains("- [ ] tests"))
      let body = try #require(try await scene.forge.pullRequest(1)?.body)
      #expect(body.contains("## Task\n\nDo a") || body.hasPrefix("Do a"))
    }
  }

  @Test func `a fork on Bitbucket is reviewed, and one's own is no stranger's`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let (world, git) = (scene.world, scene.world.repository)
      let fork = git.scratch.path.appending("fork.git")
      try await git.git("clone", "--quiet", "--bare", world.remote.string, fork.string)
      let clone = git.scratch.path.appending("mallory")
      try await git.git("clone", "--quiet", fork.string, clone.string)
      try git.write("m.txt", "m", in: clone)
      try await git.git("add", "-A", in: clone)
      try await git.git("commit", "--quiet", "-m", "m", in: clone)
      try await git.git("push", "--quiet", "origin", "HEAD:topic", in: clone)
      let pull = try await scene.forge.openFromFork(
        .init("mallory/widget", repository: fork), title: "m", head: "topic", base: "main", author: "mallory")
      try await git.git("config", "url.\(fork).insteadOf", "https://bitbucket.org/mallory/widget.git")
      try world.script("{\"pr-\(pull.number)\": [[\(ReviewTests.approval)], [\(ReviewTests.approval)]]}")
      try await world.set("review.testBeforeMerge", "false")
      let asked = try await world.orch("review", "--pr", "\(pull.number)")
      #expect(asked.status == 128)
      let approved = try await world.orch("review", "--pr", "\(pull.number)", "-y")
      #expect(approved.status == 0, "\(approved.errors)\(approved.output)")

      // The remote that is pushed to is one's own.
      try await git.git("remote", "add", "mine", "https://bitbucket.org/mallory/widget.git")
      try await git.git("config", "remote.pushDefault", "mine")
      let own = try await world.orch("review", "--pr", "\(pull.number)")
      #expect(own.status == 0, "\(own.errors)")
    }
  }
}
