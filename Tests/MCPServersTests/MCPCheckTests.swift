import Basics
import Foundation
import MCPServers
import OrchTestSupport
import Settings
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct MCPCheckTests {
  /// A folder of programs, and an environment that knows no others.
  private static func with(
    _ programs: [String], clientFile: String? = nil, _ body: (_ environment: [String: String]) throws -> Void
  ) throws {
    let scratch = try TemporaryDirectory()
    let folder = URL(filePath: scratch.path.string)
    for program in programs {
      try "#!/bin/sh\n".write(to: folder.appendingPathComponent(program), atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: folder.appendingPathComponent(program).path)
    }
    try clientFile?.write(to: folder.appendingPathComponent(".claude.json"), atomically: false, encoding: .utf8)
    try body(["PATH": folder.path, "HOME": folder.path])
    withExtendedLifetime(scratch) {}
  }

  private func check(
    _ name: String, _ environment: [String: String], own: [MCPSetting] = [], project: FilePath? = nil
  ) -> MCPCheck {
    MCPCheck.check(
      name, registry: MCPRegistry(own: own), user: .read(environment: environment, project: project),
      environment: environment)
  }

  @Test func `a server whose program and variables are there is configured`() throws {
    try Self.with(["mcp-server-bitbucket"]) { environment in
      let login = ["BITBUCKET_WORKSPACE": "w", "BITBUCKET_EMAIL": "e", "BITBUCKET_API_TOKEN": "t"]
      let found = check("bitbucket", environment.merging(login) { $1 })
      #expect(found.state == .configured)
      #expect(found.words == "configured")
      #expect(found.remedy == nil)
    }
  }

  @Test func `what is missing is named, with the command that fixes it`() throws {
    try Self.with([]) { environment in
      let found = check("bitbucket", environment.merging(["BITBUCKET_EMAIL": "e"]) { $1 })
      #expect(found.state == .notConfigured)
      #expect(
        found.words
          == "'mcp-server-bitbucket' is not on PATH, BITBUCKET_WORKSPACE, BITBUCKET_API_TOKEN are not set")
      #expect(
        found.remedy
          == "pipx install mcp-server-bitbucket && pipx inject mcp-server-bitbucket 'mcp<2' "
          + "&& export BITBUCKET_WORKSPACE=… BITBUCKET_API_TOKEN=…")
    }
  }

  @Test func `a server to sign in to is configured once the client has it`() throws {
    try Self.with([]) { environment in
      let found = check("linear", environment)
      #expect(found.words == "not configured")
      #expect(
        found.remedy
          == "claude mcp add --transport http -s user linear https://mcp.linear.app/mcp && claude mcp login linear")
    }
    let file = #"{"mcpServers": {"linear": {"type": "http", "url": "https://mcp.linear.app/mcp"}}}"#
    try Self.with([], clientFile: file) { #expect(check("linear", $0).isGood) }
  }

  @Test func `a server that the client has for this project alone counts there`() throws {
    let file = #"{"projects": {"/src/app": {"mcpServers": {"jira": {"command": "jira", "args": []}}}}}"#
    try Self.with([], clientFile: file) { environment in
      #expect(check("jira", environment, project: "/src/app").isGood)
      #expect(check("jira", environment, project: "/src/other").state == .unknown)
    }
  }

  @Test(arguments: ["", "{", "[]", #"{"mcpServers": []}"#, #"{"mcpServers": {"linear": {"url": 7}}}"#])
  func `a client's file that cannot be understood configures nothing`(file: String) throws {
    try Self.with([], clientFile: file) { #expect(check("linear", $0).state == .notConfigured) }
  }

  @Test func `an unknown name is reported with the one that was meant`() throws {
    try Self.with([]) { environment in
      let found = check("lineer", environment)
      #expect(found.state == .unknown)
      #expect(found.words == "unknown MCP server; did you mean 'linear'?")
    }
  }

  @Test func `one's own server runs the program of its package, or its command`() throws {
    try Self.with(["mcp-jira"]) { environment in
      let package = MCPSetting(name: "jira", package: "@acme/mcp-jira", variables: ["JIRA_TOKEN"])
      #expect(check("jira", environment, own: [package]).words == "JIRA_TOKEN is not set")
      #expect(check("jira", environment.merging(["JIRA_TOKEN": "t"]) { $1 }, own: [package]).isGood)
      let command = MCPSetting(name: "jira", command: "~/mcp-jira")
      #expect(check("jira", environment, own: [command]).isGood)
    }
  }

  @Test(arguments: [("./mcp-jira", "not an absolute path"), ("/no/such", "not a program"), ("nowhere", "not on PATH")])
  func `a program that could be the agent's own work, or is not there, is not used`(program: String, why: String) throws
  {
    try Self.with(["mcp-jira"]) { environment in
      let found = check("jira", environment, own: [MCPSetting(name: "jira", command: program, setup: "ask Ann")])
      #expect(found.words == "'\(program)' is \(why)")
      #expect(found.remedy == "ask Ann")
    }
  }

  @Test func `the settings change a known server where they speak, and no further`() throws {
    let registry = MCPRegistry(own: [MCPSetting(name: "postgres", variables: ["PG_DSN"])])
    #expect(registry["postgres"]?.variables == ["PG_DSN"])
    #expect(registry["postgres"]?.program == "postgres-mcp")
    #expect(registry.names == ["atlassian", "bitbucket", "chrome", "filesystem", "github", "linear", "postgres"])
  }
}
