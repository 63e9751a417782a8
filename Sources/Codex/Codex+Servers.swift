package import Agents
import Basics
import Processes
import SystemPackage

/// MCP servers, as settings of one process of the client.
extension Codex {
  /// Its texts know no variables, and its command line is in the process list for all to read.
  package func obstacle(to server: AgentMCPServer) -> String? {
    if userServers.contains(server.name) { return nil }
    guard case .remote(let type, let url, let headers) = server.transport else {
      guard case .program(_, _, let environment) = server.transport,
        let name = environment.keys.first(where: {
          $0.contains { !($0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_") }
        })
      else { return nil }
      return "wants a variable '\(name)', which a shell cannot set"
    }
    if type != "http" { return "is reached by '\(type)', which Codex does not speak" }
    let address = server.filling(url)
    let isPlain = MCPTemplate(url).names(among: server.variables).isEmpty || !address.contains { "?@".contains($0) }
    guard isPlain else { return "has an address that may hold a secret, which Codex would show in the process list" }
    let areReferences = headers.values.allSatisfy {
      MCPTemplate($0).onlyVariable(among: server.variables) != nil
        || MCPTemplate($0).names(among: server.variables).isEmpty
    }
    return areReferences ? nil : "has a header that is partly a secret, which Codex cannot be told"
  }

  /// Settings for `-c`: the servers that are given, and none of the user's own but those of the same names.
  /// - Parameter environment: the client's.
  func serverSettings(_ servers: [AgentMCPServer], environment: [String: String]) -> [String] {
    var entries: [String] = []
    for name in userServers.sorted() {
      let isGiven = servers.contains { $0.name == name }
      // The user's own entry, with the login that the client has for it.
      entries.append("\(quoted(name))={\(isGiven ? Self.approval : "enabled=false")}")
    }
    for server in servers where !userServers.contains(server.name) && obstacle(to: server) == nil {
      entries.append("\(quoted(server.name))={\(Self.entry(of: server, environment)),\(Self.approval)}")
    }
    return entries.isEmpty ? [] : ["mcp_servers={\(entries.joined(separator: ","))}"]
  }

  /// Nobody is there to be asked, and what needs it is refused.
  private static let approval = #"default_tools_approval_mode="approve""#

  private static func entry(of server: AgentMCPServer, _ variables: [String: String]) -> String {
    func list(_ texts: [String]) -> String { "[" + texts.map { quoted($0) }.joined(separator: ",") + "]" }
    func table(_ texts: [String: String]) -> String {
      "{" + texts.sorted { $0.key < $1.key }.map { "\(quoted($0.key))=\(quoted($0.value))" }.joined(separator: ",")
        + "}"
    }
    switch server.transport {
    case .remote(_, let url, let headers):
      let secret = headers.compactMapValues { MCPTemplate($0).onlyVariable(among: variables) }
      let plain = headers.filter { secret[$0.key] == nil }.mapValues { MCPTemplate($0).filled(by: [:]) }
      return
        "url=\(quoted(MCPTemplate(url).filled(by: variables))),http_headers=\(table(plain)),env_http_headers=\(table(secret))"
    case .program(let command, let arguments, let environment):
      let texts = ([command] + arguments + environment.values).map { MCPTemplate($0) }
      let names = texts.reduce(into: Set<String>()) { $0.formUnion($1.names(among: variables)) }
      guard !names.isEmpty else {
        func plain(_ text: String) -> String { MCPTemplate(text).filled(by: [:]) }
        return "command=\(quoted(plain(command))),args=\(list(arguments.map(plain)))"
          + ",env=\(table(environment.mapValues(plain)))"
      }
      // A shell puts the values in, which it has from the client's environment.
      func word(_ text: String) -> String { MCPTemplate(text).shellWord(among: variables) }
      let exports = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\(word($0.value))" }
      let line =
        (exports.isEmpty ? "" : "export \(exports.joined(separator: " ")); ")
        + (["exec"] + ([command] + arguments).map(word)).joined(separator: " ")
      return "command=\"/bin/sh\",args=\(list(["-c", line])),env_vars=\(list(names.sorted()))"
    }
  }

  /// The names of the servers in the user's own configuration; none where it does not say.
  static func serversOfUser(_ executable: FilePath, environment: [String: String], timeLimit: Duration) async -> Set<
    String
  > {
    let question = Invocation(
      executable: executable, arguments: ["mcp", "list", "--json"], environment: clean(environment), directory: "/")
    guard let output = try? await question.run(outputLimit: 1 << 20, timeout: timeLimit), output.exit.isSuccess,
      let list = JSON(parsing: String(decoding: output.standardOutput, as: UTF8.self))
    else { return [] }
    return Set(list.elements.compactMap { $0["name"]?.string })
  }
}
