import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// `orchestrator.run.maxBudgetUsd`: nothing new starts once it is spent, and nothing is lost.
@Suite(.timeLimit(.minutes(3))) struct BudgetTests {
  private static func work(_ task: String, cost: Double) -> String {
    #"[{"write": {"path": "\#(task).txt", "content": "x"}}, {"commit": "feat: \#(task)"}, {"result": {"cost": \#(cost)}}]"#
  }

  /// The API counts so many tokens, as it does while an agent works.
  private static func usage(_ tokens: Int) -> String {
    #"{"event": {"type": "stream_event", "parent_tool_use_id": null, "event": {"type": "message_start", "message": {"model": "claude-scripted-1", "usage": {"input_tokens": \#(tokens), "output_tokens": 1}}}}}"#
  }

  private static func option(_ name: String, _ record: [String: Any]) -> String? {
    let arguments = record["arguments"] as? [String] ?? record["args"] as? [String] ?? []
    return arguments.firstIndex(of: name).map { arguments[$0 + 1] }
  }

  @Test func `a run over budget starts nothing new, and continues with a larger one`() async throws {
    let world = try await OrchWorld.make()
    try world.script(
      #"{"a": [\#(Self.work("a", cost: 0.6))], "b": [\#(Self.work("b", cost: 0.6))], "c": [\#(Self.work("c", cost: 0.6))]}"#
    )
    try world.plan("a", "b", "c")
    try await world.set("run.maxBudgetUsd", "1")
    try await world.set("agent.maxBudgetUsd", "0.9")
    let run = try await world.orch("run", "-y", "-j", "1")
    #expect(run.status == 1)
    #expect(run.errors.contains("nothing new starts: over budget: $1.20 of $1.00 are spent"))
    #expect(try await world.statuses() == ["a": "success", "b": "success", "c": "over-budget"])
    // Each agent's own limit is what is left of the run's, or its own.
    #expect(Self.option("--max-budget-usd", try world.record("a", attempt: 1)) == "0.90")
    #expect(Self.option("--max-budget-usd", try world.record("b", attempt: 1)) == "0.40")
    let report = try await world.orch("status", "--json").json()
    #expect(report["budgetUSD"] as? Double == 1)
    #expect(report["overBudget"] as? Bool == true)
    let tokens = try #require(report["tokens"] as? [String: any Sendable])
    #expect(tokens["input"] as? Int == 400)

    let early = try await world.orch("run", "--continue")
    #expect(early.status == 128)
    #expect(early.errors.contains("has cost $1.20, and orchestrator.run.maxBudgetUsd is $1.00"))
    try await world.set("run.maxBudgetUsd", "10")
    #expect(try await world.orch("run", "--continue").status == 0)
    #expect(try await world.statuses()["c"] == "success")
  }

  @Test func `an agent at work is stopped by what its tokens are worth, and its work is saved`() async throws {
    let world = try await OrchWorld.make()
    try world.script(
      #"{"a": [\#(Self.work("a", cost: 0.5))], "b": [[{"write": {"path": "b.txt", "content": "x"}}, \#(Self.usage(1_000_000)), "hang"], [{"commit": "feat: b"}]]}"#
    )
    try world.plan("a", "b")
    try await world.set("run.maxBudgetUsd", "100")
    let run = try await world.orch("run", "-y", "-j", "2")
    #expect(run.status == 1)
    #expect(try await world.statuses() == ["a": "success", "b": "over-budget"])
    #expect(run.output.contains("Saved:") || run.output.contains("git orch restore"))
    let events = try world.journal()
    let reached = try #require(events.first { $0.type == "budget-reached" }?.fields)
    #expect(reached["spent"] as? Double == 0.5)
    #expect((reached["estimated"] as? Double ?? 0) > 99)
    let ended = events.compactMap { $0.type == "attempt-ended" ? $0.fields["result"] as? [String: Any] : nil }
    #expect(ended.contains { ($0["estimatedCost"] as? Double ?? 0) > 99 && $0["end"] as? String == "stopped" })
    // In the same conversation, with what there is.
    try await world.set("run.maxBudgetUsd", "100000")
    #expect(try await world.orch("run", "--continue").status == 0)
    #expect(try await world.statuses()["b"] == "success")
    #expect(Self.option("--resume", try world.record("b", attempt: 2)) != nil)
  }

  @Test func `agents at work may finish`() async throws {
    let world = try await OrchWorld.make()
    let free = world.repository.scratch.path.appending("free")
    try world.script(
      #"{"a": [\#(Self.work("a", cost: 0.5))], "b": [[{"wait-for-file": "\#(free)"}, {"write": {"path": "b.txt", "content": "x"}}, {"commit": "feat: b"}]], "c": [\#(Self.work("c", cost: 1))]}"#
    )
    try world.plan("a", "b", "c")
    try await world.set("run.maxBudgetUsd", "0.4")
    try await world.set("run.onBudget", "finish")
    async let run = world.orch("run", "-y", "-j", "2")
    try await world.waitForStatus { $0["overBudget"] as? Bool == true }
    try Data().write(to: URL(filePath: free.string))
    #expect(try await run.status == 1)
    #expect(try await world.statuses() == ["a": "success", "b": "success", "c": "over-budget"])
    #expect(Self.option("--max-budget-usd", try world.record("b", attempt: 1)) == nil)
  }

  @Test func `a plan that was paid for is part of the first run that executes it`() async throws {
    let world = try await OrchWorld.make()
    let tasks =
      #"{"tasks": [{"id": "a", "title": "feat: a", "description": "", "files_hint": [], "test_command": "", "needs": []}]}"#
    try world.script(
      #"{"a": [\#(Self.work("a", cost: 0.6)), \#(Self.work("b", cost: 0.6))]}"#,
      plan: #"[[{"structured": \#(tasks)}, {"result": {"cost": 0.25}}]]"#)
    try world.repository.write("todo.md", "- [ ] a\n")
    try await world.set("run.maxBudgetUsd", "0.8")
    let made = try await world.orch("generate", "--source", "claude", "todo.md")
    #expect(made.status == 0 && made.errors.contains("planned 1 task with claude: $0.25"), "\(made)")
    let run = try await world.orch("run", "-y")
    #expect(run.errors.contains(" plan making the plan cost $0.25"), "\(run)")
    #expect(run.output.contains("Planning: $0.25"))
    #expect(Self.option("--max-budget-usd", try world.record("a", attempt: 1)) == "0.55")
    let report = try await world.orch("status", "--json").json()
    #expect(report["costUSD"] as? Double == 0.85)
    #expect((report["planning"] as? [String: any Sendable])?["costUSD"] as? Double == 0.25)
    #expect(report["overBudget"] as? Bool == true)
    let statistics = try await world.orch("stats", "--json").json()
    #expect(statistics["planningCostUSD"] as? Double == 0.25 && statistics["costUSD"] as? Double == 0.85)
    // Nobody pays twice.
    try world.plan("c")
    try await world.set("agent.maxRetries", "0")
    _ = try await world.orch("run", "-y")
    #expect(try await world.orch("status", "--json").json()["planning"] == nil)
  }

  @Test(arguments: ["before-entry-run-started", "before-entry-plan-paid", "after-entry-plan-paid"])
  func `what a plan took is counted once, whenever its run is killed`(point: String) async throws {
    let world = try await OrchWorld.make()
    let tasks =
      #"{"tasks": [{"id": "a", "title": "feat: a", "description": "", "files_hint": [], "test_command": "", "needs": []}]}"#
    try world.script(
      #"{"a": [\#(Self.work("a", cost: 0.6))], "c": [\#(Self.work("c", cost: 0.1))]}"#,
      plan: #"[[{"structured": \#(tasks)}, {"result": {"cost": 0.25}}]]"#)
    try world.repository.write("todo.md", "- [ ] a\n")
    #expect(try await world.orch("generate", "--source", "claude", "todo.md").status == 0)
    let killed = try await world.gitOrch("run", "-y", environment: ["GIT_ORCH_KILL_AT": "\(point):1"])
    #expect(killed.status != 0)
    let hasBegun = point != "before-entry-run-started"
    let run = hasBegun ? try await world.orch("run", "--continue") : try await world.orch("run", "-y")
    #expect(run.status == 0, "\(run)")
    #expect(run.output.contains("Planning: $0.25"), "\(run)")
    #expect(try await world.orch("status", "--json").json()["costUSD"] as? Double == 0.85)
    // Not by another one either.
    try world.plan("c")
    #expect(try await world.orch("run", "-y").status == 0)
    #expect(try await world.orch("stats", "--json").json()["planningCostUSD"] as? Double == 0.25)
  }

  @Test func `turns that are used up are reported as such`() async throws {
    let world = try await OrchWorld.make()
    try world.script(
      #"{"a": [[{"result": {"is_error": true, "subtype": "error_max_turns", "errors": ["Reached maximum number of turns (3)"], "terminal_reason": "max_turns"}}]]}"#
    )
    try world.plan("a")
    try await world.set("agent.maxTurns", "7")
    let plan = try world.repository.read("task_config.yaml")
    try world.repository.write("task_config.yaml", plan + "    max_turns: 3\n")
    try await world.set("agent.maxRetries", "0")
    #expect(try await world.orch("run", "-y").status == 1)
    #expect(Self.option("--max-turns", try world.record("a", attempt: 1)) == "3")
    #expect(try await world.orch("status").output.contains("Reached maximum number of turns (3)"))
  }
}
