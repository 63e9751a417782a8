import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// From a to-do list to the base in one command.
@Suite(.timeLimit(.minutes(5))) struct WholeWayTests {
  /// A list of twelve with two stacks, one bad branch and three conflicts; agents that fix two of those when asked to.
  private static func world() async throws -> LandWorld {
    let land = try await LandWorld.make(tests: "! grep -qs bad *.txt", isAway: false)
    let items = (1...12).map { number in
      let needs = [3: 2, 4: 3, 6: 5][number].map { "\n  - needs: item-\($0)" } ?? ""
      return "- [ ] Item \(number)\(needs)"
    }
    try land.world.repository.write("todo.md", "# To do\n\n\(items.joined(separator: "\n"))\n")
    try await land.world.repository.git("add", "todo.md")
    try await land.world.repository.git("commit", "--quiet", "-m", "docs: what is to do")
    // Four write the same file; the seventh is bad.
    let merge =
      "git merge main || { git checkout -q --ours same.txt; echo more >> same.txt; git add same.txt; git commit -q --no-edit; }"
    var tasks: [String] = []
    for number in 1...12 {
      let file = [1, 8, 9, 10].contains(number) ? "same.txt" : "\(number).txt"
      let text = number == 7 ? "bad" : "\(number)"
      let first = #"[{"write": {"path": "\#(file)", "content": "\#(text)\n"}}, {"commit": "feat: item \#(number)"}]"#
      let fix = [8, 9].contains(number) ? #", [{"run": "\#(merge)"}]"# : #", [{"say": "I cannot."}]"#
      tasks.append(#""item-\#(number)": [\#(first)\#(fix)]"#)
    }
    try land.world.script("{\(tasks.joined(separator: ", "))}")
    return land
  }

  @Test func `twelve items with stacks, a bad one and conflicts become a base that passes its tests`() async throws {
    let land = try await Self.world()
    let world = land.world
    let refused = try await world.orch("yolo", "todo.md", "--no-push", "--land", "--fix=2")
    #expect(refused.status == 128, "\(refused.output)")
    #expect(refused.errors.contains("add --update-checkout"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: world.records.string))

    let result = try await world.orch("yolo", "todo.md", "--no-push", "--land", "--fix=2", "--update-checkout")
    #expect(result.status == 1, "\(result.errors)\(result.output)")
    let statuses = try await land.statuses()
    let aside = statuses.filter { $0.value != "landed" }
    #expect(aside == ["item-7": "tests-failed", "item-10": "conflict"], "\(statuses)\(result.errors)")
    #expect(result.output.contains("LANDING SUMMARY"))
    // Each part ends before the next begins, and what comes next is reported once.
    let told = result.errors.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst().first }
    let parts = told.filter { ["run", "landing", "end", "next"].contains($0) }
    #expect(parts.starts(with: ["run", "end", "landing"]), "\(result.errors)")
    #expect(parts.suffix(2) == ["end", "next"] && parts.count { $0 == "next" } == 1, "\(result.errors)")
    // As it was landed, it can be landed again.
    #expect(result.output.contains("git orch land --update-checkout feature/item-7"), "\(result.output)")
    #expect(result.output.contains("its agent did not fix it"), "\(result.output)")
    #expect(!result.errors.contains("is the branch of no task"), "\(result.errors)")
    #expect(result.output.components(separatedBy: "Next: ").count == 2, "\(result.output)")
    // What the user has checked out is the base as it was tested.
    #expect(try await world.repository.git("status", "--porcelain", "-uno") == "")
    #expect(try world.repository.read("same.txt").hasSuffix("more\n"))
    let files = Set((2...12).filter { ![7, 8, 9, 10].contains($0) }.map { "\($0).txt" })
    #expect(try await land.files().filter { $0.hasSuffix(".txt") && $0 != "same.txt" } == files)
    #expect(try await world.repository.git("log", "--merges", "--format=%h", "main") == "")
  }

  @Test(arguments: ForgeWorld.Kind.allCases)
  func `with pull requests the forge merges, and what conflicts is fixed in its pull request`(
    kind: ForgeWorld.Kind
  ) async throws {
    try await ForgeWorld.with(kind) { scene in
      let world = scene.world
      try await world.set("project.testCommand", "test -e README.md")
      let merge = "git merge origin/main || { echo both > same.txt; git add same.txt; git commit -q --no-edit; }"
      let tasks = ["a", "b"].map {
        #""\#($0)": [[{"write": {"path": "same.txt", "content": "\#($0)\n"}}, {"commit": "feat: \#($0)"}], [{"run": "\#(merge)"}]]"#
      }
      try world.script("{\(tasks.joined(separator: ", "))}")
      try world.plan("a", "b")
      let result = try await world.orch("run", "--land", "--fix")
      #expect(result.status == 0, "\(result.errors)\(result.output)")
      #expect(try await scene.forge.pullRequests().map(\.state) == [.merged, .merged])
      #expect(try await world.repository.git("show", "main:same.txt", in: world.remote) == "both")
      #expect(await scene.forge.surprises.isEmpty)
    }
  }

  @Test func `a run that is interrupted lands once it is continued, and a landing continues from either`() async throws
  {
    let land = try await LandWorld.make()
    let world = land.world
    try world.script(RunTests.edits("a", "b"))
    try world.plan("a", "b")
    let killed = try await world.gitOrch(
      "run", "--no-push", "--land", environment: ["GIT_ORCH_KILL_AT": "before-entry-proven:1"])
    #expect(killed.status != 0)
    let cut = try await world.gitOrch(
      "run", "--continue", environment: ["GIT_ORCH_KILL_AT": "before-entry-train-tested:1"])
    #expect(cut.status != 0, "\(cut.output)")
    let result = try await world.orch("run", "--continue")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await land.statuses() == ["a": "landed", "b": "landed"])
    let again = try await world.orch("run", "--continue")
    #expect(again.status == 0)
    #expect(again.errors.contains("nothing left to continue"), "\(again.errors)")
    #expect(land.count <= 2)
  }

  @Test func `without a test command nobody is paid for what cannot land`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    let result = try await world.orch("run", "--land")
    #expect(result.status == 128)
    #expect(result.errors.contains("orchestrator.project.testCommand is not set"), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: world.records.string))
  }
}
