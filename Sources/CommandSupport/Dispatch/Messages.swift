import Basics

/// The text of `git orch -h`: how to call it, the suite's commands, then those found next to them.
///
/// `found` holds every command that can be run; the suite's own are not repeated.
package func usageText(_ builtins: [Builtin], found: [String]) -> String {
  let width = (builtins.map(\.name).map(\.count).max() ?? 0) + 3
  var text = """
    usage: git orch [-v | --version] [-h | --help] <command> [<args>]

    Run coding agents in parallel, each on its own branch in its own worktree.


    """
  for command in builtins {
    text += "   \(command.name)\(String(repeating: " ", count: width - command.name.count))\(command.summary)\n"
  }
  let own = Set(builtins.map(\.name))
  let extensions = found.filter { !own.contains($0) }
  if !extensions.isEmpty {
    text += "\nOther commands, found next to git-orch or on PATH:\n\n"
    for name in extensions { text += "   \(name)\n" }
  }
  return text + "\nSee 'git orch help <command>' to read about one of them.\n"
}

/// What is reported about a name that is no command; the words are git's.
package func unknownCommandText(_ name: String, _ builtins: [Builtin], found: [String]) -> String {
  var known = builtins.map(\.name)
  known += found.filter { !known.contains($0) }
  var text = "git-orch: '\(sanitized(name))' is not a git-orch command. See 'git orch -h'.\n"
  let meant = likelyMeant(name, among: known)
  if !meant.isEmpty {
    text += meant.count == 1 ? "\nThe most similar command is\n" : "\nThe most similar commands are\n"
    for name in meant { text += "\t\(name)\n" }
  }
  return text
}
