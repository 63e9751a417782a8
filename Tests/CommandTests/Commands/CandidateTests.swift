import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Several attempts at a task side by side, of which one is chosen.
@Suite(.timeLimit(.minutes(5))) struct CandidateTests {
  /// What a candidate does: so many lines in `a.txt`.
  static func lines(_ count: Int, _ text: String = "line") -> String {
    let content = String(repeating: "\(text)\\n", count: count)
    return #"[{"write": {"path": "a.txt", "content": "\#(content)"}}, {"commit": "feat: \#(text) \#(count)"}]"#
  }

  /// A reviewer's answer: by the candidates' numbers, what it gives them.
  static func verdicts(_ scores: [Int: Int]) -> String {
    let entries = scores.sorted { $0.key < $1.key }.map { number, score in
      """
      {"number": \(number), "score": \(score), "decision": "\(score >= 50 ? "approve" : "request_changes")", \
      "summary": "It is worth \(score)."}
      """
    }
    return #"[{"structured": {"candidates": [\#(entries.joined(separator: ", "))]}}]"#
  }

  static func make(_ tasks: String, review: Bool = false) async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try world.script(tasks)
    try world.plan("a")
    if !review { try await world.set("run.reviewCandidates", "false") }
    return world
  }

  /// Among what `status --json` tells: the choice for task `a`.
  static func choice(_ world: OrchWorld) async throws -> [String: Any] {
    let tasks = try await world.orch("status", "--json").json()["tasks"] as? [[String: Any]] ?? []
    return try #require(tasks.first { $0["id"] as? String == "a" }?["choice"] as? [String: Any])
  }

  @Test func `the smallest work is chosen, delivered, and the others' branches stay here`() async throws {
    let world = try await Self.make(
      #"{"a@1": [\#(Self.lines(9))], "a@2": [\#(Self.lines(2))], "a@3": [\#(Self.lines(5))]}"#)
    let result = try await world.orch("run", "-N", "3")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(
      try await world.statuses() == ["a": "success", "a@1": "not-chosen", "a@2": "chosen", "a@3": "not-chosen"])
    let tip = try #require(try await world.remoteTip("feature/a"))
    #expect(try await world.repository.git("rev-parse", "feature/a@2") == tip)
    #expect(try await world.repository.git("show", "\(tip):a.txt") == "line\nline")
    let branches = try await world.repository.git("for-each-ref", "--format=%(refname:short)", "refs/heads")
    #expect(branches.split(separator: "\n") == ["feature/a", "feature/a@1", "feature/a@2", "feature/a@3", "main"])
    #expect(try await world.repository.git("branch", in: world.remote).contains("@") == false)
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)

    let choice = try await Self.choice(world)
    #expect(choice["candidate"] as? String == "a@2" && choice["tip"] as? String == tip)
    #expect(choice["reason"] as? String == "it changes 2 lines, and a@3 5")
    #expect((choice["candidates"] as? [[String: Any]])?.map { $0["id"] as? String } == ["a@2", "a@3", "a@1"])
    #expect(result.output.contains("  Chosen: a@2 of 3 candidates: it changes 2 lines, and a@3 5"), "\(result.output)")
    #expect(result.output.contains("  Not chosen: it changes 9 lines"))
    #expect(result.output.contains("1 task: 1 success"))
    #expect(result.errors.contains("chosen a a@2 of 3: it changes 2 lines, and a@3 5"), "\(result.errors)")
    // Each was asked for the same, on a branch of its own, and nobody for the task itself.
    let prompts = try (1...3).map { try #require(try world.record("a@\($0)", attempt: 1)["prompt"] as? String) }
    #expect(Set(prompts.map { $0.replacing(/a@[123]/, with: "") }).count == 1)
    #expect(!FileManager.default.fileExists(atPath: "\(world.records)/a.1.json"))
    #expect(try world.survivors().isEmpty)
  }

  @Test func `tests count for more than size, and are run where each candidate has worked`() async throws {
    let world = try await Self.make(#"{"a@1": [\#(Self.lines(9))], "a@2": [\#(Self.lines(2))]}"#)
    try await world.set("project.testCommand", "test $(wc -l <a.txt) = 9")
    #expect(try await world.orch("run", "-N", "2").status == 0)
    #expect(try await world.statuses() == ["a": "success", "a@1": "chosen", "a@2": "not-chosen"])
    let choice = try await Self.choice(world)
    #expect(choice["reason"] as? String == "the tests pass, and those of a@2 do not")
    let others = choice["candidates"] as? [[String: Any]]
    #expect(others?.last?["reason"] as? String == "the tests fail (exit status 1)")
  }

  @Test func `a candidate that fails does not fail the task, and is not tried again`() async throws {
    let world = try await Self.make(#"{"a@1": [[{"say": "no"}]], "a@2": [\#(Self.lines(2))]}"#)
    let result = try await world.orch("run", "-N", "2")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.statuses() == ["a": "success", "a@1": "not-chosen", "a@2": "chosen"])
    #expect(try await Self.choice(world)["reason"] as? String == "the only one whose work is proven")
    #expect(try await world.orch("run", "--continue").errors.contains("nothing left to continue"))
  }

  @Test func `where all fail, so does the task, with the reason of each; they are tried again`() async throws {
    let world = try await Self.make(
      #"{"a@1": [[{"say": "no"}], \#(Self.lines(2))], "a@2": [[{"say": "no"}], \#(Self.lines(1))]}"#)
    try world.plan("a", "b: a")
    try await world.set("agent.maxRetries", "0")
    let result = try await world.orch("run", "-N", "2")
    #expect(result.status == 1)
    #expect(
      try await world.statuses() == [
        "a": "failed", "a@1": "no-changes", "a@2": "no-changes", "b": "blocked", "b@1": "blocked", "b@2": "blocked",
      ])
    #expect(
      result.output.contains("the work of none of its 2 candidates is proven: a@1 no-changes"), "\(result.output)")
    #expect(result.output.contains("git orch log a@1"))
    try world.script(
      #"{"a@1": [\#(Self.lines(2))], "a@2": [\#(Self.lines(1))], "b@1": [\#(Self.lines(3))], "b@2": [\#(Self.lines(4))]}"#
    )
    let again = try await world.orch("run", "--continue")
    #expect(again.status == 0, "\(again.errors)\(again.output)")
    #expect(
      try await world.statuses() == [
        "a": "success", "a@1": "not-chosen", "a@2": "chosen", "b": "success", "b@1": "chosen", "b@2": "not-chosen",
      ])
    // What needs the task starts from what was chosen.
    #expect(try await world.repository.git("merge-base", "feature/a", "feature/b@2") == world.remoteTip("feature/a"))
  }

  @Test func `the plan says which agents do it, and how often`() async throws {
    let world = try await Self.make(#"{"a@1": [\#(Self.lines(9))], "a@3": [\#(Self.lines(8))]}"#)
    try await world.set("agents.tool.kind", "command")
    try await world.set(
      "agents.tool.command", "echo tool >a.txt && git add a.txt && git commit -qm 'feat: tool' && cat {prompt} >&2")
    try world.repository.write(
      "task_config.yaml",
      "tasks:\n  - {id: a, branch: feature/a, title: 'feat: a', agents: [claude, tool], candidates: 3}\n")
    let dry = try await world.orch("run", "-n")
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(dry.output.contains("feature/a@2") && dry.output.contains("the best of a@1, a@2, a@3"), "\(dry.output)")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.repository.git("show", "feature/a:a.txt") == "tool")
    let agents = try world.journal().filter { $0.type == "attempt-starting" }
      .map { ($0.fields["task"] as? String ?? "", ($0.fields["agent"] as? [String: Any])?["name"] as? String ?? "") }
    #expect(Dictionary(uniqueKeysWithValues: agents) == ["a@1": "claude", "a@2": "tool", "a@3": "claude"])
    // A run that goes on has as many as it began with.
    #expect(try await world.orch("run", "--continue").errors.contains("nothing left to continue"))
  }

  @Test(arguments: [
    ("agents: [claude], agent: codex", "'agent' and 'agents' cannot be used together"),
    ("candidates: 9", "'candidates' must be a whole number from 1 to 8"),
    ("candidates: 1, agents: [claude, codex]", "'candidates' is 1, but 'agents' names 2"),
  ]) func `a plan that cannot be meant is refused`(_ fields: String, _ message: String) async throws {
    let world = try await OrchWorld.make()
    try world.repository.write("task_config.yaml", "tasks:\n  - {id: a, title: 'feat: a', \(fields)}\n")
    let result = try await world.orch("run")
    #expect(result.status == 128 && result.errors.contains(message), "\(result.errors)")
    #expect(try await world.orch("run", "-N", "9").status == 129)
    #expect(try await world.orch("run", "--continue", "-N", "2").status == 129)
  }

  @Test func `a branch that a candidate would get may not be another task's`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a", "b")
    let plan = try world.repository.read("task_config.yaml").replacing("feature/b", with: "feature/a@2")
    try world.repository.write("task_config.yaml", plan)
    let result = try await world.orch("run", "-N", "2")
    #expect(result.status == 128, "\(result.errors)")
    #expect(result.errors.contains("'feature/a@2' is already that of a candidate of task 'a'"), "\(result.errors)")
  }

  @Test func `stopping a task stops its candidates; one can be stopped alone`() async throws {
    let world = try await Self.make("{}")
    let scratch = world.repository.scratch.path
    let steps = { (id: String) in #"[{"touch": "\#(scratch)/\#(id)"}, "hang"]"# }
    try world.script(
      #"{"a@1": [\#(Self.lines(1))], "a@2": [\#(steps("a2"))], "b@1": [\#(steps("b1"))], "b@2": [\#(steps("b2"))]}"#)
    try world.plan("a", "b")
    let run = Task { try await world.orch("run", "-N", "2", "-j", "9") }
    for file in ["a2", "b1", "b2"] { try await world.wait(for: scratch.appending(file)) }
    let all = try await world.orch("stop", "b")
    #expect(all.status == 0, "\(all.errors)")
    let one = try await world.orch("stop", "a@2")
    #expect(one.status == 0, "\(one.errors)")
    #expect(try await run.value.status == 1)
    #expect(
      try await world.statuses() == [
        "a": "success", "a@1": "chosen", "a@2": "not-chosen", "b": "skipped", "b@1": "interrupted",
        "b@2": "interrupted",
      ])
    try await world.killAgents()
  }

  @Test func `what has a candidate's name on the remote is nothing to it`() async throws {
    let world = try await Self.make(#"{"a@1": [\#(Self.lines(3))], "a@2": [["crash"]]}"#)
    try await world.set("agent.maxRetries", "0")
    try await world.repository.git("switch", "--quiet", "-c", "theirs")
    try await world.repository.commit("other.txt", "x", message: "feat: other")
    try await world.repository.git("switch", "--quiet", "main")
    for name in ["feature/a@1", "feature/a@2/below"] {
      try await world.repository.git("push", "--quiet", "origin", "theirs:refs/heads/\(name)")
    }
    let result = try await world.orch("run", "-N", "2")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.remoteTip("feature/a@1") == world.repository.git("rev-parse", "theirs"))
  }

  @Test func `the logs are those of its candidates`() async throws {
    let world = try await Self.make(#"{"a@1": [\#(Self.lines(3))], "a@2": [\#(Self.lines(1))]}"#)
    #expect(try await world.orch("run", "-N", "2").status == 0)
    let log = try await world.orch("log", "a")
    #expect(log.status == 128)
    #expect(log.errors.contains("as its candidates do the work: a@1, a@2"), "\(log.errors)")
  }

  @Test func `what a continued run does is told by tasks`() async throws {
    let failing = #"[{"result": {"is_error": true, "error": "authentication_failed"}}]"#
    let world = try await Self.make(#"{"a@1": [\#(failing)], "a@2": [\#(failing)]}"#)
    #expect(try await world.orch("run", "-N", "2").status == 1)
    let look = try await world.orch("run", "--continue", "-n")
    #expect(look.output.contains("the best of a@1, a@2"), "\(look.output)")
    try world.script(#"{"a@1": [\#(Self.lines(3))], "a@2": [\#(Self.lines(1))]}"#)
    let again = try await world.orch("run", "--continue")
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.errors.contains("continues: 1 task left"), "\(again.errors)")
  }
}
