import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// MCP servers on their way to the agents.
@Suite(.timeLimit(.minutes(5))) struct MCPServerTests {
  static let secret = "s3cret-of-alice-0123456789"

  /// What the first attempt of `a` got by `--mcp-config`; nil when nothing.
  static func servers(in world: OrchWorld, task: String = "a") throws -> [String: [String: Any]]? {
    let arguments = try #require(try world.record(task, attempt: 1)["arguments"] as? [String])
    guard let option = arguments.first(where: { $0.hasPrefix("--mcp-config=") }) else { return nil }
    let json = try JSONSerialization.jsonObject(with: Data(option.dropFirst("--mcp-config=".count).utf8))
    return (json as? [String: Any])?["mcpServers"] as? [String: [String: Any]]
  }

  /// Everything below a folder, as text.
  static func texts(below folder: FilePath) -> String {
    let files = FileManager.default.enumerator(atPath: folder.string)?.compactMap { $0 as? String } ?? []
    return files.compactMap { FileManager.default.contents(atPath: folder.appending($0).string) }
      .map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
  }

  @Test func `enabled servers reach the agents, their secrets only by the environment`() async throws {
    let world = try await OrchWorld.make()
    let home = try #require(world.environment["HOME"])
    let file = FilePath(home).appending(".claude.json")
    let entry = #"{"type": "http", "url": "https://x.example/mcp", "headers": {"Authorization": "\#(Self.secret)"}}"#
    try Data(#"{"mcpServers": {"linear": \#(entry), "other": {"command": "other"}}}"#.utf8)
      .write(to: URL(filePath: file.string))
    let program = try world.addProgram("mcp-jira", "exit 0")
    try await world.set("mcps.enabled", "jira, linear")
    try await world.set("mcp.jira.command", program.string)
    try await world.set("mcp.jira.env", "JIRA_TOKEN")
    try await world.set("mcp.jira.args", "--read-only")
    try world.script(RunTests.edits("a"))
    try world.plan("a")

    let result = try await world.orch("run", environment: ["JIRA_TOKEN": Self.secret])

    #expect(result.status == 0, "\(result.errors)")
    let servers = try #require(try Self.servers(in: world))
    #expect(Set(servers.keys) == ["jira", "linear"])
    #expect(servers["jira"]?["command"] as? String == program.string)
    #expect(servers["jira"]?["args"] as? [String] == ["--read-only"])
    #expect(servers["jira"]?["env"] as? [String: String] == ["JIRA_TOKEN": "${JIRA_TOKEN}"])
    #expect(servers["linear"]?["type"] as? String == "http")
    let headers = try #require(servers["linear"]?["headers"] as? [String: String])
    let reference = try #require(headers["Authorization"])
    let record = try world.record("a", attempt: 1)
    let variables = try #require(record["environment"] as? [String: String])
    #expect(variables[String(reference.dropFirst(2).dropLast())] == Self.secret)
    #expect(variables["JIRA_TOKEN"] == Self.secret)
    let arguments = try #require(record["arguments"] as? [String])
    #expect(arguments.contains("--strict-mcp-config"))
    let rules = try #require(arguments.first { $0.hasPrefix("--allowedTools=") }).split(separator: ",")
    #expect(rules.contains("mcp__jira") && rules.contains("mcp__linear") && !rules.contains("mcp__other"))
    #expect(!arguments.contains { $0.contains(Self.secret) })
    let written = Self.texts(below: world.root) + Self.texts(below: world.worktrees) + result.output + result.errors
    #expect(written.contains("attempt-starting"))
    #expect(!written.contains(Self.secret))
  }

  @Test func `without any, the agents get none`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await world.expectSuccess()
    #expect(try Self.servers(in: world) == nil)
  }

  @Test func `a server that lacks a variable is left out, and the user is told before the run`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("mcps.enabled", "jira")
    try await world.set("mcp.jira.command", "sh")
    try await world.set("mcp.jira.env", "JIRA_TOKEN")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    let words = "MCP server 'jira' is skipped: JIRA_TOKEN is not set; to set it up: export JIRA_TOKEN=…"
    #expect(result.errors.contains(words), "\(result.errors)")
    let warnings = try world.journal().filter { $0.type == "warned" }
    #expect(warnings.map { $0.fields["message"] as? String } == [words])
    #expect(try Self.servers(in: world) == nil)
  }

  @Test func `an unknown server ends it before anything is done`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("mcps.enabled", "lineer")
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(result.errors.contains("fatal: unknown MCP server 'lineer' for 'orchestrator.mcps.enabled' in file:"))
    #expect(result.errors.contains("hint: did you mean 'linear'?"))
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
  }

  @Test(arguments: [[], ["--no-pr"]])
  func `on Bitbucket its server is there automatically, started where the repository has no say`(
    options: [String]
  ) async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      var world = scene.world
      let program = try world.addProgram("mcp-server-bitbucket", "exit 0")
      world.environment["PATH"] = "\(program.removingLastComponent()):\(world.environment["PATH"] ?? "")"
      world.environment["BITBUCKET_WORKSPACE"] = "acme"
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      let result = try await world.orch(["run"] + options)
      #expect(result.status == 0, "\(result.errors)")
      let server = try #require(try Self.servers(in: world)?["bitbucket"])
      #expect(server["command"] as? String == "/bin/sh")
      #expect(server["args"] as? [String] == ["-c", #"cd / && exec "$0" "$@""#, program.string])
      #expect(
        server["env"] as? [String: String] == [
          "BITBUCKET_WORKSPACE": "${BITBUCKET_WORKSPACE}", "BITBUCKET_EMAIL": "${BITBUCKET_EMAIL}",
          "BITBUCKET_API_TOKEN": "${BITBUCKET_API_TOKEN}",
        ])
      #expect(try !scene.recordedTexts().contains(ForgeWorld.token))
    }
  }
}
