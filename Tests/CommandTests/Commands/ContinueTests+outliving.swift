import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Agents that outlive their run.
extension ContinueTests {
  /// A task whose agent works on when its run is killed, until `go` is there; and what says that it has begun.
  func outliving(_ steps: String = #"{"write": {"path": "a.txt", "content": "a\n"}}, {"commit": "feat: a"}"#)
    async throws
    -> (world: OrchWorld, begun: FilePath, go: FilePath)
  {
    let world = try await OrchWorld.make()
    let scratch = world.repository.scratch.path
    let (begun, go) = (scratch.appending("begun"), scratch.appending("go"))
    try world.script(
      """
      {"a": [[{"say": "I begin."}, {"touch": "\(begun)"}, {"wait-for-file": "\(go)"}, \(steps)],
             [{"write": {"path": "again.txt", "content": "again\\n"}}, {"commit": "feat: again"}]],
       "b": [[{"write": {"path": "b.txt", "content": "b\\n"}}, {"commit": "feat: b"}]]}
      """)
    try world.plan("a", "b: a")
    return (world, begun, go)
  }

  func killRun(_ world: OrchWorld, once mark: FilePath) async throws {
    try await world.gitOrch("run") { process in
      try await world.wait(for: mark)
      world.send(SIGKILL, to: process)
    }
  }

  func isGone(_ world: OrchWorld) -> Bool { (try? world.survivors().isEmpty) ?? false }

  @Test func `an agent that is still at work is watched again, and paid once`() async throws {
    let (world, begun, go) = try await outliving()
    try await killRun(world, once: begun)
    #expect(!isGone(world))

    let result = try await world.gitOrch("run", "--continue") { _ in
      // Its process has looked by then who is still at work.
      try await waitUntil("it is continued") { try world.journal().contains { $0.type == "continued" } }
      try world.repository.write("go", "", in: go.removingLastComponent())
    }

    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("still running, and watched again: the agent of a"), "\(result.errors)")
    #expect(try await world.statuses() == ["a": "success", "b": "success"])
    #expect(try await world.tasks()["a"]?[4] == "1", "the agent was paid twice")
    let tip = try #require(try await world.remoteTip("feature/a"))
    #expect(try await world.repository.git("ls-tree", "--name-only", tip).contains("a.txt"))
    let report = try await world.orch("status", "--json").json()
    #expect((report["costUSD"] as? Double ?? 0) > 0)
    #expect(isGone(world))
  }

  @Test func `an agent that ended well while nobody watched is proven, not paid again`() async throws {
    let (world, begun, go) = try await outliving()
    try await killRun(world, once: begun)
    try world.repository.write("go", "", in: go.removingLastComponent())
    try await waitUntil("the agent has ended") { isGone(world) }

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.tasks()["a"]?[4] == "1", "the agent was paid twice")
    #expect(try await world.orch("log", "a").output.contains("I begin."))
  }

  @Test func `an agent that ended unseen and not well is asked again`() async throws {
    let (world, begun, go) = try await outliving(#"{"say": "I give up"}, {"result": {"is_error": true, "text": "no"}}"#)
    try await killRun(world, once: begun)
    try world.repository.write("go", "", in: go.removingLastComponent())
    try await waitUntil("the agent has ended") { isGone(world) }

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.tasks()["a"]?[4] == "2")
  }
}
