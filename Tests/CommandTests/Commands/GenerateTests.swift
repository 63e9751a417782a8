import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// `git orch generate`, and `run TODO` up to the point where it executes.
@Suite(.timeLimit(.minutes(3))) struct GenerateTests {
  private func world() async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("add-a", "add-b"))
    try world.repository.write("todo.md", "# To do\n\n- [ ] Add a\n  with care\n- [ ] Add b\n- [x] Done\n")
    return world
  }

  private func plan(_ world: OrchWorld, _ name: String = "task_config.yaml") -> String? {
    try? world.repository.read(name)
  }

  /// Whether nothing of a run was begun.
  private func isUntouched(_ world: OrchWorld) async throws -> Bool {
    let branches = try await world.repository.git("branch", "--list", "feature/*")
    let status = try await world.orch("status").status
    return branches.isEmpty && status == 128
  }

  @Test func `how many attempts at each task there will be is shown before it is approved`() async throws {
    let world = try await world()
    try await world.set("run.candidates", "2")
    let generated = try await world.orch("generate", "todo.md")
    #expect(generated.output.contains("CANDIDATES"), "\(generated.output)")
    let json = try await world.orch("generate", "todo.md", "--json").json()
    #expect((json["tasks"] as? [[String: Any]])?.map { $0["candidates"] as? Int } == [2, 2])
    let run = try await world.orch("run", "todo.md", "-N", "3", "--agent", "claude")
    #expect(run.status == 0 && run.output.contains("3"), "\(run.errors)\(run.output)")
    #expect(run.errors.contains("then execute it: git orch run --agent claude -N 3\n"), "\(run.errors)")
    // It is a setting's and an option's, and not the plan's.
    #expect(plan(world)?.contains("candidates") == false)
  }

  @Test func `a to-do list becomes a plan, shown and written`() async throws {
    let world = try await world()
    let result = try await world.orch("generate", "todo.md")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("add-a") && result.output.contains("feature/add-b"))
    #expect(!result.output.contains("done"))
    #expect(result.errors.contains("planned 2 tasks with markdown\nwrote task_config.yaml\n"))
    let yaml = try #require(plan(world))
    #expect(yaml.contains("id: add-a") && yaml.contains("with care") && yaml.contains("base_branch: main"))
    #expect(try await isUntouched(world))
    // What it wrote can be run as it is.
    #expect(try await world.orch("run").status == 0)
    #expect(try await world.statuses() == ["add-a": "success", "add-b": "success"])
  }

  @Test func `the plan goes where it is asked to`() async throws {
    let world = try await world()
    let sub = world.root.appending("sub dir")
    try FileManager.default.createDirectory(atPath: sub.string, withIntermediateDirectories: true)
    let result = try await world.orch("generate", "--from-todo", "../todo.md", "-o", "plans/my plan.yaml", in: sub)
    #expect(result.status == 0, "\(result.errors)")
    #expect(plan(world, "sub dir/plans/my plan.yaml")?.contains("add-a") == true)
    #expect(plan(world) == nil)
    #expect(result.errors.contains("git orch run -c 'plans/my plan.yaml'"), "\(result.errors)")
    #expect(try await world.orch("run", "-c", "plans/my plan.yaml", in: sub).status == 0)
  }

  @Test func `a plan that was edited is kept, or backed up with --force; an untouched one is replaced`() async throws {
    let world = try await world()
    #expect(try await world.orch("generate", "todo.md").status == 0)
    try world.repository.write("todo.md", "- [ ] Add c\n")
    let replaced = try await world.orch("generate", "todo.md")
    #expect(replaced.status == 0, "\(replaced.errors)")
    #expect(plan(world)?.contains("add-c") == true)
    // Another plan was generated meanwhile: this one is no more edited than it was.
    #expect(try await world.orch("generate", "todo.md", "-o", "other.yaml").status == 0)
    try world.repository.write("todo.md", "- [ ] Add d\n")
    #expect(try await world.orch("generate", "todo.md").status == 0)
    try world.repository.write("other.yaml", (plan(world, "other.yaml") ?? "") + "# mine\n")
    let other = try await world.orch("generate", "todo.md", "-o", "other.yaml")
    #expect(other.errors.contains("edited by hand") && other.errors.contains("git orch run -c /"))

    for number in 1...2 {
      let edited = (plan(world) ?? "") + "# mine \(number)\n"
      try world.repository.write("task_config.yaml", edited)
      for arguments in [["generate", "todo.md"], ["run", "todo.md"], ["run", "todo.md", "--yolo"]] {
        let refused = try await world.orch(arguments)
        #expect(refused.status == 128)
        #expect(refused.errors.contains("edited by hand") && refused.errors.contains("--force"))
        // Before anybody was asked for a plan.
        #expect(!refused.errors.contains("planned"))
        #expect(plan(world) == edited)
      }
      #expect(try await isUntouched(world))
      let forced = try await world.orch("generate", "todo.md", "--force")
      #expect(forced.status == 0, "\(forced.errors)")
      #expect(forced.errors.contains("task_config.yaml.~\(number)~"))
      #expect(plan(world, "task_config.yaml.~\(number)~") == edited)
      #expect(plan(world)?.contains("mine") == false)
    }
    #expect(plan(world, "task_config.yaml.~1~")?.contains("# mine 1") == true)
  }

  @Test(arguments: [
    ("folder", "a folder"), ("link", "a link to nowhere"),
  ])
  func `something else in the plan's place is not overwritten`(kind: String, name: String) async throws {
    let world = try await world()
    let path = world.root.appending("task_config.yaml").string
    if kind == "folder" {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } else {
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nonexistent/elsewhere")
    }
    let result = try await world.orch("generate", "todo.md")
    #expect(result.status == 128)
    #expect(result.errors.contains("task_config.yaml"))
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    #expect(
      kind == "folder"
        ? exists && isFolder.boolValue : (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil)
  }

  @Test func `what is left out is counted, and listed with -v`() async throws {
    let world = try await world()
    let counted = try await world.orch("generate", "todo.md")
    #expect(counted.errors.contains("note: 1 left out (1 ticked off); 'git orch generate -v' lists the lines\n"))
    let listed = try await world.orch("generate", "-v", "todo.md")
    #expect(listed.errors.contains("todo.md:6: left out: ticked off\n"), "\(listed.errors)")
    #expect(!listed.errors.contains("note:"))
    // Where no model can be asked, too.
    let yolo = try await world.orch("run", "todo.md", "--source", "markdown")
    #expect(yolo.errors.contains("1 left out (1 ticked off)"), "\(yolo.errors)")
  }

  @Test func `the plan is printed as JSON`() async throws {
    let world = try await world()
    let result = try await world.orch("generate", "--json", "--source", "markdown", "todo.md")
    #expect(result.status == 0, "\(result.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    let answer = try #require(object as? [String: Any])
    #expect(answer["schema"] as? Int == 1 && answer["phase"] as? String == "planned")
    #expect(answer["source"] as? String == "markdown")
    let tasks = try #require(answer["tasks"] as? [[String: Any]])
    #expect(tasks.map { $0["id"] as? String } == ["add-a", "add-b"])
    #expect((tasks[0]["description"] as? String)?.contains("with care") == true)
    let notes = try #require(answer["notes"] as? [[String: Any]])
    #expect(notes.map { $0["line"] as? Int } == [6] && notes.map { $0["kind"] as? String } == ["done"])
    #expect(plan(world)?.contains("add-a") == true)
  }

  // MARK: - Stopping for review

  @Test func `run with a to-do list stops for review`() async throws {
    let world = try await world()
    let result = try await world.orch("run", "todo.md")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("add-a"))
    #expect(result.errors.contains("then execute it: git orch run"))
    #expect(try await isUntouched(world))
    #expect(try await world.orch("run").status == 0)
  }

  @Test(arguments: [
    (["--execute"], [:], true), (["-y"], [:], true), (["--yolo"], [:], true),
    ([], ["workflow.mode": "yolo"], true), ([], ["workflow.autoApprove": "true"], true),
    ([], ["workflow.autoApprove": "true", "workflow.stopAfterGenerate": "true"], false),
    ([], ["workflow.mode": "yolo", "workflow.stopAfterGenerate": "true"], false),
    (["--yolo"], ["workflow.stopAfterGenerate": "true"], true),
    (["-n"], ["workflow.mode": "yolo"], false),
  ])
  func `options and settings approve a plan`(options: [String], settings: [String: String], executes: Bool) async throws
  {
    let world = try await world()
    for (key, value) in settings { try await world.set(key, value) }
    let result = try await world.orch(["run", "todo.md"] + options)
    #expect(result.status == 0, "\(result.errors)")
    if executes {
      #expect(try await world.statuses() == ["add-a": "success", "add-b": "success"])
    } else {
      #expect(try await isUntouched(world))
    }
    if options == ["-n"] { #expect(plan(world) == nil) }
  }

  // MARK: - Who makes the plan

  private static let answer =
    #"{"tasks": [{"id": "Add A", "title": "feat: add a", "description": "Do it.", "files_hint": ["README.md"], "test_command": "make test", "needs": []}, {"id": "add-b", "title": "feat: add b", "description": "Do it, too.", "files_hint": [], "test_command": "", "needs": ["Add A"]}]}"#

  @Test func `claude makes the plan`() async throws {
    let world = try await world()
    try world.script(RunTests.edits("add-a", "add-b"), plan: #"[[{"structured": \#(Self.answer)}]]"#)
    let result = try await world.orch("yolo", "todo.md", "--source", "claude")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("planned 2 tasks with claude"))
    #expect(plan(world)?.contains("needs:") == true)
    #expect(
      try await world.repository.git("ls-tree", "--name-only", "feature/add-b") == "README.md\nadd-a.txt\nadd-b.txt")
    // It was asked with the guards on, and told the list and the files.
    let data = try Data(contentsOf: URL(filePath: world.records.appending("plan.json").string))
    let record = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let prompt = try #require(record["prompt"] as? String)
    #expect(prompt.contains("with care") && prompt.contains("README.md"))
    let arguments = try #require(record["arguments"] as? [String]).joined(separator: " ")
    #expect(arguments.contains("--setting-sources user") && arguments.contains("--strict-mcp-config"))
  }

  @Test func `auto says why the better planners could not, and takes the list as it is`() async throws {
    let world = try await world()
    try world.script("{}", plan: #"[[{"stderr": "the model is out for lunch\n"}, {"exit": 1}]]"#)
    let result = try await world.orch("generate", "todo.md", "--source", "auto")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("api could not plan: ANTHROPIC_API_KEY is not set"))
    #expect(result.errors.contains(/claude could not plan: .*out for lunch/), "\(result.errors)")
    #expect(result.errors.contains("planned 2 tasks with markdown"))
  }

  @Test(arguments: [
    #"[[{"say": "no JSON today"}]]"#, #"[[{"structured": {"tasks": []}}]]"#, #"[[{"structured": {"jobs": 1}}]]"#,
    #"[[{"structured": {"tasks": [{"id": "a", "title": "t", "description": "d", "files_hint": [], "test_command": "", "needs": ["zzz"]}]}}]]"#,
    #"[[{"result": {"is_error": true, "error": "authentication_failed", "text": "Not logged in · Please run /login"}}]]"#,
  ])
  func `a planner that was asked for and fails leaves no plan`(steps: String) async throws {
    let world = try await world()
    try world.script("{}", plan: steps)
    let result = try await world.orch("run", "todo.md", "--source", "claude", "--yolo")
    #expect(result.status == 128)
    #expect(result.errors.contains("fatal: "))
    #expect(result.errors.contains("claude"), "\(result.errors)")
    #expect(plan(world) == nil)
    #expect(try await isUntouched(world))
  }

  @Test func `Ctrl-C while the planner thinks`() async throws {
    let world = try await world()
    let begun = world.repository.scratch.path.appending("begun")
    try world.script("{}", plan: #"[[{"touch": "\#(begun)"}, "hang"]]"#)
    let result = try await world.gitOrch("generate", "todo.md", "--source", "claude") { process in
      try await world.wait(for: begun)
      world.send(SIGINT, to: process)
    }
    #expect(result.status == 130)
    #expect(plan(world) == nil)
    #expect(try world.survivors().isEmpty)
  }
}
