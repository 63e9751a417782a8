import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// Whose hooks, filters and helpers run, and when. Each that could run writes down its name and for whom.
@Suite(.timeLimit(.minutes(5))) struct GuardTests {
  /// Writes `NAME ours` or `NAME agent` to the log: an agent's processes carry its mark.
  private static func canary(_ name: String, in world: OrchWorld, then rest: String = "") -> String {
    """
    #!/bin/sh
    case "$GIT_ORCH_RUN" in */*) who=agent ;; *) who=ours ;; esac
    echo "\(name) $who" >>'\(log(world))'
    \(rest)

    """
  }

  private static func log(_ world: OrchWorld) -> FilePath { world.repository.scratch.path.appending("canaries") }

  private func ran(_ world: OrchWorld) -> Set<String> {
    let text = (try? String(contentsOfFile: Self.log(world).string, encoding: .utf8)) ?? ""
    return Set(text.split(separator: "\n").map(String.init))
  }

  private func write(_ path: String, _ text: String, in folder: FilePath, of world: OrchWorld) throws {
    try world.repository.write(path, text, in: folder)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.appending(path).string)
  }

  private static let hooks = [
    "post-checkout", "post-commit", "post-index-change", "pre-commit", "pre-push", "reference-transaction",
  ]

  /// A repository whose hooks are tracked, as `core.hooksPath = .githooks` has them.
  private func worldWithTrackedHooks(_ world: OrchWorld) async throws {
    for hook in Self.hooks {
      try write(".githooks/\(hook)", Self.canary(hook, in: world), in: world.root, of: world)
    }
    try await world.repository.git("add", ".githooks")
    try await world.repository.git("commit", "--quiet", "-m", "hooks")
    try await world.repository.git("push", "--quiet", "origin", "main")
    try await world.repository.git("config", "core.hooksPath", ".githooks")
  }

  @Test func `hooks are those of the main checkout, for the agent's commits, new worktrees and the push alone`()
    async throws
  {
    let world = try await OrchWorld.make()
    try await worldWithTrackedHooks(world)
    let evil = Self.hooks.map { "printf '#!/bin/sh\\\\necho evil-\($0) >>\(Self.log(world))\\\\n' >.githooks/\($0)" }
    try world.script(
      #"{"a": [[{"run": "\#(evil.joined(separator: "; "))"}, {"write": {"path": "a.txt", "content": "x\n"}}, {"commit": "feat: a"}]]}"#
    )
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    #expect(
      ran(world) == [
        // git itself moves the remote-tracking branch as it pushes.
        "post-checkout ours", "pre-push ours", "reference-transaction ours",
        "pre-commit agent", "post-commit agent", "post-index-change agent", "reference-transaction agent",
      ])
  }

  @Test func `what an agent writes into the configuration is not what our git runs, nor where it goes`() async throws {
    let world = try await OrchWorld.make()
    let evil = world.repository.scratch.path.appending("evil.git")
    try await world.repository.git("init", "--quiet", "--bare", evil.string)
    let canary = try world.addProgram("evil", Self.canary("evil", in: world, then: "cat"))
    let settings = [
      "core.fsmonitor \(canary)", "core.hooksPath /nowhere", "core.sshCommand \(canary)",
      "credential.helper !\(canary)",
      "filter.evil.clean \(canary)", "filter.evil.smudge \(canary)", "core.attributesFile \(canary).attributes",
      "url.\(evil).insteadOf \(world.remote)", "url.\(evil).pushInsteadOf \(world.remote)", "gpg.program \(canary)",
      "push.gpgSign true",
    ]
    try world.repository.write("evil.attributes", "* filter=evil\n", in: world.repository.scratch.path)
    let planting = settings.map { "git config \($0)" }.joined(separator: "; ")
    // Before its commit is pushed, and with something uncommitted for us to save in another task.
    try world.script(
      """
      {"a": [[{"write": {"path": "a.txt", "content": "x\\n"}}, {"commit": "feat: a"}, {"run": "\(planting)"}]],
       "b": [[{"write": {"path": "b.txt", "content": "y\\n"}}]]}
      """)
    try world.plan("a", "b: a")
    try await world.set("agent.maxRetries", "0")
    let result = try await world.orch("run")
    #expect(!ran(world).contains("evil ours"), "\(result.output)")
    #expect(try await world.repository.git("for-each-ref", in: evil) == "")
  }

  @Test(arguments: ["doctor", "init", "status"])
  func `a repository that somebody unpacked runs nothing when it is looked at`(command: String) async throws {
    let world = try await OrchWorld.make()
    let canary = try world.addProgram("planted", Self.canary("planted", in: world, then: "cat"))
    for (key, value) in [
      ("core.fsmonitor", "\(canary)"), ("filter.x.clean", "\(canary)"), ("diff.x.textconv", "\(canary)"),
      ("diff.external", "\(canary)"), ("core.alternateRefsCommand", "\(canary)"),
    ] {
      try await world.repository.git("config", key, value)
    }
    for hook in Self.hooks {
      try write(".git/hooks/\(hook)", Self.canary(hook, in: world), in: world.root, of: world)
    }
    try world.repository.write(".gitattributes", "* filter=x diff=x\n")
    _ = try await world.orch([command] + (command == "init" ? ["--no-claude", "--force"] : []))
    #expect(ran(world) == [])
  }

  // MARK: - Forks

  static let secrets = [
    "AWS_SECRET_ACCESS_KEY": "canary-of-aws", "NPM_TOKEN": "canary-of-npm", "MY_WORD": "canary-word",
  ]

  @Test(arguments: ["off", "auto"])
  func `a fork's code gets an environment of its own, runs no hook and no filter, and is not quoted`(sandbox: String)
    async throws
  {
    try await ForgeWorld.with { scene in
      var world = scene.world
      try await worldWithTrackedHooks(world)
      let canary = try world.addProgram("filter", Self.canary("filter", in: world, then: "cat"))
      try await world.repository.git("config", "filter.x.smudge", canary.string)
      try await world.repository.git("config", "filter.x.clean", canary.string)
      try? FileManager.default.removeItem(atPath: Self.log(world).string)
      let folder = world.repository.scratch.path
      let (fork, clone) = (folder.appending("fork.git"), folder.appending("mallory"))
      try await world.repository.git("clone", "--quiet", "--bare", world.remote.string, fork.string)
      try await world.repository.git("clone", "--quiet", fork.string, clone.string)
      for hook in Self.hooks {
        try write(".githooks/\(hook)", Self.canary("fork's \(hook)", in: world), in: clone, of: world)
      }
      try world.repository.write(".gitattributes", "*.txt filter=x\n", in: clone)
      try world.repository.write("m.txt", "m\n", in: clone)
      try await world.repository.git("add", "-A", in: clone)
      try await world.repository.git("commit", "--quiet", "-m", "m", in: clone)
      try await world.repository.git("push", "--quiet", "origin", "HEAD:topic", in: clone)
      let pull = try await scene.forge.openFromFork(
        .init("mallory/widget", repository: fork), title: "m", head: "topic", base: "main", author: "mallory")
      world.environment.merge(Self.secrets) { $1 }
      try await world.set("sandbox.mode", sandbox)
      try await world.set("project.testCommand", "env; echo \"home: $HOME\"; env | rev; exit 3")
      try await world.set("worktree.setup", "env")
      try await world.set("agent.maxRetries", "0")
      try world.script("{\"pr-\(pull.number)\": [[\(ReviewTests.approval)]]}")

      let result = try await world.orch("review", "--pr", "\(pull.number)", "-y")

      #expect(try await world.statuses() == ["pr-\(pull.number)": "tests-failed"], "\(result.output)\(result.errors)")
      let runs = world.root.appending(".git/orchestrator/runs")
      let run = try #require(FileManager.default.contentsOfDirectory(atPath: runs.string).first)
      let logs = runs.appending(run).appending("tasks/pr-\(pull.number)")
      let variables = try ["tests-1.log", "setup.log"].map { try world.repository.read($0, in: logs) }
      for text in variables {
        #expect(!text.contains("canary-"))
        #expect(!text.contains(ForgeWorld.token))
        #expect(text.contains("PATH="))
        #expect(!text.contains("HOME=\(world.environment["HOME"] ?? "")\n"))
      }
      #expect(ran(world) == [])
      let posted = await scene.forge.requests.map { "\($0.body)" }.joined()
      #expect(posted.contains("exit status 3"))
      for secret in Array(Self.secrets.values) + [ForgeWorld.token] {
        #expect(!posted.contains(secret) && !posted.contains(String(secret.reversed())))
      }
      #expect(!posted.contains("home: /"))
      let home = try #require(variables[0].firstMatch(of: /HOME=(.*)/)).output.1
      #expect(!FileManager.default.fileExists(atPath: String(home)))
    }
  }

  @Test func `one's own agents and tests get the user's environment, less what only we need and what is hidden`()
    async throws
  {
    try await ForgeWorld.with { scene in
      var world = scene.world
      world.environment.merge(Self.secrets) { $1 }
      world.environment["GH_TOKEN"] = ForgeWorld.token
      try await world.set("env.hide", "AWS_*")
      let seen = world.repository.scratch.path.appending("seen")
      try world.script(
        #"{"a": [[{"run": "env >\#(seen)"}, {"write": {"path": "a.txt", "content": "x\n"}}, {"commit": "feat: a"}]]}"#)
      try world.plan("a")
      let result = try await world.orch("run")
      #expect(result.status == 0, "\(result.output)\(result.errors)")
      let text = try world.repository.read("seen", in: world.repository.scratch.path)
      #expect(text.contains("NPM_TOKEN=canary-of-npm"))
      #expect(text.contains("GIT_AUTHOR_EMAIL=test@example.com"))
      #expect(!text.contains("canary-of-aws"))
      #expect(!text.contains(ForgeWorld.token))
      #expect(!text.contains("GIT_ORCH_TRACE"))
    }
  }

  @Test func `the identity of one agent's commits is not for another to change`() async throws {
    let world = try await OrchWorld.make()
    try world.script(
      """
      {"a": [[{"run": "git config user.email mallory@example.com"}, {"write": {"path": "a.txt", "content": "x\\n"}},
        {"commit": "feat: a"}]]}
      """)
    try world.plan("a")
    _ = try await world.orch("run")
    let commit = try await world.repository.git("log", "-1", "--format=%ae %ce", "feature/a")
    #expect(commit == "test@example.com test@example.com")
  }
}
