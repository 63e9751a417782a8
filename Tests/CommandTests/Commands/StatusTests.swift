import Foundation
import OrchTestSupport
import Platform
import Subprocess
import SystemPackage
import Testing

/// `git orch status`, while a run continues and after it, whatever became of it.
@Suite(.timeLimit(.minutes(3))) struct StatusTests {
  /// Runs `body` while `a` is at work and `b` waits for its turn; then both finish.
  private func whileRunning(
    _ body: @escaping @Sendable (OrchWorld) async throws -> Void
  ) async throws -> (world: OrchWorld, run: OrchWorld.Result) {
    let world = try await OrchWorld.make()
    let (begun, free) = (
      world.repository.scratch.path.appending("begun"), world.repository.scratch.path.appending("free")
    )
    try world.script(
      #"{"a": [[{"say": "hello"}, {"touch": "\#(begun)"}, {"wait-for-file": "\#(free)"}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]], "b": [[{"write": {"path": "b.txt", "content": "b"}}, {"commit": "feat: b"}]]}"#
    )
    try world.plan("a", "b")
    let result = try await world.gitOrch("run", "-j", "1") { _ in
      try await world.wait(for: begun)
      try await body(world)
      try Data().write(to: URL(filePath: free.string))
    }
    return (world, result)
  }

  @Test func `each form tells of a run in progress`() async throws {
    let (world, run) = try await whileRunning { world in
      let text = try await world.orch("status")
      #expect(text.status == 0)
      #expect(text.output.contains("(running)\n==="))
      #expect(text.output.contains("▸ a (feature/a)\n  Status: running        Attempts: 1"))
      #expect(text.output.contains("◦ b (feature/b)\n  Status: waiting\n"))
      #expect(!text.output.contains("Worktree kept"))

      let json = try await world.orch("status", "--json").json()
      #expect(json["schema"] as? Int == 1)
      #expect(json["phase"] as? String == "running")
      #expect(json["success"] as? Bool == false)
      let tasks = try #require(json["tasks"] as? [[String: Any]])
      #expect(tasks.map { $0["status"] as? String } == ["running", "waiting"])
      let attempts = try #require(tasks[0]["attempts"] as? [[String: Any]])
      try #require(attempts.count == 1)
      #expect(attempts[0]["pid"] as? Int != nil)
      #expect(attempts[0]["endedAt"] == nil)

      let lines = try await world.orch("status", "--porcelain").output.split(separator: "\n").map {
        $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      }
      #expect(lines[0] == ["version", "1"])
      #expect(Array(lines[1][2...3]) == ["running", "main"])
      #expect(Array(lines[1][5...]) == ["origin", "run"])
      #expect(lines[2].prefix(5) == ["task", "a", "running", "feature/a", "1"])
      #expect(lines[3] == ["task", "b", "waiting", "feature/b", "0", "0", "-", "-", "0.0000", "-", "-", "-"])

      let all = try await world.orch("status", "--all")
      #expect(all.output.contains("1 waiting, 1 running"))
    }
    #expect(run.status == 0, "\(run.errors)")
    let json = try await world.orch("status", "--json").json()
    #expect(json["phase"] as? String == "ended")
    #expect(json["success"] as? Bool == true)
    #expect(json["endedAt"] as? String != nil)
    #expect(try await world.orch("status").output == run.output.trimmingPrefix("\n"))
  }

  @Test func `run --json answers what status --json does`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let result = try await world.orch("run", "--json")
    #expect(result.status == 0)
    #expect(try await world.orch("status", "--json").output == result.output)
  }

  @Test func `--watch ends automatically, with the summary`() async throws {
    let (world, run) = try await whileRunning { world in
      // Begun while the run continues; it must outlast it.
      let watching = Task { try await world.orch("status", "--watch") }
      try await world.waitForStatus { $0["phase"] as? String == "running" }
      try Data().write(to: URL(filePath: world.repository.scratch.path.appending("free").string))
      let watched = try await watching.value
      #expect(watched.status == 0)
      #expect(watched.output.contains("EXECUTION SUMMARY"), "\(watched.output)")
      #expect(watched.output.contains("2 success"))
    }
    #expect(run.status == 0)
    // Of a run that is over it is the same as without.
    #expect(try await world.orch("status", "--watch").output == world.orch("status").output)
  }

  @Test func `a run is named by the beginning of its id`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a", "b"))
    for task in ["a", "b"] {
      try world.plan(task)
      #expect(try await world.orch("run").status == 0)
    }
    let all = try await world.orch("status", "--all", "--json")
    let runs = try #require(try JSONSerialization.jsonObject(with: Data(all.output.utf8)) as? [[String: Any]])
    let ids = try runs.map { try #require($0["run"] as? String) }
    // The newest first; two that began within a second have no order.
    try #require(ids.count == 2)
    let older = ids[1]
    #expect(try await world.orch("status", older).output.contains(older))
    #expect(try await world.orch("status", String(older.dropLast())).output.contains(older))

    let ambiguous = try await world.orch("status", "20")
    #expect(ambiguous.status == 128)
    for id in ids { #expect(ambiguous.errors.contains(id)) }
    let unknown = try await world.orch("status", "1999")
    #expect(unknown.status == 128)
    #expect(unknown.errors == "fatal: no run '1999' in this repository; see 'git orch status --all'\n")
    let path = try await world.orch("status", "../runs/\(older)")
    #expect(path.status == 128)
  }

  @Test func `no run yet`() async throws {
    let world = try await OrchWorld.make()
    let none = try await world.orch("status")
    #expect(none.status == 128)
    #expect(none.errors.contains("no runs yet"))
    #expect(try await world.orch("status", "--all").status == 128)
    let json = try await world.orch("status", "--all", "--json")
    #expect(json.status == 0)
    let list = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [Any]
    #expect(list?.isEmpty == true)
  }

  @Test func `a run whose process was killed`() async throws {
    let (world, run) = try await whileRunning { world in
      let report = try await world.orch("status", "--json").json()
      let pid = try #require(report["pid"] as? Int)
      kill(Int32(pid), SIGKILL)
      try await world.waitForStatus { $0["phase"] as? String == "died" }
      let text = try await world.orch("status")
      #expect(text.status == 0)
      #expect(text.output.contains("(died)"))
      #expect(text.output.contains("The process of this run (\(pid)) died"))
      #expect(try await world.orch("status", "--porcelain").output.contains("\tdied\t"))
      #expect(try await world.orch("status", "--all").output.contains("died"))
      // What follows a run ends where there is nothing to follow.
      #expect(try await world.orch("status", "--watch").status == 0)
      #expect(try await world.orch("log", "-f", "a").status == 0)
      // The agent works on without its run; it is ours to end here.
      let tasks = try #require(report["tasks"] as? [[String: Any]])
      let attempts = try #require(tasks[0]["attempts"] as? [[String: Any]])
      kill(Int32(try #require(attempts[0]["pid"] as? Int)), SIGKILL)
    }
    #expect(run.status == 137)
    // The lock of the dead is no lock, and what it left is told.
    let again = try await world.orch("run", "--tasks", "b")
    #expect(again.status == 0, "\(again.errors)")
  }

  // MARK: - Damaged journals

  private func finishedRun() async throws -> (world: OrchWorld, journal: FilePath) {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    #expect(try await world.orch("run").status == 0)
    let runs = world.root.appending(".git/orchestrator/runs")
    let id = try #require(try FileManager.default.contentsOfDirectory(atPath: runs.string).first)
    return (world, runs.appending(id).appending("journal.ndjson"))
  }

  @Test func `a torn last line is as if it had never been begun`() async throws {
    let (world, journal) = try await finishedRun()
    let whole = try await world.orch("status", "--json").output
    let handle = try FileHandle(forWritingTo: URL(filePath: journal.string))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(#"{"schema":2,"time":"2026-"#.utf8))
    try handle.close()
    #expect(try await world.orch("status", "--json").output == whole)
  }

  @Test func `a damaged line is reported, and the rest is read`() async throws {
    let (world, journal) = try await finishedRun()
    var lines = try String(contentsOfFile: journal.string, encoding: .utf8).split(separator: "\n").map(String.init)
    let proven = try #require(lines.firstIndex { $0.contains("proven") })
    lines[proven] = "\u{0}\u{1}garbage"
    try (lines.joined(separator: "\n") + "\n").write(toFile: journal.string, atomically: true, encoding: .utf8)
    let text = try await world.orch("status")
    #expect(text.status == 0)
    #expect(text.output.contains("✓ a"))
    #expect(text.output.contains("1 line of the journal could not be read"), "\(text.output)")
  }

  @Test(arguments: ["", "garbage\n", #"{"schema":1,"time":"2026-11-22T21:00:00.000Z","event":{"runEnded":{}}}"# + "\n"])
  func `a journal without its beginning hides no other run`(content: String) async throws {
    let (world, journal) = try await finishedRun()
    let broken = journal.removingLastComponent().removingLastComponent().appending("20000101-000000-0000")
    try world.repository.write("journal.ndjson", content, in: broken)
    let one = try await world.orch("status", "2000")
    #expect(one.status == 128)
    #expect(one.errors.contains("is not a journal"))
    #expect(one.output.isEmpty)
    let all = try await world.orch("status", "--all")
    #expect(all.status == 0)
    #expect(all.output.contains("1 success"))
    #expect(all.errors.contains("20000101-000000-0000"))
    #expect(try await world.orch("status").status == 0)
  }

  @Test func `a journal of a newer git-orch is refused in words`() async throws {
    let (world, journal) = try await finishedRun()
    let text = try String(contentsOfFile: journal.string, encoding: .utf8)
    try text.replacing("\"schema\":2", with: "\"schema\":3").write(
      toFile: journal.string, atomically: true, encoding: .utf8)
    let result = try await world.orch("status")
    #expect(result.status == 128)
    #expect(result.errors.contains("newer git-orch"))
  }

  @Test func `the list is the same with summaries and without, and makes those that are missing`() async throws {
    let (world, journal) = try await finishedRun()
    let summary = journal.removingLastComponent().appending("summary.json")
    let list = try await world.orch("status", "--all").output
    #expect(FileManager.default.fileExists(atPath: summary.string), "made when the run had ended")
    try FileManager.default.removeItem(atPath: summary.string)
    #expect(try await world.orch("status", "--all").output == list)
    #expect(FileManager.default.fileExists(atPath: summary.string))
    try "damage".write(toFile: summary.string, atomically: true, encoding: .utf8)
    #expect(try await world.orch("status", "--all").output == list)
  }

  @Test func `a reader that goes early is not a reason to complain`() async throws {
    let (world, _) = try await finishedRun()
    let mark = world.repository.scratch.path.appending("status")
    let result = try await world.run(
      "sh", ["-c", "{ git orch status --json; echo $? >'\(mark)'; } | true; cat '\(mark)'"])
    // Whether it had written before its reader was gone is open.
    #expect(["0\n", "141\n"].contains(result.output))
    #expect(result.errors.isEmpty)
  }
}
