import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// `git orch stop` and `git orch run --abort`: a run is ended from another terminal.
@Suite(.timeLimit(.minutes(5))) struct StopTests {
  /// `a` and `c` have begun work and hang (`c` until the file `free` is there), `b` needs `a`, `d` waits for its turn.
  private func world(_ steps: String = "") async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    let scratch = world.repository.scratch.path
    try world.script(
      """
      {"a": [[\(steps) {"write": {"path": "half.txt", "content": "half"}}, {"touch": "\(scratch)/a"}, "hang"],
             [{"commit": "feat: a"}]],
       "b": [[{"write": {"path": "b.txt", "content": "b"}}, {"commit": "feat: b"}]],
       "c": [[{"touch": "\(scratch)/c"}, {"wait-for-file": "\(scratch)/free"},
              {"write": {"path": "c.txt", "content": "c"}}, {"commit": "feat: c"}]],
       "d": [[{"write": {"path": "d.txt", "content": "d"}}, {"commit": "feat: d"}]]}
      """)
    try world.plan("a", "b: a", "c", "d")
    return world
  }

  /// Runs the plan, and `body` once `a` and `c` are at work.
  private func whileRunning(
    _ world: OrchWorld, _ body: (OrchWorld) async throws -> Void
  ) async throws -> OrchWorld.Result {
    let run = Task { try await world.orch("run", "-j", "2") }
    for task in ["a", "c"] { try await world.wait(for: world.repository.scratch.path.appending(task)) }
    try await body(world)
    return try await run.value
  }

  private func free(_ world: OrchWorld) throws {
    try Data().write(to: URL(filePath: world.repository.scratch.path.appending("free").string))
  }

  @Test func `the whole run ends as at a Ctrl-C`() async throws {
    let world = try await world()
    let run = try await whileRunning(world) { world in
      let stopped = try await world.orch("stop")
      #expect(stopped.status == 0, "\(stopped.errors)")
      #expect(stopped.output.contains("a: interrupted: stopped by you"))
      #expect(stopped.output.contains("To continue it: git orch run --continue"))
      #expect(try await world.statuses() == ["a": "interrupted", "b": "blocked", "c": "interrupted", "d": "skipped"])
    }
    #expect(run.status == 143)
    #expect(run.output.contains("Interrupted by git orch stop"))
    let report = try await world.orch("status", "--json").json()
    #expect(report["interruptedBy"] as? String == "git orch stop")
    #expect(report["phase"] as? String == "ended")
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(try await world.repository.git("show", "\(saved):half.txt") == "half")
    let request = try #require(try world.journal().first { $0.type == "stop-requested" })
    let asker = (request.fields["by"] as? [String: Any])?["pid"] as? Int
    #expect(BuiltPrograms.given == nil ? asker == Int(getpid()) : asker != nil)
    #expect(try world.survivors().isEmpty)
  }

  @Test func `a task is stopped alone; what needs it is blocked, and all others continue`() async throws {
    let world = try await world()
    let run = try await whileRunning(world) { world in
      let stopped = try await world.orch("stop", "a")
      #expect(stopped.status == 0, "\(stopped.errors)")
      #expect(stopped.output.contains("▮ a: interrupted: stopped by you"))
      #expect(stopped.output.contains("continues without: a"))
      #expect(try await world.statuses()["a"] == "interrupted")
      #expect(try await world.statuses()["c"] == "running")
      try free(world)
    }
    #expect(run.status == 1)
    #expect(try await world.statuses() == ["a": "interrupted", "b": "blocked", "c": "success", "d": "success"])
    #expect(run.output.contains("needs 'a', which was stopped by you"))
    #expect(try world.repository.read("half.txt", in: world.worktrees.appending("a")) == "half")

    let again = try await world.orch("run", "--continue")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try await world.statuses().values.allSatisfy { $0 == "success" })
  }

  @Test func `a task that waits for its turn never starts`() async throws {
    let world = try await world()
    let run = try await whileRunning(world) { world in
      let stopped = try await world.orch("stop", "d", "b")
      #expect(stopped.status == 0, "\(stopped.errors)")
      #expect(stopped.output.contains("d: skipped: stopped by you"))
      #expect(stopped.output.contains("b: skipped: stopped by you"))
      // Once more there is nothing to stop.
      let again = try await world.orch("stop", "d")
      #expect(again.status == 1)
      #expect(again.errors.contains("'d' has already ended: skipped"))
      #expect(try await world.orch("stop").status == 0)
    }
    #expect(run.status == 143)
    #expect(try world.journal().contains { $0.type == "task-starting" && $0.fields["task"] as? String == "d" } == false)
  }

  @Test func `an agent that does not listen is killed with --now`() async throws {
    let world = try await world(#""ignore-term","#)
    let run = try await whileRunning(world) { world in
      let stopped = try await world.orch("stop", "--now", "a")
      #expect(stopped.status == 0, "\(stopped.errors)")
      #expect(try await world.statuses()["a"] == "interrupted")
      try free(world)
    }
    #expect(run.status == 1)
    #expect(try world.survivors().isEmpty)
  }

  @Test func `there must be something to stop`() async throws {
    let world = try await world()
    let none = try await world.orch("stop")
    #expect(none.status == 1)
    #expect(none.errors == "error: no run is in progress in this repository\n")
    let run = try await whileRunning(world) { world in
      let unknown = try await world.orch("stop", "nosuch")
      #expect(unknown.status == 1)
      #expect(unknown.errors.contains("has no task 'nosuch'; it has: a, b, c, d"))
      #expect(try await world.orch("stop", "--run", "1999").status == 128)
      #expect(try await world.orch("stop", "--run", "20").status == 0)
    }
    #expect(run.status == 143)
  }

  // MARK: - Giving up

  @Test func `a run in progress is given up, and continued only by name`() async throws {
    let world = try await world()
    let run = try await whileRunning(world) { world in
      let aborted = try await world.orch("run", "--abort")
      #expect(aborted.status == 0, "\(aborted.errors)")
      #expect(aborted.output.contains("is given up"))
    }
    #expect(run.status == 143)
    #expect(try await world.orch("status").output.contains("Given up by git orch run --abort"))
    #expect(try await world.orch("status", "--json").json()["abortedBy"] as? String == "git orch run --abort")
    let again = try await world.orch("run", "--continue")
    #expect(again.status == 128)
    #expect(again.errors.contains("there is no run to continue"))
    #expect(FileManager.default.fileExists(atPath: world.worktrees.appending("a").string))
  }

  @Test func `of a run that died what still runs is ended and its work is saved`() async throws {
    let world = try await world()
    let result = try await world.gitOrch("run", "-j", "2") { process in
      for task in ["a", "c"] { try await world.wait(for: world.repository.scratch.path.appending(task)) }
      world.send(SIGKILL, to: process)
    }
    #expect(result.status == 137)
    #expect(try world.survivors().count == 2)
    #expect(try await world.orch("stop").status == 1)

    let aborted = try await world.orch("run", "--abort")

    #expect(aborted.status == 0, "\(aborted.errors)")
    #expect(aborted.output.contains("that outlived the run"))
    #expect(try world.survivors().isEmpty)
    #expect(try await world.statuses() == ["a": "interrupted", "b": "skipped", "c": "interrupted", "d": "skipped"])
    let report = try await world.orch("status", "--json").json()
    #expect(report["phase"] as? String == "ended")
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(try await world.repository.git("show", "\(saved):half.txt") == "half")
    #expect(try await world.orch("run", "--continue").status == 128)
    // Nothing is left to give up.
    let again = try await world.orch("run", "--abort")
    #expect(again.status == 1)
    #expect(again.errors.contains("there is no run to give up"))
  }
}
