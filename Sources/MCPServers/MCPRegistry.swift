import Basics
package import Settings

/// The MCP servers that can be enabled: those known from the start, and the user's own.
package struct MCPRegistry: Sendable {
  /// By name, in alphabetical order.
  package let servers: [MCPServer]

  package init(own: [MCPSetting] = []) {
    var servers = Dictionary(Self.known.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for setting in own { servers[setting.name] = Self.server(servers[setting.name], changedBy: setting) }
    self.servers = servers.values.sorted { $0.name < $1.name }
  }

  package init(settings: Settings) { self.init(own: settings.mcpServers) }

  package subscript(name: String) -> MCPServer? { servers.first { $0.name == name } }

  /// The server of that name, or one that only the client knows.
  func server(named name: String, user: UserMCPServers) -> MCPServer? {
    if let server = self[name] { return server }
    let isName = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    return isName && user.has(name) ? MCPServer(name: name, authentication: .preconfigured) : nil
  }

  package var names: [String] { servers.map(\.name) }

  /// The names somebody who wrote an unknown one probably meant.
  package func suggestions(for name: String) -> [String] {
    likelyMeant(name.lowercased(), among: names)
  }

  private static func server(_ known: MCPServer?, changedBy setting: MCPSetting) -> MCPServer {
    var server =
      known
      ?? MCPServer(
        name: setting.name,
        authentication: setting.variables?.isEmpty == false ? .environment : .preconfigured)
    server.isCustom = true
    if let package = setting.package {
      server.package = package
      // A package of one server is usually called like its program.
      if known == nil { server.program = package.split(separator: "/").last.map(String.init) }
    }
    if let command = setting.command {
      server.program = command
      server.arguments = []
      server.startsApart = false
    }
    if let arguments = setting.arguments { server.arguments = arguments }
    if let authentication = setting.authentication { server.authentication = authentication }
    if let variables = setting.variables {
      server.variables = variables
      server.renamed = server.renamed.filter { variables.contains($0.value) }
    }
    if let setup = setting.setup { server.setup = setup }
    return server
  }
}
