import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// `git orch restore`, and what is saved at the end of each attempt.
@Suite(.timeLimit(.minutes(5))) struct RestoreTests {
  private func read(_ file: String, of task: String, in world: OrchWorld) throws -> String {
    try world.repository.read(file, in: world.worktrees.appending(task))
  }

  @Test func `work that the next attempt cleans away is saved, listed and put back`() async throws {
    let world = try await OrchWorld.make(remote: false)
    try world.script(
      #"""
      {"a": [[{"write": {"path": "half.txt", "content": "half\n"}}, {"crash": 9}],
             [{"run": "git clean -q -d --force"}, {"write": {"path": "whole.txt", "content": "whole\n"}},
              {"crash": 9}]]}
      """#)
    try world.plan("a")
    try await world.set("agent.maxRetries", "1")
    #expect(try await world.orch("run").status == 1)
    let list = try await world.orch("restore", "--json").json()
    let saved = try #require(list["saved"] as? [[String: any Sendable]])
    #expect(saved.map { $0["attempt"] as? String } == ["2", "1"])
    let status = try await world.orch("status")
    #expect(status.output.contains("To put back what was saved (1 file and 1 earlier save): git orch restore a"))

    let table = try await world.orch("restore", "--list")
    #expect(table.output.contains("refs/orchestrator/saved/"))
    let last = try await world.orch("restore", "a")
    #expect(last.status == 0)
    #expect(last.output.contains("also saved: git orch restore a --attempt 1"))
    let first = try await world.orch("restore", "a", "--attempt", "1")
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output.contains("restored 1 file in "))
    #expect(try read("half.txt", of: "a", in: world) == "half\n")
    #expect(try read("whole.txt", of: "a", in: world) == "whole\n")

    try world.repository.write("half.txt", "mine\n", in: world.worktrees.appending("a"))
    let refused = try await world.orch("restore", "a", "--attempt", "1")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("'half.txt' differs"))
    #expect(try read("half.txt", of: "a", in: world) == "mine\n")
    let json = try await world.orch("restore", "a", "--attempt", "1", "--json")
    #expect(json.status == 1)
    #expect(try json.json()["success"] as? Bool == false)

    let into = try await world.orch("restore", "a", "--attempt", "1", "--into", "../back")
    #expect(into.status == 0, "\(into.errors)")
    let back = world.repository.scratch.path.appending("back")
    #expect(try world.repository.read("half.txt", in: back) == "half\n")
    #expect(try await world.repository.git("status", "--porcelain", in: back) == "?? half.txt")
  }

  @Test func `commits that are on no branch are saved, also of a task that succeeds`() async throws {
    let world = try await OrchWorld.make(remote: false)
    func detour(_ task: String) -> String {
      let commands = "echo \(task) > x.txt && git add x.txt && git commit -q -m lost-\(task)"
      return #"{"run": "git checkout -q --detach && \#(commands) && git checkout -q -"}"#
    }
    let work = #"{"write": {"path": "b.txt", "content": "b\n"}}, {"commit": "b"}"#
    try world.script(#"{"a": [[\#(detour("a"))]], "b": [[\#(detour("b")), \#(work)]]}"#)
    try world.plan("a", "b")
    try await world.set("agent.maxRetries", "0")
    let run = try await world.orch("run")
    #expect(run.status == 1)
    #expect(run.output.contains("To put back what was saved (1 commit on no branch): git orch restore a"))
    #expect(run.output.contains("Saved: 1 commit on no branch: git orch restore b"))
    #expect(try await world.statuses() == ["a": "no-changes", "b": "success"])
    // Its worktree is gone, and branches need none.
    let branch = try await world.orch("restore", "a")
    #expect(branch.status == 0, "\(branch.errors)")
    #expect(branch.output.contains("branch 'orch/restored/a-1' has commit"))
    let result = try await world.orch("restore", "b", "--into", "../back")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("branch 'orch/restored/b-1' has commit"))
    #expect(try await world.repository.git("log", "-1", "--format=%s", "orch/restored/b-1") == "lost-b")
  }

  @Test func `is refused while the agent is at work`() async throws {
    let world = try await OrchWorld.make(remote: false)
    let script = #"{"a": [[{"write": {"path": "x", "content": "x"}}, {"crash": 9}], [{"touch": "FILE"}, "hang"]]}"#
    let began = world.repository.scratch.path.appending("began")
    try world.script(script.replacingOccurrences(of: "FILE", with: began.string))
    try world.plan("a")
    try await world.gitOrch("run") { process in
      try await world.wait(for: began)
      let refused = try await world.orch("restore", "a")
      #expect(refused.status == 128)
      #expect(refused.errors.contains(" in its worktree"))
      let into = try await world.orch("restore", "a", "--into", "../back")
      #expect(into.status == 0, "\(into.errors)")
      world.send(2, to: process)
    }
  }

  @Test func `says what there is not`() async throws {
    let world = try await OrchWorld.make(remote: false)
    let none = try await world.orch("restore")
    #expect(none.status == 0)
    #expect(none.errors == "no work is saved\n")
    #expect(try await world.orch("restore", "a").errors == "fatal: no work of 'a' is saved\n")
    #expect(try await world.orch("restore", "a").status == 128)
    #expect(try await world.orch("restore", "--into", "x").status == 129)
    #expect(try await world.orch("restore", "a", "--attempt", "0").status == 129)
  }
}
