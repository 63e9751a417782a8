import Agents

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What `--mcp-config` gets. It is in the process list for all to read: secrets are named in it, as `${NAME}`, which
/// the client replaces in commands, arguments, environments, addresses and headers (tried with 2.1.330; a variable that
/// is not set stays as it is written).
func mcpConfiguration(_ servers: [AgentMCPServer]) -> String {
  struct Entry: Encodable {
    var type: String
    var command: String?
    var args: [String]?
    var env: [String: String]?
    var url: String?
    var headers: [String: String]?
  }
  var entries: [String: Entry] = [:]
  for server in servers {
    entries[server.name] =
      switch server.transport {
      case .program(let command, let arguments, let environment):
        Entry(type: "stdio", command: command, args: arguments, env: environment)
      case .remote(let type, let url, let headers):
        Entry(type: type, url: url, headers: headers.isEmpty ? nil : headers)
      }
  }
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  // Texts and dictionaries of texts: nothing in them can fail to be encoded.
  let data = (try? encoder.encode(["mcpServers": entries])) ?? Data("{}".utf8)
  return String(decoding: data, as: UTF8.self)
}
