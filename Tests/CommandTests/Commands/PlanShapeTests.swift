import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Plans of odd shapes, and worktrees that cannot be had.
@Suite(.timeLimit(.minutes(5))) struct PlanShapeTests {
  /// Each task keeps the names of the files that it found.
  private static let listing = #"[[{"run": "ls > TASK.txt"}, {"commit": "feat: TASK"}]]"#

  private func expectNothingLeft(_ world: OrchWorld, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    #expect(
      try await world.repository.git("worktree", "list").split(separator: "\n").count == 1,
      sourceLocation: sourceLocation)
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: world.worktrees.string)) ?? []
    #expect(folders.isEmpty, sourceLocation: sourceLocation)
    #expect(try world.survivors().isEmpty, sourceLocation: sourceLocation)
    let references = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator")
    // What the plan was, for whoever takes the run back.
    let others = references.split(separator: "\n").filter { !$0.contains("/@plan/") }
    #expect(others.isEmpty, "\(others)", sourceLocation: sourceLocation)
  }

  @Test(arguments: ["1", "4"])
  func `a diamond of needs`(jobs: String) async throws {
    let world = try await OrchWorld.make()
    let tasks = ["top", "left", "right", "bottom"]
    try world.script(
      "{" + tasks.map { "\"\($0)\": " + Self.listing.replacing("TASK", with: $0) }.joined(separator: ", ") + "}")
    try world.plan("bottom: left, right", "right: top", "left: top", "top")
    let result = try await world.orch("run", "--jobs", jobs)
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(
      try await world.repository.git("show", "feature/bottom:bottom.txt")
        == "README.md\nbottom.txt\nleft.txt\nright.txt\ntop.txt")
    #expect(try await world.repository.git("show", "feature/left:left.txt") == "README.md\nleft.txt\ntop.txt")
    // Only the task's own commit counts as its work, not the merge that it started from.
    #expect(try await world.tasks().mapValues { $0[5] } == ["top": "1", "left": "1", "right": "1", "bottom": "1"])
    try await expectNothingLeft(world)
  }

  @Test func `forty tasks, eight at a time`() async throws {
    let world = try await OrchWorld.make()
    let tasks = (1...40).map { "task-\($0)" }
    try world.repository.write(
      "agents.json",
      #"{"default": [[{"run": "git symbolic-ref --short HEAD > mine.txt"}, {"commit": "feat: mine"}]]}"#,
      in: world.repository.scratch.path)
    try world.repository.write("todo.md", tasks.map { "- [ ] \($0)\n" }.joined())
    let result = try await world.orch("run", "todo.md", "--yolo", "-j", "8")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(result.output.contains("40 tasks: 40 success"))
    let pushed = try await world.repository.git(
      "for-each-ref", "--format=%(refname:short)", "refs/heads/feature", in: world.remote)
    #expect(Set(pushed.split(separator: "\n").map(String.init)) == Set(tasks.map { "feature/\($0)" }))
    for task in ["task-1", "task-20", "task-40"] {
      #expect(try await world.repository.git("show", "feature/\(task):mine.txt") == "feature/\(task)")
    }
    try await expectNothingLeft(world)
  }

  @Test func `ids and branches of odd but legal characters`() async throws {
    let world = try await OrchWorld.make()
    let long = String(repeating: "x", count: 100)
    let ids = ["A.b_c-1", "0", "_", "a.lock.b", long]
    try world.repository.write(
      "agents.json", #"{"default": [[{"run": "date > when.txt"}, {"commit": "feat: it"}]]}"#,
      in: world.repository.scratch.path)
    try world.repository.write(
      "task_config.yaml",
      "tasks:\n"
        + ids.enumerated().map { "  - id: '\($1)'\n    title: t\n    branch: 'user/ö n/#\($0)!&;$(x)'\n" }
        .joined().replacing("ö n", with: "ön"))
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(Set(try await world.tasks().keys) == Set(ids))
    #expect(try await world.remoteTip("user/ön/#3!&;$(x)") != nil)
    for id in ids { #expect(try await world.orch("log", id).status == 0) }
    try await expectNothingLeft(world)
  }

  @Test func `a branch that would lie in another is refused in words`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try await world.repository.git("branch", "feature")
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(
      result.errors.contains("have branch 'feature/a' for task 'a' next to branch 'feature'"), "\(result.errors)")
    try await expectNothingLeft(world)
  }

  // MARK: - Worktrees that do not come about

  @Test(arguments: [SIGINT, SIGTERM])
  func `a signal while the setup command runs`(signal: Int32) async throws {
    let world = try await OrchWorld.make()
    let (mark, pid) = (world.repository.scratch.path.appending("begun"), world.repository.scratch.path.appending("pid"))
    try await world.set("worktree.setup", "echo $$ > '\(pid)'; touch '\(mark)'; sleep 1000")
    try world.script(RunTests.edits("a", "b"))
    try world.plan("a", "b")
    let result = try await world.gitOrch("run", "-j", "1") { process in
      try await world.wait(for: mark)
      world.send(signal, to: process)
    }
    #expect(result.status == 128 + signal)
    #expect(try await world.statuses() == ["a": "interrupted", "b": "skipped"])
    #expect(!result.output.contains("Cancellation"), "\(result.output)")
    #expect(
      kill(try #require(Int32(world.repository.read("pid", in: world.repository.scratch.path).dropLast())), 0) != 0)
    try await expectNothingLeft(world)
    // Nothing is in the way of the next run.
    try await world.repository.git("config", "--unset", "orchestrator.worktree.setup")
    #expect(try await world.orch("run").status == 0)
  }

  @Test func `a signal while a hook holds up the making of a worktree`() async throws {
    let world = try await OrchWorld.make()
    let mark = world.repository.scratch.path.appending("begun")
    try await world.repository.addHook("post-checkout", "touch '\(mark)'; sleep 1000")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let result = try await world.gitOrch("run") { process in
      try await world.wait(for: mark)
      world.send(SIGTERM, to: process)
    }
    #expect(result.status == 143)
    #expect(try await world.statuses() == ["a": "interrupted"])
    #expect(!result.output.contains("Worktree kept"), "\(result.output)")
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
    try await expectNothingLeft(world)
  }

  /// Whether a file system can be mounted in a name space of our own.
  static let canMount: Bool = {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/tmp"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(.enabled(if: Self.canMount, "no file system can be mounted here"), arguments: [("256k", true), ("1m", false)])
  func `a full disk is known before, or fails the task in words, and leaves the rest intact`(
    size: String, isKnown: Bool
  ) async throws {
    let world = try await OrchWorld.make()
    // Twice as large in a worktree, which nobody can know before.
    try await world.repository.commit(".gitattributes", "big.txt text eol=crlf\n", message: "crlf")
    try await world.repository.commit("big.txt", String(repeating: "\n", count: 640_000), message: "big")
    try await world.repository.git("push", "-q", "origin", "main")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let disk = try world.repository.scratch.makeDirectory("disk")
    try await world.set("worktreeDir", disk.string)
    // Less than the floor is there from the beginning.
    try await world.set("run.diskFloor", "0")
    let refs = try await world.repository.git("for-each-ref")
    let result = try await world.run(
      "unshare",
      ["--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=\(size) none '\(disk)' && exec git orch run"])
    if isKnown {
      #expect(result.status == 128)
      #expect(result.errors.contains("too little space on the disk"), "\(result.errors)")
    } else {
      #expect(result.status == 1, "\(result.errors)")
      #expect(try await world.statuses() == ["a": "failed"])
      #expect(result.output.contains("No space left on device"), "\(result.output)")
    }
    #expect(try await world.repository.git("for-each-ref") == refs)
    #expect(try await world.repository.git("status", "--porcelain") == "?? task_config.yaml")
    #expect(try await world.repository.git("fsck") == "")
    try await expectNothingLeft(world)
  }
}
