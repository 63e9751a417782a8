import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Taking up a run that ended or died.
@Suite(.timeLimit(.minutes(5))) struct ContinueTests {
  /// One task that hangs in its first attempt, after it has written half of its work, and one that waits for it.
  func world() async throws -> OrchWorld {
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
  func `what was begun continues where it was, in the agent's own conversation`(signal: Int32) async throws {
    let world = try await world()
    try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(signal, to: process)
    }
    // An agent that outlives its run would be watched again, and this one never ends.
    try await world.killAgents()
    let told = try await world.orch("status")
    #expect(told.output.contains("Next: git orch run --continue"))

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
    #expect(result.errors.contains("saved a to \(saved)"))
  }

  @Test func `a folder that is not a worktree any more is not worked in`() async throws {
    let world = try await world()
    try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(SIGKILL, to: process)
    }
    let worktree = world.worktrees.appending("a")
    try await world.killAgents()
    try FileManager.default.removeItem(atPath: worktree.string)
    try await world.repository.git("worktree", "prune")
    try world.repository.write("mine.txt", "by hand\n", in: worktree)

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 1)
    #expect(result.output.contains("is no longer a worktree of this repository"), "\(result.output)")
    #expect(try world.repository.read("mine.txt", in: worktree) == "by hand\n")
  }

  @Test func `what was finished by hand after an attempt is proven, not paid for`() async throws {
    let world = try await OrchWorld.make()
    try world.script(#"{"a": [[{"write": {"path": "a.txt", "content": "a\n"}}]]}"#)
    try await world.set("agent.maxRetries", "0")
    try world.plan("a")
    #expect(try await world.orch("run").status == 1)
    #expect(try await world.statuses() == ["a": "uncommitted"])
    let worktree = world.worktrees.appending("a")
    try await world.repository.git("add", "-A", in: worktree)
    try await world.repository.git("commit", "-qm", "feat: a", in: worktree)

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.tasks()["a"]?[4] == "1")
  }

  @Test func `a new run ends what an unfinished one left running, and says so`() async throws {
    let (world, begun, _) = try await outliving()
    try await killRun(world, once: begun)
    let earlier = try #require(try await world.orch("status", "--json").json()["run"] as? String)

    try world.plan("c")
    let result = try await world.orch("run")

    #expect(result.errors.contains("run \(earlier) was cut short"), "\(result.errors)")
    #expect(result.errors.contains("git orch run --continue \(earlier)"), "\(result.errors)")
    #expect(isGone(world))
    // And that one can still be finished, by its name.
    try world.repository.write("go", "", in: world.repository.scratch.path)
    #expect(try await world.orch("run", "--continue", earlier).status == 0)
    let report = try await world.orch("status", earlier, "--json").json()
    #expect(report["success"] as? Bool == true)
  }

  // MARK: - What a kill leaves

  @Test func `a journal without a first entry is passed over`() async throws {
    let world = try await world()
    try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(SIGINT, to: process)
    }
    for (id, text) in [("99990101-000000-aaaa", ""), ("99990101-000000-bbbb", #"{"schema": 2, "ty"#)] {
      try world.repository.write("journal.ndjson", text, in: world.root.appending(".git/orchestrator/runs/\(id)"))
    }
    #expect(try await world.statuses()["a"] == "interrupted")
    #expect(try await world.orch("status", "--all").status == 0)
    let result = try await world.orch("run", "--continue")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.orch("doctor", "--timeout", "120").output.contains("99990101-000000-aaaa"))
  }

  @Test func `locks of a git that was killed do not keep an agent from committing`() async throws {
    let world = try await world()
    try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(SIGINT, to: process)
    }
    let git = world.root.appending(".git")
    try world.repository.write("index.lock", "", in: git.appending("worktrees/a"))
    try world.repository.write("a.lock", "", in: git.appending("refs/heads/feature"))
    // Younger ones may be in use.
    let lock = git.appending("worktrees/a/index.lock").string
    try await waitUntil("the lock is old") {
      let made = try FileManager.default.attributesOfItem(atPath: lock)[.modificationDate] as? Date
      return made.map { $0.timeIntervalSinceNow < -2.1 } ?? false
    }

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("index.lock' aside, which a killed git had left"), "\(result.errors)")
    #expect(try await world.repository.git("fsck", "--no-dangling") == "")
  }

  @Test func `a worktree that lost its connection is worked in again, with all that is in it`() async throws {
    let world = try await world()
    try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(SIGINT, to: process)
    }
    try FileManager.default.removeItem(atPath: world.worktrees.appending("a/.git").string)

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("had lost its connection with the repository"), "\(result.errors)")
    let tip = try #require(try await world.remoteTip("feature/a"))
    #expect(try await world.repository.git("show", "\(tip):a.txt") == "half\nwhole")
  }

  @Test func `a worktree that somebody removed is made and set up again, and its branch continues`() async throws {
    let world = try await OrchWorld.make()
    let mark = world.repository.scratch.path.appending("begun")
    try world.script(
      """
      {"a": [[{"write": {"path": "one.txt", "content": "1\\n"}}, {"commit": "feat: one"}, {"touch": "\(mark)"}, "hang"],
             [{"run": "cat .env setup.txt > two.txt"}, {"commit": "feat: two"}]]}
      """)
    try world.plan("a")
    try world.repository.write(".gitignore", ".env\nsetup.txt\n", in: world.root)
    try await world.repository.git("add", ".gitignore")
    try await world.repository.git("commit", "-qm", "ignore")
    try world.repository.write(".env", "copied\n", in: world.root)
    try await world.set("worktree.setup", "echo set up > setup.txt")
    try await world.gitOrch("run") { process in
      try await world.wait(for: mark)
      world.send(SIGINT, to: process)
    }
    try await world.repository.git("worktree", "remove", "--force", world.worktrees.appending("a").string)

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    let tip = try #require(try await world.remoteTip("feature/a"))
    #expect(try await world.repository.git("show", "\(tip):one.txt") == "1")
    #expect(try await world.repository.git("show", "\(tip):two.txt") == "copied\nset up")
  }

  @Test func `what is in the way of one task keeps none of the others`() async throws {
    let world = try await OrchWorld.make()
    let mark = world.repository.scratch.path.appending("begun")
    try world.script(
      """
      {"a": [[{"touch": "\(mark)"}, "hang"], [{"write": {"path": "a.txt", "content": "a\\n"}}, {"commit": "feat: a"}]],
       "b": [[{"write": {"path": "b.txt", "content": "b\\n"}}, {"commit": "feat: b"}]],
       "c": [[{"write": {"path": "c.txt", "content": "c\\n"}}, {"commit": "feat: c"}]]}
      """)
    try world.plan("a", "b", "c: b")
    try await world.set("run.jobs", "1")
    try await world.gitOrch("run") { process in
      try await world.wait(for: mark)
      world.send(SIGINT, to: process)
    }
    // 'b' never began, and now somebody else has its branch.
    try await world.repository.git("branch", "feature/b")
    try await world.repository.git("checkout", "-q", "feature/b")
    try await world.repository.git("commit", "-q", "--allow-empty", "-m", "mine")
    try await world.repository.git("checkout", "-q", "main")

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "success", "b": "failed", "c": "blocked"], "\(result.errors)")
    #expect(result.output.contains("already exists and has 1 commit that 'main' lacks"), "\(result.output)")
  }

  // MARK: -

  @Test func `a new run in the way of an unfinished one is told how to continue that one`() async throws {
    let world = try await world()
    try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(SIGINT, to: process)
    }
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(result.errors.contains("which is not done: git orch run --continue"), "\(result.errors)")
  }

  @Test func `there is nothing to continue without a run, and nothing left of one that is done`() async throws {
    let world = try await OrchWorld.make()
    let none = try await world.orch("run", "--continue")
    #expect(none.status == 128)
    #expect(none.errors.contains("fatal: there is no run to continue\nhint: to start one: git orch run TODO"))

    try world.script(RunTests.edits("a"))
    try world.plan("a")
    #expect(try await world.orch("run").status == 0)
    let done = try await world.orch("run", "--continue")
    #expect(done.status == 0)
    #expect(done.errors.contains("is done: there is nothing left to continue"))
    let id = try #require(try await world.orch("status", "--json").json()["run"] as? String)
    #expect(try await world.orch("run", "--continue", id).status == 0)
    let unknown = try await world.orch("run", "--continue", "2020")
    #expect(unknown.status == 128)
    #expect(unknown.errors.contains("2020"))
  }

  @Test(arguments: [
    ["--from-todo", "todo.md"], ["--tasks", "a"], ["--no-push"], ["--no-pr"], ["--land"], ["--yolo"],
  ])
  func `--continue takes no other work along`(arguments: [String]) async throws {
    let world = try await OrchWorld.make()
    let result = try await world.orch(["run", "--continue"] + arguments)
    #expect(result.status == 129)
    #expect(result.errors.contains("--continue finishes a run"))
  }

  @Test func `a run in progress elsewhere is not resumed`() async throws {
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
