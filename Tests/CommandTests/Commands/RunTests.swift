import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What a run does when agents do what they should.
@Suite(.timeLimit(.minutes(5))) struct RunTests {
  static let edit = #"[[{"write": {"path": "TASK.txt", "content": "hello\n"}}, {"commit": "feat: TASK"}]]"#

  /// A script in which each of those tasks writes and commits a file of its own name.
  static func edits(_ tasks: String...) -> String {
    "{" + tasks.map { "\"\($0)\": " + edit.replacing("TASK", with: $0) }.joined(separator: ", ") + "}"
  }

  @Test func `a to-do list becomes pushed branches`() async throws {
    let world = try await OrchWorld.make()
    try world.script(Self.edits("add-login", "write-docs"))
    try world.repository.write("todo.md", "- [ ] Add login\n- [ ] Write docs\n- [x] Done already\n")
    let before = try await world.repository.git("rev-parse", "HEAD")

    let result = try await world.orch("run", "todo.md", "--yolo")

    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.statuses() == ["add-login": "success", "write-docs": "success"])
    for task in ["add-login", "write-docs"] {
      let tip = try #require(try await world.remoteTip("feature/\(task)"))
      #expect(try await world.repository.git("show", "\(tip):\(task).txt") == "hello")
      #expect(try await world.repository.git("rev-list", "--count", "\(before)..\(tip)") == "1")
      #expect(
        try await world.repository.git("rev-parse", "--abbrev-ref", "feature/\(task)@{u}") == "origin/feature/\(task)")
    }
    // The user's checkout is as it was, and nothing is left next to it.
    #expect(try await world.repository.git("rev-parse", "HEAD") == before)
    #expect(try await world.repository.git("symbolic-ref", "HEAD") == "refs/heads/main")
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(try world.survivors().isEmpty)
    #expect(
      result.output.contains("✓ add-login (feature/add-login)\n  Status: success        Attempts: 1   Commits: 1"))
  }

  @Test func `the agent is started as the settings say and with the guards on`() async throws {
    let world = try await OrchWorld.make()
    try world.script(Self.edits("a"))
    try world.plan("a")
    try await world.set("project.testCommand", "make test")
    try await world.set("tools.allowedCli", "gh,npm")
    try await world.set("agent.model", "opus")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    let arguments = try #require(try world.record("a", attempt: 1)["arguments"] as? [String])
    let text = arguments.joined(separator: " ")
    for part in ["--setting-sources user", "--strict-mcp-config", "--permission-mode acceptEdits", "--model opus"] {
      #expect(text.contains(part), "\(part)")
    }
    for rule in ["Bash(gh:*)", "Bash(npm:*)", "Bash(make test)", "Bash(git add:*)", "Bash(git commit -m:*)"] {
      #expect(text.contains(rule), "\(rule)")
    }
    #expect(!text.contains("--dangerously-skip-permissions"))
    #expect(!text.contains("Bash(git push"))
    #expect(!text.contains("Bash(git commit:*)"))
  }

  @Test func `the agent works in its own worktree and finds its own git`() async throws {
    let world = try await OrchWorld.make()
    try world.script(
      #"{"a": [[{"run": "git rev-parse --show-toplevel > where.txt; git symbolic-ref HEAD >> where.txt"}, {"commit": "feat: a"}]]}"#
    )
    try world.plan("a")
    let git = try await world.repository.git("rev-parse", "--absolute-git-dir")
    let result = try await world.orch("run", environment: ["GIT_DIR": git, "GIT_WORK_TREE": world.root.string])
    #expect(result.status == 0, "\(result.errors)")
    let tip = try #require(try await world.remoteTip("feature/a"))
    let seen = try await world.repository.git("show", "\(tip):where.txt")
    #expect(seen == "\(world.worktrees.appending("a"))\nrefs/heads/feature/a")
  }

  @Test func `a dependent task starts from the branch that it needs`() async throws {
    let world = try await OrchWorld.make()
    try world.script(Self.edits("a", "b"))
    try world.plan("b: a", "a")
    #expect(try await world.orch("run").status == 0)
    let a = try #require(try await world.remoteTip("feature/a"))
    let b = try #require(try await world.remoteTip("feature/b"))
    #expect(try await world.repository.git("rev-parse", "\(b)~1") == a)
  }

  @Test func `several needs are merged into the start`() async throws {
    let world = try await OrchWorld.make()
    try world.script(Self.edits("a", "b", "c"))
    try world.plan("a", "b", "c: a, b")
    #expect(try await world.orch("run").status == 0)
    let c = try #require(try await world.remoteTip("feature/c"))
    let files = try await world.repository.git("ls-tree", "--name-only", c)
    #expect(files == "README.md\na.txt\nb.txt\nc.txt")
  }

  @Test func `needs that conflict are reported, and nothing is started`() async throws {
    let world = try await OrchWorld.make()
    let edit = #"[[{"write": {"path": "same.txt", "content": "TASK\n"}}, {"commit": "feat: TASK"}]]"#
    try world.script(
      #"{"a": \#(edit.replacing("TASK", with: "a")), "b": \#(edit.replacing("TASK", with: "b"))}"#)
    try world.plan("a", "b", "c: a, b")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "success", "b": "success", "c": "conflict"])
    #expect(result.output.contains("same.txt"))
    #expect(!FileManager.default.fileExists(atPath: world.records.appending("c.1.json").string))
  }

  @Test func `a task whose need failed is blocked, others go on`() async throws {
    let world = try await OrchWorld.make()
    try world.script(#"{"a": [[{"say": "no"}]], "d": \#(Self.edit.replacing("TASK", with: "d"))}"#)
    try world.plan("a", "b: a", "c: b", "d")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(
      try await world.statuses() == ["a": "no-changes", "b": "blocked", "c": "blocked", "d": "success"])
    #expect(result.output.contains("needs 'a', which ended as no-changes"))
  }

  @Test func `no more agents run at a time than there are jobs`() async throws {
    let world = try await OrchWorld.make()
    // Each agent notes how many of them are there, itself included.
    let folder = world.repository.scratch.path.appending("live")
    let steps =
      #"[[{"run": "mkdir -p \#(folder) && touch \#(folder)/TASK && ls \#(folder) | wc -l > TASK.txt && sleep 0.2 && rm \#(folder)/TASK"}, {"commit": "feat: TASK"}]]"#
    let tasks = ["a", "b", "c", "d", "e"]
    try world.script(
      "{" + tasks.map { "\"\($0)\": " + steps.replacing("TASK", with: $0) }.joined(separator: ", ") + "}")
    try world.plan("a", "b", "c", "d", "e")
    #expect(try await world.orch("run", "-j", "2").status == 0)
    var most = 0
    for task in tasks {
      let count = Int(try await world.repository.git("show", "feature/\(task):\(task).txt"))
      most = max(most, try #require(count))
    }
    #expect(most <= 2)
  }

  @Test(arguments: [["--no-push"], []])
  func `branches stay local when asked, or without a remote, and the summary says so`(options: [String]) async throws {
    let world = try await OrchWorld.make(remote: !options.isEmpty)
    try world.script(Self.edits("a"))
    try world.plan("a")
    let result = try await world.orch(["run"] + options)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("Branches stay local"))
    #expect(try await world.repository.git("show", "feature/a:a.txt") == "hello")
    #expect(try await world.remoteTip("feature/a") == nil)
  }

  @Test func `only the tasks that are named run`() async throws {
    let world = try await OrchWorld.make()
    try world.script(Self.edits("a", "b"))
    try world.plan("a", "b: a")
    let alone = try await world.orch("run", "--tasks", "b")
    #expect(alone.status == 128)
    #expect(alone.errors.contains("needs 'a', which is not selected"))
    #expect(try await world.orch("run", "--tasks", "a").status == 0)
    let second = try await world.orch("run", "--tasks", "b")
    #expect(second.status == 0, "\(second.errors)")
    #expect(try await world.repository.git("ls-tree", "--name-only", "feature/b") == "README.md\na.txt\nb.txt")
  }

  @Test func `ignored files come along and the setup command runs first`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.commit(".gitignore", ".env\nbuilt.txt\n", message: "ignore")
    try world.repository.write(".env", "SECRET=1\n")
    try await world.set("worktree.setup", "cp .env built.txt")
    try world.script(#"{"a": [[{"run": "cat .env built.txt > seen.txt"}, {"commit": "feat: a"}]]}"#)
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.repository.git("show", "feature/a:seen.txt") == "SECRET=1\nSECRET=1")
    #expect(try await world.repository.git("ls-tree", "--name-only", "feature/a") == ".gitignore\nREADME.md\nseen.txt")
  }

  @Test func `ignored files go through no link that was committed`() async throws {
    let world = try await OrchWorld.make()
    let outside = try world.repository.scratch.makeDirectory("outside")
    try await world.repository.commit(".gitignore", ".env\n", message: "ignore")
    // The user has a folder where the branch that agents start from has a link.
    try FileManager.default.createSymbolicLink(
      atPath: world.root.appending("conf").string, withDestinationPath: outside.string)
    try await world.repository.git("add", "conf")
    try await world.repository.git("commit", "--quiet", "-m", "a link")
    try await world.repository.git("push", "--quiet", "origin", "main")
    try await world.repository.git("rm", "--quiet", "--cached", "conf")
    try FileManager.default.removeItem(atPath: world.root.appending("conf").string)
    try world.repository.write("conf/.env", "SECRET=1\n")
    try world.repository.write(".env", "HERE=1\n")
    try await world.set("worktree.copy", ".env, conf/.env")
    // What it sees it commits.
    try await world.set("guard.ignored", "false")
    try world.script(OrchWorld.seeing("cat .env"))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.seen() == "HERE=1")
    #expect(world.isVacant(outside))
    #expect(
      result.errors.contains("task 'a': 'conf/.env' is not copied into the worktree: 'conf' is a link or a file there"),
      "\(result.errors)")
  }

  @Test func `a setup command that fails fails the task before any agent starts`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("worktree.setup", "echo no such tool; exit 3")
    try world.script(Self.edits("a"))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(result.output.contains("no such tool"))
    #expect(try await world.statuses() == ["a": "failed"])
    #expect(!FileManager.default.fileExists(atPath: world.records.string))
  }

  @Test func `worktrees stay when asked`() async throws {
    let world = try await OrchWorld.make()
    try world.script(Self.edits("a"))
    try world.plan("a")
    #expect(try await world.orch("run", "--keep-worktrees").status == 0)
    #expect(FileManager.default.fileExists(atPath: world.worktrees.appending("a/a.txt").string))
  }

  @Test func `a dry run shows what would be done and does nothing`() async throws {
    let world = try await OrchWorld.make()
    try world.script(Self.edits("a"))
    try world.plan("a", "b: a")
    let result = try await world.orch("run", "-n")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("feature/a"))
    #expect(result.output.contains("Nothing was done"))
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
    #expect(!FileManager.default.fileExists(atPath: world.records.string))
    #expect(try await world.orch("status").status == 128)
  }

  @Test func `a plan that is done is not paid for again, unless it was taken back or its tasks are named`() async throws
  {
    let world = try await OrchWorld.make()
    try world.script(Self.edits("a", "b"))
    try world.plan("a", "b")
    #expect(try await world.orch("run").status == 0)
    let id = try #require(try await world.orch("status", "--json").json()["run"] as? String)
    for arguments in [["run"], ["run", "-n"]] {
      let again = try await world.orch(arguments)
      #expect(again.status == 128)
      #expect(again.errors.contains("this plan was done by run \(id): its 2 tasks succeeded"), "\(again.errors)")
      #expect(again.errors.contains("git orch undo \(id)") && again.errors.contains("--tasks a,b"))
    }
    // Also once the work has come home and the branches are gone.
    try await world.repository.git("merge", "-q", "--no-edit", "feature/a", "feature/b")
    try await world.repository.git("branch", "-q", "-D", "feature/a", "feature/b")
    #expect(try await world.orch("run").errors.contains("this plan was done"))
    // Another task of that name is another task.
    try world.plan("a", "b", "c")
    #expect(try await world.orch("run", "-n").status == 0)
    try world.plan("a", "b")
    #expect(try await world.orch("run", "--tasks", "a", "-n").status == 0)
    try await world.repository.git("reset", "-q", "--hard", "HEAD^")
  }
}
