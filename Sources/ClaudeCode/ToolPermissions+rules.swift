import Agents
import Basics

/// How the client gets them: as rules.
extension ToolPermissions {
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
