import Agents
import Basics
import Processes
import Settings
import Testing

@testable import MCPServers

@Suite(.timeLimit(.minutes(5))) struct MCPSelectionTests {
  private static let login = ["BITBUCKET_WORKSPACE": "w", "BITBUCKET_EMAIL": "e", "BITBUCKET_API_TOKEN": "s3cret"]

  private func settings(_ values: (String, String)...) throws -> Settings {
    try Settings(
      listing: ConfigListing(
        values.map {
          ConfigEntry(scope: .local, source: "file:.git/config", key: "orchestrator.\($0.0)", value: $0.1)
        }))
  }

  private func selection(
    _ settings: Settings, user: UserMCPServers = .none, environment: [String: String] = [:], isOnBitbucket: Bool = false
  ) throws -> MCPSelection {
    try MCPSelection(
      settings: settings, user: user, environment: environment.merging(["PATH": "/bin:/usr/bin"]) { a, _ in a },
      isOnBitbucket: isOnBitbucket)
  }

  @Test func `variables are named in what is seen, and come to the client by its environment alone`() throws {
    let selection = try selection(
      settings(("mcps.enabled", "jira"), ("mcp.jira.command", "/bin/sh"), ("mcp.jira.env", "JIRA_TOKEN")),
      environment: ["JIRA_TOKEN": "s3cret"])
    #expect(
      selection.servers == [
        AgentMCPServer(
          name: "jira",
          transport: .program("/bin/sh", arguments: [], environment: ["JIRA_TOKEN": "${JIRA_TOKEN}"]),
          variables: ["JIRA_TOKEN": "s3cret"])
      ])
  }

  @Test func `what the client's own entry holds goes by variables of our making`() throws {
    let entry = UserMCPServers.Entry(
      type: "http", url: "https://x/mcp?key=s3cret", headers: ["Authorization": "Bearer ${TOKEN:-none}"])
    let selection = try selection(
      settings(("mcps.enabled", "atlassian")), user: UserMCPServers(entries: ["atlassian": entry]),
      environment: ["TOKEN": "s3cret"])
    #expect(
      selection.servers == [
        AgentMCPServer(
          name: "atlassian",
          transport: .remote(
            type: "http", url: "${GIT_ORCH_MCP_1_1}", headers: ["Authorization": "${GIT_ORCH_MCP_1_2}"]),
          variables: ["GIT_ORCH_MCP_1_1": "https://x/mcp?key=s3cret", "GIT_ORCH_MCP_1_2": "Bearer s3cret"])
      ])
  }

  /// `sh` stands for the program, which the test's machine lacks.
  private func bitbucket(enabled: Bool) throws -> Settings {
    let program = ("mcp.bitbucket.command", "sh")
    return try enabled ? settings(program, ("mcps.enabled", "bitbucket")) : settings(program)
  }

  @Test func `on Bitbucket its server is enabled automatically, where its variables are set`() throws {
    let settings = try bitbucket(enabled: false)
    #expect(try selection(settings, environment: Self.login, isOnBitbucket: true).servers.map(\.name) == ["bitbucket"])
    #expect(try selection(settings, environment: Self.login).servers.isEmpty)
    let partly = Self.login.merging(["BITBUCKET_EMAIL": ""]) { $1 }
    let none = try selection(settings, environment: partly, isOnBitbucket: true)
    #expect(none.servers.isEmpty && none.notes.isEmpty)
  }

  @Test func `servers that know the user by what is withheld are withheld too`() throws {
    let own = try settings(
      ("mcps.enabled", "bitbucket,other"), ("mcp.bitbucket.command", "sh"), ("mcp.other.command", "sh"))
    let selection = try selection(own, environment: Self.login)
    #expect(selection.servers.map(\.name) == ["bitbucket", "other"])
    #expect(selection.servers { $0.hasPrefix("BITBUCKET_") }.map(\.name) == ["other"])
  }

  @Test func `a server that reads what lies about is started elsewhere than in the worktree`() throws {
    let registry = MCPRegistry()
    let names = ["bitbucket", "chrome", "github", "postgres"]
    #expect(registry.servers.filter(\.startsApart).map(\.name) == names)
    let server = try #require(registry["postgres"])
    let item = MCPSelection.Item(own: server, program: "/usr/bin/postgres-mcp", environment: [:])
    #expect(
      item.server.transport
        == .program(
          "/bin/sh",
          arguments: ["-c", #"cd / && exec "$0" "$@""#, "/usr/bin/postgres-mcp", "--access-mode=restricted"],
          environment: ["DATABASE_URI": "${DATABASE_URL}"]))
  }

  @Test func `what is missing leaves a server out, with a line that says what to do`() throws {
    let selection = try selection(settings(("mcps.enabled", "postgres"), ("mcp.postgres.command", "sh")))
    #expect(selection.servers.isEmpty)
    #expect(
      selection.notes == [
        "MCP server 'postgres' is skipped: DATABASE_URL is not set; to set it up: export DATABASE_URL=…"
      ])
  }

  @Test func `a name that is not a server's ends it, with the one that was meant`() throws {
    let settings = try settings(("mcps.enabled", "lineer"))
    let error = #expect(throws: MCPError.self) { try selection(settings) }
    #expect(
      error?.description == """
        unknown MCP server 'lineer' for 'orchestrator.mcps.enabled' in file:.git/config (local scope)
        hint: did you mean 'linear'?
        """)
  }

  @Test(arguments: [
    ("a${X}b", "a1b"), ("${X:-d}", "1"), ("${Y:-d}", "d"), ("${Y}", "${Y}"), ("${X", "${X"), ("$X", "$X"), ("", ""),
    ("${Z}", "${X}"),
  ])
  func `templates of the client's file mean what they mean there`(template: String, text: String) {
    #expect(MCPTemplate(template).filled(by: ["X": "1", "Z": "${X}"]) == text)
  }
}
