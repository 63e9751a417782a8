import Agents
import Basics

/// The MCP servers that an agent is to connect to, as the protocol writes them
/// (https://agentclientprotocol.com/protocol/session-setup#mcp-servers). Their texts name secrets as `${NAME}`: values are
/// put in on the way to the agent alone, and never come into the stream's file.
struct ACPServers: Equatable, Sendable {
  private let servers: JSON

  static let none = ACPServers([])

  init(_ servers: [AgentMCPServer]) { self.servers = .array(servers.map(Self.entry)) }

  /// Reads what ``text`` writes; nil for anything else.
  init?(parsing text: String) {
    guard let value = JSON(parsing: text), case .array = value else { return nil }
    servers = value
  }

  /// As the relay gets it.
  var text: String { servers.text }

  private static func entry(_ server: AgentMCPServer) -> JSON {
    func pairs(_ values: [String: String]) -> JSON {
      .array(values.sorted { $0.key < $1.key }.map { ["name": .string($0.key), "value": .string($0.value)] })
    }
    switch server.transport {
    case .program(let command, let arguments, let environment):
      return [
        "name": .string(server.name), "command": .string(command), "args": .array(arguments.map { .string($0) }),
        "env": pairs(environment),
      ]
    case .remote(let type, let url, let headers):
      return ["type": .string(type), "name": .string(server.name), "url": .string(url), "headers": pairs(headers)]
    }
  }

  /// Those that an agent takes which says this of itself, and the names of the others. Programs every agent takes.
  func offered(to capabilities: JSON?) -> (servers: JSON, leftOut: [String]) {
    var (taken, leftOut) = ([JSON](), [String]())
    for server in servers.elements {
      if let type = server["type"]?.string, capabilities?["mcpCapabilities"]?[type] != true {
        leftOut.append(server["name"]?.string ?? "")
      } else {
        taken.append(server)
      }
    }
    return (.array(taken), leftOut)
  }

  /// A message with the values of the variables in what it says of servers.
  static func filled(_ message: JSON, by variables: [String: String]) -> JSON {
    guard case .object(var members) = message, case .object(var parameters)? = members["params"],
      let servers = parameters["mcpServers"]
    else { return message }
    parameters["mcpServers"] = servers.mappingTexts { MCPTemplate($0).filled(by: variables) }
    members["params"] = .object(parameters)
    return .object(members)
  }
}

extension JSON {
  fileprivate func mappingTexts(_ change: (String) -> String) -> JSON {
    switch self {
    case .string(let text): .string(change(text))
    case .array(let elements): .array(elements.map { $0.mappingTexts(change) })
    case .object(let members): .object(members.mapValues { $0.mappingTexts(change) })
    default: self
    }
  }
}
