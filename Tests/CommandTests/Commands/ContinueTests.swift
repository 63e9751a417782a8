import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Taking up a run that ended or died.
@Suite(.timeLimit(.minutes(5))) struct ContinueTests {
  /// One task that hangs in its first attempt, after it has written half of its work, and one that waits for it.
  private func world() async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    let mark = world.repository.scratch.path.appending("begun")
    try world.script(
      """
      {"a": [[{"write": {"path": "a.txt", "content": "half\\n"}}, {"touch": "\(mark)"}, "hang"],
             [{"append": {"path": "a.txt", "content": "whole\\n"}}, {"commit": "feat: a"}]],
       "b": [[{"write": {"path": "b.txt", "content": "b\\n"}}, {"commit": "feat: b"}]]}
      """)
    try world.plan("a", "b: a")
    return world
  }

  @Test(arguments: [SIGINT, SIGKILL])
  func `what was begun goes on where it was, in the agent's own conversation`(signal: Int32) async throws {
    let world = try await world()
    try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(signal, to: process)
    }
    let told = try await world.orch("status")
    #expect(told.output.contains("To continue it: git orch run --continue"))

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.statuses() == ["a": "success", "b": "success"])
    let tip = try #require(try await world.remoteTip("feature/b"))
    #expect(try await world.repository.git("show", "\(tip):a.txt") == "half\nwhole")
    #expect(try await world.repository.git("show", "\(tip):b.txt") == "b")
    let arguments = try #require(try world.record("a", attempt: 2)["arguments"] as? [String])
    #expect(arguments.contains("--resume"))
    #expect((try world.record("a", attempt: 2)["prompt"] as? String)?.contains("the run was cut short") == true)
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(try world.survivors().isEmpty)
    // One run, with one id, from its first process to its last.
    let runs = try await world.orch("status", "--all", "--json").output
    #expect(runs.components(separatedBy: "\"run\" :").count == 2)
    let report = try await world.orch("status", "--json").json()
    #expect(report["success"] as? Bool == true)
    #expect(report["interruptedBy"] == nil)
  }

  @Test func `tasks that are done are not done again`() async throws {
    let world = try await OrchWorld.make()
    try world.script(
      """
      {"good": \(RunTests.edit.replacing("TASK", with: "good")),
       "bad": [[{"say": "I give up"}], [{"write": {"path": "bad.txt", "content": "b"}}, {"commit": "feat: bad"}]]}
      """)
    try world.plan("good", "bad")
    #expect(try await world.orch("run").status == 1)
    #expect(try await world.statuses() == ["good": "success", "bad": "no-changes"])

    let result = try await world.orch("run", "--continue", "--json")

    #expect(result.status == 0, "\(result.errors)")
    let tasks = try #require(try result.json()["tasks"] as? [[String: Any]])
    #expect(tasks.map { ($0["attempts"] as? [Any])?.count } == [1, 2])
    #expect(tasks.map { $0["status"] as? String } == ["success", "success"])
  }

  @Test func `work that is proven is only pushed`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let hook = world.remote.appending("hooks/pre-receive")
    try world.repository.write("pre-receive", "#!/bin/sh\nexit 1\n", in: world.remote.appending("hooks"))
    chmod(hook.string, 0o755)
    #expect(try await world.orch("run").status == 1)
    #expect(try await world.statuses() == ["a": "push-failed"])
    unlink(hook.string)

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.tasks()["a"]?[4] == "1")
    #expect(try await world.remoteTip("feature/a") != nil)
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
  }

  @Test func `what is in a worktree is kept, though the run died before it knew that git was done`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let mark = world.repository.scratch.path.appending("filled")
    // Between git's last file and our note of it.
    try await world.repository.addHook("post-checkout", "touch '\(mark)'; while test -e '\(mark)'; do sleep 0.1; done")
    try await world.gitOrch("run") { process in
      try await world.wait(for: mark)
      world.send(SIGKILL, to: process)
    }
    for file in [mark, world.root.appending(".git/hooks/post-checkout")] {
      try FileManager.default.removeItem(atPath: file.string)
    }
    try world.repository.write("mine.txt", "by hand\n", in: world.worktrees.appending("a"))

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(try await world.repository.git("show", "\(saved):mine.txt") == "by hand")
    #expect(result.errors.contains("a: saved to \(saved)"))
  }

  @Test func `a folder that is no worktree any more is not worked in`() async throws {
    let world = try await world()
    try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(SIGKILL, to: process)
    }
    let worktree = world.worktrees.appending("a")
    try FileManager.default.removeItem(atPath: worktree.string)
    try await world.repository.git("worktree", "prune")
    try world.repository.write("mine.txt", "by hand\n", in: worktree)

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 1)
    #expect(result.output.contains("is no longer a worktree of this repository"), "\(result.output)")
    #expect(try world.repository.read("mine.txt", in: worktree) == "by hand\n")
  }

  @Test func `a new run in the way of an unfinished one is told how to go on with that`() async throws {
    let world = try await world()
    try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(SIGINT, to: process)
    }
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(result.errors.contains("which is not done: git orch run --continue"), "\(result.errors)")
  }

  @Test func `there is nothing to continue without a run, or after one that is done`() async throws {
    let world = try await OrchWorld.make()
    let none = try await world.orch("run", "--continue")
    #expect(none.status == 128)
    #expect(none.errors.contains("fatal: there is no run to continue\nhint: to start one: git orch run TODO"))

    try world.script(RunTests.edits("a"))
    try world.plan("a")
    #expect(try await world.orch("run").status == 0)
    let done = try await world.orch("run", "--continue")
    #expect(done.status == 128)
    #expect(done.errors.contains("is done: there is nothing left to continue"))
  }

  @Test(arguments: [["todo.md"], ["-c", "plan.yaml"], ["--tasks", "a"], ["--no-push"], ["--yolo"], ["-n"]])
  func `--continue takes no other work along`(arguments: [String]) async throws {
    let world = try await OrchWorld.make()
    let result = try await world.orch(["run", "--continue"] + arguments)
    #expect(result.status == 129)
    #expect(result.errors.contains("--continue finishes the last run"))
  }

  @Test func `a run that goes on elsewhere is not taken up`() async throws {
    let world = try await world()
    let first = try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      let second = try await world.orch("run", "--continue")
      #expect(second.status == 128)
      #expect(second.errors.contains("another run"), "\(second.errors)")
      world.send(SIGINT, to: process)
    }
    #expect(first.status == 130)
  }
}
