/// A tool call that the agent was not allowed, with who refused it and the setting that would allow the next one.
package struct DeniedTool: Sendable, Equatable {
  package var id: String
  package var tool: String
  /// What was asked for: the command, the path; empty when only the refusal is known.
  package var summary: String
  /// The rule or the mode that refused it: "rule Bash(curl:*) (orchestrator.tools.disallowedTools)"; `nil` when it was
  /// only that nothing allows it.
  package var deniedBy: String?
  /// A command line such as `git config --add orchestrator.tools.allowedTools 'Bash(npm run lint)'`; `nil` when nothing
  /// narrow would allow it.
  package var suggestion: String?

  package init(id: String, tool: String, summary: String, deniedBy: String? = nil, suggestion: String?) {
    self.id = id
    self.tool = tool
    self.summary = summary
    self.deniedBy = deniedBy
    self.suggestion = suggestion
  }
}
