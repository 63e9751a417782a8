import Foundation
import OrchTestSupport
import SystemPackage
import Testing

extension ForgeWorld {
  /// A script in which each task writes the texts to its file, a commit each.
  static func edits(_ tasks: (id: String, file: String, texts: [String])...) -> String {
    let entries = tasks.map { task in
      let steps = task.texts.map {
        #"{"write": {"path": "\#(task.file)", "content": "\#($0)\n"}}, {"commit": "feat: \#(task.id) \#($0)"}"#
      }
      return #""\#(task.id)": [[\#(steps.joined(separator: ", "))]]"#
    }
    return "{\(entries.joined(separator: ", "))}"
  }

  /// A run of a stack of three, each of which changes the line of the one below, and of one next to them.
  func stack(_ options: String...) async throws {
    try world.script(
      Self.edits(
        ("a", "a.txt", ["one", "two"]), ("b", "a.txt", ["three"]), ("c", "a.txt", ["four"]), ("d", "d.txt", ["d"])))
    try world.plan("a", "b: a", "c: b", "d")
    let run = try await world.orch(["run", "-j", "1"] + options)
    try #require(run.status == 0, "\(run.errors)")
    try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
  }

  func number(of branch: String) async throws -> Int {
    try #require(try await forge.pullRequests().last { $0.branch == branch }?.number)
  }

  func tip(_ branch: String) async throws -> String {
    try await world.repository.git("rev-parse", branch, in: world.remote)
  }

  func hasBranch(_ branch: String) async throws -> Bool {
    try await !world.repository.git("for-each-ref", "refs/heads/\(branch)", in: world.remote).isEmpty
  }

  func text(_ file: String, at revision: String = "main") async throws -> String {
    try await world.repository.git("show", "\(revision):\(file)", in: world.remote)
  }

  func statuses() async throws -> [String: String] { try await LandWorld(world: world).statuses() }
}

