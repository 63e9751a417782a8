import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct `git orch cleanup` {
  /// A finished run that kept its worktree, and whose work has landed.
  private func world() async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a", "b"))
    try world.plan("a", "b")
    try await world.expectSuccess(arguments: ["--keep-worktrees"])
    try await world.repository.git("merge", "-q", "--squash", "feature/a")
    try await world.repository.git("commit", "-q", "-m", "squashed")
    return world
  }

  @Test func `shows its plan, does it, and what it removed can be put back`() async throws {
    let world = try await world()
    let dry = try await world.orch("cleanup", "-n", "--older-than", "0h")
    #expect(dry.status == 0)
    let run = try #require(
      try FileManager.default.contentsOfDirectory(atPath: "\(world.root)/.git/orchestrator/runs").first)
    let lines = dry.output.split(separator: "\n").map(String.init)
    try #require(lines.count == 4)
    #expect(
      lines[0].hasPrefix(
        "remove worktree '\(world.worktrees.appending("a"))': nothing in it is unsaved, and run \(run) ended "))
    #expect(lines[2] == "remove branch 'feature/a': 'main' has all that it changes")
    #expect(lines.last == "keep branch 'feature/b': it has 1 commit that is not in 'main', but on 'origin'")
    #expect(FileManager.default.fileExists(atPath: world.worktrees.appending("a").string))

    // Nobody is asked where nobody sits.
    let real = try await world.orch("cleanup", "--older-than", "0h")
    #expect(real.status == 0)
    #expect(real.output == dry.output)
    #expect(real.errors.hasPrefix("removed 3\nto put something back: sh '"))
    #expect(!FileManager.default.fileExists(atPath: world.worktrees.appending("a").string))
    #expect(try await world.repository.git("branch", "--list", "feature/*").contains("feature/b"))
    #expect(try await world.orch("cleanup", "-n", "--older-than", "0h").output == lines.last.map { "\($0)\n" })
    // The run can still be looked at.
    #expect(try await world.orch("status").status == 0)
    #expect(try await world.orch("log", "a").status == 0)
  }

  @Test func `tells scripts the same as JSON`() async throws {
    let world = try await world()
    let dry = try await world.orch("cleanup", "-n", "--json", "--older-than", "0h").json()
    #expect(dry["schema"] as? Int == 1 && dry["dryRun"] as? Bool == true && dry["success"] as? Bool == true)
    #expect(
      (dry["removed"] as? [[String: any Sendable]])?.compactMap { $0["kind"] as? String } == [
        "worktree", "worktree", "branch",
      ])
    let real = try await world.orch("cleanup", "--json", "--older-than", "0h").json()
    let removed = try #require(real["removed"] as? [[String: any Sendable]])
    let trash = try #require(removed.first?["trash"] as? String)
    #expect(FileManager.default.fileExists(atPath: "\(trash)/restore"))
    #expect((real["kept"] as? [[String: any Sendable]])?.compactMap { $0["name"] as? String } == ["feature/b"])
  }

  @Test func `removes nothing that is younger than a day unless it is told to`() async throws {
    let world = try await world()
    let result = try await world.orch("cleanup")
    #expect(result.status == 0)
    #expect(result.output == "nothing to remove\n")
    let run = try #require(
      try FileManager.default.contentsOfDirectory(atPath: "\(world.root)/.git/orchestrator/runs").first)
    let named = try await world.orch("cleanup", "-y", String(run.prefix(12)))
    #expect(named.output.contains("remove run '\(run)': it ended "))
    #expect(named.errors.hasPrefix("removed 4\n"))
    #expect(try await world.orch("status").status == 128)
  }

  @Test(arguments: [
    (["--older-than", "soon"], "--older-than takes an age"), (["--keep=-1"], "--keep must be 0 or more"),
    (["-n", "-y"], "cannot be used together"), (["--older-than", "2999-01-01"], "a past date"),
  ])
  func `wrong usage`(arguments: [String], message: String) async throws {
    let world = try await OrchWorld.make()
    let result = try await world.orch(["cleanup"] + arguments)
    #expect(result.status == 129)
    #expect(result.errors.contains(message))
  }

  @Test func `a run that does not exist, and no repository`() async throws {
    let world = try await OrchWorld.make()
    #expect(try await world.orch("cleanup", "nosuch").status == 128)
    #expect(try await world.orch("cleanup", in: world.repository.scratch.path).status == 128)
    #expect(try await world.orch("cleanup").output == "nothing to remove\n")
  }

  @Test func `after a run that was killed, only what was given up goes`() async throws {
    let world = try await OrchWorld.make()
    let mark = world.repository.scratch.path.appending("begun")
    try world.script(#"{"a": [[{"touch": "\#(mark)"}, "hang"]]}"#)
    try world.plan("a")
    try await world.gitOrch("run") { process in
      try await world.wait(for: mark)
      let live = try await world.orch("cleanup", "--older-than", "0h")
      #expect(live.output.contains("it is in progress"))
      world.send(SIGKILL, to: process)
    }
    let agent = try await world.orch("cleanup", "--older-than", "0h", "--unfinished")
    #expect(agent.output.contains("is still alive: kill "))
    #expect(FileManager.default.fileExists(atPath: world.worktrees.appending("a").string))
    let pid = try #require(agent.output.firstMatch(of: /kill ([0-9]+)/).flatMap { Int32($0.output.1) })
    kill(pid, SIGKILL)
    try await waitUntil("the agent is gone") { try world.survivors().isEmpty }
    let kept = try await world.orch("cleanup", "--older-than", "0h")
    #expect(kept.output.contains("1 task is not done: continue it, or give --unfinished"))
    let gone = try await world.orch("cleanup", "--older-than", "0h", "--unfinished")
    #expect(gone.errors.contains("removed 2"))
  }
}
