package import Settings

/// An MCP server that can be enabled for agents: what it is, and what it needs.
package struct MCPServer: Sendable, Equatable {
  package let name: String
  package var authentication: MCPAuthentication
  /// The program that is the server, a name on `PATH` or a path; nil for one that is reached by `url` alone.
  package var program: String?
  package var arguments: [String] = []
  /// What installs the program.
  package var package: String?
  /// Where it is reached, for servers that their makers run.
  package var url: String?
  /// The variables of our environment that it needs.
  package var variables: [String] = []
  /// Variables it takes when they are there.
  package var optionalVariables: [String] = []
  /// Where the server calls a variable otherwise than we do: ours by its.
  package var renamed: [String: String] = [:]
  /// Whether it is started outside the worktree, since what it reads where it stands, a repository could have planted.
  package var startsApart = false
  /// What sets it up: a command, or for one's own servers any words.
  package var setup: String?
  /// Whether the settings have a say in it.
  package var isCustom = false

  package init(name: String, authentication: MCPAuthentication) {
    self.name = name
    self.authentication = authentication
  }

  func with(_ change: (inout MCPServer) -> Void) -> MCPServer {
    var copy = self
    change(&copy)
    return copy
  }
}
