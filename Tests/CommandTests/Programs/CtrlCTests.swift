import Foundation
import OrchTestSupport
import Platform
import Subprocess
import SystemPackage
import Testing

/// Ctrl-C in the middle of what takes long: it is answered with what is waited for, ends all that was started, leaves
/// nothing behind, and the next command finishes what was begun. Agents, checkouts and remotes are in `WaitingTests`.
@Suite(.timeLimit(.minutes(5))) struct CtrlCTests {
  /// There while tests and set-ups are to hang, and once they do.
  private struct Gate: Sendable {
    let closed: FilePath
    let begun: FilePath

    init(_ world: OrchWorld) throws {
      (closed, begun) = (
        world.repository.scratch.path.appending("gate"), world.repository.scratch.path.appending("begun")
      )
      try Data().write(to: URL(filePath: closed.string))
    }

    /// Hangs at the gate, as does a program of its own session, which a signal to the group does not reach.
    var command: String {
      "if test -e '\(closed)'; then setsid sleep 1000 & touch '\(begun)'; exec sleep 1000; fi"
    }

    func open() throws {
      try FileManager.default.removeItem(atPath: closed.string)
    }
  }

  /// Sends Ctrl-C once something has begun, and waits for the answer; sends it again to what is deaf to the first.
  private func interrupt(
    _ world: OrchWorld, _ arguments: String..., at mark: FilePath, expecting answer: String, isDeaf: Bool = false
  ) async throws {
    let result = try await world.run("git", ["orch"] + arguments) { process in
      try await world.wait(for: mark)
      world.send(SIGINT, to: process)
      try await waitUntil("the signal is answered") { try world.words().contains(answer) }
      // Two that come at once are one.
      if isDeaf {
        try await waitUntil("the second is answered") {
          world.send(SIGINT, to: process)
          return try world.words().contains("killing what is still running")
        }
      }
    }
    #expect(result.status == 130, "\(result.errors)")
    #expect(!result.errors.contains("fatal"), "\(result.errors)")
    #expect(try world.survivors() == [])
  }

  /// Whether no worktree but the user's is left, and no branch but these.
  private func expectNothingLeft(
    _ world: OrchWorld, branches: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let worktrees = try await world.repository.git("worktree", "list").split(separator: "\n")
    #expect(worktrees.count == 1, "\(worktrees)", sourceLocation: sourceLocation)
    let left = try await world.repository.git("branch", "--format=%(refname:short)").split(separator: "\n")
    #expect(left.map(String.init) == branches, sourceLocation: sourceLocation)
    #expect(world.isVacant(world.worktrees), sourceLocation: sourceLocation)
  }

  @Test func `the tests of a review`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      try await scene.openPullRequest("feature/a")
      try scene.world.script("{\"pr-1\": [[\(ReviewTests.approval)]]}")
      let bob = try await scene.asUser("bob")
      let gate = try Gate(bob)
      try await bob.set("project.testCommand", gate.command)
      try await interrupt(bob, "review", "--pr", "1", at: gate.begun, expecting: "waiting for 'if test -e ")
      #expect(try await bob.statuses() == ["pr-1": "interrupted"])
      try await expectNothingLeft(bob, branches: "main")
      #expect(try await scene.forge.pullRequest(1)?.reviews.isEmpty == true)

      try gate.open()
      let again = try await bob.orch("review", "--pr", "1")
      #expect(again.status == 0, "\(again.errors)")
      #expect(try await scene.forge.pullRequest(1)?.reviews.count == 1)
      // The verdict was paid for once.
      #expect(try await bob.tasks()["pr-1"]?[4] == "0")
      try await expectNothingLeft(bob, branches: "main")
    }
  }

  @Test func `the tests of a landing`() async throws {
    let land = try await LandWorld.make()
    let world = land.world
    let gate = try Gate(world)
    try await world.set("project.testCommand", gate.command)
    try await land.branches("b1", "b2")
    let base = try await world.repository.git("rev-parse", "main")
    try await interrupt(world, "land", "b1", "b2", at: gate.begun, expecting: "waiting for 'if test -e ")
    #expect(try await world.repository.git("rev-parse", "main") == base)
    try await expectNothingLeft(world, branches: "b1", "b2", "elsewhere", "main")

    try gate.open()
    let again = try await world.orch("land", "--continue")
    #expect(again.status == 0, "\(again.errors)\(again.output)")
    #expect(try await land.statuses() == ["b1": "landed", "b2": "landed"])
    #expect(try await land.files() == ["README.md", "b1.txt", "b2.txt"])
  }

  @Test func `the push of a landing, whose hook is deaf to the first`() async throws {
    let land = try await LandWorld.make()
    let world = land.world
    let gate = try Gate(world)
    try await land.branches("b1")
    let hook = world.root.appending(".git/hooks/pre-push").string
    try Data("#!/bin/sh\ntrap '' TERM INT\n\(gate.command)\n".utf8).write(to: URL(filePath: hook))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
    try await interrupt(
      world, "land", "b1", "--push", at: gate.begun, expecting: "waiting for git push", isDeaf: true)
    #expect(try await land.statuses() == ["b1": "interrupted"])

    try gate.open()
    let again = try await world.orch("land", "--continue")
    #expect(again.status == 0, "\(again.errors)\(again.output)")
    #expect(try await land.statuses() == ["b1": "landed"])
    #expect(try await world.repository.git("ls-tree", "--name-only", "main", in: world.remote).contains("b1.txt"))
  }

  @Test(arguments: ForgeWorld.Kind.allCases)
  func `a merge whose answer does not come is cut short by the second, and found`(kind: ForgeWorld.Kind) async throws {
    try await ForgeWorld.with(kind) { scene in
      let (world, forge) = (scene.world, scene.forge)
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      try #require(try await world.orch("run").status == 0)
      try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
      let gate = FakeForge.Gate()
      await forge.fail(.init(kind == .gitHub ? "PUT" : "POST", "/merge", .holdAnswer(gate)))
      let mark = world.repository.scratch.path.appending("asked")
      async let asked: Void = {
        await gate.reached()
        try Data().write(to: URL(filePath: mark.string))
      }()
      let answer = kind == .gitHub ? "waiting for gh api" : "stopping; all work is kept"
      try await interrupt(world, "land", "--forge", "--no-test", at: mark, expecting: answer, isDeaf: true)
      try await asked
      await gate.open()
      let again = try await world.orch("land", "--continue")
      #expect(again.status == 0, "\(again.errors)\(again.output)")
      #expect(try await scene.statuses() == ["a": "landed"])
      #expect(await forge.requests.count { $0.path.hasSuffix("/merge") } == 1)
    }
  }

  @Test func `a set-up`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a", "b"))
    try world.plan("a", "b")
    let gate = try Gate(world)
    try await world.set("worktree.setup", gate.command)
    try await interrupt(world, "run", at: gate.begun, expecting: "waiting for 'if test -e ")
    #expect(try await Set(world.statuses().values) == ["interrupted"])
    try await expectNothingLeft(world, branches: "main")

    try gate.open()
    let again = try await world.orch("run", "--continue")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try await world.tasks().mapValues { $0[4] } == ["a": "1", "b": "1"])
    try await expectNothingLeft(world, branches: "feature/a", "feature/b", "main")
  }
}
