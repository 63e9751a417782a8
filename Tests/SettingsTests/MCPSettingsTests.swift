import Basics
import Settings
import Testing

@Suite(.timeLimit(.minutes(5))) struct MCPSettingsTests {
  @Test func `a server's settings gather under its name, whose case is kept`() throws {
    let settings = try Settings(
      listing: ConfigListing(local: [
        "mcp.Jira.command": "jira-mcp", "mcp.Jira.args": "--fields=a,b", "mcp.other.package": "@acme/mcp-other",
        "mcp.Jira.args": "-v", "mcp.Jira.authtype": "Environment", "mcp.Jira.env": "JIRA_URL, JIRA_TOKEN",
        "mcp.Jira.setup": "ask Ann", "mcps.enabled": "Jira,linear",
      ]))
    #expect(settings.warnings.isEmpty)
    #expect(settings[.mcpsEnabled] == ["Jira", "linear"])
    #expect(settings.mcpServers.map(\.name) == ["Jira", "other"])
    let jira = try #require(settings.mcpServers.first)
    #expect(jira.command == "jira-mcp")
    #expect(jira.arguments == ["--fields=a,b", "-v"])
    #expect(jira.authentication == .environment)
    #expect(jira.variables == ["JIRA_URL", "JIRA_TOKEN"])
    #expect(jira.setup == "ask Ann")
    #expect(settings.mcpServers[1].package == "@acme/mcp-other")
    #expect(settings.mcpServers[1].arguments == nil)
  }

  @Test func `an empty argument drops those before it`() throws {
    let settings = try Settings(
      listing: ConfigListing(local: [
        "mcp.a.args": "x", "mcp.a.args": "", "mcp.a.args": "y",
      ]))
    #expect(settings.mcpServers.first?.arguments == ["y"])
  }

  @Test(
    arguments: [
      ("env_vars", .environment), ("oauth_browser", .oauth), ("pre_configured", .preconfigured), ("OAuth", .oauth),
    ] as [(String, MCPAuthentication)])
  func `the words of the team's file are taken too`(word: String, kind: MCPAuthentication) throws {
    let settings = try Settings(listing: ConfigListing(local: ["mcp.a.authtype": word]))
    #expect(settings.mcpServers.first?.authentication == kind)
  }

  @Test(arguments: [
    (
      "mcp.a.authtype", "password",
      "bad value 'password' for 'orchestrator.mcp.a.authType' in file:.git/config (local scope): "
        + "it must be one of environment, oauth, preconfigured"
    ),
    (
      "mcp.a.env", "TOKEN=s3cret",
      "bad variable name 'TOKEN=…' for 'orchestrator.mcp.a.env' in file:.git/config (local scope): "
        + "give only the variable's name; its value stays in the environment"
    ),
    (
      "mcp.a.env", "9X",
      "bad variable name '9X' for 'orchestrator.mcp.a.env' in file:.git/config (local scope): "
        + "it must be letters, digits and _, and not begin with a digit"
    ),
    (
      "mcp.a b.command", "x",
      "bad MCP server name 'a b' for 'orchestrator.mcp.a b.command' in file:.git/config (local scope): "
        + "it must be letters, digits, - and _, without two _ in a row"
    ),
    (
      "agents.-x.kind", "command",
      "bad agent name '-x' for 'orchestrator.agents.-x.kind' in file:.git/config (local scope): it must not begin with -"
    ),
    (
      "mcp.a.command", " ",
      "bad value ' ' for 'orchestrator.mcp.a.command' in file:.git/config (local scope): it must not be empty"
    ),
  ])
  func `a bad value is reported with its key and place, a secret never`(key: String, value: String, words: String) {
    let error = #expect(throws: SettingsError.self) {
      try Settings(listing: ConfigListing(local: [key: value]))
    }
    #expect(error?.description == words)
  }

  @Test func `a field that does not exist is warned about with the one that was meant`() throws {
    let settings = try Settings(listing: ConfigListing(local: ["mcp.Jira.comand": "x"]))
    #expect(settings.warnings.count == 1)
    #expect(settings.warnings.first?.hasSuffix("did you mean 'orchestrator.mcp.Jira.command'?") == true)
    #expect(settings.mcpServers.isEmpty)
  }

  @Test(arguments: [
    ("mcp.Foo.auth_type", "mcp.Foo.authType"), ("orchestrator.mcp.Foo.ENV", "mcp.Foo.env"),
    ("mcps.Enabled", "mcps.enabled"),
  ])
  func `any spelling of a key is the canonical one, but for the server's name`(spelling: String, name: String) {
    #expect(Settings.canonicalName(spelling) == name)
  }

  @Test func `every setting of a server needs trust`() {
    #expect(SettingsTable.families.filter { $0.name.hasPrefix("mcp.") }.map(\.name).contains("mcp.<name>.command"))
    #expect(SettingsTable.families.filter { $0.name.hasPrefix("mcp.") }.filter { !$0.needsTrust } == [])
    #expect(SettingsTable.all.first { $0.name == "mcps.enabled" }?.needsTrust == true)
  }
}
