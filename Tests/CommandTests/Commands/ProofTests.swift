import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// Done is what git says, whatever the agent says.
@Suite(.timeLimit(.minutes(5))) struct ProofTests {
  @Test func `an agent that commits nothing has changed nothing`() async throws {
    let world = try await OrchWorld.make()
    try world.script(#"{"a": [[{"say": "All done, I believe."}]]}"#)
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "no-changes"])
    #expect(result.output.contains("All done, I believe."))
    // Nothing was in them: worktree and branch are not left in the way.
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
  }

  @Test func `commits that change nothing in the end are no changes`() async throws {
    let world = try await OrchWorld.make()
    try world.script(#"{"a": [[{"run": "git commit -q --allow-empty -m empty"}]]}"#)
    try world.plan("a")
    #expect(try await world.orch("run").status == 1)
    #expect(try await world.statuses() == ["a": "no-changes"])
    #expect(try await world.repository.git("log", "-1", "--format=%s", "feature/a") == "empty")
  }

  @Test func `an agent that forgets to commit is told so, and finishes`() async throws {
    let world = try await OrchWorld.make()
    try world.script(
      #"{"a": [[{"write": {"path": "a.txt", "content": "a"}}], [{"commit": "feat: a"}]]}"#)
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    let record = try world.record("a", attempt: 2)
    let prompt = try #require(record["prompt"] as? String)
    #expect(prompt.contains("not committed: a.txt"))
    let arguments = try #require(record["arguments"] as? [String])
    #expect(arguments.contains("--resume"))
    #expect(!arguments.contains("--session-id"))
  }

  @Test func `work that is never committed is saved, kept, and not pushed`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("agent.maxRetries", "1")
    try world.script(
      #"{"a": [[{"write": {"path": "a.txt", "content": "precious"}}, {"commit": "feat: half"}, {"write": {"path": "b.txt", "content": "more"}}], [{"say": "I am done."}]]}"#
    )
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    let task = try #require(try await world.tasks()["a"])
    #expect(task[2] == "uncommitted")
    // One commit is on the branch, unproven and not pushed.
    #expect(task[5] == "1")
    #expect(task[6] == "-")
    #expect(task[4] == "2")
    #expect(try await world.remoteTip("feature/a") == nil)
    // In the worktree, and in a ref that outlives it.
    #expect(try world.repository.read("b.txt", in: world.worktrees.appending("a")) == "more")
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(saved.hasSuffix("/a/1"))
    #expect(try await world.repository.git("show", "\(saved):b.txt") == "more")
    #expect(try await world.repository.git("show", "\(saved):a.txt") == "precious")
    #expect(result.output.contains("Worktree kept: ../worktrees/app/a"))
  }

  @Test func `an agent that leaves its branch has not done the task`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("agent.maxRetries", "0")
    try world.script(
      #"{"a": [[{"run": "git checkout -q -b elsewhere"}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}"#
    )
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(result.output.contains("'elsewhere'"))
    #expect(try await world.repository.git("show", "elsewhere:a.txt") == "a")
  }

  @Test func `a push that the remote rejects is the task's status`() async throws {
    let world = try await OrchWorld.make()
    let hook = world.remote.appending("hooks/pre-receive")
    try "#!/bin/sh\necho not today >&2\nexit 1\n".write(toFile: hook.string, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook.string)
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "push-failed"])
    #expect(result.output.contains("not today"))
    #expect(result.output.contains("git push -u origin feature/a"))
    #expect(try await world.repository.git("show", "feature/a:a.txt") == "hello")
  }

  @Test func `denied tool calls are listed with the setting that would allow them`() async throws {
    let world = try await OrchWorld.make()
    try world.script(
      #"{"a": [[{"denied": {"tool": "Bash", "input": {"command": "npm install"}}}, {"say": "I may not."}]]}"#)
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(result.output.contains("Denied: Bash npm install"))
    #expect(result.output.contains("git config --add orchestrator.tools.allowedTools 'Bash(npm install)'"))
  }
}
