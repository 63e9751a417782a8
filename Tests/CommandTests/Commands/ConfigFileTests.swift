import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// `git orch config` and settings in YAML: the team's file, trust in it, and `--import`.
@Suite(.timeLimit(.minutes(3))) struct ConfigFileTests {
  private static let file = """
    git:
      base_branch: develop
      owner: me
    workflow:
      mode: yolo
      auto_pr: no
    tools:
      allowed_cli:
        - gh
        - az
    mcps:
      custom:
        - name: jira
          package: mcp-server-jira
          auth_type: env_vars
          env_vars: [JIRA_TOKEN]
    agent:
      max_retrys: 3

    """

  private func world(_ yaml: String = file, at path: String = ".claude-orchestrator.yaml") async throws -> OrchWorld {
    let world = try await OrchWorld.make(remote: false)
    try world.repository.write(path, yaml)
    return world
  }

  private func config(_ world: OrchWorld, _ arguments: String..., in directory: FilePath? = nil) async throws
    -> OrchWorld.Result
  {
    try await world.orch(["config"] + arguments, in: directory)
  }

  private func local(_ world: OrchWorld) async throws -> String {
    let result = try await world.run("git", ["config", "--local", "--get-regexp", "^orchestrator\\."])
    return result.output
  }

  @Test func `values of the team's file are shown with their lines, from any folder`() async throws {
    let world = try await world()
    try world.repository.write("deep/er/a.txt", "a")
    let deep = world.root.appending("deep/er")
    let shown = try await config(world, "--show-origin", "git.base_branch", in: deep)
    #expect(shown.output == ".claude-orchestrator.yaml:2\tdevelop\n")
    let list = try await config(world, "--list", in: deep)
    #expect(list.output.contains(#/git\.baseBranch +develop +team\n/#))
    #expect(list.errors.contains("warning: unknown setting 'agent.max_retrys' in .claude-orchestrator.yaml:"))
    #expect(try await config(world, "git.base_branch", "main").errors.isEmpty)
    #expect(try await config(world, "git.base_branch").output == "main\n")
  }

  @Test func `what waits for trust has no effect, is shown, and holds once it is trusted`() async throws {
    let world = try await world()
    let before = try await config(world, "workflow.mode")
    #expect(before.output == "review\n" && before.errors.contains(".claude-orchestrator.yaml:5 has no effect"))
    #expect(try await config(world, "--list").errors.contains("orchestrator.workflow.mode = yolo"))

    let unasked = try await config(world, "--trust")
    #expect(unasked.status == 128 && unasked.errors.contains("-y trusts"))
    #expect(unasked.output.contains("orchestrator.tools.allowedCli = gh, az (.claude-orchestrator.yaml:8)"))
    #expect(try await local(world).isEmpty)

    #expect(try await config(world, "--trust", "-y").status == 0)
    #expect(try await config(world, "workflow.mode").output == "yolo\n")
    #expect(try await config(world, "mcp.jira.env").output == "JIRA_TOKEN\n")
    let again = try await config(world, "--trust")
    #expect(again.status == 0 && again.errors == "nothing to trust\n" && again.output.isEmpty)

    try world.repository.write(
      ".claude-orchestrator.yaml", Self.file.replacingOccurrences(of: "- az", with: "- docker"))
    #expect(try await config(world, "workflow.mode").output == "review\n")
  }

  @Test(arguments: [("y\n", 0, "yolo\n"), ("n\n", 1, "review\n")])
  func `on a terminal it is asked first`(answer: String, status: Int32, mode: String) async throws {
    let world = try await world()
    let terminal = try PseudoTerminal()
    try terminal.type(answer)
    let result = try await world.run("git", ["orch", "config", "--trust"], input: terminal.device)
    #expect(result.status == status, "\(result.errors)")
    #expect(try await config(world, "workflow.mode").output == mode)
  }

  @Test func `a team's file that cannot be read stops reading, and never writing`() async throws {
    let world = try await world("git: [\n")
    let read = try await config(world, "run.jobs")
    #expect(read.status == 128 && read.errors.hasPrefix("fatal: .claude-orchestrator.yaml:"))
    #expect(try await config(world, "run.jobs", "3").status == 0)
    #expect(try await local(world) == "orchestrator.run.jobs 3\n")
    #expect(try await config(world, "--local", "run.jobs").output == "3\n")
  }

  @Test func `importing writes what a file says, tells what it left out, and leaves the file`() async throws {
    let world = try await world(at: "old/config.yaml")
    let result = try await config(world, "--import", "config.yaml", in: world.root.appending("old"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("git.baseBranch = develop\nworkflow.mode = yolo\n"))
    #expect(result.errors.contains("skipped: 'git.owner' in config.yaml:3"))
    #expect(result.errors.contains("skipped: unknown setting 'agent.max_retrys'"))
    #expect(result.errors.contains("wrote 7 settings"), "\(result.errors)")
    #expect(try world.repository.read("old/config.yaml") == Self.file)
    #expect(
      try await local(world).split(separator: "\n").sorted() == [
        "orchestrator.git.basebranch develop", "orchestrator.mcp.jira.authtype environment",
        "orchestrator.mcp.jira.env JIRA_TOKEN", "orchestrator.mcp.jira.package mcp-server-jira",
        "orchestrator.tools.allowedcli az", "orchestrator.tools.allowedcli gh", "orchestrator.workflow.autopr false",
        "orchestrator.workflow.mode yolo",
      ])
    #expect(try await config(world, "--list").output.contains(#/mcp\.jira\.authType +environment +local\n/#))
    // A second time changes nothing.
    let before = try await local(world)
    #expect(try await config(world, "--import", "old/config.yaml").status == 0)
    #expect(try await local(world) == before)
  }

  @Test func `an imported list replaces those of lower layers, as it did in its file`() async throws {
    let world = try await world(at: "old.yaml")
    try await world.repository.git("config", "--global", "orchestrator.tools.allowedCli", "rm")
    #expect(try await config(world, "--import", "old.yaml").status == 0)
    #expect(try await config(world, "tools.allowedCli").output == "gh\naz\n")
    #expect(try await config(world, "--global", "--import", "old.yaml").status == 0)
    #expect(try await config(world, "--global", "tools.allowedCli").output == "gh\naz\n")
  }

  @Test(arguments: [
    ("git: {base_branch: x}\nrun: {jobs: 0}\nworkflow: {mode: x}\n", "in it.yaml:3"),
    ("git: {base_branch: x}\nproject: {test_instructions: '@missing.md'}\n", "No such file"),
    ("git: {base_branch: x}\nrun: [1]\n", "it.yaml:2"), ("git: [\n", "not valid YAML"),
  ])
  func `a file with a fault imports nothing, and every fault is reported`(yaml: String, words: String) async throws {
    let world = try await world(yaml, at: "it.yaml")
    let result = try await config(world, "--import", "it.yaml")
    #expect(result.status == 128 && result.output.isEmpty)
    #expect(result.errors.contains(words), "\(result.errors)")
    #expect(try await local(world).isEmpty)
  }

  @Test func `there must be something to import`() async throws {
    let world = try await world("# nothing\n", at: "empty.yaml")
    #expect(try await config(world, "--import", "empty.yaml").status == 1)
    let missing = try await config(world, "--import", "no.yaml")
    #expect(missing.status == 128 && missing.errors == "fatal: cannot read 'no.yaml': no such file\n")
  }

  @Test(arguments: [
    ["--trust", "--list"], ["--trust", "--global"], ["-y", "run.jobs"], ["--trust", "run.jobs"],
    ["--import", "a.yaml", "run.jobs"], ["--import", "a.yaml", "--show-origin"], ["--import"],
  ])
  func `what makes no sense is wrong usage`(arguments: [String]) async throws {
    let result = try await world().orch(["config"] + arguments)
    #expect(result.status == 129 && result.errors.contains("usage: git orch config"))
  }

  @Test func `the settings of one's own servers are read and written by their names`() async throws {
    let world = try await world("")
    #expect(try await config(world, "mcp.Jira.auth_type", "env_vars").status == 0)
    #expect(try await config(world, "--add", "mcp.Jira.args", "--verbose,a").status == 129)
    #expect(try await config(world, "--add", "mcp.Jira.args", "--", "--verbose,a").status == 0)
    #expect(
      try await local(world) == "orchestrator.mcp.Jira.authtype environment\norchestrator.mcp.Jira.args --verbose,a\n")
    #expect(try await config(world, "mcp.Jira.args").output == "--verbose,a\n")
    let refused = try await config(world, "mcp.Jira.env", "TOKEN=secret")
    #expect(refused.status == 128 && !refused.errors.contains("secret"))
    let typo = try await config(world, "mcp.Jira.comand", "x")
    #expect(typo.status == 128 && typo.errors.contains("did you mean 'mcp.Jira.command'?"))
    #expect(try await config(world, "--unset", "mcp.Jira.args").status == 0)
    #expect(try await config(world, "mcp.Jira.args").status == 1)
  }
}
