import Foundation
import OrchTestSupport
import SystemPackage
import Testing

extension RealClientTests {
  /// MCP servers as the client starts them.
  @Suite struct MCPServerTests {
    /// A server with one tool, `look`, which tells what the server was started with.
    static let server = """
      #!/usr/bin/env python3
      import json, os, sys

      for line in sys.stdin:
          message = json.loads(line)
          if "id" not in message:
              continue
          method, answer = message.get("method"), {}
          if method == "initialize":
              answer["result"] = {"protocolVersion": message["params"]["protocolVersion"],
                                  "capabilities": {"tools": {}}, "serverInfo": {"name": "tiny", "version": "1"}}
          elif method == "tools/list":
              answer["result"] = {"tools": [{"name": "look", "description": "looks",
                                             "inputSchema": {"type": "object", "properties": {}}}]}
          elif method == "tools/call":
              text = " ".join(["token", os.environ.get("TINY_TOKEN", "none"), "arguments", *sys.argv[1:]])
              answer["result"] = {"content": [{"type": "text", "text": text}]}
          else:
              answer["error"] = {"code": -32601, "message": "no such method"}
          answer.update({"jsonrpc": "2.0", "id": message["id"]})
          print(json.dumps(answer), flush=True)

      """

    private static func plant(in world: RealClientHarness) throws -> FilePath {
      let program = world.root.appending("tiny-mcp")
      try world.write(server, to: program)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.string)
      return program
    }

    private static func scenario(server: String) -> FakeMessagesAPI.Scenario {
      .committing("looked", after: [.tool(name: "mcp__\(server)__look", input: [:])])
    }

    @Test func `the client starts an enabled server with its variable, and the agent may use it`() async throws {
      try await RealClientHarness.with { world in
        let program = try Self.plant(in: world)
        await world.api.play(Self.scenario(server: "tiny"), for: "scene: mcp")
        let run = try await world.orchRun(
          "- [ ] Look around\n  scene: mcp\n",
          settings: [
            "mcps.enabled": "tiny", "mcp.tiny.command": program.string, "mcp.tiny.env": "TINY_TOKEN",
            "mcp.tiny.args": "-v",
          ], environment: ["TINY_TOKEN": "value-of-the-token", "ENABLE_TOOL_SEARCH": "false"])
        #expect(run.code == 0, run.words)
        let results = await world.api.requests(for: "scene: mcp").flatMap(\.toolResults)
        #expect(results.contains { $0.text.contains("token value-of-the-token arguments -v") })
        #expect(results.filter(\.isError).map(\.text) == [])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `a server that the user has added to the client is started as it was added`() async throws {
      try await RealClientHarness.with { world in
        let program = try Self.plant(in: world)
        let added = try await world.run(
          world.client,
          [
            "mcp", "add", "mine", "-s", "user", "-e", "TINY_TOKEN=kept-by-the-client", "--", program.string, "${HOME}",
          ])
        #expect(added.code == 0, added.words)
        await world.api.play(Self.scenario(server: "mine"), for: "scene: mcp")
        let run = try await world.orchRun(
          "- [ ] Look around\n  scene: mcp\n", settings: ["mcps.enabled": "mine"],
          environment: ["ENABLE_TOOL_SEARCH": "false"])
        #expect(run.code == 0, run.words)
        let results = await world.api.requests(for: "scene: mcp").flatMap(\.toolResults)
        #expect(results.contains { $0.text.contains("token kept-by-the-client arguments \(world.home)") })
        try await world.expectNothingLeftBehind()
      }
    }
  }
}
