import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// What reviews and runs ask of forges beyond the plain way.
@Suite(.timeLimit(.minutes(5))) struct ReviewForgeTests {
  /// How often it is killed; more where somebody asks for more.
  private static let kills = ProcessInfo.processInfo.environment["ORCH_TEST_KILLS"].flatMap { Int($0) } ?? 1

  /// gh continues when what started it is gone.
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

  @Test func `where branches must be up to date they are brought so once they are tested with the base, and merged`()
    async throws
  {
    try await ForgeWorld.with { scene in
      try await scene.openPullRequest("feature/a")
      try await scene.openPullRequest("feature/b")
      try scene.world.script("{\"pr-1\": [[\(ReviewTests.approval)]], \"pr-2\": [[\(ReviewTests.approval)]]}")
      let runs = scene.world.repository.scratch.path.appending("test-runs")
      try await scene.world.set("project.testCommand", "ls *.txt | tr '\\n' ' ' >>'\(runs)'; echo >>'\(runs)'")
      await scene.forge.configure {
        $0.strictBranches = ["main"]
        $0.protected = ["main": ["build"]]
      }
      await scene.forge.set(.init(.run, "build", "success", pendingAsks: 1))
      let bob = try await scene.asUser("bob")
      let before = try #require(try await scene.forge.pullRequest(2)?.headCommit)

      for number in ["1", "2"] {
        let result = try await bob.orch("review", "--pr", number, "--automerge")
        #expect(result.status == 0, "\(result.errors)\(result.output)")
      }

      #expect(try await scene.forge.pullRequests().map(\.state) == [.merged, .merged])
      let head = try #require(try await scene.forge.pullRequest(2)?.headCommit)
      let parents = try await bob.repository.git("log", "-1", "--format=%P", head, in: bob.remote)
      #expect(parents.hasPrefix(before) && parents.split(separator: " ").count == 2)
      // What the merge makes is tested once, before and after it is pushed.
      let tested = try scene.world.repository.read("test-runs", in: scene.world.repository.scratch.path)
      #expect(tested.split(separator: "\n").suffix(2) == ["b.txt ", "a.txt b.txt "], "\(tested)")
      let message = try await bob.repository.git("log", "-1", "--format=%B", "main", in: bob.remote)
      #expect(message.hasPrefix("feat: feature/b (#2)") && !message.contains("Merge branch"), "\(message)")
    }
  }

  @Test func `a branch that cannot be pushed to stays as it is, and why is told`() async throws {
    try await ForgeWorld.with { scene in
      try await scene.openPullRequest("feature/a")
      try scene.world.script("{\"pr-1\": [[\(ReviewTests.approval)]]}")
      try await scene.world.set("review.testBeforeMerge", "false")
      await scene.forge.configure { $0.strictBranches = ["main"] }
      let repository = scene.world.repository
      try await repository.git("commit", "--quiet", "--allow-empty", "-m", "chore: later")
      try await repository.git("push", "--quiet", "origin", "main")
      let bob = try await scene.asUser("bob")
      try scene.world.repository.write(
        "hooks/pre-receive", "#!/bin/sh\nwhile read -r a b c; do [ \"$c\" != refs/heads/feature/a ] || exit 1; done\n",
        in: scene.world.remote)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: scene.world.remote.appending("hooks/pre-receive").string)
      let result = try await bob.orch("review", "--pr", "1", "--automerge")
      #expect(result.status == 1, "\(result.errors)\(result.output)")
      #expect(
        result.output.contains("it must be brought up to date with 'main' first: 'origin' refused the push"),
        "\(result.output)")
      #expect(try await scene.forge.pullRequest(1)?.state == .open)
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
      try world.script(
        ###"{"a": [[{"write": {"path": "a.txt", "content": "a\n"}}, {"commit": "feat: a"}, {"say": "## Why\n\nBecause.\n\n## Checked\n- [x] tests"}]]}"###
      )
      try world.plan("a")
      let result = try await world.orch("run")
      #expect(result.status == 0, "\(result.errors)")
      let prompts = try scene.recordedTexts()
      #expect(prompts.contains("for which this project has a template") && prompts.contains("- [ ] tests"))
      let body = try #require(try await scene.forge.pullRequest(1)?.body)
      // Its words come first, in the template's form, and what was to be done after them.
      let parts = ["## Why\n\nBecause.", "## Checked\n- [x] tests", "## Task\n\nDo a", "## Commits\n\n- ", "feat: a"]
      #expect(body.hasPrefix(parts[0]), "\(body)")
      let places = parts.compactMap { body.firstRange(of: $0)?.lowerBound }
      #expect(places.count == parts.count && places == places.sorted(), "\(body)")
      #expect(!body.contains("## What was done"))
    }
  }

  @Test func `a fork on Bitbucket is reviewed, and one's own is not a stranger's`() async throws {
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

  @Test func `pull requests get what the settings say`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      await scene.forge.configure {
        $0.members = ["bob", "carol"]
        $0.milestones = ["v1", "v2"]
      }
      for (key, value) in [
        ("reviewers", "bob"), ("reviewers", "acme/core"), ("labels", "agent"), ("labels", "needs look"),
        ("assignees", "carol"), ("milestone", "v2"),
      ] { try await world.repository.git("config", "--add", "orchestrator.pr.\(key)", value) }
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      let result = try await world.orch("run")
      #expect(result.status == 0, "\(result.errors)")
      let pull = try #require(try await scene.forge.pullRequest(1))
      #expect(Set(pull.requestedReviewers) == ["bob", "team/core"])
      #expect(Set(pull.labels) == ["agent", "needs look"])
      #expect(pull.assignees == ["carol"] && pull.milestone == "v2" && !pull.isDraft)
    }
  }

  @Test func `a pull request whose base went with what it built on is reviewed, and merged where it belongs`()
    async throws
  {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try await scene.openPullRequest("feature/one")
      try await scene.openPullRequest("feature/two", base: "feature/one")
      try await scene.forge.mergeByHand(1)
      try await world.repository.git("update-ref", "-d", "refs/heads/feature/one", in: world.remote)
      try world.script("{\"pr-2\": [[\(ReviewTests.approval)]]}")
      try await world.set("review.testBeforeMerge", "false")
      let bob = try await scene.asUser("bob")
      let result = try await bob.orch("review", "--pr", "2", "-m")
      #expect(result.status == 0, "\(result.errors)\(result.output)")
      let pull = try #require(try await scene.forge.pullRequest(2))
      #expect(pull.state == .merged && pull.base == "main")
      #expect(try await scene.text("two.txt") == "x")
    }
  }

  @Test func `a merge that makes other files than were tested is reported`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try await scene.openPullRequest("feature/a")
      try world.script("{\"pr-1\": [[\(ReviewTests.approval)]]}")
      try await world.set("project.testCommand", "true")
      let gate = FakeForge.Gate()
      await scene.forge.fail(.init("POST", "/merge", .hold(gate)))
      let bob = try await scene.asUser("bob")
      async let review = bob.orch("review", "--pr", "1", "-m")
      await gate.reached()
      try await LandWorld(world: world).branches([(name: "theirs", file: "theirs.txt", text: "x\n")])
      try await world.repository.git("push", "--quiet", "origin", "theirs:main")
      await gate.open()
      let result = try await review
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains("has other files than those that were tested"), "\(result.output)")
    }
  }

  @Test func `a method that the forge does not allow is reported before a run with a review is paid`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      try await world.set("review.automerge", "true")
      try await world.set("review.mergeMethod", "squash")
      await scene.forge.configure { $0.mergeMethods = ["merge", "rebase"] }
      let refused = try await world.orch("run", "--with-review", "-y")
      #expect(refused.status == 128)
      #expect(refused.errors.contains("allows merge and rebase"), "\(refused.errors)")
      #expect(try await world.orch("status").status == 128)
    }
  }

  @Test func `what dropped out of the queue is queued no more`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try await scene.openPullRequest("feature/a")
      try world.script("{\"pr-1\": [[\(ReviewTests.approval)]]}")
      try await world.set("review.testBeforeMerge", "false")
      await scene.forge.configure { $0.queuedBranches = ["main"] }
      let bob = try await scene.asUser("bob")
      #expect(try await bob.orch("review", "--pr", "1", "-m").status == 0)
      #expect(try await bob.orch("status", "--refresh").output.contains("queued"))
      await scene.forge.change(1) { $0.isInQueue = false }
      let dropped = try await bob.orch("status", "--refresh")
      #expect(dropped.output.contains("Status: approved"), "\(dropped.output)\(dropped.errors)")
      #expect(dropped.output.contains("does not mean to merge it any more"))
    }
  }

  @Test func `killed while what a merge makes is tested, the next review leaves nothing of it`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let (world, git) = (scene.world, scene.world.repository)
      try await scene.openPullRequest("feature/a")
      // The base has more than the head, so that the merge is tested, too.
      try await LandWorld(world: world).branches([(name: "theirs", file: "theirs.txt", text: "x\n")])
      try await git.git("push", "--quiet", "origin", "theirs:main")
      try world.script("{\"pr-1\": [[\(ReviewTests.approval)]]}")
      try await world.set("project.testCommand", "true")
      let bob = try await scene.asUser("bob")
      let killed = try await bob.gitOrch(
        "review", "--pr", "1", "-m", environment: ["GIT_ORCH_KILL_AT": "before-entry-tests-ended:2"])
      try #require(killed.status != 0, "\(killed.errors)")
      let result = try await bob.orch("review", "--pr", "1", "-m")
      #expect(result.status == 0, "\(result.errors)\(result.output)")
      #expect(try await git.git("worktree", "list").split(separator: "\n").count == 1)
      #expect(try await git.git("branch", "--list", "orch/*") == "")
      #expect(try await git.git("for-each-ref", "refs/orchestrator/saved") == "")
    }
  }

  @Test func `more pull requests than the window has lines are shown a screen at a time`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let (world, git) = (scene.world, scene.world.repository)
      let names = (1...14).map { "topic-\($0)" }
      try await LandWorld(world: world).branches(names.map { (name: $0, file: "\($0).txt", text: "x\n") })
      try await git.git(["push", "--quiet", "origin"] + names)
      for name in names { _ = try await scene.forge.open(title: name, head: name, base: "main", author: "alice") }
      let terminal = try PseudoTerminal()
      var size = winsize(ws_row: 9, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0)
      #expect(ioctl(terminal.device.rawValue, UInt(TIOCSWINSZ), &size) == 0)
      try terminal.type("y\nn\nq\n")
      let shown = try await terminal.shown {
        let result = try await world.run(
          "sh", ["-c", "TERM=xterm exec git orch review 2>'\(terminal.path)'"], input: terminal.device)
        #expect(result.status == 0)
      }
      #expect(shown.contains("more; show them?"), "\(shown)")
      // Two screens were wanted, each with the heading; the last pull request is on the third.
      #expect(shown.components(separatedBy: "Title").count == 3, "\(shown)")
      #expect(shown.contains("topic-9") && !shown.contains("topic-14 "), "\(shown)")
    }
  }
}
