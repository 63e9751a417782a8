/// The client's options, as far as they are known: an unknown one ends the client, as it ends the real one.
struct Options {
  var isPrint = false
  var isVerbose = false
  var includesPartialMessages = false
  var skipsPermissions = false
  var showsVersion = false
  var values: [String: [String]] = [:]
  var prompt: [String] = []

  private static let aliases = [
    "-p": "--print", "-r": "--resume", "-v": "--version", "--allowed-tools": "--allowedTools",
    "--disallowed-tools": "--disallowedTools",
  ]
  private static let takingValues: Set<String> = [
    "--output-format", "--input-format", "--session-id", "--resume", "--setting-sources", "--permission-mode",
    "--max-turns", "--max-budget-usd", "--model", "--append-system-prompt", "--append-system-prompt-file",
    "--system-prompt", "--system-prompt-file", "--json-schema", "--tools", "--allowedTools", "--disallowedTools",
    "--add-dir", "--mcp-config", "--settings", "--fallback-model", "--effort",
  ]
  private static let switches: Set<String> = [
    "--print", "--verbose", "--include-partial-messages", "--strict-mcp-config", "--dangerously-skip-permissions",
    "--no-session-persistence", "--fork-session", "--continue", "--version", "--include-hook-events",
  ]

  subscript(_ name: String) -> String? { values[name]?.last }

  init(_ arguments: [String]) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument != "-" else {
        prompt.append(argument)
        continue
      }
      if argument == "--" {
        prompt += rest
        return
      }
      let equals = argument.hasPrefix("--") ? argument.firstIndex(of: "=") : nil
      let written = equals.map { String(argument[..<$0]) } ?? argument
      let name = Self.aliases[written] ?? written
      if Self.takingValues.contains(name) {
        if let equals {
          values[name, default: []].append(String(argument[argument.index(after: equals)...]))
        } else if let value = rest.popFirst() {
          values[name, default: []].append(value)
        } else {
          refuse("error: option '\(written) <value>' argument missing")
        }
        continue
      }
      guard Self.switches.contains(name), equals == nil else { refuse("error: unknown option '\(written)'") }
      switch name {
      case "--print": isPrint = true
      case "--verbose": isVerbose = true
      case "--include-partial-messages": includesPartialMessages = true
      case "--dangerously-skip-permissions": skipsPermissions = true
      case "--version": showsVersion = true
      default: break
      }
    }
  }
}
