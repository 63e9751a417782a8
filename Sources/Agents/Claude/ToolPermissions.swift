import Basics
package import SystemPackage

/// What an agent may do without being asked; in `-p` nobody can be asked, and what would ask is refused.
///
/// As it comes, an agent may edit files in its worktree, run the project's test command and commit, and nothing wider:
/// it cannot push, reach the network or run other programs.
package struct ToolPermissions: Sendable, Equatable {
  /// The client's word: "acceptEdits" (edits inside the worktree pass), "default", "plan", "dontAsk", ….
  package var permissionMode: String
  /// Programs that may be run with any arguments: "gh" becomes `Bash(gh:*)`.
  package var allowedCLI: [String]
  /// Rules as the client writes them, handed on unchanged: "WebFetch", "Bash(make:*)", "mcp__jira".
  package var allowedTools: [String]
  /// Rules that outrank every permission.
  package var disallowedTools: [String]
  /// Folders other than the worktree that may be read and written.
  package var addDirectories: [FilePath]
  /// Lifts every check, as the mode "bypassPermissions" does. Refused by the client for root, unless `IS_SANDBOX=1`.
  package var skipPermissions: Bool
  /// The command by which the project tests itself: allowed as it stands, with more arguments, and in its parts.
  package var testCommand: String?
  /// The settings by which these permissions can be changed, for advice.
  package var settingNames = SettingNames()

  package struct SettingNames: Sendable, Equatable {
    package var permissionMode = "orchestrator.tools.permissionMode"
    package var allowedTools = "orchestrator.tools.allowedTools"
    package var disallowedTools = "orchestrator.tools.disallowedTools"

    package init() {}
  }

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
    var rules = ["add", "rm", "mv"].map { "Bash(git \($0):*)" } + CommitForms.rules
    rules += testCommandRules
    rules += allowedCLI.map(\.trimmed).filter { !$0.isEmpty }.map { "Bash(\($0):*)" }
    rules += allowedTools.map(\.trimmed).filter { !$0.isEmpty }
    var seen = Set<String>()
    return rules.filter { seen.insert($0).inserted }
  }

  /// The same as people read it: of the forms of a commit only the first.
  package var shownToolRules: [String] {
    allowedToolRules.filter { !CommitForms.rules.contains($0) || $0 == CommitForms.rules.first }
  }

  /// What the client would silently take for rules that match nothing, told with the setting and what to write.
  ///
  /// `Bash(rm:-rf:*)` is about a program called `rm:-rf`: only the `:*` at the end is a mark.
  package var rulesWithoutEffect: [String] {
    let rules =
      allowedTools.map { (settingNames.allowedTools, PermissionRule($0)) }
      + disallowedTools.map { (settingNames.disallowedTools, PermissionRule($0)) }
    return rules.compactMap { setting, rule in
      guard rule.tool == "Bash", let specifier = rule.specifier else { return nil }
      let command = specifier.hasSuffix(":*") ? specifier.dropLast(2) : specifier[...]
      let program = command.prefix { !$0.isWhitespace }
      guard program.contains(":"), !program.contains("/"), !program.contains("*") else { return nil }
      let meant = program.replacing(":", with: " ") + command.dropFirst(program.count)
      let end = specifier.hasSuffix(":*") ? ":*" : ""
      return "the rule '\(plainText(rule.text, limit: 120))' of \(setting) matches no command; "
        + "write 'Bash(\(plainText(String(meant), limit: 120))\(end))'"
    }
  }

  /// Whether every check is lifted, by either of the two settings. What leaves the worktree stays denied.
  package var liftsChecks: Bool { skipPermissions || permissionMode == Self.bypass }

  static let bypass = "bypassPermissions"

  /// What `--disallowedTools` gets: what leaves the worktree, what reads files elsewhere, and the user's own rules.
  package var disallowedToolRules: [String] {
    builtInDenials + disallowedTools.map(\.trimmed).filter { !$0.isEmpty }
  }

  /// The denials that nobody has set. A program that the user allows by name, or that is in the test command, is not
  /// hindered: rules that deny outrank those that allow.
  var builtInDenials: [String] {
    let elsewhere = allowsWorktrees ? [] : [ClientTool.subagentsElsewhere]
    guard !liftsChecks else { return elsewhere }
    let tested = simpleCommands(of: testCommand ?? "").compactMap { part in
      part.text.split(separator: " ").first.map(String.init)
    }
    // git is never meant as a whole: its committing is allowed as it comes, and restricted by these rules.
    let named = Set(allowedCLI.map(\.trimmed) + tested).subtracting(["git"])
    return elsewhere + OutsideRead.rules(except: named)
  }

  /// Whether the user has asked for agents that make worktrees.
  var allowsWorktrees: Bool {
    allowedTools.map { PermissionRule($0) }.contains {
      $0.tool == "EnterWorktree" || $0.tool == "Agent" && $0.specifier?.hasPrefix("isolation:") == true
    }
  }

  /// The test command as it stands, and in its parts with more arguments, since agents run them one by one.
  ///
  /// A list matches only the whole rule; a pipeline only the rules of its parts, without their redirections. What is
  /// fed by a pipe is allowed no further arguments: `tee` would write, and `sh` run, anything.
  private var testCommandRules: [String] {
    let command = (testCommand ?? "").trimmed
    let parts = simpleCommands(of: command).flatMap { part -> [String] in
      if part.text == "cd" || part.text.hasPrefix("cd ") { return [] }
      let plain = withoutRedirections(part.text)
      let takesArguments = !part.isFed && !plain.isEmpty && !runsItsArguments(plain)
      return [part.text, plain] + (takesArguments ? ["\(plain):*"] : [])
    }
    return ([command] + parts).filter { !$0.isEmpty && isExpressible($0) }.map { "Bash(\($0))" }
  }
}

/// Whether a rule can hold the command: the client looks for the bracket that closes it.
private func isExpressible(_ command: String) -> Bool {
  var depth = 0
  for character in command {
    if character == "(" { depth += 1 }
    if character == ")" { depth -= 1 }
    if depth < 0 { return false }
  }
  return depth == 0
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
