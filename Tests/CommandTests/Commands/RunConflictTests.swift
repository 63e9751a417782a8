import Basics
import Foundation
import Journal
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Conflicts between the branches of a run, while it is in progress.
@Suite(.timeLimit(.minutes(5))) struct RunConflictTests {
  private static func edit(_ text: String, _ message: String) -> String {
    #"{"write": {"path": "shared.txt", "content": "\#(text)\n"}}, {"commit": "feat: \#(message)"}"#
  }

  @Test func `a conflict is reported when it appears and when it goes, and to the later agent with its next prompt`()
    async throws
  {
    let world = try await OrchWorld.make(remote: false)
    try world.plan("one", "two")
    try world.script(
      """
      {"one": [[\(Self.edit("one", "one"))]],
       "two": [[\(Self.edit("two", "two")), {"exit": 3}], [{"exit": 3}], [\(Self.edit("one", "as one has it")),
                {"write": {"path": "more.txt", "content": "more\\n"}}, {"commit": "feat: more"}]]}
      """)
    let result = try await world.orch("run", "-j", "1")
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.errors.split(separator: "\n").filter { $0.contains(" conflict two ") }
    #expect(lines.count == 2, "\(result.errors)")
    #expect(lines.first?.hasSuffix("conflict two conflicts with one in 1 file: shared.txt") == true)
    #expect(lines.last?.hasSuffix("conflict two no longer conflicts with one") == true)
    let prompts = try (2...3).map { try world.record("two", attempt: $0)["prompt"] as? String ?? "" }
    #expect(prompts[0].contains("- with `feature/one` (another task: "), "\(prompts[0])")
    #expect(prompts[0].contains("`shared.txt`"))
    // It has heard of it.
    #expect(!prompts[1].contains("Conflicts with other work"), "\(prompts[1])")
    let report = try await world.orch("status", "--json").json()
    let tasks = try #require(report["tasks"] as? [[String: any Sendable]])
    #expect(tasks.allSatisfy { $0["conflicts"] == nil })
  }

  @Test func `the later agent is told of a conflict while it works, and once`() async throws {
    let world = try await OrchWorld.make(remote: false)
    try world.plan("zero", "one", "two: zero")
    let told = world.repository.scratch.path.appending("told")
    try world.script(
      """
      {"zero": [[{"write": {"path": "zero.txt", "content": "zero\\n"}}, {"commit": "feat: zero"}]],
       "one": [[\(Self.edit("one", "one")), {"wait-for-file": "\(told)"}]],
       "two": [[\(Self.edit("two", "two")), {"until-told": "\(told)"}, {"exit": 3}],
               [{"write": {"path": "more.txt", "content": "more\\n"}}, {"commit": "feat: more"}]]}
      """)
    let result = try await world.orch("run", "-j", "2")
    #expect(result.status == 0, "\(result.errors)")
    let note = try world.repository.read("told", in: world.repository.scratch.path)
    #expect(note.hasPrefix("# Conflicts with other work\n"), "\(note)")
    #expect(note.contains("- with `feature/one` (another task: "), "\(note)")
    #expect(note.contains("`shared.txt`"), "\(note)")
    let entries = try world.journal().filter { $0.type == "conflict-told" }
    #expect(entries.map { $0.fields["attempt"] as? Int } == [1])
    #expect(entries.first?.fields["tasks"] as? [String] == ["one"])
    let prompt = try world.record("two", attempt: 2)["prompt"] as? String ?? ""
    #expect(!prompt.contains("Conflicts with other work"), "\(prompt)")
    let runs = RunStore(commonDirectory: world.root.appending(".git"))
    let left = try runs.run(nil).task("two").appending("notes").entries ?? []
    #expect(left == [])
  }

  @Test func `what conflicts at the end is in every view, and nothing is written into the repository for it`()
    async throws
  {
    let world = try await OrchWorld.make(remote: false)
    try world.plan("one", "two")
    try world.script(#"{"one": [[\#(Self.edit("one", "one"))]], "two": [[\#(Self.edit("two", "two"))]]}"#)
    #expect(try await world.orch("run", "-j", "1").status == 0)
    let report = try await world.orch("status", "--json").json()
    let tasks = try #require(report["tasks"] as? [[String: any Sendable]])
    let found = try #require(tasks.last?["conflicts"] as? [[String: any Sendable]])
    #expect(found.first?["task"] as? String == "one")
    #expect(found.first?["paths"] as? [String] == ["shared.txt"])
    let status = try await world.orch("status").output
    #expect(status.contains("Conflicts with one in 1 file: shared.txt"), "\(status)")
    #expect(status.contains("Conflicts with two in 1 file: shared.txt"), "\(status)")
    // What merges would need is in no object folder of the repository: all there is can be reached.
    let loose = try await world.repository.git("fsck", "--unreachable", "--no-progress")
    #expect(!loose.contains("unreachable tree"), "\(loose)")
  }

  @Test func `off compares nothing`() async throws {
    let world = try await OrchWorld.make(remote: false)
    try world.plan("one", "two")
    try await world.set("run.onConflict", "off")
    try world.script(#"{"one": [[\#(Self.edit("one", "one"))]], "two": [[\#(Self.edit("two", "two"))]]}"#)
    #expect(try await world.orch("run", "-j", "1").status == 0)
    #expect(try !world.journal().contains { $0.type.hasPrefix("conflict-") })
  }

  @Test func `held until the end of the one before it, and then it continues`() async throws {
    let world = try await OrchWorld.make(remote: false)
    // The third begins when the first is done: later than the second, for certain.
    try world.plan("zero", "one", "two: zero")
    try await world.set("run.onConflict", "hold")
    let scratch = world.repository.scratch.path
    let (gate, begun) = (scratch.appending("gate"), scratch.appending("begun"))
    try world.script(
      """
      {"zero": [[{"write": {"path": "zero.txt", "content": "zero\\n"}}, {"commit": "feat: zero"}]],
       "one": [[\(Self.edit("one", "one")), {"touch": "\(begun)"}, {"wait-for-file": "\(gate)"}]],
       "two": [[{"wait-for-file": "\(begun)"}, \(Self.edit("two", "two")), {"exit": 3}],
               [{"write": {"path": "more.txt", "content": "more\\n"}}, {"commit": "feat: more"}]]}
      """)
    let result = try await world.gitOrch("run", "-j", "2") { _ in
      try await world.waitForStatus { report in
        (report["tasks"] as? [[String: Any]])?.last?["heldBy"] as? [String] == ["one"]
      }
      #expect(try await world.orch("status").output.contains("Held: its next attempt waits for the end of one"))
      try world.repository.write("gate", "", in: scratch)
    }
    #expect(result.status == 0, "\(result.errors)")
    let types = try world.journal().map { "\($0.type) \($0.fields["task"] ?? "") \($0.fields["attempt"] ?? "")" }
    let ended = try #require(types.firstIndex(of: "task-ended one "))
    let again = try #require(types.firstIndex(of: "attempt-starting two 2"))
    #expect(ended < again, "\(types)")
    #expect((try world.record("two", attempt: 2)["prompt"] as? String ?? "").contains("Conflicts with other work"))
  }

  @Test func `the next attempt can be had at once`() async throws {
    let world = try await OrchWorld.make(remote: false)
    try await world.set("agent.retryDelay", "1h")
    try world.script(#"{"a": [[{"say": "x"}, {"exit": 3}], [\#(Self.edit("a", "a"))]]}"#)
    try world.plan("a")
    let store = RunStore(commonDirectory: world.root.appending(".git"))
    let result = try await world.gitOrch("run") { _ in
      try await world.waitForStatus { report in
        (report["tasks"] as? [[String: Any]])?.first?["status"] as? String == "retrying"
      }
      let folder = try store.run(nil)
      try folder.send(
        ControlRequest(.retry, of: try folder.state(), tasks: ["a"], by: .ourselves("git orch status --watch")))
    }
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains(" retry git orch status --watch (process "), "\(result.errors)")
  }
}
