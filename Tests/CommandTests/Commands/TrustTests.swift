import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What others commit has no effect before the user trusts it.
@Suite(.timeLimit(.minutes(5))) struct TrustTests {
  private static let work = #"[[{"write": {"path": "a.txt", "content": "a\n"}}, {"commit": "feat: a"}]]"#

  /// A world with a program that leaves a mark when it is run and then is the agent.
  private static func world(team: (_ program: String) -> String) async throws -> (world: OrchWorld, mark: FilePath) {
    let world = try await OrchWorld.make()
    try world.script("{\"a\": \(work)}")
    try world.plan("a")
    try world.repository.write("todo.md", "- [ ] do a\n")
    let mark = world.repository.scratch.path.appending("mark")
    let program = try world.addProgram(
      "theirs", "touch '\(mark)'\nexec '\(OrchWorld.programs)/scripted-agent' \"$@\"")
    try await commit(".claude-orchestrator.yaml", team(program.string), in: world)
    return (world, mark)
  }

  private static func commit(_ name: String, _ text: String, in world: OrchWorld) async throws {
    try world.repository.write(name, text)
    try await world.repository.git("add", "-f", name)
    try await world.repository.git("commit", "-qm", "chore: \(name)")
  }

  private func exists(_ path: FilePath) -> Bool { FileManager.default.fileExists(atPath: path.string) }

  @Test(arguments: [
    ["run"], ["run", "-y"], ["run", "--dry-run"], ["run", "todo.md", "--yolo"], ["yolo", "todo.md"],
    ["generate", "todo.md", "--force"], ["generate", "todo.md", "-o", "other.yaml", "--source", "claude"],
    ["review", "--pr", "1", "-y"],
  ])
  func `without a terminal nothing is done, and a hint says what to do`(arguments: [String]) async throws {
    let (world, mark) = try await Self.world { "agent:\n  command: \($0)\nworktree: {setup: \"\($0)\"}\n" }
    let plan = try world.repository.read("task_config.yaml")
    let result = try await world.orch(arguments)
    #expect(result.status == 128)
    #expect(
      result.errors.hasPrefix(
        "fatal: '.claude-orchestrator.yaml' contains values that need your trust, and there is no terminal to ask on:\n"
      ), "\(result.errors)")
    #expect(result.errors.contains("\n  orchestrator.agent.command = "))
    #expect(result.errors.contains("theirs (.claude-orchestrator.yaml:2)\n  orchestrator.worktree.setup = "))
    #expect(result.errors.hasSuffix("hint: if you trust them: git orch config --trust\n"))
    #expect(result.output.isEmpty)
    #expect(!exists(mark))
    #expect(!exists(world.worktrees))
    #expect(!exists(world.root.appending(".git/orchestrator/runs")))
    #expect(!exists(world.root.appending("other.yaml")))
    #expect(try world.repository.read("task_config.yaml") == plan)
  }

  @Test func `on a terminal the values are shown, and no is the answer that changes nothing`() async throws {
    let (world, mark) = try await Self.world { "agent: {command: \"\($0)\\e[2J\"}\n" }
    let terminal = try PseudoTerminal()
    try terminal.type("\n")
    let result = try await world.run("git", ["orch", "run"], input: terminal.device)
    #expect(result.status == 128)
    #expect(result.errors.contains("theirs^[[2J (.claude-orchestrator.yaml:1)\n"), "\(result.errors)")
    #expect(result.errors.contains("Trust these values of .claude-orchestrator.yaml? [y/N] "))
    #expect(
      result.errors.hasSuffix("fatal: the values of '.claude-orchestrator.yaml' are not trusted: nothing was done\n"))
    #expect(!result.errors.contains("\u{1B}"))
    #expect(!exists(mark))
    #expect(
      try await world.repository.git("config", "--local", "--get", "--default", "", "orchestrator.trust") == "")
  }

  @Test func `yes is remembered until a value changes`() async throws {
    let (world, mark) = try await Self.world { "agent: {command: \($0)}\n" }
    let terminal = try PseudoTerminal()
    try terminal.type("y\n")
    let first = try await world.run("git", ["orch", "run"], input: terminal.device)
    #expect(first.status == 0, "\(first.errors)")
    #expect(exists(mark))
    #expect(try await world.statuses() == ["a": "success"])

    // Not asked: there is no terminal.
    let again = try await world.orch("run", "--dry-run")
    #expect(again.status == 128)
    #expect(!again.errors.contains("trust"), "\(again.errors)")

    try world.repository.write(".claude-orchestrator.yaml", "agent: {command: /bin/false}\n")
    let changed = try await world.orch("run", "--dry-run")
    #expect(changed.status == 128)
    #expect(changed.errors.contains("orchestrator.agent.command = /bin/false"), "\(changed.errors)")
  }

  @Test func `what only shows does not ask, and what is harmless counts at once`() async throws {
    let (world, _) = try await Self.world { _ in "agent: {max_retries: 0}\nrun: {jobs: 3}\n" }
    let result = try await world.orch("run", "--dry-run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("; 3 at a time"))
    try world.repository.write(".claude-orchestrator.yaml", "agent: {command: ./evil}\n")
    let status = try await world.orch("status")
    #expect(!status.errors.contains("trust"))
  }

  @Test func `the team's file counts from a folder below and in a linked worktree`() async throws {
    let (world, _) = try await Self.world { _ in "agent: {command: ./evil}\n" }
    let folder = world.root.appending("below")
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    let linked = world.repository.scratch.path.appending("linked")
    try await world.repository.git("worktree", "add", "-q", linked.string)
    for directory in [folder, linked] {
      let result = try await world.orch("run", "-c", world.root.appending("task_config.yaml").string, in: directory)
      #expect(result.status == 128)
      #expect(result.errors.contains("orchestrator.agent.command = ./evil"), "\(result.errors)")
    }
  }

  @Test func `a broken file is an error with its line`() async throws {
    let (world, _) = try await Self.world { _ in "agent:\n  command: [x]\n" }
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(
      result.errors == "fatal: .claude-orchestrator.yaml:2:12: 'agent.command' must be a string, not a list\n",
      "\(result.errors)")
  }

  @Test func `an unknown key is warned about with its line`() async throws {
    let (world, _) = try await Self.world { _ in "workflow:\n  auto_aprove: true\n" }
    let result = try await world.orch("run", "--dry-run")
    #expect(
      result.errors.contains(
        "warning: unknown setting 'workflow.auto_aprove' in .claude-orchestrator.yaml:2; did you mean "
          + "'workflow.auto_approve'?\n"), "\(result.errors)")
  }

  // MARK: Plans

  private static let plan = """
    tasks:
      - id: a
        branch: feature/a
        title: "feat: a"
        description: Do a
        test_command: make evil
    """

  @Test func `a committed plan's test command is asked about, once`() async throws {
    let world = try await OrchWorld.make()
    try world.script("{\"a\": \(Self.work)}")
    try await Self.commit("task_config.yaml", Self.plan, in: world)
    let refused = try await world.orch("run", "-y")
    #expect(refused.status == 128)
    #expect(
      refused.errors.contains("fatal: 'task_config.yaml' contains values that need your trust"), "\(refused.errors)")
    #expect(refused.errors.contains("\n  test_command of a = make evil (task_config.yaml)\n"))
    let command = try #require(refused.errors.split(separator: "\n").last?.split(separator: ": ").last)
    #expect(command.hasPrefix("git config --local --add orchestrator.trust "))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: world.repository.scratch.path.string).contains("records")
        == false)

    _ = try await world.repository.git(command.split(separator: " ").dropFirst().map(String.init))
    let trusted = try await world.orch("run")
    #expect(trusted.status == 0, "\(trusted.errors)")
    let arguments = try #require(try world.record("a", attempt: 1)["arguments"] as? [String])
    #expect(arguments.contains { $0.contains("Bash(make evil") })
  }

  @Test func `yes to a plan is remembered`() async throws {
    let world = try await OrchWorld.make()
    try await Self.commit("task_config.yaml", Self.plan, in: world)
    let terminal = try PseudoTerminal()
    try terminal.type("y\n")
    let asked = try await world.run("git", ["orch", "run", "--dry-run"], input: terminal.device)
    #expect(asked.status == 0, "\(asked.errors)")
    #expect(asked.errors.contains("Trust these values of task_config.yaml? [y/N] "))
    #expect(try await world.orch("run", "--dry-run").status == 0)
  }

  @Test func `a plan of one's own is not asked about`() async throws {
    let world = try await OrchWorld.make()
    try world.repository.write("task_config.yaml", Self.plan)
    #expect(try await world.orch("run", "--dry-run").status == 0)
    try await world.repository.git("add", "task_config.yaml")
    #expect(try await world.orch("run", "--dry-run").status == 128)
    try await world.set("project.testCommand", "make evil")
    #expect(try await world.orch("run", "--dry-run").status == 0)
  }

  // MARK: To-do lists

  @Test(arguments: [["run", "--yolo"], ["yolo"], ["generate"], ["run"]])
  func `a committed to-do list's test commands are asked about before anything is planned`(
    command: [String]
  ) async throws {
    let world = try await OrchWorld.make()
    try world.script("{\"a\": \(Self.work)}")
    try await Self.commit("todo.md", "- [ ] a\n  test: make evil\n- [ ] b\n", in: world)
    let refused = try await world.orch(command + ["todo.md"])
    #expect(refused.status == 128)
    #expect(refused.errors.contains("fatal: 'todo.md' contains values that need your trust"), "\(refused.errors)")
    #expect(refused.errors.contains("\n  test = make evil (todo.md)\n"))
    #expect(!FileManager.default.fileExists(atPath: world.root.appending("task_config.yaml").string))
    let trust = try #require(refused.errors.split(separator: "\n").last?.split(separator: ": ").last)
    _ = try await world.repository.git(trust.split(separator: " ").dropFirst().map(String.init))
    #expect(try await world.orch("generate", "todo.md").status == 0)
    // Another command is another question.
    try world.repository.write("todo.md", "- [ ] a\n  test: make worse\n")
    #expect(try await world.orch("generate", "todo.md").status == 128)
  }

  @Test func `a to-do list of one's own is not asked about`() async throws {
    let world = try await OrchWorld.make()
    try world.repository.write("todo.md", "- [ ] a\n  test: make mine\n")
    #expect(try await world.orch("generate", "todo.md").status == 0)
    try await world.repository.git("add", "todo.md")
    #expect(try await world.orch("generate", "todo.md").status == 128)
    try await world.set("project.testCommand", "make mine")
    #expect(try await world.orch("generate", "todo.md").status == 0)
  }
}
