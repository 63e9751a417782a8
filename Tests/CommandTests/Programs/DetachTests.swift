import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// `--detach`: a run that does not end with its terminal.
@Suite(.timeLimit(.minutes(5))) struct DetachTests {
  private func world() async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    let scratch = world.repository.scratch.path
    try world.script(
      """
      {"a": [[{"touch": "\(scratch)/a"}, {"wait-for-file": "\(scratch)/free"},
              {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}
      """)
    try world.plan("a")
    return world
  }

  private func free(_ world: OrchWorld) throws {
    try Data().write(to: URL(filePath: world.repository.scratch.path.appending("free").string))
  }

  private func pid(_ world: OrchWorld) async throws -> Int32 {
    Int32(try #require(try await world.orch("status", "--json").json()["pid"] as? Int))
  }

  @Test func `the command returns once the run has begun, and the run outlives it`() async throws {
    let world = try await world()
    let started = try await world.gitOrch("run", "--detach")
    #expect(started.status == 0, "\(started.errors)")
    let report = try await world.orch("status", "--json").json()
    let id = try #require(report["run"] as? String)
    #expect(started.output == "\(id)\n")
    #expect(started.errors.contains("git orch status --watch"))
    #expect(report["phase"] as? String == "running")
    let pid = try await pid(world)
    // A session of its own, which has no terminal and hears of no hang-up.
    #expect(getsid(pid) == pid)
    kill(pid, SIGHUP)
    try await world.wait(for: world.repository.scratch.path.appending("a"))
    try free(world)
    try await world.waitForStatus { $0["phase"] as? String == "ended" }
    #expect(try await world.statuses() == ["a": "success"])
    try await waitUntil("its process has ended") { kill(pid, 0) != 0 }
    let words = try world.repository.read(
      "narration.log", in: world.root.appending(".git/orchestrator/runs/\(id)"))
    #expect(words.contains("run \(id): 1 task"))
    #expect(words.contains("EXECUTION SUMMARY"))
    #expect(try world.survivors().isEmpty)
  }

  @Test func `it is stopped from anywhere, and continued in the background`() async throws {
    let world = try await world()
    #expect(try await world.gitOrch("run", "--detach").status == 0)
    try await world.wait(for: world.repository.scratch.path.appending("a"))
    let pid = try await pid(world)
    let stopped = try await world.gitOrch("stop")
    #expect(stopped.status == 0, "\(stopped.errors)")
    try await waitUntil("its process has ended") { kill(pid, 0) != 0 }
    #expect(try await world.statuses() == ["a": "interrupted"])
    try free(world)
    let again = try await world.gitOrch("run", "--continue", "--detach")
    #expect(again.status == 0, "\(again.errors)")
    try await world.waitForStatus { $0["phase"] as? String == "ended" }
    #expect(try await world.statuses() == ["a": "success"])
  }

  @Test func `what keeps it from beginning is reported where it was started`() async throws {
    let world = try await world()
    try await world.set("git.baseBranch", "nosuch")
    let result = try await world.gitOrch("run", "--detach")
    #expect(result.status == 128)
    #expect(result.errors.contains("nosuch"), "\(result.errors)")
    #expect(result.output.isEmpty)
    let runs = world.root.appending(".git/orchestrator/runs")
    #expect(world.isVacant(runs))
  }
}
