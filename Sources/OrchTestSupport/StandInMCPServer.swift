package import SystemPackage

/// An MCP server of one tool, `note`, as a script: each call leaves a line of a file, with one of the server's variables.
package enum StandInMCPServer {
  /// - Parameters:
  ///   - calls: gets a line for each call.
  ///   - variable: the name of the variable that the line is.
  package static func script(calls: FilePath, variable: String) -> String {
    """
    while IFS= read -r line; do
      id=$(printf '%s' "$line" | sed -n 's/.*"id": *\\([0-9]*\\).*/\\1/p')
      case $line in
        *'"initialize"'*)
          printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"note","version":"1"}}}\\n' "$id" ;;
        *'"tools/list"'*)
          printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"note","description":"Notes","inputSchema":{"type":"object","properties":{}}}]}}\\n' "$id" ;;
        *'"tools/call"'*)
          echo "$\(variable)" >>'\(calls)'
          printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"noted"}]}}\\n' "$id" ;;
      esac
    done
    """
  }
}
