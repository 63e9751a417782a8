/// A tool call of an agent's stream, in full: what it was to run or to write.
package struct AgentCall: Sendable, Equatable {
  package var tool: String
  /// The command line of a shell call.
  package var command: String?
  /// The file of a call that writes one.
  package var path: String?

  package init(tool: String, command: String? = nil, path: String? = nil) {
    self.tool = tool
    self.command = command
    self.path = path
  }
}
