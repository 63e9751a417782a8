import Basics
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
  /// Folders other than the worktree that may be read and written.
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
    rules += allowedCLI.map(\.trimmed).filter { !$0.isEmpty }.map { "Bash(\($0):*)" }
    rules += allowedTools.map(\.trimmed).filter { !$0.isEmpty }
    var seen = Set<String>()
    return rules.filter { seen.insert($0).inserted }
  }

  /// What `--disallowedTools` gets: the user's own rules, and those without which `git commit` would be a way to read
  /// files that the agent may not read.
  package var disallowedToolRules: [String] {
    (skipPermissions ? [] : Self.outsideReads) + disallowedTools.map(\.trimmed).filter { !$0.isEmpty }
  }

  /// git itself reads a message from any file, and a commit is pushed. `-F -` and a message in the command stay free.
  ///
  /// The client compares words after quotes and spacing are gone, each `*` with anything, and refuses by itself what it
  /// cannot foresee: substitutions, brace expansion, unknown variables. The price is a message in the command that
  /// speaks of such options, as in `-m "feat: add --file"`; one that comes on standard input is not looked at.
  ///
  /// No sandbox: a link out of the repository that is committed in it can still be named, and a test command runs
  /// whatever the agent has written.
  static let outsideReads =
    ([
      // `-F`, alone, with its file attached, or last of several letters: an absolute path, `~`, and what leads upwards,
      // as the pattern `.?` does too.
      "*F /*", "*F/*", "*F ~*", "*F .*", "*F */.*", "*F../*", "*F*/../*",
      // git takes long options shortened as far as they are clear; `--filter` is not meant.
      "* --file*", "* --fil *", "* --fil=*",
      // A template (`-t`) is not committed as it stands, but with one of these it is.
      "* --tra*", "* --tr *", "* --tr=*", "* --squ*", "* --sq *", "* --sq=*", "* --cl*verbatim*", "* --cl*whitespace*",
      "* --allow-empty-m*",
    ].map { "Bash(git commit \($0))" })
    // git repeats what it finds in such a file in its complaint.
    + ["Bash(git * --pathspec-fr*)"]
    // Options that come from a pipe are not seen.
    + ["Bash(xargs *git *)"]

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
