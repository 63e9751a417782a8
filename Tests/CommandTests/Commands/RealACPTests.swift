import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// Runs whose tasks an agent does that is made with the Agent Client Protocol's own SDK; see `Agents/acp_agent.py`.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["GIT_ORCH_ACP_PYTHON"]?.isEmpty == false,
    "GIT_ORCH_ACP_PYTHON names no Python with the SDK; see Tools/fetch-client"),
  .timeLimit(.minutes(5)))
struct RealACPTests {
  @Test func `it asks for leave, and its conversation is taken up`() async throws {
    let python = try #require(ProcessInfo.processInfo.environment["GIT_ORCH_ACP_PYTHON"])
    let agent = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Agents/acp_agent.py").path
    let world = try await OrchWorld.make()
    let script = world.repository.scratch.path.appending("script")
    try world.repository.write(
      "script", "1 touch outside\n1 git add a.txt\n2 git add a.txt\n2 git commit -qm feat:a\n",
      in: world.repository.scratch.path)
    try await world.set("agents.sdk.kind", "acp")
    try await world.set("agents.sdk.command", "echo a >a.txt; exec '\(python)' '\(agent)' '\(script)'")
    try world.repository.write("task_config.yaml", "tasks:\n  - id: a\n    title: \"feat: a\"\n    agent: sdk\n")

    let server = try world.addProgram("mcp-jira", "exit 0")
    try await world.set("mcps.enabled", "jira")
    try await world.set("mcp.jira.command", server.string)
    try await world.set("mcp.jira.env", "JIRA_TOKEN")

    let result = try await world.gitOrch("run", environment: ["JIRA_TOKEN": MCPServerTests.secret])

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(result.output.contains("touch outside"), "the refusal is not told: \(result.output)")
    let tip = try #require(try await world.remoteTip("feature/a"))
    #expect(try await world.repository.git("ls-tree", "--name-only", tip).split(separator: "\n").contains("a.txt"))
    let sessions = try world.journal().filter { $0.type == "attempt-ended" }
      .compactMap { ($0.fields["result"] as? [String: Any])?["session"] as? String }
    #expect(sessions.count == 2 && Set(sessions).count == 1)
    #expect(
      try world.repository.read("script.servers", in: world.repository.scratch.path)
        == "jira \(server) JIRA_TOKEN=\(MCPServerTests.secret)\n")
    #expect(!MCPServerTests.texts(below: world.root).contains(MCPServerTests.secret))
  }
}
