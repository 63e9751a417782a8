import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What agents must not change, and what must not be pushed.
@Suite(.timeLimit(.minutes(3))) struct TamperingTests {
  private static let token = "gh" + "p_" + "q7Zt2Kx9Vb4Nw8Rj5Lp3Hd6Ys1Gf0CmTeUaQ"

  private func world(_ steps: String..., retries: Int = 0) async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try await world.set("agent.maxRetries", "\(retries)")
    try world.script(#"{"a": [\#(steps.map { "[\($0)]" }.joined(separator: ", "))]}"#)
    try world.plan("a")
    return world
  }

  private static let work = #"{"write": {"path": "a.txt", "content": "work\n"}}, {"commit": "feat: a"}"#

  @Test func `an agent that changes the shared configuration ends as tampered, without another attempt`() async throws {
    let world = try await world(
      Self.work + #", {"run": "git config core.fsmonitor ./spy"}, {"result": {"is_error": true, "subtype": "x"}}"#,
      retries: 2)
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "tampered"])
    #expect(try await world.remoteTip("feature/a") == nil)
    #expect(
      result.output.contains(
        "Error: the agent changed what is not its task's: core.fsmonitor (git config core.fsmonitor ./spy)"),
      "\(result.output)")
    #expect(result.output.contains("To put it back: git config --local --unset-all core.fsmonitor"))
    #expect(result.output.contains("Changed while a ran: setting core.fsmonitor, from nothing to ./spy"))
    #expect(try world.journal().count { $0.type == "attempt-starting" } == 1)
    #expect(try world.journal().contains { $0.type == "repository-changed" })
    let task = try #require(
      (try await world.orch("status", "--json").json()["tasks"] as? [[String: any Sendable]])?.first)
    let changes = try #require(task["repositoryChanges"] as? [[String: any Sendable]])
    #expect(changes.first?["name"] as? String == "core.fsmonitor")
    #expect(changes.first?["restore"] as? String == "git config --local --unset-all core.fsmonitor")
    // Nothing is put back without the user.
    #expect(try await world.repository.git("config", "core.fsmonitor") == "./spy")
  }

  @Test(arguments: [
    ("git stash push -q -u -m x", "refs/stash"),
    ("git tag v1", "refs/tags/v1"),
    ("git branch -f base HEAD", "refs/heads/base"),
    ("git worktree add -q --detach ../extra", "extra"),
    ("echo x > $(git rev-parse --git-common-dir)/hooks/pre-push", ""),
    ("echo x >> ../../../app/README.md", "README.md"),
  ])
  func `an agent that changes what is not its own`(command: String, name: String) async throws {
    let world = try await world(Self.work + #", {"run": "echo y > b.txt; \#(command); rm -f b.txt"}"#)
    try await world.repository.git("branch", "base")
    let result = try await world.orch("run")
    if name.isEmpty {
      // What the command line does not name is nobody's in particular.
      #expect(result.status == 0, "\(result.output)")
      #expect(result.output.contains("Changed while a ran: hook .git/hooks/pre-push, from nothing to 2 bytes"))
    } else {
      #expect(try await world.statuses() == ["a": "tampered"], "\(result.output)")
      #expect(result.output.contains("the agent changed what is not its task's: \(name)"), "\(result.output)")
      #expect(try await world.remoteTip("feature/a") == nil)
    }
  }

  /// The neighbor stands still meanwhile, or writes the file itself.
  @Test(
    arguments: [
      (#"{"run": "echo x > ../b/stolen.txt"}"#, true), (#"{"run": "cd ../b && git clean -qfdx ."}"#, true),
      (#"{"run": "cp ../b/own.txt . && rm own.txt"}"#, false),
      (#"{"run": "cd ../b && cat README.md > $OLDPWD/x && cd - && rm x"}"#, false),
    ])
  func `an agent that writes into the worktree of another task`(step: String, isTampering: Bool) async throws {
    let world = try await OrchWorld.make()
    try world.script(
      #"""
      {"a": [[{"wait-for-file": "../b/own.txt"}, \#(step), {"touch": "../b/go"}, \#(Self.work)]],
       "b": [[{"touch": "own.txt"}, {"wait-for-file": "go"}, {"run": "rm -f go own.txt stolen.txt"}, \#(Self.work)]]}
      """#)
    try world.plan("a", "b")
    let result = try await world.orch("run", "-j", "2")
    let statuses = try await world.statuses()
    #expect(statuses["b"] == "success", "\(result.output)")
    #expect(statuses["a"] == (isTampering ? "tampered" : "success"), "\(result.output)")
    if isTampering { #expect(result.output.contains("\(world.worktrees)/b"), "\(result.output)") }
  }

  @Test func `what the user changes meanwhile is a note`() async throws {
    let world = try await world(
      #"{"touch": "started"}, {"wait-for-file": "go"}, {"run": "rm started go"}, "# + Self.work)
    let path = world.worktrees.appending("a")
    async let running = world.orch("run")
    try await world.wait(for: path.appending("started"))
    try await world.repository.git("config", "core.pager", "less")
    try await world.repository.git("commit", "-q", "--allow-empty", "-m", "mine")
    try world.repository.write("go", "", in: path)
    let result = try await running
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("Changed meanwhile: core.pager, refs/heads/main"), "\(result.output)")
    #expect(result.output.contains("Changed while a ran: setting core.pager, from nothing to less"))
    #expect(try await world.remoteTip("feature/a") != nil)
  }

  @Test func `a secret is not pushed; the agent is told the line, and takes it out of the history`() async throws {
    let world = try await world(
      #"{"write": {"path": "k.txt", "content": "one\n\#(Self.token)\n"}}, {"commit": "feat: key"}"#,
      #"{"run": "git reset -q --soft HEAD~ && echo none > k.txt"}, {"commit": "feat: no key"}"#, retries: 1)
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.output)")
    let prompt = try #require(try world.record("a", attempt: 2)["prompt"] as? String)
    #expect(prompt.contains("adds what looks like a secret (GitHub token) in 'k.txt', line 2"))
    #expect(!prompt.contains("orchestrator.guard"))
    #expect(try await world.repository.git("log", "--format=%s", "main..feature/a") == "feat: no key")
  }

  @Test func `a secret that a later commit removes is not pushed either, until the user lets it pass`() async throws {
    let world = try await world(
      #"{"write": {"path": "k.txt", "content": "\#(Self.token)\n"}}, {"commit": "feat: key"}, "#
        + #"{"delete": "k.txt"}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}"#)
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "failed"])
    #expect(try await world.remoteTip("feature/a") == nil)
    #expect(
      result.output.contains("If it is to be pushed as it is: git config --add orchestrator.guard.allow k.txt"),
      "\(result.output)")
    #expect(!result.output.contains(Self.token))
    try await world.set("guard.allow", "k.txt")
    try world.script(#"{"a": [[{"say": "done"}]]}"#)
    #expect(try await world.orch("run", "--continue").status == 0)
    #expect(try await world.remoteTip("feature/a") != nil)
  }

  @Test func `a copied file and an ignored one are not pushed`() async throws {
    let world = try await world(
      #"{"run": "git add -f .env && git commit -qm env"}, "# + Self.work)
    try world.repository.write(".git/info/exclude", ".env\n")
    try world.repository.write(".env", "PASSWORD=mine\n")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.remoteTip("feature/a") == nil)
    #expect(result.output.contains("holds '.env', which was copied into the worktree"), "\(result.output)")
    #expect(result.output.contains("If it is to be pushed as it is: git config orchestrator.guard.ignored false"))
    try await world.set("guard.ignored", "false")
    try world.script(#"{"a": [[{"say": "done"}]]}"#)
    #expect(try await world.orch("run", "--continue").status == 0)
  }

  @Test func `commits under another name are not pushed`() async throws {
    let world = try await world(
      #"{"run": "echo x > x && git add x && git -c user.name=Mallory -c user.email=m@x commit -qm x "#
        + #"--author 'Mallory <m@x>'"}"#)
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.remoteTip("feature/a") == nil)
    #expect(result.output.contains("Mallory <m@x>"), "\(result.output)")
    #expect(result.output.contains("git config orchestrator.guard.identity false"))
  }
}
