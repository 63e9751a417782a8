import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Clones of one repository on one machine that have the same run.
@Suite(.timeLimit(.minutes(5))) struct SeveralClonesTests {
  private func status(of id: String, in clone: TakeoverWorld.Clone) async throws -> [String: String] {
    let tasks = try await clone.orch("status", "--json", id).json()["tasks"] as? [[String: Any]] ?? []
    return Dictionary(
      tasks.map { ($0["id"] as? String ?? "", $0["status"] as? String ?? "") }, uniquingKeysWith: { first, _ in first })
  }

  @Test func `a clone leaves alone what another one has running of the same run`() async throws {
    let world = try await TakeoverWorld.make(TakeoverTests.working)
    let id = try await world.begin(killedAt: "after-entry-proven:1")
    let scratch = world.main.repository.scratch.path
    let (begun, go) = (scratch.appending("begun"), scratch.appending("go"))
    let steps =
      #"[[{"touch": "\#(begun)"}, {"wait-for-file": "\#(go)"}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]"#
    let other = try await world.clone("other", script: #"{"a": \#(steps), "b": \#(steps)}"#)
    let taken = try await other.gitOrch("run", "--continue", id, "-c", "\(world.plan)", "--take-over") { _ in
      try await world.main.wait(for: begun)
      // Each of these ends what is left of a run whose process is gone.
      try world.main.repository.write("c.yaml", "tasks:\n  - {id: c, title: \"feat: c\"}\n")
      try world.main.script(#"{"c": [[{"write": {"path": "c.txt", "content": "c"}}, {"commit": "feat: c"}]]}"#)
      let next = try await world.main.orch("run", "--execute", "-c", "c.yaml")
      #expect(next.status == 0, "\(next.errors)")
      #expect(next.errors.contains("run \(id) was cut short"))
      #expect(try await world.main.orch("run", "--abort", id).status == 0)
      FileManager.default.createFile(atPath: go.string, contents: nil)
    }
    #expect(taken.status == 0, "\(taken.errors)")
    #expect(try await status(of: id, in: other) == ["a": "success", "b": "success"])
    // Neither agent had to be started twice.
    #expect(Set(other.attempts.map { $0.prefix(1) }).count == other.attempts.count, "\(other.attempts)")
    try await world.main.killAgents()
  }

  @Test func `a copy of a clone does not take itself for it`() async throws {
    let world = try await TakeoverWorld.make(TakeoverTests.failing)
    let id = try await world.begin()
    let scratch = world.main.repository.scratch.path
    let copy = scratch.appending("copy")
    try FileManager.default.copyItem(atPath: world.main.root.string, toPath: copy.string)
    // The first clone goes on.
    try world.main.script(TakeoverTests.working)
    #expect(try await world.main.orch("run", "--continue", id).status == 0)
    let late = try await world.main.orch(["run", "--continue", id], in: copy)
    #expect(late.status == 0, "\(late.errors)")
    #expect(late.errors.contains("run \(id) is done, by the clone on '"))
    let json = try await world.main.orch(["status", "--json", id], in: copy).json()
    #expect(json["success"] as? Bool == true)
    let ids = try [world.main.root, copy].map {
      try String(contentsOfFile: "\($0)/.git/orchestrator/ledger-id", encoding: .utf8).prefix(32)
    }
    #expect(ids[0] != ids[1])
  }

  @Test func `a copy does not continue what the first clone is doing`() async throws {
    let world = try await TakeoverWorld.make(TakeoverTests.working)
    let id = try await world.begin(killedAt: "after-entry-proven:2")
    let copy = world.main.repository.scratch.path.appending("copy")
    try FileManager.default.copyItem(atPath: world.main.root.string, toPath: copy.string)
    let refused = try await world.main.orch(["run", "--continue", id], in: copy)
    #expect(refused.status == 128)
    #expect(refused.errors.contains("run \(id) is performed by the clone on '"), "\(refused.errors)")
    // The first clone is still itself.
    let own = try await world.main.orch("run", "--continue", id)
    #expect(own.status == 0, "\(own.errors)")
    try await world.main.killAgents()
  }

  @Test func `agents of a run that was done elsewhere are ended`() async throws {
    let world = try await TakeoverWorld.make(TakeoverTests.working)
    let begun = world.main.repository.scratch.path.appending("begun")
    try world.main.script(#"{"a": [[{"touch": "\#(begun)"}, "hang"]]}"#)
    let id = try await world.begin(killedAt: "after-entry-attempt-launched:1", plan: ["a"])
    try await world.main.wait(for: begun)
    let other = try await world.clone("other", script: TakeoverTests.working)
    #expect(try await other.orch("run", "--continue", id, "-c", "\(world.plan)", "--take-over").status == 0)
    #expect(try !world.main.survivors().isEmpty)
    #expect(try await world.main.orch("run", "--continue").status == 0)
    #expect(try world.main.survivors() == [])
    try await world.main.killAgents()
  }

  @Test func `undo takes back what its own clone did, whatever another one did since`() async throws {
    let world = try await TakeoverWorld.make(TakeoverTests.working)
    let id = try await world.begin(killedAt: "after-entry-proven:2")
    let own = try await world.main.repository.git("rev-parse", "feature/b")
    let other = try await world.clone(
      "other", script: #"{"b": [[{"write": {"path": "b.txt", "content": "other"}}, {"commit": "feat: other"}]]}"#)
    let taken = try await other.orch("run", "--continue", id, "-c", "\(world.plan)", "--take-over")
    #expect(taken.status == 0, "\(taken.errors)")
    #expect(try await world.main.orch("run", "--continue").status == 0)
    #expect(try await world.main.repository.git("rev-parse", "feature/b") == own)
    let undo = try await world.main.orch("undo", id)
    #expect(undo.status == 0, "\(undo.errors)\(undo.output)")
    #expect(try await !world.main.repository.git("for-each-ref", "refs/heads").contains("feature/"))
    // What the other one pushed is the other one's to take back.
    #expect(try await world.main.remoteTip("feature/b") == other.git("rev-parse", "feature/b"))
    try await world.main.killAgents()
  }

  @Test func `a branch that was left at its start is not in the way when its task is done again`() async throws {
    let world = try await TakeoverWorld.make(TakeoverTests.working)
    try world.main.repository.write(
      "task_config.yaml", "tasks:\n  - {id: a, title: \"feat: a\"}\n  - {id: b, title: \"feat: b\", needs: [a]}\n")
    try world.main.script(TakeoverTests.working.replacing(#""b": [["#, with: #""b": [["hang", "#))
    let id = try await world.begin(killedAt: "after-entry-attempt-launched:2", plan: nil)
    try await world.main.killAgents()
    let other = try await world.clone("other", script: TakeoverTests.failing)
    let failed = try await other.orch("run", "--continue", id, "-c", "\(world.plan)", "--take-over")
    #expect(failed.status == 1, "\(failed.errors)")
    // Nobody has worked on it here, but it has the work of the task that it needs.
    try await world.main.repository.git(
      "worktree", "remove", "--force", world.main.worktrees.appending("b").string)
    #expect(
      try await world.main.repository.git("rev-parse", "feature/a", "feature/b").split(separator: "\n").count == 2)
    try world.main.script(TakeoverTests.working)
    let back = try await world.main.orch("run", "--continue")
    #expect(back.status == 0, "\(back.errors)")
    #expect(try await world.main.remoteTip("feature/b") != nil)
    try await world.main.killAgents()
  }
}
