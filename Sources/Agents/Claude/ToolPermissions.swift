package import SystemPackage

/// What an agent may do without being asked; in `-p` nobody can be asked, and what would ask is refused.
///
/// As it comes, an agent may edit files in its worktree, run the project's test command and commit, and nothing wider:
/// it cannot push, reach the network or run other programs.
package struct ToolPermissions: Sendable, Equatable {
  /// The client's word: "acceptEdits" (edits inside the worktree pass), "default", "plan", "dontAsk".
  package var permissionMode: String
  /// Programs that may be run with any arguments: "gh" becomes `Bash(gh:*)`.
  package var allowedCLI: [String]
  /// Rules as the client writes them, handed on unchanged: "WebFetch", "Bash(make:*)", "mcp__jira".
  package var allowedTools: [String]
  /// Rules that outrank every permission.
  package var disallowedTools: [String]
  /// Folders beside the worktree that may be read and written.
  package var addDirectories: [FilePath]
  /// Lifts every check. Refused by the client for root, unless `IS_SANDBOX=1`.
  package var skipPermissions: Bool
  /// The command by which the project tests itself: allowed as it stands, with more arguments, and in its parts.
  package var testCommand: String?

  package init(
    permissionMode: String = "acceptEdits", allowedCLI: [String] = [], allowedTools: [String] = [],
    disallowedTools: [String] = [], addDirectories: [FilePath] = [], skipPermissions: Bool = false,
    testCommand: String? = nil
  ) {
    self.permissionMode = permissionMode
    self.allowedCLI = allowedCLI
    self.allowedTools = allowedTools
    self.disallowedTools = disallowedTools
    self.addDirectories = addDirectories
    self.skipPermissions = skipPermissions
    self.testCommand = testCommand
  }

  /// What `--allowedTools` gets: each rule once, in a stable order.
  ///
  /// git's reading commands (status, diff, log) need no rule. `git:*` would be no narrower than a shell:
  /// `git -c alias.x='!cmd' x` runs anything.
  package var allowedToolRules: [String] {
    var rules = ["add", "commit", "rm", "mv"].map { "Bash(git \($0):*)" }
    rules += testCommandRules
    rules += allowedCLI.map(trimmed).filter { !$0.isEmpty }.map { "Bash(\($0):*)" }
    rules += allowedTools.map(trimmed).filter { !$0.isEmpty }
    var seen = Set<String>()
    return rules.filter { seen.insert($0).inserted }
  }

  private var testCommandRules: [String] {
    let command = trimmed(testCommand ?? "")
    guard !command.isEmpty else { return [] }
    return ([command] + simpleCommands(of: command)).flatMap { part -> [String] in
      guard isExpressible(part) else { return [] }
      return runsItsArguments(part) ? ["Bash(\(part))"] : ["Bash(\(part))", "Bash(\(part):*)"]
    }
  }
}

/// Whether a rule can hold the command: the client splits its list at the first closing bracket, and at newlines.
private func isExpressible(_ command: String) -> Bool {
  !command.contains { $0 == "(" || $0 == ")" || $0.isNewline }
}

/// Whether the command, given more arguments, would run anything at all: then only its exact form may be allowed.
private func runsItsArguments(_ command: String) -> Bool {
  guard !command.contains(where: \.isWhitespace) else { return false }
  let name = command.split(separator: "/").last.map(String.init) ?? command
  return [
    "sh", "bash", "zsh", "dash", "ksh", "fish", "env", "sudo", "doas", "xargs", "eval", "exec", "command", "nohup",
    "time", "timeout", "nice", "python", "python3", "node", "perl", "ruby", "git", "npx",
  ].contains(name)
}
