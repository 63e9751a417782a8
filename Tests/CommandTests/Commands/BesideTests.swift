import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What a user does in the repository next to a run.
@Suite(.timeLimit(.minutes(5))) struct BesideTests {
  @Test func `gc, prune, a rebase and a second run next to a run lose nothing`() async throws {
    let world = try await OrchWorld.make()
    let (begun, gate) = (
      world.repository.scratch.path.appending("begun"), world.repository.scratch.path.appending("gate")
    )
    try world.script(
      #"""
      {"a": [[{"write": {"path": "one.txt", "content": "1"}}, {"commit": "feat: one"},
              {"write": {"path": "half.txt", "content": "half"}}, {"touch": "\#(begun)"}, {"wait-for-file": "\#(gate)"},
              {"commit": "feat: two"}]]}
      """#)
    try world.plan("a")
    try await world.repository.git("checkout", "-q", "-b", "mine")
    try await world.repository.commit("mine.txt", "mine", message: "mine")
    try await world.repository.git("checkout", "-q", "main")
    async let running = world.orch("run")
    try await world.wait(for: begun)
    try await world.repository.git("checkout", "-q", "mine")
    try await world.repository.git("rebase", "-q", "--force-rebase", "main")
    try await world.repository.git("reflog", "expire", "--expire=now", "--all")
    try await world.repository.git("gc", "-q", "--prune=now")
    try await world.repository.git("worktree", "prune")
    try await world.repository.git("pack-refs", "--all")
    let second = try await world.orch("run")
    #expect(second.status == 128)
    #expect(second.errors.contains("fatal: "), "\(second.errors)")
    let continued = try await world.orch("run", "--continue")
    #expect(continued.status == 128, "\(continued.errors)")
    #expect(try await world.orch("status").status == 0)
    try world.repository.write("gate", "", in: world.repository.scratch.path)
    let result = try await running
    #expect(result.status == 0, "\(result.errors)")
    let tip = try #require(try await world.remoteTip("feature/a"))
    #expect(try await world.repository.git("show", "\(tip):half.txt") == "half")
    #expect(try await world.repository.git("show", "\(tip):one.txt") == "1")
    #expect(try await world.repository.git("show", "mine:mine.txt") == "mine")
    #expect(try await world.repository.git("fsck") == "")
  }

  @Test func `a run that never finds its memory ends with what was missing`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    // More than any machine has: nothing starts, until the user stops it.
    try await world.set("run.memoryFloor", "1000000g")
    async let running = world.orch("run")
    try await world.waitForStatus { $0["phase"] as? String == "paused" }
    #expect(try await world.orch("stop").status == 0)
    let result = try await running
    #expect(result.errors.contains("(orchestrator.run.memoryFloor is "), "\(result.errors)")
    #expect(try await world.statuses() == ["a": "skipped"])
    #expect(!FileManager.default.fileExists(atPath: world.worktrees.appending("a").string))
  }
}
