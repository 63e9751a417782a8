import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// What becomes of branches that were pushed.
@Suite(.timeLimit(.minutes(5))) struct PullRequestTests {
  @Test(arguments: ForgeWorld.Kind.allCases)
  func `each task that succeeds has a pull request at the proven commit`(kind: ForgeWorld.Kind) async throws {
    try await ForgeWorld.with(kind) { scene in
      let world = scene.world
      try world.script(RunTests.edits("a", "b"))
      try world.plan("a", "b")

      let result = try await world.orch("run")

      #expect(result.status == 0, "\(result.errors)")
      let opened = try await scene.forge.pullRequests()
      #expect(Set(opened.map(\.branch)) == ["feature/a", "feature/b"])
      for pull in opened {
        let task = String(pull.branch.dropFirst("feature/".count))
        #expect(pull.title == "feat: \(task)")
        #expect(pull.base == "main")
        #expect(pull.author == "alice")
        #expect(try await world.remoteTip(pull.branch) == pull.headCommit)
        #expect(pull.body.contains("Do \(task)"))
        #expect(pull.body.contains("feat: \(task)"))
        #expect(pull.body.contains("Task `\(task)`, done by claude 2.1.330"))
        #expect(try await world.tasks()[task]?[10] == "\(pull.number)")
      }
      let report = try await world.orch("status", "--json").json()
      let tasks = try #require(report["tasks"] as? [[String: Any]])
      let first = try #require(tasks[0]["pullRequest"] as? [String: Any])
      let url = try #require(first["url"] as? String)
      #expect(first["commit"] as? String == opened.first { $0.branch == "feature/a" }?.headCommit)
      #expect(result.output.contains("Pull request: #\(first["number"] ?? "") \(url)"))
      #expect((report["forge"] as? [String: Any])?["repository"] as? String == "acme/widget")
      #expect(await scene.forge.surprises == [])
      let texts = try scene.recordedTexts() + result.output + result.errors
      #expect(!texts.contains(ForgeWorld.token))
    }
  }

  @Test func `a dependent task's pull request is against the branch that it needs, and says so`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try world.script(RunTests.edits("a", "b", "c", "d"))
      try world.plan("a", "b: a", "c", "d: a, c")
      let result = try await world.orch("run")
      #expect(result.status == 0, "\(result.errors)")
      let opened = try await scene.forge.pullRequests()
      #expect(opened.first { $0.branch == "feature/b" }?.base == "feature/a")
      let need = try #require(opened.first { $0.branch == "feature/a" })
      let body = try #require(opened.first { $0.branch == "feature/b" }?.body)
      #expect(body.contains("`feature/a` (#\(need.number)); merge that one first"))
      #expect(opened.first { $0.branch == "feature/d" }?.base == "main")
      #expect(opened.first { $0.branch == "feature/d" }?.body.contains("merge these first") == true)
    }
  }

  @Test(arguments: [
    (["--no-pr"], nil, "--no-pr was given"),
    ([], "workflow.autoPr=false", "orchestrator.workflow.autoPr is false"),
    ([], "workflow.stopAfterRun=true", "orchestrator.workflow.stopAfterRun is true"),
  ])
  func `none are opened where they are not wanted`(
    arguments: [String], setting: String?, reason: String
  ) async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      let git = setting.map { ["-c", "orchestrator.\($0)"] } ?? []
      let result = try await world.run("git", git + ["orch", "run"] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains("No pull requests: \(reason)"))
      #expect(await scene.forge.requests.isEmpty)
      #expect(try await world.remoteTip("feature/a") != nil)
    }
  }

  @Test func `the destination is the setting's, and must be on the remote`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      try await world.set("git.destinationBranch", "develop")
      let refused = try await world.orch("run")
      #expect(refused.status == 128)
      #expect(refused.errors.contains("fatal: 'origin' has no branch 'develop' to open pull requests against"))

      try await world.repository.git("push", "--quiet", "origin", "main:develop")
      let result = try await world.orch("run")
      #expect(result.status == 0, "\(result.errors)")
      #expect(try await scene.forge.pullRequests().map(\.base) == ["develop"])
    }
  }

  @Test func `a missing login is reported before an agent is paid`() async throws {
    try await ForgeWorld.with { scene in
      var world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      world.environment["GH_TOKEN"] = nil
      let result = try await world.orch("run")
      #expect(result.status == 128)
      #expect(result.errors.contains("fatal: cannot open pull requests: "), "\(result.errors)")
      #expect(result.errors.contains("hint: or only push the branches: git orch run --no-pr"))
      #expect(!FileManager.default.fileExists(atPath: world.records.string))
      #expect(try await world.orch("run", "--no-pr").status == 0)
    }
  }

  @Test func `an answer that is lost opens no second one`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      await scene.forge.fail(.init("POST", "/pulls", .loseAnswer))
      let result = try await world.orch("run")
      #expect(result.status == 0, "\(result.errors)")
      #expect(try await scene.forge.pullRequests().count == 1)
      #expect(result.errors.contains("pull request #1 was already open"))
    }
  }

  /// Where a run is killed: before the forge has opened the pull request, and after, before the run has heard of it.
  enum Moment: CaseIterable { case beforeOpening, afterOpening }

  @Test(arguments: ForgeWorld.Kind.allCases, Moment.allCases)
  func `a run that is killed around the opening has one pull request in the end`(
    kind: ForgeWorld.Kind, moment: Moment
  ) async throws {
    try await ForgeWorld.with(kind) { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      let gate = FakeForge.Gate()
      await scene.forge.fail(
        .init("POST", "/pull", moment == .beforeOpening ? .hold(gate) : .holdAnswer(gate)))
      let killed = try await world.gitOrch("run") { process in
        await gate.reached()
        world.send(SIGKILL, to: process)
      }
      #expect(killed.status == 137)
      // The request continues its way, or is forgotten: either may be what the network does.
      await gate.open()

      let result = try await world.orch("run", "--continue")

      #expect(result.status == 0, "\(result.errors)")
      #expect(try await scene.forge.pullRequests().count == 1)
      #expect(try await world.tasks()["a"]?[10] == "1")
      #expect(try await world.tasks()["a"]?[4] == "1", "the agent was asked twice")
    }
  }

  @Test func `a rate limit is waited for, and told`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      await scene.forge.fail(.init("POST", "/pulls", .rateLimit(resetIn: .seconds(1))))
      let result = try await world.orch("run")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("wait for the forge until "))
      #expect(try await scene.forge.pullRequests().count == 1)
    }
  }

  @Test func `a wait for the forge ends with Ctrl-C, and continues with --continue`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      await scene.forge.fail(.init("POST", "/pulls", .rateLimit(resetIn: .seconds(600))))
      let result = try await world.gitOrch("run") { process in
        try await scene.forge.waitForRequest { $0.method == "POST" }
        // What waits is to be seen from outside, too.
        try await waitUntil("the forge is waited for") {
          try await world.orch("status").output.contains("Waiting for the forge until 20")
        }
        world.send(SIGINT, to: process)
      }
      #expect(result.status == 130)
      #expect(try await world.statuses() == ["a": "interrupted"])
      #expect(result.output.contains("To open it: git orch run --continue"))
      #expect(try await world.orch("run", "--continue").status == 0)
      #expect(try await scene.forge.pullRequests().count == 1)
    }
  }

  @Test func `a head that the forge shows late is waited for`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      await scene.forge.configure { $0.headLag = 1 }
      let result = try await world.orch("run")
      #expect(result.status == 0, "\(result.errors)")
    }
  }

  @Test func `a forge that refuses leaves the branch pushed and says what to do`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      await scene.forge.fail(
        .init(
          "POST", "/pulls", times: 9,
          .answer(.init(403, ["message": "Resource not accessible by personal access token"]))))
      let result = try await world.orch("run")
      #expect(result.status == 1)
      #expect(try await world.statuses() == ["a": "pr-failed"])
      #expect(result.output.contains("pushed, but no pull request is open: "))
      #expect(try await world.remoteTip("feature/a") != nil)
    }
  }

  @Test func `a remote on no forge, or on one without support, has its branches pushed`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a", "b"))
    try world.plan("a", "b")
    let folder = try await world.orch("run", "--tasks", "a")
    #expect(folder.status == 0, "\(folder.errors)")
    #expect(folder.output.contains("No pull requests: 'origin' is not on a forge: its URL is a folder"))

    try await world.repository.git("config", "url.\(world.remote).insteadOf", "git@gitlab.com:group/sub/app.git")
    try await world.repository.git("remote", "set-url", "origin", "git@gitlab.com:group/sub/app.git")
    let gitLab = try await world.orch("run", "--tasks", "b")
    #expect(gitLab.status == 0, "\(gitLab.errors)")
    #expect(gitLab.output.contains("No pull requests: GitLab (gitlab.com) is not supported for pull requests"))
    #expect(try await world.remoteTip("feature/b") != nil)
  }
}
