package import Settings

/// Whether one MCP server can be used, and what to do if not.
package struct MCPCheck: Sendable, Equatable {
  package enum State: String, Sendable {
    /// It can be handed to agents.
    case configured
    /// A program, a variable or the client's entry is missing.
    case notConfigured
    /// There is no server of that name.
    case unknown
  }

  package let name: String
  package let state: State
  /// `configured`, or what is missing: `not configured`, `BITBUCKET_EMAIL is not set`.
  package let words: String
  /// A command, or words where none would do; nil when there is nothing to fix.
  package let remedy: String?

  package var isGood: Bool { state == .configured }

  /// Looks at one server: is it known, is its program on `PATH`, are its variables set, or has the user added it to the
  /// client? Starts nothing.
  ///
  /// - Parameters:
  ///   - command: how the user calls the client (`agent.command`), for the remedy.
  package static func check(
    _ name: String, registry: MCPRegistry, user: UserMCPServers, environment: [String: String],
    command: String = "claude"
  ) -> MCPCheck {
    guard let server = registry.server(named: name, user: user) else {
      let meant = registry.suggestions(for: name)
      let words =
        meant.isEmpty
        ? "unknown MCP server; known servers: \(registry.names.joined(separator: ", "))"
        : "unknown MCP server; did you mean \(meant.map { "'\($0)'" }.joined(separator: " or "))?"
      return MCPCheck(
        name: name, state: .unknown, words: words,
        remedy: "git config orchestrator.mcp.\(name).command PROGRAM")
    }
    let way = MCPResolution.find(to: server, user: user, environment: environment)
    switch way {
    case .own, .user: return MCPCheck(name: name, state: .configured, words: "configured", remedy: nil)
    case .missing(let missing):
      return MCPCheck(
        name: name, state: .notConfigured, words: missing.words,
        remedy: server.remedy(missing, command: command))
    }
  }

  /// The same for all servers enabled in `settings`, or for those named.
  package static func checkAll(
    _ names: [String]? = nil, settings: Settings, user: UserMCPServers, environment: [String: String]
  ) -> [MCPCheck] {
    let registry = MCPRegistry(settings: settings)
    return (names ?? settings[.mcpsEnabled]).map {
      check($0, registry: registry, user: user, environment: environment, command: settings.claudeCommand)
    }
  }
}