/// Landing by the forge, which merges the pull requests.
@Suite(.timeLimit(.minutes(5))) struct LandForgeTests {
  @Test(arguments: ForgeWorld.Kind.allCases)
  func `a stack lands in its order: children are turned, put on top and merged, and the branches go`(
    kind: ForgeWorld.Kind
  ) async throws {
    try await ForgeWorld.with(kind) { scene in
      let (world, forge) = (scene.world, scene.forge)
      let land = LandWorld(world: world)
      try await world.set("project.testCommand", "echo run >> '\(land.runs)'")
      try await world.set("land.deleteBranch", "true")
      await forge.configure { $0.closesOrphans = true }
      try await scene.stack()
      let start = try await scene.tip("main")

      let rehearsal = try await world.orch("land", "--forge", "-n")
      #expect(rehearsal.status == 0, "\(rehearsal.errors)")
      #expect(rehearsal.output.contains("#"), "\(rehearsal.output)")
      let before = await forge.requests.count
      let result = try await world.orch("land", "--forge")
      #expect(result.status == 0, "\(result.errors)\(result.output)")
      #expect(land.count == 1)
      #expect(try await scene.statuses() == ["a": "landed", "b": "landed", "c": "landed", "d": "landed"])
      for pull in try await forge.pullRequests() {
        #expect(pull.state == .merged && pull.base == "main", "\(pull)")
        #expect(try await !scene.hasBranch(pull.branch), "\(pull.branch)")
      }
      #expect(try await scene.text("a.txt") == "four")
      #expect(try await world.repository.git("rev-list", "--count", "\(start)..main", in: world.remote) == "4")
      // The local base comes along, as nobody is on it.
      #expect(try await world.repository.git("rev-parse", "main") == scene.tip("main"))
      for request in await forge.requests.dropFirst(before) where request.line.contains("/merge") && kind == .gitHub {
        #expect(request.body["sha"].string?.count == 40, "\(request.line)")
      }
      // Nothing of it can be taken back, and that is told.
      let undo = try await world.orch("undo", "-n")
      #expect((undo.output + undo.errors).contains("pull request #1"), "\(undo.output)\(undo.errors)")
    }
  }

  @Test func `a base that becomes something else than what was tested stops the train, and it continues`()
    async throws
  {
    try await ForgeWorld.with(.bitbucket) { scene in
      let (world, forge) = (scene.world, scene.forge)
      let land = LandWorld(world: world)
      try await world.set("project.testCommand", "echo run >> '\(land.runs)'")
      try world.script(ForgeWorld.edits(("a", "a.txt", ["a"]), ("b", "b.txt", ["b"])))
      try world.plan("a", "b")
      try #require(try await world.orch("run").status == 0)
      try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
      let gate = FakeForge.Gate()
      await forge.fail(.init("POST", "/merge", .hold(gate)))
      async let landing = world.orch("land", "--forge")
      await gate.reached()
      // Somebody pushes between the last look and the merge.
      try await land.branches([(name: "theirs", file: "theirs.txt", text: "x\n")])
      try await world.repository.git("push", "--quiet", "origin", "theirs:main")
      await gate.open()
      let result = try await landing
      #expect(result.status == 1)
      #expect(result.output.contains("has other files than those that were tested"), "\(result.output)")
      #expect(try await scene.statuses() == ["a": "landed", "b": "failed"], "\(result.output)")

      let rest = try await world.orch("land", "--continue")
      #expect(rest.status == 0, "\(rest.errors)\(rest.output)")
      #expect(try await scene.statuses() == ["a": "landed", "b": "landed"])
      #expect(land.count == 2)
      #expect(try await scene.text("b.txt") == "b")
    }
  }

  @Test func `a branch that has no pull request to merge is reported, with what to do, and the rest lands`()
    async throws
  {
    try await ForgeWorld.with { scene in
      let (world, forge) = (scene.world, scene.forge)
      let land = LandWorld(world: world)
      try await scene.openPullRequest("a")
      try await scene.openPullRequest("b")
      try await scene.openPullRequest("c")
      await forge.change(2) { $0.isDraft = true }
      for name in ["a", "b", "c"] { try await world.repository.git("fetch", "--quiet", "origin", "\(name):\(name)") }
      try await land.branches("none")
      try await world.repository.git("switch", "--quiet", "c")
      try await world.repository.commit("more.txt", "more\n", message: "more")
      let result = try await world.orch("land", "--forge", "--no-test", "a", "b", "c", "none")
      #expect(result.status == 1)
      #expect(
        try await scene.statuses() == ["a": "landed", "b": "skipped", "c": "skipped", "none": "skipped"],
        "\(result.output)\(result.errors)")
      for words in ["is a draft", "git push --force-with-lease", "it has no open pull request", "git orch land --push"]
      {
        #expect(result.output.contains(words) || result.output.contains(words.capitalizedFirst), "\(words)")
      }
      // A method that the forge does not allow is known before anything is tested.
      await forge.configure { $0.mergeMethods = ["merge"] }
      let refused = try await world.orch("land", "--forge", "--mode", "rebase", "--no-test", "a")
      #expect(refused.status == 128)
      #expect(refused.errors.contains("allows merge"), "\(refused.errors)")
    }
  }

  @Test func `what is refused is set aside, and gets its children back`() async throws {
    try await ForgeWorld.with { scene in
      let (world, forge) = (scene.world, scene.forge)
      try await scene.stack()
      let (a, b) = (try await scene.number(of: "feature/a"), try await scene.number(of: "feature/b"))
      await forge.fail(
        .init("PUT", "/pulls/\(a)/merge", .answer(.init(405, ["message": "Not today"]))))
      let result = try await world.orch("land", "--forge", "--no-test")
      #expect(result.status == 1)
      #expect(
        try await scene.statuses() == ["a": "failed", "b": "blocked", "c": "blocked", "d": "landed"], "\(result.output)"
      )
      #expect(result.output.contains("Not today"), "\(result.output)")
      #expect(try await forge.pullRequest(b)?.base == "feature/a")
      let rest = try await world.orch("land", "--forge", "--no-test")
      #expect(rest.status == 0, "\(rest.errors)\(rest.output)")
    }
  }

  @Test(arguments: ["squash", "merge", "rebase"])
  func `where branches must be up to date they are brought so, one after the other, and their checks awaited`(
    mode: String
  ) async throws {
    try await ForgeWorld.with { scene in
      let (world, forge) = (scene.world, scene.forge)
      let land = LandWorld(world: world)
      try await world.set("project.testCommand", "echo run >> '\(land.runs)'")
      try await scene.stack()
      await forge.configure {
        $0.strictBranches = ["main"]
        $0.protected = ["main": ["build"]]
      }
      await forge.set(.init(.run, "build", "success", pendingAsks: 1))
      let d = try await scene.tip("feature/d")
      let result = try await world.orch("land", "--forge", "--mode", mode)
      #expect(result.status == 0, "\(result.errors)\(result.output)")
      #expect(land.count == 1)
      #expect(try await scene.statuses() == ["a": "landed", "b": "landed", "c": "landed", "d": "landed"])
      #expect(try await scene.text("a.txt") == "four")
      #expect(try await scene.text("d.txt") == "d")
      #expect(result.errors.contains("'feature/d' is up to date with 'main' now") == (mode != "rebase"))
      #expect(try await scene.tip("feature/d") != d)
      let messages = try await world.repository.git("log", "--first-parent", "--format=%s", "main", in: world.remote)
      #expect(!messages.contains("into feature/d"), "\(messages)")
    }
  }

  @Test func `in a stack that GitHub keeps itself the bases follow on their own`() async throws {
    try await ForgeWorld.with { scene in
      let (world, forge) = (scene.world, scene.forge)
      try await scene.stack()
      await forge.configure { $0.stacked = [1, 2, 3, 4] }
      let result = try await world.orch("land", "--forge", "--no-test")
      #expect(result.status == 0, "\(result.errors)\(result.output)")
      #expect(try await scene.text("a.txt") == "four")
      #expect(await forge.requestLines.contains { $0.contains("/stacks?pull_request=") })
      #expect(try await forge.pullRequests().allSatisfy { $0.state == .merged && $0.base == "main" })
    }
  }

  @Test func `where a queue merges, its end is watched, or told and found later`() async throws {
    try await ForgeWorld.with { scene in
      let (world, forge) = (scene.world, scene.forge)
      try world.script(ForgeWorld.edits(("a", "a.txt", ["a"]), ("b", "b.txt", ["b"])))
      try world.plan("a", "b: a")
      try #require(try await world.orch("run").status == 0)
      try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
      await forge.configure { $0.queuedBranches = ["main"] }
      async let landing = world.orch("land", "--forge", "--no-test")
      try await waitUntil("it is in the queue") { try await forge.pullRequest(1)?.isInQueue == true }
      try await world.set("review.checksTimeout", "0s")
      try await forge.mergeByHand(1)
      try await waitUntil("the next is in the queue") { try await forge.pullRequest(2)?.isInQueue == true }
      await forge.change(2) { $0.isInQueue = false }
      let dropped = try await landing
      #expect(dropped.status == 1)
      #expect(try await scene.statuses() == ["a": "landed", "b": "failed"], "\(dropped.output)")
      #expect(dropped.output.contains("dropped out of the merge queue"), "\(dropped.output)")

      let queued = try await world.orch("land", "--continue")
      #expect(queued.status == 0, "\(queued.errors)\(queued.output)")
      #expect(try await scene.statuses()["b"] == "queued")
      let again = try await world.orch("status", "--refresh")
      #expect(again.output.contains("queued"), "\(again.output)")
      try await forge.mergeByHand(2)
      let end = try await world.orch("land", "--continue")
      #expect(end.status == 0, "\(end.errors)\(end.output)")
      #expect(try await scene.statuses() == ["a": "landed", "b": "landed"])
    }
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
