import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// `git orch log`.
@Suite(.timeLimit(.minutes(3))) struct LogTests {
  private static let finish =
    #"[{"say": "second life"}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]"#

  private func world(_ first: String) async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try world.script(#"{"a": [\#(first), \#(Self.finish)]}"#)
    try world.plan("a", "b: a")
    return world
  }

  private func stream(_ world: OrchWorld, attempt: Int) throws -> Data {
    let runs = world.root.appending(".git/orchestrator/runs")
    let id = try #require(try FileManager.default.contentsOfDirectory(atPath: runs.string).first)
    return try Data(contentsOf: URL(filePath: runs.appending("\(id)/tasks/a/attempt-\(attempt).ndjson").string))
  }

  @Test func `the newest attempt, or the one that is named; --raw byte for byte`() async throws {
    let world = try await world(
      #"[{"say": "first life"}, {"raw": "not JSON \u001b[31m"}, {"raw-base64": "AP/+Cg=="}, {"exit": 3}]"#)
    _ = try await world.orch("run")
    let newest = try await world.orch("log", "a")
    #expect(newest.status == 0)
    #expect(newest.output.contains("second life") && !newest.output.contains("first life"))
    #expect(newest.errors == "attempt 2 of 2\n")
    let first = try await world.orch("log", "a", "--attempt", "1")
    #expect(first.output.contains("first life") && !first.output.contains("second life"))
    #expect(!first.output.contains("\u{1B}"))

    // Through files: what is printed here is not text.
    for attempt in 1...2 {
      let file = world.repository.scratch.path.appending("raw-\(attempt)")
      let result = try await world.run("sh", ["-c", "git orch log --raw --attempt \(attempt) a >'\(file)'"])
      #expect(result.status == 0)
      #expect(try Data(contentsOf: URL(filePath: file.string)) == stream(world, attempt: attempt))
    }
    // From a subfolder and by the run's id, too.
    let id = try #require(try await world.orch("status", "--json").json()["run"] as? String)
    try world.repository.write("sub/x", "")
    #expect(
      try await world.orch("log", "--run", String(id.dropLast(2)), "a", in: world.root.appending("sub")).output
        == newest.output)
  }

  @Test func `a terminal obeys nothing of an agent's, with --raw, too`() async throws {
    let world = try await world(
      #"[{"say": "\u001b]0;owned\u0007 \u009b31m \u202e"}, {"raw": "\u001b[2J\u0007\u009b\u202eevil\r\b"}, {"raw-base64": "m0obW0EK"}, {"exit": 3}]"#
    )
    _ = try await world.orch("run")
    for options in ["--raw", ""] {
      let terminal = try PseudoTerminal()
      let shown = try await terminal.shown {
        let result = try await world.run("sh", ["-c", "git orch log \(options) --attempt 1 a >'\(terminal.path)'"])
        #expect(result.status == 0, "\(result.errors)")
      }
      #expect(shown.contains("evil") || options.isEmpty)
      // The terminal itself makes CR LF of a line's end.
      for scalar in shown.replacing("\r\n", with: "\n").unicodeScalars {
        let isHarmful =
          scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || (0x7F..<0xA0).contains(scalar.value)
          || (0x202A...0x202E).contains(scalar.value)
        #expect(!isHarmful, "U+\(String(scalar.value, radix: 16))")
      }
    }
  }

  @Test func `a task, an attempt or a run that is not there`() async throws {
    let world = try await world(#"[{"exit": 3}]"#)
    try await world.set("agent.maxRetries", "0")
    #expect(try await world.orch("log", "a").errors.contains("no runs yet"))
    _ = try await world.orch("run")
    for (arguments, words) in [
      (["nosuch"], "has no task 'nosuch'; it has: a, b"),
      (["b"], "task 'b' has no log: its agent has not started (blocked"),
      (["a", "--attempt", "2"], "task 'a' has no attempt 2; its newest is 1"),
      (["a", "--run", "19"], "no run '19'"), (["../a"], "has no task '../a'"),
    ] {
      let result = try await world.orch(["log"] + arguments)
      #expect(result.status == 128)
      #expect(result.errors.hasPrefix("fatal: "))
      #expect(result.errors.contains(words), "\(result.errors)")
      #expect(result.output.isEmpty)
    }
    // To follow what never starts is to end at once.
    #expect(try await world.orch("log", "-f", "b").status == 0)
  }

  @Test func `-f follows through a retry and ends automatically`() async throws {
    let world = try await world("[]")
    let (begun, free) = (
      world.repository.scratch.path.appending("begun"), world.repository.scratch.path.appending("free")
    )
    try world.script(
      #"{"a": [[{"say": "first life"}, {"touch": "\#(begun)"}, {"wait-for-file": "\#(free)"}, {"say": "last words"}, {"exit": 3}], \#(Self.finish)]}"#
    )
    let run = try await world.gitOrch("run") { _ in
      try await world.wait(for: begun)
      let following = Task { try await world.orch("log", "-f", "--attempt", "1", "a") }
      // While it continues, the log so far can be read, too.
      try await waitUntil("the agent has spoken") { try await world.orch("log", "a").output.contains("first life") }
      try Data().write(to: URL(filePath: free.string))
      let log = try await following.value
      #expect(log.status == 0)
      let words = ["first life", "last words", "second life", "[COMPLETE]"]
      let places = words.map { log.output.ranges(of: $0).last?.lowerBound }
      #expect(places.allSatisfy { $0 != nil }, "\(log.output)")
      #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted())
      #expect(log.output.ranges(of: "first life").count == 1)
    }
    #expect(run.status == 1)  // `b` does nothing.
  }

  @Test func `-f ends when its reader does`() async throws {
    let world = try await world("[]")
    // Goes on saying something: a write finds out that nobody reads.
    let steps = #"{"say": "one"}, {"say": "two"}, {"sleep": 0.3}, "#
    try world.script(
      #"{"a": [[\#(String(repeating: steps, count: 400)) "hang"]]}"#)
    let run = try await world.gitOrch("run") { process in
      try await world.waitForStatus { ($0["tasks"] as? [[String: Any]])?.first?["status"] as? String == "running" }
      let mark = world.repository.scratch.path.appending("status")
      let reader = try await world.run(
        "sh", ["-c", "{ git orch log -f a; echo $? >'\(mark)'; } | head -n 1; cat '\(mark)'"])
      #expect(reader.output.hasSuffix("\n141\n"), "\(reader.output)")
      #expect(reader.errors.isEmpty)
      world.send(SIGINT, to: process)
    }
    #expect(run.status == 130)
  }

  @Test func `a reader that goes early from a long log`() async throws {
    let world = try await world(
      #"[{"huge-line": 5000000}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]"#)
    _ = try await world.orch("run", "--tasks", "a")
    let mark = world.repository.scratch.path.appending("status")
    let result = try await world.run(
      "sh", ["-c", "{ git orch log --raw a; echo $? >'\(mark)'; } | head -c 20; cat '\(mark)'"])
    #expect(result.output.hasSuffix("141\n"), "\(result.output)")
    #expect(result.errors.isEmpty)
  }

  @Test func `without a task the tasks are listed, and --all shows what all of them said`() async throws {
    let world = try await OrchWorld.make()
    try world.script(
      #"{"a": [[{"say": "alpha"}, {"commit": "x"}]], "longer": [[{"say": "beta \u001b[31m"}]]}"#)
    try world.plan("a", "longer", "c: longer")
    _ = try await world.orch("run")
    let list = try await world.orch("log")
    #expect(list.status == 0)
    #expect(list.output.contains("TASK") && list.output.contains("no log yet"))
    for task in ["a", "longer", "c"] { #expect(list.output.contains("\n\(task) "), "\(task)") }
    #expect(list.errors.contains("git orch log TASK"))
    for options in [["--all"], ["--all", "-f"]] {
      let all = try await world.orch(["log"] + options)
      #expect(all.status == 0)
      #expect(all.output.contains("a      | [TEXT] alpha\n"))
      #expect(all.output.contains("longer | [TEXT] beta"))
      #expect(all.output.split(separator: "\n").allSatisfy { $0.contains(" | ") })
    }
    for (arguments, words) in [
      (["-f"], "git orch log --all -f"), (["--all", "a"], "leave out 'a'"), (["--all", "--raw"], "for one task"),
      (["--attempt", "1"], "for one task"),
    ] {
      let refused = try await world.orch(["log"] + arguments)
      #expect(refused.status == 129 && refused.errors.contains(words), "\(arguments)")
    }
  }

  /// Everything is there once, whichever of two agents spoke.
  @Test func `--all -f follows all tasks to the end of the run`() async throws {
    let world = try await OrchWorld.make()
    let steps = #"[[{"say": "one"}, {"wait-for-file": "\#(world.root)/go"}, {"say": "two"}, {"commit": "x"}]]"#
    try world.script(#"{"a": \#(steps), "b": \#(steps)}"#)
    try world.plan("a", "b")
    async let run = world.gitOrch("run")
    try await waitUntil("the run has begun") { try await world.orch("log").status == 0 }
    async let followed = world.gitOrch("log", "--all", "-f")
    try world.repository.write("go", "")
    #expect(try await run.status != 128)
    let text = try await followed.output
    for line in ["a | [TEXT] one", "a | [TEXT] two", "b | [TEXT] one", "b | [TEXT] two"] {
      #expect(text.components(separatedBy: line).count == 2, "\(line) in \(text)")
    }
  }
}
