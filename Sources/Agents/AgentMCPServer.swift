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
}
