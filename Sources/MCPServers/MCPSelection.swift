package import Agents
package import Settings

/// The MCP servers that the agents of one run get.
package struct MCPSelection: Sendable, Equatable {
  /// A server, and the variables by which it knows its user.
  struct Item: Sendable, Equatable {
    let server: AgentMCPServer
    let logins: Set<String>
  }

  let items: [Item]
  /// Why servers that are enabled are not among them, a line each.
  package let notes: [String]

  package static let none = MCPSelection(items: [], notes: [])

  init(items: [Item], notes: [String]) {
    self.items = items
    self.notes = notes
  }

  package var servers: [AgentMCPServer] { items.map(\.server) }

  /// Those that know their user by none of the variables withheld.
  package func servers(withholding isWithheld: (String) -> Bool) -> [AgentMCPServer] {
    items.filter { !$0.logins.contains(where: isWithheld) }.map(\.server)
  }

  /// - Parameters:
  ///   - isOnBitbucket: whether the run's pull requests are there. Its server is then enabled by itself, where its
  ///     variables are set.
  /// - Throws: for a name that is no server's.
  package init(
    settings: Settings, user: UserMCPServers, environment: [String: String], isOnBitbucket: Bool
  ) throws(MCPError) {
    let registry = MCPRegistry(settings: settings)
    var names = settings[.mcpsEnabled]
    if isOnBitbucket, !names.contains("bitbucket"), Self.hasBitbucketVariables(environment) {
      names.append("bitbucket")
    }
    var items: [Item] = []
    var notes: [String] = []
    for name in names {
      guard let server = registry.server(named: name, user: user) else {
        throw .unknown(
          name, suggestions: registry.suggestions(for: name), origin: "\(settings.origin(of: .mcpsEnabled))")
      }
      switch MCPResolution.find(to: server, user: user, environment: environment) {
      case .own(let program):
        items.append(Item(own: server, program: program, environment: environment))
      case .user(let entry):
        items.append(Item(entry, of: server, number: items.count + 1, environment: environment))
      case .missing(let missing):
        let remedy = server.remedy(missing, command: settings.claudeCommand)
        notes.append("MCP server '\(name)' is skipped: \(missing.words); to set it up: \(remedy)")
      }
    }
    self.init(items: items, notes: notes)
  }

  package static func hasBitbucketVariables(_ environment: [String: String]) -> Bool {
    MCPRegistry()["bitbucket"]?.variables.allSatisfy { environment[$0]?.isEmpty == false } ?? false
  }
}

extension MCPSelection.Item {
  /// A server as the registry or the settings have it. Its variables are named in its texts; their values come to agents
  /// by this alone, since those of forges are withheld from them.
  init(own server: MCPServer, program: String, environment: [String: String]) {
    let given = server.optionalVariables.filter { environment[$0]?.isEmpty == false }
    var references: [String: String] = [:]
    for name in server.variables + given where !server.renamed.values.contains(name) { references[name] = "${\(name)}" }
    for (theirs, ours) in server.renamed { references[theirs] = "${\(ours)}" }
    let transport: AgentMCPServer.Transport =
      server.startsApart
      ? .program(
        "/bin/sh", arguments: ["-c", #"cd / && exec "$0" "$@""#, program] + server.arguments, environment: references)
      : .program(program, arguments: server.arguments, environment: references)
    self.init(
      server: AgentMCPServer(
        name: server.name, transport: transport,
        variables: environment.filter { (server.variables + given).contains($0.key) }),
      logins: server.logins)
  }

  /// A server as the user has added it to the client. Each of its texts may hold a secret, so they go by variables of
  /// our own making.
  init(_ entry: UserMCPServers.Entry, of server: MCPServer, number: Int, environment: [String: String]) {
    var variables: [String: String] = [:]
    func reference(_ text: String) -> String {
      let name = "GIT_ORCH_MCP_\(number)_\(variables.count + 1)"
      variables[name] = MCPTemplate(text).filled(by: environment)
      return "${\(name)}"
    }
    let transport: AgentMCPServer.Transport
    if let command = entry.command {
      transport = .program(
        command, arguments: (entry.args ?? []).map(reference), environment: (entry.env ?? [:]).mapValues(reference))
    } else {
      transport = .remote(
        type: entry.type ?? "http", url: reference(entry.url ?? ""),
        headers: (entry.headers ?? [:]).mapValues(reference))
    }
    self.init(
      server: AgentMCPServer(name: server.name, transport: transport, variables: variables),
      logins: server.logins.union((entry.env ?? [:]).keys))
  }
}

extension MCPServer {
  /// The variables by which it knows its user, and those of the known server of its name, whatever the settings say.
  fileprivate var logins: Set<String> { Set(variables + (MCPRegistry()[name]?.variables ?? [])) }
}
