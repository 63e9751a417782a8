import Basics
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Agents
@testable import ClaudeCode

extension RealClientTests {
  /// The client's tools, and what is left of them for an agent.
  @Suite struct ToolTests {
    private static let elsewhere: [FakeMessagesAPI.Step] = [
      .tool(name: "EnterWorktree", input: ["name": "stray"]),
      .tool(name: "CronCreate", input: ["cron": "* * * * *", "prompt": "x", "recurring": true, "durable": true]),
      .tool(name: "ScheduleWakeup", input: ["delaySeconds": 60, "reason": "x", "prompt": "x"]),
      .tool(name: "Monitor", input: ["description": "x", "timeout_ms": 1000, "command": "ls"]),
      .tool(name: "SendMessage", input: ["to": "x", "summary": "x", "message": "x"]),
      .tool(name: "Workflow", input: ["name": "deep-research", "script": "x"]),
      .tool(name: "ListAgents", input: [:]),
    ]

    /// Branches and worktrees of the user's repository, and what agents have put into it.
    private static func state(_ world: RealClientHarness) async throws -> String {
      try await world.git("worktree", "list", "--porcelain") + world.git("for-each-ref")
        + world.git("config", "--list", "--local") + world.git("status", "--porcelain", "--ignored")
    }

    @Test func `all tools that the client offers are in the table, which it says without a login or a request`()
      async throws
    {
      try await RealClientHarness.with { world in
        let claude = try await ClaudeCode.locate(
          program: AgentProgram(command: world.client.string), environment: world.environment)
        #expect(claude.version == ClientTool.tableVersion)
        let offered = try #require(
          await claude.offeredTools(environment: world.environment, timeLimit: .seconds(60)))
        #expect(ClientTool.unknown(among: offered) == [])
        #expect(offered.contains("EnterWorktree"))
        let left = try FileManager.default.contentsOfDirectory(atPath: world.root.appending("tmp").string)
        #expect(!left.contains { $0.hasPrefix("git-orch-") })
        #expect(await world.api.requests.isEmpty)
        #expect(await world.elsewhere.requests.isEmpty)
      }
    }

    @Test func `an agent has the tools that the table allows, and no others`() async throws {
      try await RealClientHarness.with { world in
        let run = try await world.agent(ToolPermissions(), steps: [])
        let tools = try #require(run.events.first { $0["subtype"] == "init" })["tools"].items.compactMap(\.string)
        #expect(
          Set(tools) == [
            "Task", "Bash", "Edit", "NotebookEdit", "Read", "ReportFindings", "Skill", "TaskStop", "ToolSearch",
            "WebFetch", "WebSearch", "Write",
          ])
        let request = try #require(await world.api.requests(for: "scene: agent").first)
        let sent = request.body["tools"].items.compactMap { $0["name"].string }
        #expect(sent.contains("Bash") && sent.contains("Agent"))
        let allowed = Set(ClientTool.table.filter { $0.rule == .allowed }.map(\.name) + ["DeferredToolPlaceholder"])
        #expect(Set(sent).subtracting(allowed) == [])
      }
    }

    @Test(arguments: [ToolPermissions(), ToolPermissions(skipPermissions: true)])
    func `what leaves the worktree, schedules, stays or sends does not exist`(permissions: ToolPermissions) async throws
    {
      try await RealClientHarness.with { world in
        let before = try await Self.state(world)
        let run = try await world.agent(permissions, steps: Self.elsewhere, environment: ["IS_SANDBOX": "1"])
        #expect(run.result["result"] == "Done.")
        let results = await world.api.requests(for: "scene: agent").flatMap(\.toolResults).map(\.text)
        #expect(results.count == Self.elsewhere.count)
        #expect(results.filter { !$0.contains("No such tool available") } == [])
        #expect(try await Self.state(world) == before)
      }
    }

    /// By the call, and by the definition of a subagent of the user's own.
    @Test func `a subagent gets no worktree, and works in the agent's`() async throws {
      try await RealClientHarness.with { world in
        try world.write(
          "---\nname: mine\ndescription: x\nisolation: worktree\n---\nWork.\n",
          to: world.home.appending(".claude/agents/mine.md"))
        await world.api.play([.bash("pwd"), .text("Seen.")], for: "scene: subagent")
        let before = try await Self.state(world)
        func agent(_ type: String, _ more: [String: JSON] = [:]) -> FakeMessagesAPI.Step {
          let input: [String: JSON] = ["description": "x", "prompt": "scene: subagent", "subagent_type": .string(type)]
          return .tool(name: "Agent", input: .object(input.merging(more) { _, new in new }))
        }
        let run = try await world.agent(
          ToolPermissions(),
          steps: [
            agent("general-purpose", ["isolation": "worktree"]), agent("general-purpose", ["isolation": "remote"]),
            agent("mine"), agent("general-purpose"),
          ])
        #expect(run.rulings.filter { $0.what == "Agent" }.count == 4)
        #expect(run.result["permission_denials"].items.count == 2)
        #expect(try await Self.state(world) == before)
        let requests = await world.api.requests(for: "scene: subagent")
        #expect(requests.last?.toolResults.map { $0.text } == [world.worktree.string])
      }
    }

    @Test func `what the user allows by name an agent has`() async throws {
      try await RealClientHarness.with { world in
        _ = try await world.agent(ToolPermissions(allowedTools: ["EnterWorktree"]), steps: [Self.elsewhere[0]])
        #expect(try await world.git("worktree", "list").contains("stray"))
      }
    }
  }
}
