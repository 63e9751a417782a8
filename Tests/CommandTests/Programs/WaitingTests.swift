import Foundation
import OrchTestSupport
import Platform
import Subprocess
import SystemPackage
import Testing

/// What a run waits for, and how it ends when that does not come: a signal is answered with it at once.
@Suite(.timeLimit(.minutes(5))) struct WaitingTests {
  private func world() async throws -> (world: OrchWorld, mark: FilePath) {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    return (world, world.repository.scratch.path.appending("begun"))
  }

  /// Sends Ctrl-C once something has begun, and once more when it was answered, if that is wanted.
  private func interrupt(
    _ world: OrchWorld, at mark: FilePath, twice: Bool = false, expecting answer: String
  ) async throws -> OrchWorld.Result {
    try await world.gitOrch("run") { process in
      try await world.wait(for: mark)
      world.send(SIGINT, to: process)
      try await waitUntil("the signal is answered") { try world.words().contains(answer) }
      // Two that come at once are one.
      if twice {
        try await waitUntil("the second is answered") {
          world.send(SIGINT, to: process)
          return try world.words().contains("killing what is still running")
        }
      }
    }
  }

  /// A remote that never answers, and does not listen to SIGTERM either.
  private func hangingRemote(_ world: OrchWorld, _ mark: FilePath) async throws {
    let ssh = try world.addProgram("ssh-that-hangs", "trap '' TERM; touch '\(mark)'; exec sleep 1000")
    try await world.repository.git("config", "core.sshCommand", ssh.string)
    try await world.repository.git("remote", "set-url", "origin", "ssh://host.invalid/app.git")
  }

  @Test func `the first question to a remote that does not answer`() async throws {
    let (world, mark) = try await world()
    try await hangingRemote(world, mark)
    let result = try await interrupt(world, at: mark, expecting: "waiting for git ls-remote")
    #expect(result.status == 130)
    #expect(!result.errors.contains("fatal"), "\(result.errors)")
    #expect(try world.survivors() == [])
  }

  @Test func `a set-up`() async throws {
    let (world, mark) = try await world()
    try await world.set("worktree.setup", "touch '\(mark)'; exec sleep 1000")
    let result = try await interrupt(world, at: mark, expecting: "waiting for 'touch ")
    #expect(result.status == 130)
    #expect(try await world.statuses() == ["a": "interrupted"])
    #expect(try world.survivors() == [])
  }

  @Test func `a checkout that waits for a hook`() async throws {
    let (world, mark) = try await world()
    try await world.repository.addHook("post-checkout", "touch '\(mark)'; exec sleep 1000")
    let result = try await interrupt(world, at: mark, expecting: "waiting for post-checkout")
    #expect(result.status == 130)
    #expect(try await world.statuses() == ["a": "interrupted"])
  }

  @Test func `a push, which the first signal lets end and the second does not`() async throws {
    let (world, mark) = try await world()
    try await world.repository.addHook("pre-push", "trap '' TERM; touch '\(mark)'; exec sleep 1000")
    let result = try await interrupt(world, at: mark, twice: true, expecting: "waiting for git push")
    #expect(result.status == 130)
    #expect(try await world.remoteTip("feature/a") == nil)
    #expect(try world.survivors() == [])
    // What was killed in the middle is done again, and ends well.
    try FileManager.default.removeItem(atPath: world.root.appending(".git/hooks/pre-push").string)
    let again = try await world.orch("run", "--continue")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try await world.remoteTip("feature/a") != nil)
    #expect(try await world.tasks()["a"]?[4] == "1")
  }

  @Test func `an agent's time to end`() async throws {
    let (world, mark) = try await world()
    try world.script(#"{"a": [["ignore-term", {"touch": "\#(mark)"}, "hang"]]}"#)
    let result = try await interrupt(world, at: mark, twice: true, expecting: "waiting for 1 agent")
    #expect(result.status == 130)
    #expect(try world.survivors() == [])
  }

  @Test func `what a set-up leaves running does not outlive the run`() async throws {
    let (world, _) = try await world()
    let pid = world.repository.scratch.path.appending("pid")
    try await world.set("worktree.setup", "setsid sleep 1000 >/dev/null 2>&1 & echo $! > '\(pid)'")
    let result = try await world.gitOrch("run")
    #expect(result.status == 0, "\(result.errors)")
    let text = try world.repository.read("pid", in: world.repository.scratch.path)
    let number = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(number, 0) != 0)
    #expect(try world.survivors() == [])
  }

  @Test func `a set-up that does not end fails its task when its time is over`() async throws {
    let (world, _) = try await world()
    try await world.set("worktree.setup", "exec sleep 1000")
    try await world.set("worktree.setupTimeout", "1s")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(
      result.output.contains(
        "setup command 'exec sleep 1000' did not finish within 1 s (orchestrator.worktree.setupTimeout)"),
      "\(result.output)")
  }

  // MARK: - Descriptors

  private func limited(_ limit: Int, _ world: OrchWorld) async throws -> OrchWorld.Result {
    try await world.run("sh", ["-c", "ulimit -n \(limit); exec git orch run -j 20"])
  }

  @Test(arguments: [8, 12]) func `no command works with next to no descriptors, and each says why`(limit: Int)
    async throws
  {
    let world = try await OrchWorld.make()
    let result = try await world.run("sh", ["-c", "ulimit -n \(limit); exec git-orch status"])
    #expect(result.status == 128)
    #expect(
      result.errors == "fatal: only \(limit) files may be open (ulimit -n), which is not enough for any command\n")
  }

  @Test func `too few descriptors for one agent are an error at once`() async throws {
    let (world, _) = try await world()
    let result = try await limited(20, world)
    #expect(result.status == 128)
    #expect(result.errors.contains("may open only 20 files (ulimit -n)"), "\(result.errors)")
    #expect(try await world.orch("status").status == 128)
  }

  @Test(arguments: [56, 64]) func `few descriptors are few agents at a time`(limit: Int) async throws {
    let world = try await OrchWorld.make()
    let tasks = (1...6).map { "t\($0)" }
    try world.script(
      "{" + tasks.map { "\"\($0)\": \(RunTests.edit.replacing("TASK", with: $0))" }.joined(separator: ", ") + "}")
    try world.repository.write(
      "task_config.yaml",
      "tasks:\n"
        + tasks.map { "  - {id: \($0), branch: feature/\($0), title: \"feat: \($0)\", description: Do it}\n" }.joined())
    let result = try await limited(limit, world)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("at a time instead of 20"), "\(result.errors)")
    #expect(try await Set(world.statuses().values) == ["success"])
    #expect(!result.errors.contains("Too many open files"))
    #expect(try world.survivors() == [])
  }
}
