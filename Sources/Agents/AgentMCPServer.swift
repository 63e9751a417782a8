/// An MCP server that an agent may use, as its client starts or reaches it.
///
/// All texts of the transport are templates: `${NAME}` stands for a variable of the client's environment, and becomes
/// its value in the client's memory alone. What is secret is given in no other way.
package struct AgentMCPServer: Sendable, Equatable {
  package enum Transport: Sendable, Equatable {
    /// A program that talks on its standard input and output. It is in the agent's worktree, and inherits the
    /// client's environment in addition to `environment`.
    case program(String, arguments: [String], environment: [String: String])
    /// A server elsewhere; `type` is `http` or `sse`.
    case remote(type: String, url: String, headers: [String: String])
  }

  /// Letters, digits, `_` and `-`; its tools are called `mcp__NAME__TOOL`.
  package var name: String
  package var transport: Transport
  /// What the client's environment must have in addition to what is in it anyway, for the templates.
  package var variables: [String: String]

  package init(name: String, transport: Transport, variables: [String: String] = [:]) {
    self.name = name
    self.transport = transport
    self.variables = variables
  }

  /// The rule that lets an agent use all of its tools unasked.
  package var permissionRule: String { "mcp__\(name)" }

  /// One of the transport's texts with the values of its variables.
  package func filling(_ template: String) -> String { MCPTemplate(template).filled(by: variables) }

  /// Whether it listens on this machine for this machine.
  package var isOnLoopback: Bool {
    guard case .remote(_, let url, _) = transport else { return false }
    let rest = filling(url).lowercased().split(separator: "://", maxSplits: 1).last.map(String.init) ?? ""
    let authority = rest.prefix { !"/?#".contains($0) }.split(separator: "@").last ?? ""
    if authority.hasPrefix("[::1]") { return true }
    let host = authority.prefix { $0 != ":" }
    return host == "localhost" || host.hasSuffix(".localhost") || host.hasPrefix("127.") || host == "0.0.0.0"
  }
}
