import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// Every bad input: a clear message, the right exit status, and nothing changed.
@Suite(.timeLimit(.minutes(5))) struct BadInputTests {
  /// Runs, expects failure with those words, and that no branch, worktree or run came of it.
  private func expectRefusal(
    _ world: OrchWorld, _ arguments: [String], status: Int32 = 128, saying words: [String],
    environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let refs = try await world.repository.git("for-each-ref")
    let files = try await world.repository.git("status", "--porcelain", "--ignored")
    let result = try await world.orch(arguments, environment: environment)
    #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(result.errors.contains(word), "\(result.errors)", sourceLocation: sourceLocation)
    }
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(try await world.repository.git("for-each-ref") == refs, sourceLocation: sourceLocation)
    #expect(
      try await world.repository.git("status", "--porcelain", "--ignored") == files, sourceLocation: sourceLocation)
    #expect(!FileManager.default.fileExists(atPath: world.worktrees.string), sourceLocation: sourceLocation)
    #expect(try await world.orch("status").status == 128, sourceLocation: sourceLocation)
  }

  @Test(arguments: [["run"], ["status"], ["log", "a"], ["generate", "todo.md"], ["yolo", "todo.md"]])
  func `outside a repository`(arguments: [String]) async throws {
    let world = try await OrchWorld.make()
    let outside = try world.repository.scratch.makeDirectory("outside")
    let result = try await world.run("git-orch-\(arguments[0])", Array(arguments.dropFirst()), in: outside)
    #expect(result.status == 128)
    #expect(result.errors.hasPrefix("fatal: not a git repository"))
  }

  @Test(arguments: [["generate", "pipe"], ["run", "pipe"], ["yolo", "pipe"], ["run", "-c", "pipe"]])
  func `a named pipe without a writer`(arguments: [String]) async throws {
    let world = try await OrchWorld.make()
    #expect(mkfifo(world.root.appending("pipe").string, 0o600) == 0)
    try await expectRefusal(world, arguments, saying: ["is not a regular file"])
  }

  @Test func `a repository without a commit`() async throws {
    let repository = try await OrchWorld(repository: .init("app"))
    try repository.plan("a")
    let result = try await repository.orch("run")
    #expect(result.status == 128)
    #expect(result.errors.contains("has no commit yet"))
    #expect(result.errors.contains("hint: "))
  }

  @Test func `a SHA-256 repository`() async throws {
    let world = try await OrchWorld(repository: .init("app", options: ["--object-format=sha256"]))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(result.errors.contains("SHA-256"))
  }

  @Test func `a user whom git does not know`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try await world.repository.git("config", "--global", "--unset", "user.email")
    try await world.repository.git("config", "--global", "user.useConfigOnly", "true")
    try await expectRefusal(world, ["run"], saying: ["who the author", "hint: git config --global user.email"])
  }

  @Test func `a base branch that is not there`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try await world.set("git.baseBranch", "develop")
    try await expectRefusal(world, ["run"], saying: ["base branch 'develop' does not exist"])
  }

  @Test func `a base branch that cannot be told`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try await world.repository.git("branch", "master")
    try await world.repository.git("remote", "set-head", "origin", "--delete")
    try await expectRefusal(
      world, ["run"], saying: ["'main', 'master' exist", "git config orchestrator.git.baseBranch"])
  }

  @Test func `a to-do list that is missing, empty, a folder, not text, or has nothing to do`() async throws {
    let world = try await OrchWorld.make()
    try await expectRefusal(world, ["run", "nosuch.md"], saying: ["nosuch.md"])
    try world.repository.write("empty.md", "")
    try await expectRefusal(world, ["run", "empty.md"], saying: ["empty.md"])
    try FileManager.default.createDirectory(
      atPath: world.root.appending("folder.md").string, withIntermediateDirectories: true)
    try await expectRefusal(world, ["run", "folder.md"], saying: ["folder.md"])
    try Data([0x2D, 0x20, 0xFF, 0xFE]).write(to: URL(filePath: world.root.appending("binary.md").string))
    try await expectRefusal(world, ["run", "binary.md"], saying: ["binary.md", "UTF-8"])
    try world.repository.write("done.md", "- [x] all done\n")
    try await expectRefusal(world, ["run", "done.md"], saying: ["done.md"])
    try world.repository.write("prose.md", "Make it better.\n")
    try await expectRefusal(world, ["run", "--source", "markdown", "prose.md"], saying: ["has no items", "- [ ]"])
    try world.repository.write("plan.yaml", "tasks:\n  - id: a\n    title: t\n")
    try await expectRefusal(
      world, ["run", "plan.yaml"], saying: ["'plan.yaml' is a plan", "git orch run -c plan.yaml"])
    try world.repository.write("todo.txt", "(A) call Ann @phone\n")
    try await expectRefusal(world, ["yolo", "todo.txt"], saying: ["format of todo.txt", "sed -e"])
    try world.repository.write("huge.md", String(repeating: "- [ ] item\n", count: 2_000_000))
    try await expectRefusal(world, ["run", "huge.md"], saying: ["huge.md", "10 MB"])
  }

  @Test(arguments: [
    ("tasks:\n  - id: ../x\n    title: t\n", "task_config.yaml:2:9: "),
    ("tasks:\n  - id: a\n    title: t\n    needs: [b]\n", "task_config.yaml:4:"),
    ("tasks:\n  - id: a\n    title: t\n    colour: red\n", "task_config.yaml:4:5: "),
    ("tasks:\n  - id: a\n    title: t\n    branch: a..b\n", "task_config.yaml:4:"),
    ("tasks: [\n", "task_config.yaml:"),
    ("settings: {}\n", "task_config.yaml:"),
  ])
  func `a plan with a fault tells file, line and column`(plan: String, words: String) async throws {
    let world = try await OrchWorld.make()
    try world.repository.write("task_config.yaml", plan)
    try await expectRefusal(world, ["run"], saying: [words])
  }

  @Test func `a plan that is missing says how to make one`() async throws {
    let world = try await OrchWorld.make()
    try await expectRefusal(world, ["run"], saying: ["task_config.yaml", "git orch generate"])
  }

  @Test func `a task that the plan does not have`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("alpha", "beta")
    try await expectRefusal(world, ["run", "--tasks", "alpah"], saying: ["'alpah'", "alpha"])
  }

  @Test func `an agent that is not found, not executable, too old, or something else`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    let scratch = world.repository.scratch.path
    func program(_ name: String, _ text: String, mode: Int) throws -> String {
      let path = scratch.appending(name).string
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      return path
    }
    for (command, words) in [
      ("no-such-agent", "'no-such-agent' not found"),
      (try program("plain", "#!/bin/sh\n", mode: 0o644), "is not an executable file"),
      (try program("old", "#!/bin/sh\necho '1.0.3 (Claude Code)'\n", mode: 0o755), "is version 1.0.3"),
      (try program("other", "#!/bin/sh\necho hello\n", mode: 0o755), "does not look like Claude Code"),
    ] {
      try await world.set("agent.command", command)
      try await expectRefusal(world, ["run"], saying: [words, "orchestrator.agent.command"])
    }
  }

  @Test func `a branch that exists and has work`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try await world.repository.git("checkout", "-q", "-b", "feature/a")
    try await world.repository.commit("mine.txt", "mine", message: "mine")
    try await world.repository.git("checkout", "-q", "main")
    try await expectRefusal(
      world, ["run"], saying: ["branch 'feature/a'", "1 commit that 'main' lacks", "git branch -m"])
  }

  @Test func `a branch with work that only the remote has`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    let other = try await world.repository.clone("other")
    try await other.git("checkout", "-q", "-b", "feature/a")
    try await other.commit("theirs.txt", "theirs", message: "theirs")
    try await other.git("push", "-q", world.remote.string, "feature/a")
    try await expectRefusal(world, ["run"], saying: ["already exists on 'origin'"])
  }

  @Test func `a branch that exists and holds nothing of its own is used`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await world.repository.git("branch", "feature/a")
    #expect(try await world.orch("run").status == 0)
  }

  @Test func `a folder in the worktree's place`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try world.repository.write("mine.txt", "mine", in: world.worktrees.appending("a"))
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(result.errors.contains("already exists and is not empty"))
    #expect(try world.repository.read("mine.txt", in: world.worktrees.appending("a")) == "mine")
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
  }

  @Test func `a worktree whose making was cut short`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let path = world.worktrees.appending("a").string
    try await world.repository.git("worktree", "add", "-q", "--no-checkout", "-b", "feature/a", path)
    try world.repository.write(".git/worktrees/a/locked", "initializing")
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(result.errors.contains("was left unfinished while git created it"))
    // The hint does what it says, and the way is free.
    let hint = try #require(result.errors.split(separator: "\n").first { $0.hasPrefix("hint: ") })
    let command = try #require(hint.split(separator: "remove it: ").last)
    #expect(try await world.run("sh", ["-c", String(command)]).status == 0)
    #expect(try await world.orch("run").status == 0)
  }

  @Test func `a worktree folder in which nothing can be made`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try world.repository.write("file", "", in: world.repository.scratch.path)
    try await world.set("worktreeDir", "../file/worktrees")
    try await expectRefusal(world, ["run"], saying: ["cannot create worktrees in", "orchestrator.worktreeDir"])
  }

  @Test func `a plan's worktree folder far from the repository is not for the plan to choose`() async throws {
    let world = try await OrchWorld.make()
    try world.repository.write(
      "task_config.yaml", "settings:\n  worktree_dir: /var/tmp/elsewhere\ntasks:\n  - id: a\n    title: t\n")
    try await expectRefusal(world, ["run"], saying: ["'/var/tmp/elsewhere'"])
  }

  @Test(arguments: [
    ("../.config", "leads into the hidden folder '.config'"), ("../a/.ssh/x", "leads into the hidden folder '.ssh'"),
    ("trees", "is not a folder next to the repository"), ("..", "is not a folder next to the repository"),
    ("../../elsewhere", "is not a folder next to the repository"), ("~/x", "is not a folder next to the repository"),
    ("../app", "is not a folder next to the repository"), ("../link", "leads through the link"),
    ("../link/x", "leads through the link"), ("../other/x", "is in the repository"),
    ("../origin.git/hooks", "is in the repository"), ("../full", "has something else than worktrees in its subfolder"),
  ])
  func `a plan chooses no folder that somebody else reads`(folder: String, reason: String) async throws {
    let world = try await OrchWorld.make()
    let scratch = world.repository.scratch.path
    try FileManager.default.createSymbolicLink(
      atPath: scratch.appending("link").string, withDestinationPath: scratch.appending("target").string)
    try await world.repository.git("init", "--quiet", scratch.appending("other").string)
    try world.repository.write("full/app/config.fish", "", in: scratch)
    try world.repository.write(
      "task_config.yaml", "settings:\n  worktree_dir: '\(folder)'\ntasks:\n  - id: a\n    title: t\n")
    try await expectRefusal(world, ["run"], saying: ["the plan's worktree_dir '\(folder)' \(reason)"])
  }

  @Test(arguments: ["..", ".", "../x", "a/b", ".config", "-f", "/etc", "a\\nb", ".git", "a\u{202E}b"])
  func `a task's id is not a way out of its folder`(id: String) async throws {
    let world = try await OrchWorld.make()
    try world.repository.write("task_config.yaml", "tasks:\n  - id: \"\(id)\"\n    title: t\n")
    let result = try await world.orch("run")
    #expect(result.status == 128, "\(result.errors)")
    #expect(world.isVacant(world.worktrees))
  }

  @Test func `worktrees never go into a git directory`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try await world.set("worktreeDir", ".git/trees")
    try await expectRefusal(world, ["run"], saying: ["'.git/trees', which leads into a git directory"])
  }

  @Test(arguments: [
    ("run.jobs", "many"), ("agent.inactivityTimeout", "soon"), ("workflow.autoApprove", "maybe"),
    ("tools.permissionMode", "all"),
  ])
  func `a setting of the wrong type names key, value and origin`(key: String, value: String) async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try await world.set(key, value)
    try await expectRefusal(world, ["run"], saying: ["orchestrator.\(key)", "'\(value)'", ".git/config"])
  }

  @Test func `another run in progress is named`() async throws {
    let world = try await OrchWorld.make()
    let mark = world.repository.scratch.path.appending("begun")
    let free = world.repository.scratch.path.appending("free")
    try world.script(
      #"{"a": [[{"touch": "\#(mark)"}, {"wait-for-file": "\#(free)"}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}"#
    )
    try world.plan("a")
    let first = try await world.gitOrch("run") { _ in
      try await world.wait(for: mark)
      let second = try await world.orch("run")
      #expect(second.status == 128)
      #expect(second.errors.contains("another run is in progress in this repository: run 20"))
      #expect(second.errors.contains("kill -INT "))
      try Data().write(to: URL(filePath: free.string))
    }
    #expect(first.status == 0, "\(first.errors)")
  }

  @Test func `an unreachable remote`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try await world.repository.git("remote", "set-url", "origin", "/nonexistent/remote.git")
    try await expectRefusal(world, ["run"], saying: ["cannot reach remote 'origin'", "--no-push"])
  }

  @Test(arguments: [
    ["run", "--nosuch"], ["run", "-j", "0"], ["run", "-j", "x"], ["run", "a.md", "--from-todo", "b.md"],
    ["run", "--force"], ["run", "-n", "--json"], ["yolo"], ["generate"], ["generate", "--source", "oracle", "x.md"],
    ["status", "--json", "--porcelain"], ["status", "--all", "--watch"], ["log", "-f"], ["log", "--attempt", "0", "a"],
  ])
  func `wrong usage exits with 129, shows the usage and names the page`(arguments: [String]) async throws {
    let world = try await OrchWorld.make()
    try await expectRefusal(
      world, arguments, status: 129,
      saying: ["error: ", "\nusage: git orch \(arguments[0])", "\nsee 'git help orch-\(arguments[0])'\n"])
  }

  @Test(arguments: [("/cost", 1), ("-rf", 1), ("@/etc/passwd", 1), ("x", 1_000_000)])
  func `a task's text reaches the agent as text`(word: String, times: Int) async throws {
    let text = String(repeating: word, count: times)
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.repository.write(
      "task_config.yaml", "tasks:\n  - id: a\n    title: t\n    description: \"\(text)\"\n")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    let prompt = try #require(try world.record("a", attempt: 1)["prompt"] as? String)
    #expect(prompt.hasPrefix("# Task: "))
    // Compared first, so that a failure does not print a megabyte.
    let isWhole = prompt.contains("\n\(text)\n")
    #expect(isWhole)
  }
}
