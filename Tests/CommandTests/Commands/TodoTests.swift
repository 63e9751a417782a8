import Basics
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What a to-do list is told of the tasks that were made of it.
@Suite(.timeLimit(.minutes(5))) struct TodoTests {
  private static let list = "# Todo\r\n\r\n- [ ] Add login\r\n  detail\r\n* [ ] Write docs\r\n- [ ] Not planned"

  private func link(_ number: Int) -> String { " ([#\(number)](https://github.com/acme/widget/pull/\(number)))" }

  /// A world whose list is committed, and whose base the user is not on.
  private func prepare(_ world: OrchWorld, _ list: String = list) async throws {
    try world.repository.write("todo.md", list)
    try await world.repository.git("add", "todo.md")
    try await world.repository.git("commit", "--quiet", "-m", "todo")
    try await world.repository.git("push", "--quiet", "origin", "main")
    try world.script(RunTests.edits("add-login", "write-docs", "not-planned"))
  }

  @Test func `items get links when their pull requests open, ticks when they land, and undo takes both away`()
    async throws
  {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try await prepare(world)
      try await world.set("todo.update", "ticks")
      try await world.set("project.testCommand", "true")
      let file = world.root.appending("todo.md")
      chmod(file.string, 0o640)
      try await world.repository.git("mv", "todo.md", "list.md")
      try FileManager.default.createSymbolicLink(
        atPath: file.string, withDestinationPath: "list.md")
      try await world.repository.git("add", "-A")
      try await world.repository.git("commit", "--quiet", "-m", "a link")
      try await world.repository.git("push", "--quiet", "origin", "main")

      let run = try await world.orch(
        "yolo", "todo.md", "--tasks", "add-login,write-docs", "--sequential")
      #expect(run.status == 0, "\(run.errors)")
      let login = Self.list.replacing("Add login", with: "Add login\(link(1))")
      let linked = login.replacing("Write docs", with: "Write docs\(link(2))")
      #expect(try world.repository.read("list.md") == linked)
      #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: file.string)) == "list.md")
      #expect(
        try FileManager.default.attributesOfItem(atPath: world.root.appending("list.md").string)[.posixPermissions]
          as? Int == 0o640)
      #expect(try await world.repository.git("diff", "--cached", "--name-only") == "")
      // Nobody wonders who changed it.
      #expect(!run.errors.contains("changed in the repository"), "\(run.errors)")

      // The marks alone are no changes of the user's, and do not lock anybody out.
      let own = try world.repository.read("list.md")
      for (text, isTold) in [(own, false), (own + " twice", true)] {
        try world.repository.write("list.md", text)
        try world.plan("other")
        let next = try await world.orch("run", "--dry-run")
        #expect(next.errors.contains("'list.md' is not committed") == isTold, "\(next.errors)")
      }
      try world.repository.write("list.md", own)
      let landed = try await world.orch("land", "--update-checkout")
      #expect(landed.status == 0, "\(landed.errors)\(landed.output)")
      let ticked = linked.replacing("- [ ] Add", with: "- [x] Add").replacing("* [ ]", with: "* [x]")
      #expect(try world.repository.read("list.md") == ticked)

      #expect(try await world.orch("undo").status == 0)
      #expect(try world.repository.read("list.md") == linked)
      let runs = world.root.appending(".git/orchestrator/runs").string
      let id = try #require(try FileManager.default.contentsOfDirectory(atPath: runs).min())
      let undone = try await world.orch("undo", id)
      #expect(undone.status == 0, "\(undone.errors)")
      #expect(try world.repository.read("list.md") == Self.list)
      #expect(await scene.forge.surprises == [])
    }
  }

  @Test func `a list that is being edited or has other changes is left alone, and marked at the next chance`()
    async throws
  {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try await prepare(world)
      let swap = world.root.appending(".todo.md.swp")
      var bytes = [UInt8](repeating: 0, count: 4096)
      bytes.replaceSubrange(0..<2, with: Array("b0".utf8))
      withUnsafeBytes(of: getpid().littleEndian) { bytes.replaceSubrange(24..<28, with: Array($0)) }
      try Data(bytes).write(to: URL(filePath: swap.string))
      let run = try await world.orch("yolo", "todo.md", "--tasks", "add-login")
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("'todo.md' is to get links or ticks, but it is open in an editor ('.todo.md.swp'"))
      #expect(run.errors.components(separatedBy: "is open in an editor").count == 2, "\(run.errors)")
      #expect(try world.repository.read("todo.md") == Self.list)

      // The editor is gone, and what it left is not committed.
      try FileManager.default.removeItem(atPath: swap.string)
      let edited = Self.list.replacing("- [ ] Add login\r\n", with: "- [ ] Add a login\r\n- [ ] New\r\n")
      try world.repository.write("todo.md", edited)
      let second = try await world.orch("run", "--tasks", "write-docs", "-c", "task_config.yaml")
      #expect(second.status == 0, "\(second.errors)")
      #expect(second.errors.contains("git commit todo.md"), "\(second.errors)")
      #expect(try world.repository.read("todo.md") == edited)

      try await world.repository.git("commit", "--quiet", "-am", "my edits")
      #expect(try await world.orch("run", "--tasks", "not-planned", "-c", "task_config.yaml").status == 0)
      let wanted = edited.replacing("Add a login", with: "Add a login\(link(1))")
        .replacing("Write docs", with: "Write docs\(link(2))").replacing("Not planned", with: "Not planned\(link(3))")
      #expect(try world.repository.read("todo.md") == wanted)
    }
  }

  @Test func `a merge that is seen ticks; a list elsewhere or with an item that is gone is reported, once`()
    async throws
  {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try await prepare(world)
      try await world.set("todo.update", "ticks")
      #expect(try await world.orch("yolo", "todo.md", "--tasks", "add-login,write-docs").status == 0)
      let file = try world.repository.read("todo.md")
      try world.repository.write("todo.md", file.replacing("* [ ] Write docs", with: "* [ ] Something else"))
      try await world.repository.git("commit", "--quiet", "-am", "edited")
      for number in [1, 2] {
        let merge = ["--hostname", "github.com", "-X", "PUT", "repos/acme/widget/pulls/\(number)/merge"]
        #expect(try await world.run("gh", ["api"] + merge + ["-f", "merge_method=squash"]).status == 0)
      }
      let refreshed = try await world.orch("status", "--refresh")
      #expect(refreshed.status == 0, "\(refreshed.errors)")
      #expect(try world.repository.read("todo.md").contains("- [x] Add login"))
      #expect(refreshed.errors.contains("the item 'Write docs' is not there any more"), "\(refreshed.errors)")
      #expect(!(try await world.orch("status", "--refresh").errors.contains("Write docs")))

      let outside = world.repository.scratch.path.appending("todo.md")
      try world.repository.write("todo.md", "- [ ] Not planned\n", in: world.repository.scratch.path)
      let run = try await world.orch("yolo", outside.string, "--force")
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("'todo.md' gets no links and ticks: it is not in this repository"), "\(run.errors)")
      #expect(try world.repository.read("todo.md", in: world.repository.scratch.path) == "- [ ] Not planned\n")
    }
  }

  @Test func `a review that merges ticks`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try await prepare(world)
      try await world.set("todo.update", "ticks")
      try await world.set("project.testCommand", "true")
      #expect(try await world.orch("yolo", "todo.md", "--tasks", "add-login").status == 0)
      try world.script(#"{"pr-1": [[\#(ReviewTests.approval)]]}"#)
      let review = try await scene.asUser("bob").orch("review", "--pr", "1", "--automerge")
      #expect(review.status == 0, "\(review.errors)\(review.output)")
      #expect(try world.repository.read("todo.md").hasPrefix("# Todo\r\n\r\n- [x] Add login\(link(1))\r\n"))
    }
  }

  @Test func `two processes that mark one list wait for each other, and both marks stay`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try await prepare(world)
      let lock = FileLock(world.root.appending(".git/orchestrator/todo.lock"))
      try FileSystem.createFolder(lock.path.removingLastComponent())
      let held = try await lock.take()
      async let run = world.orch("yolo", "todo.md", "--tasks", "add-login,write-docs", "-j", "2")
      try await waitUntil("both are open") { try await scene.forge.pullRequests().count == 2 }
      #expect(try world.repository.read("todo.md") == Self.list)
      // As the other one would.
      let theirs = Self.list.replacing("Not planned", with: "Not planned\(link(9))")
      try world.repository.write("todo.md", theirs)
      held.release()
      let result = try await run
      #expect(result.status == 0, "\(result.errors)")
      let login = try #require(try await scene.forge.pullRequests().first { $0.branch.hasSuffix("add-login") }?.number)
      let marked = theirs.replacing("Add login", with: "Add login\(link(login))")
        .replacing("Write docs", with: "Write docs\(link(3 - login))")
      #expect(try world.repository.read("todo.md") == marked)
    }
  }

  @Test func `off leaves the list alone, and a model's plan marks the items that it names`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try await prepare(world)
      try await world.set("todo.update", "off")
      #expect(try await world.orch("yolo", "todo.md", "--tasks", "write-docs").status == 0)
      #expect(try world.repository.read("todo.md") == Self.list)
      try await world.set("todo.update", "links")
      let task =
        #"{"id": "add-login", "title": "feat: login", "description": "x", "files_hint": [], "test_command": "", "needs": [], "items": ["Add login"]}"#
      try world.script(RunTests.edits("add-login"), plan: #"[[{"structured": {"tasks": [\#(task)]}}]]"#)
      let run = try await world.orch("yolo", "todo.md", "--source", "claude", "--force")
      #expect(run.status == 0, "\(run.errors)")
      #expect(try world.repository.read("todo.md") == Self.list.replacing("Add login", with: "Add login\(link(2))"))
    }
  }
}
