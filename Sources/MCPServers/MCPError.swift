/// Why the servers that are enabled cannot be used at all.
package enum MCPError: Error, Equatable, CustomStringConvertible {
  /// `mcps.enabled` names a server that does not exist.
  case unknown(String, suggestions: [String], origin: String)

  package var description: String {
    switch self {
    case .unknown(let name, let suggestions, let origin):
      let first = "unknown MCP server '\(name)' for 'orchestrator.mcps.enabled' in \(origin)"
      let meant = suggestions.map { "'\($0)'" }.joined(separator: " or ")
      let hint =
        suggestions.isEmpty
        ? "for one of your own: git config orchestrator.mcp.\(name).command PROGRAM"
        : "did you mean \(meant)?"
      return "\(first)\nhint: \(hint)"
    }
  }
}
