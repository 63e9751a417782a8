import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@Suite struct ConflictsTests {
  /// A run of three tasks, of which two change the same line.
  private func world() async throws -> OrchWorld {
    let world = try await OrchWorld.make(remote: false)
    try world.plan("one", "two", "three")
    try world.script(
      """
      {"one": [[{"write": {"path": "shared.txt", "content": "one\\n"}}, {"commit": "feat: one"}]],
       "two": [[{"write": {"path": "shared.txt", "content": "two\\n"}}, {"commit": "feat: two"}]],
       "three": [[{"write": {"path": "other.txt", "content": "three\\n"}}, {"commit": "feat: three"}]]}
      """)
    try await world.orch("run", "-y")
    return world
  }

  @Test func `a run's branches are judged, as text and as JSON`() async throws {
    let world = try await world()
    let objects = try await world.repository.git("count-objects", "-v")
    let text = try await world.orch("conflicts")
    #expect(text.status == 1, "\(text.errors)")
    #expect(text.output.contains("1 pair conflicts"), "\(text.output)")
    #expect(text.output.contains("shared.txt"))
    let json = try await world.orch("conflicts", "--json").json()
    #expect(json["clean"] as? Bool == false)
    #expect((json["branches"] as? [any Sendable])?.count == 3)
    let pairs = try #require(json["pairs"] as? [[String: any Sendable]])
    try #require(pairs.count == 1)
    #expect(pairs[0]["branches"] as? [String] == ["one", "two"])
    #expect(try await world.repository.git("count-objects", "-v") == objects)
  }

  @Test func `of many branches all pairs are judged`() async throws {
    let world = try await OrchWorld.make(remote: false)
    // 190 pairs that git has to look at, as all change one file; those of the same rest change one line.
    let script = """
      seq 1 70 > numbers && git add numbers && git commit -qm numbers
      for i in $(seq 0 19); do
        git switch -qc many/$i main && sed -i "$((i % 7 * 10 + 1))s/.*/$i/" numbers && git commit -qam $i
      done
      git switch -q main
      """
    #expect(try await world.run("sh", ["-ec", script]).status == 0)
    let json = try await world.orch(["conflicts", "--json"] + (0..<20).map { "many/\($0)" }).json()
    let pairs = (json["pairs"] as? [[String: any Sendable]] ?? []).compactMap { $0["branches"] as? [String] }
    let expected = (0..<20).flatMap { one in
      (one..<20).filter { $0 > one && $0 % 7 == one % 7 }.map { ["many/\(one)", "many/\($0)"] }
    }
    #expect(Set(pairs) == Set(expected))
  }

  @Test func `branches are named, and what is none is an error`() async throws {
    let world = try await world()
    let clean = try await world.orch("conflicts", "feature/one", "feature/three")
    #expect(clean.status == 0, "\(clean.errors)")
    #expect(clean.output.contains("no conflicts"))
    let unknown = try await world.orch("conflicts", "feature/one", "nothing")
    #expect(unknown.status == 128)
    #expect(unknown.errors.contains("'nothing' is not a branch"), "\(unknown.errors)")
    #expect(try await world.orch("conflicts", "nothing").status == 128)
  }

  @Test func `a run that has ended is watched once`() async throws {
    let world = try await world()
    let result = try await world.orch("conflicts", "--watch", "--json")
    #expect(result.status == 1, "\(result.errors)")
    #expect(result.output.split(separator: "\n").count == 1)
  }

  @Test func `uncommitted work of a running task is judged, and watching shows what changes`() async throws {
    let world = try await OrchWorld.make(remote: false)
    try world.plan("one", "two")
    let gate = world.repository.scratch.path.appending("gate")
    try world.script(
      """
      {"one": [[{"write": {"path": "shared.txt", "content": "one\\n"}}, {"run": "until [ -e '\(gate)' ]; do sleep 0.05; done"},
                {"commit": "feat: one"}]],
       "two": [[{"write": {"path": "shared.txt", "content": "two\\n"}}, {"commit": "feat: two"}]]}
      """)
    async let run = world.gitOrch("run", "-y")
    try await waitUntil("the second task is done and the first has written") {
      let tasks = (try? await world.tasks()) ?? [:]
      guard tasks["two"]?.contains("success") == true else { return false }
      return FileManager.default.fileExists(atPath: "\(world.worktrees)/one/shared.txt")
    }
    let before = try await world.orch("conflicts")
    #expect(before.status == 1, "\(before.errors)")
    #expect(before.output.contains("not committed yet"), "\(before.output)")
    async let watched = world.gitOrch("conflicts", "--watch", "--json")
    try world.repository.write("gate", "", in: world.repository.scratch.path)
    #expect(try await run.status == 0)
    let lines = try await watched.output.split(separator: "\n")
    #expect(lines.last?.contains(#""uncommitted":false"#) == true)
    #expect(lines.last?.contains(#""clean":false"#) == true)
  }

  @Test func `after a landing, the run is meant, and its tasks are counted once`() async throws {
    let world = try await OrchWorld.make()
    try world.script(TakeoverTests.working)
    try world.plan("a", "b")
    #expect(try await world.orch("run", "--execute").status == 0)
    try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
    let landed = try await world.orch("land", "a", "--no-test")
    #expect(landed.status == 0, "\(landed.errors)")
    let conflicts = try await world.orch("conflicts")
    #expect(conflicts.output.hasPrefix("2 branches on main"), "\(conflicts.output)")
    let stats = try await world.orch("stats", "--json").json()
    #expect(stats["runs"] as? Int == 1 && stats["reviews"] as? Int == 0 && stats["landings"] as? Int == 1)
    #expect(stats["tasks"] as? Int == 2, "\(stats)")
    #expect(try await world.orch("stats").output.hasPrefix("1 run and 1 landing, "))
  }
}
