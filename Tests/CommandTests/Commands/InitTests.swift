import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// `git orch init`: what it finds, and what it writes where.
@Suite(.timeLimit(.minutes(3))) struct InitTests {
  /// A repository of a Go project with a remote; its agent answers nothing of use.
  private func world(remote: Bool = true) async throws -> OrchWorld {
    let world = try await OrchWorld.make(remote: remote)
    try await world.repository.commit("go.mod", "module example.org/kite\n", message: "add go.mod")
    if remote { try await world.repository.git("push", "--quiet") }
    return world
  }

  /// What the repository's own configuration holds of ours.
  private func settings(_ world: OrchWorld) async throws -> [String: String] {
    let names = try? await world.repository.git(
      "config", "--local", "--name-only", "--get-regexp", #"^orchestrator\."#)
    var found: [String: String] = [:]
    for name in (names ?? "").split(separator: "\n").map(String.init) {
      found[name] = try await world.repository.git("config", "--local", "--get-all", name)
    }
    return found
  }

  private static let written = [
    "orchestrator.project.testcommand": "go test ./...", "orchestrator.project.keyfiles": "README.md,go.mod",
  ]

  @Test func `what fits and is not the default is written, once`() async throws {
    let world = try await world()
    let result = try await world.orch("init", "--no-claude")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await settings(world) == Self.written)
    for line in [
      "✓ Remote: origin", "✓ Base branch: main (the default of 'origin')", "✓ Project: kite, Go",
      "✓ Test command: go test ./... (go.mod)", "✓ Key files: README.md, go.mod", "– Forge: none: its URL is a folder",
      "orchestrator.project.testCommand = go test ./...",
    ] {
      #expect(result.output.contains(line), "\(line)\n\(result.output)")
    }
    #expect(result.errors.contains("wrote 2 settings") && result.errors.contains("git orch run todo.md"))

    let configuration = try world.repository.read(".git/config")
    let again = try await world.orch("init", "--no-claude")
    #expect(again.status == 0 && again.errors.contains("nothing to write"), "\(again.errors)")
    #expect(try world.repository.read(".git/config") == configuration)
    #expect(try await world.repository.git("status", "--porcelain").isEmpty)
  }

  @Test(arguments: ["subfolder", "linked worktree"])
  func `it works from everywhere in the repository`(place: String) async throws {
    let world = try await world()
    var directory = world.root.appending("a b")
    if place == "subfolder" {
      try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
    } else {
      directory = world.repository.scratch.path.appending("linked")
      try await world.repository.git("worktree", "add", "--quiet", "-b", "other", directory.string)
    }
    let result = try await world.orch("init", "--no-claude", in: directory)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await settings(world) == Self.written)
  }

  @Test func `outside of a repository there is nothing to set up`() async throws {
    let world = try await world()
    let result = try await world.orch("init", in: world.repository.scratch.path)
    #expect(result.status == 128 && result.errors.contains("not a git repository"), "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test func `in a bare repository it says what it cannot know`() async throws {
    let world = try await world()
    let result = try await world.orch("init", in: world.remote)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("– Project: a bare repository has no files to look at"))
    #expect(result.output.contains("✓ Base branch: main"))
    let refused = try await world.orch("init", "--team", in: world.remote)
    #expect(refused.status == 128 && refused.errors.contains("a bare repository"))
  }

  @Test func `an empty repository is not an error`() async throws {
    let world = try OrchWorld(repository: try await TemporaryRepository("app"))
    let result = try await world.orch("init")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("– Base branch: branch 'main' has no commit yet"), "\(result.output)")
    #expect(result.output.contains("– Test command: none found"))
    #expect(try await settings(world).isEmpty)
  }

  // MARK: - Values that are there

  @Test func `a value that is there is kept and told, and overwritten by force`() async throws {
    let world = try await world()
    try await world.set("project.testCommand", "mine")
    try await world.repository.git("config", "--global", "orchestrator.project.keyFiles", "theirs.md")
    let kept = try await world.orch("init", "--no-claude")
    #expect(kept.status == 0)
    #expect(kept.errors.contains("kept orchestrator.project.testCommand, which is 'mine' in file:.git/config"))
    #expect(kept.errors.contains("not 'go test ./...'; --force replaces it"))
    #expect(kept.errors.contains("which is 'theirs.md' in file:") && kept.errors.contains("(global scope)"))
    #expect(try await settings(world) == ["orchestrator.project.testcommand": "mine"])

    try await world.repository.git("config", "--add", "orchestrator.project.testCommand", "mine too")
    let forced = try await world.orch("init", "--no-claude", "--force")
    #expect(forced.status == 0 && !forced.errors.contains("kept"), "\(forced.errors)")
    #expect(try await settings(world) == Self.written)
  }

  @Test func `what was given with -c cannot be overwritten`() async throws {
    let world = try await world()
    let result = try await world.gitOrch(
      "init", "--no-claude", "--force", git: ["-c", "orchestrator.project.testCommand=x"])
    #expect(result.status == 0)
    #expect(result.errors.contains("which is 'x' in command line or environment"), "\(result.errors)")
    #expect(try await settings(world)["orchestrator.project.testcommand"] == nil)
  }

  @Test func `on a terminal it asks first`() async throws {
    let world = try await world()
    for (answer, isWritten) in [("n\n", false), ("\n", true)] {
      let terminal = try PseudoTerminal()
      try terminal.type(answer)
      let result = try await world.run("git", ["orch", "init", "--no-claude"], input: terminal.device)
      #expect(result.status == 0 && result.errors.contains("Write these 2 settings? [Y/n]"), "\(result.errors)")
      #expect(result.errors.contains("nothing was written") == !isWritten)
      #expect(try await settings(world) == (isWritten ? Self.written : [:]))
    }
  }

  @Test func `with -y it asks nothing`() async throws {
    let world = try await world()
    let terminal = try PseudoTerminal()
    let result = try await world.run("git", ["orch", "init", "--no-claude", "-y"], input: terminal.device)
    #expect(result.status == 0 && !result.errors.contains("[Y/n]"))
    #expect(try await settings(world) == Self.written)
  }

  // MARK: - Remotes and branches

  @Test func `without a remote the branch that is checked out is the base`() async throws {
    let world = try await world(remote: false)
    let result = try await world.orch("init", "--no-claude")
    #expect(result.status == 0)
    #expect(result.output.contains("✓ Base branch: main (checked out, and no remote)"), "\(result.output)")
    #expect(result.output.contains("– Remote: none"))
    #expect(try await settings(world) == Self.written)
  }

  @Test func `the only remote is taken, whatever it is called; of several none is`() async throws {
    let world = try await world(remote: false)
    try await world.repository.git("remote", "add", "hub", "https://github.com/acme/widget.git")
    try await world.repository.git("config", "url./nowhere/.pushInsteadOf", "https://github.com/")
    try await world.repository.git("config", "protocol.allow", "never")
    let result = try await world.orch("init", "--no-claude")
    #expect(result.output.contains("✓ Forge: GitHub (github.com), acme/widget"), "\(result.output)")
    #expect(try await settings(world)["orchestrator.git.remote"] == "hub")

    try await world.repository.git("config", "--unset", "orchestrator.git.remote")
    try await world.repository.git("remote", "add", "lab", "https://example.org/x.git")
    let two = try await world.orch("init", "--no-claude")
    #expect(two.output.contains("– Remote: hub, lab, and none is 'origin'"), "\(two.output)")
    #expect(try await settings(world)["orchestrator.git.remote"] == nil)
  }

  @Test func `a default that is not on record is asked for, and written where a run could not tell it`() async throws {
    let world = try await world()
    try await world.repository.git("remote", "set-head", "origin", "--delete")
    try await world.repository.git("branch", "master")
    let result = try await world.orch("init", "--no-claude")
    #expect(result.output.contains("✓ Base branch: main (the default of 'origin')"), "\(result.output)")
    #expect(try await settings(world)["orchestrator.git.basebranch"] == "main")
    try await world.repository.git("config", "--unset", "orchestrator.git.baseBranch")
    try await world.repository.git("remote", "set-url", "origin", "/nonexistent")
    let offline = try await world.orch("init", "--no-claude")
    #expect(offline.status == 0)
    #expect(offline.output.contains("– Base branch: cannot determine the base branch"), "\(offline.output)")
  }

  @Test func `develop is the base where work goes there`() async throws {
    let world = try await world()
    try await world.repository.git("switch", "--quiet", "-c", "develop")
    try await world.repository.git("push", "--quiet", "-u", "origin", "develop")
    let level = try await world.orch("init", "--no-claude")
    #expect(level.output.contains("✓ Base branch: main"), "\(level.output)")
    try await world.repository.commit("a.go", "package a\n", message: "more")
    try await world.repository.git("push", "--quiet")
    let ahead = try await world.orch("init", "--no-claude")
    #expect(
      ahead.output.contains("✓ Base branch: develop (on 'origin', with commits that its default 'main' lacks)"),
      "\(ahead.output)")
    #expect(try await settings(world)["orchestrator.git.basebranch"] == "develop")
  }

  // MARK: - The team's file

  private static let file = """
    # git-orch settings for everyone who works on this repository; see git-orch-config(5).
    project:
      key_files:
        - README.md
        - go.mod
      test_command: go test ./...

    """

  @Test func `the team's file is written, kept, and replaced by force with a backup`() async throws {
    let world = try await world()
    let sub = try world.repository.scratch.makeDirectory("app/sub")
    let result = try await world.orch("init", "--team", "--no-claude", in: sub)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try world.repository.read(".claude-orchestrator.yaml") == Self.file)
    // Who wrote it trusts it: the next run does not ask.
    #expect(try await settings(world).keys.sorted() == ["orchestrator.trust"])
    #expect(result.errors.contains("wrote ../.claude-orchestrator.yaml"))

    let again = try await world.orch("init", "--team", "--no-claude")
    #expect(again.status == 0 && again.errors.contains("already contains all of it"), "\(again.errors)")
    try world.repository.write(".claude-orchestrator.yaml", "mine: true\n")
    let kept = try await world.orch("init", "--team", "--no-claude")
    #expect(kept.status == 0 && kept.errors.contains("--force replaces it"))
    #expect(try world.repository.read(".claude-orchestrator.yaml") == "mine: true\n")
    let forced = try await world.orch("init", "--team", "--no-claude", "--force")
    #expect(forced.status == 0 && forced.errors.contains(".claude-orchestrator.yaml.~1~"), "\(forced.errors)")
    #expect(try world.repository.read(".claude-orchestrator.yaml") == Self.file)
    #expect(try world.repository.read(".claude-orchestrator.yaml.~1~") == "mine: true\n")
  }

  @Test func `settings of one's own next to the team's file are reported to count first`() async throws {
    let world = try await world()
    #expect(try await !world.orch("init", "--no-claude").errors.contains("what is written here overrides"))
    #expect(try await world.orch("init", "--team", "--no-claude", "-y").status == 0)
    try await world.repository.git("config", "--unset", "orchestrator.project.testCommand")
    try await world.repository.commit("Makefile", "test:\n\tx\n", message: "add a runner")
    let result = try await world.orch("init", "--no-claude", "--force")
    #expect(result.errors.contains("overrides '.claude-orchestrator.yaml'"), "\(result.errors)")
  }

  @Test func `the team's file holds instructions of several lines, and no clone's name of a remote`() async throws {
    let world = try await OrchWorld.make(remote: false)
    try await world.repository.git("remote", "add", "hub", "https://github.com/acme/widget.git")
    try await world.repository.git("config", "protocol.allow", "never")
    try world.script(
      "{}", plan: ##"[[{"structured": {"testCommand": null, "keyFiles": [], "conventions": ["a: 'b'", "#c"]}}]]"##)
    let result = try await world.orch("init", "--team")
    #expect(result.status == 0, "\(result.errors)")
    let text = try world.repository.read(".claude-orchestrator.yaml")
    #expect(
      text.hasSuffix(
        """
          key_files:
            - README.md
          agent_instructions: |-
            Conventions of this repository:
            - a: 'b'
            - #c

        """), "\(text)")
    #expect(!text.contains("hub"))
  }

  // MARK: - JSON

  @Test func `the answer as JSON says what was done with each setting`() async throws {
    let world = try await world()
    try await world.set("project.testCommand", "mine")
    let result = try await world.orch("init", "--no-claude", "--json")
    #expect(result.status == 0, "\(result.errors)")
    let answer = try result.json()
    #expect(answer["schema"] as? Int == 1 && answer["remote"] as? String == "origin" && answer["forge"] == nil)
    #expect((answer["baseBranch"] as? [String: Any])?["branch"] as? String == "main")
    let project = try #require(answer["project"] as? [String: Any])
    #expect(project["name"] as? String == "kite" && project["stacks"] as? [String] == ["Go"])
    #expect((project["testCommand"] as? [String: Any])?["source"] as? String == "go.mod")
    let states = try #require(answer["settings"] as? [[String: Any]]).map { "\($0["name"] ?? "") \($0["state"] ?? "")" }
    #expect(states == ["orchestrator.project.keyFiles written", "orchestrator.project.testCommand kept"])
    #expect(result.errors.contains("✓ Test command"))
  }

  // MARK: - claude

  private static let answer = """
    [[{"structured": {"testCommand": "./run-tests --all", "keyFiles": ["notes.txt", "gone.txt"],
      "conventions": ["tabs, not spaces"]}}]]
    """

  /// A project that its files tell little about.
  private func bareWorld() async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try await world.repository.commit("notes.txt", "notes\n", message: "notes")
    return world
  }

  @Test func `claude fills in what the files do not say`() async throws {
    let world = try await bareWorld()
    try world.script("{}", plan: Self.answer)
    let result = try await world.orch("init")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("✓ Test command: ./run-tests --all (proposed by claude)"), "\(result.output)")
    #expect(result.output.contains("✓ Convention: tabs, not spaces"))
    #expect(
      try await settings(world) == [
        "orchestrator.project.testcommand": "./run-tests --all", "orchestrator.project.keyfiles": "README.md,notes.txt",
        "orchestrator.project.agentinstructions": "Conventions of this repository:\n- tabs, not spaces",
      ])
    let asked = try Data(contentsOf: URL(filePath: world.records.appending("plan.json").string))
    #expect(String(decoding: asked, as: UTF8.self).contains("notes.txt"))

    // Nothing is missing any more: nobody is asked, nothing changes.
    let configuration = try world.repository.read(".git/config")
    try FileManager.default.removeItem(atPath: world.records.string)
    let again = try await world.orch("init")
    #expect(again.status == 0 && !again.errors.contains("asking claude"), "\(again.errors)")
    #expect(try world.repository.read(".git/config") == configuration)
    #expect(!FileManager.default.fileExists(atPath: world.records.string))
  }

  @Test(arguments: [
    ("no-such-program", "null", "'no-such-program' not found"),
    (nil, #"[[{"structured": {"a": 1}}]]"#, "did not match the schema"),
    (nil, #"[[{"result": {"is_error": true, "text": "Invalid API key · Please run /login"}}]]"#, "claude did not help"),
    (nil, #"[[{"crash": 11}]]"#, "claude did not help"),
  ])
  func `without an answer the files alone count`(command: String?, plan: String, words: String) async throws {
    let world = try await world()
    try world.script("{}", plan: plan)
    if let command { try await world.repository.git("config", "--global", "orchestrator.agent.command", command) }
    let result = try await world.orch("init")
    #expect(result.status == 0)
    #expect(result.errors.contains(words) && result.errors.contains("using the files only"), "\(result.errors)")
    #expect(try await settings(world) == Self.written)
  }

  @Test func `Ctrl-C while claude thinks leaves everything as it was`() async throws {
    let world = try await world()
    let mark = world.repository.scratch.path.appending("thinking")
    try world.script("{}", plan: #"[[{"touch": "\#(mark)"}, "hang"]]"#)
    let result = try await world.gitOrch("init") { process in
      try await world.wait(for: mark)
      world.send(SIGINT, to: process)
    }
    #expect(result.status == 130 && result.errors.contains("nothing was written"), "\(result.errors)")
    #expect(try await settings(world).isEmpty)
    #expect(try world.survivors().isEmpty)
  }
}
