import Basics
import SystemPackage

/// A tool call that the agent was not allowed, with the setting that would allow the next one.
package struct DeniedTool: Sendable, Equatable {
  package var id: String
  package var tool: String
  /// What was asked for: the command, the path; empty when only the refusal is known.
  package var summary: String
  /// A command line such as `git config --add orchestrator.tools.allowedCli npm`; `nil` when no setting can be named
  /// safely.
  package var suggestion: String?

  package init(id: String, tool: String, summary: String, suggestion: String?) {
    self.id = id
    self.tool = tool
    self.summary = summary
    self.suggestion = suggestion
  }
}

/// The command that would allow `tool` with this input the next time.
///
/// - `command`: the shell command, for a tool that runs one.
/// - `path`: the file or folder, for a tool that touches one.
/// - `directory`: where the agent works.
func suggestedSetting(tool: String, command: String?, path: String?, directory: String?) -> String? {
  if tool == "Bash" { return command.flatMap(suggestedSetting(forShell:)) }
  if let path, let directory, !FilePath(path).starts(with: FilePath(directory)) {
    let folder = FilePath(path).removingLastComponent().string
    guard !folder.isEmpty, !folder.contains(where: \.isNewline) else { return nil }
    return "git config --add orchestrator.tools.addDirs \(shellQuoted(folder))"
  }
  // The name goes into a line that people paste: plain words only.
  guard isPlainWord(tool) else { return nil }
  return "git config --add orchestrator.tools.allowedTools \(tool)"
}

/// Allows the first program of a command line that is neither a builtin nor one that is allowed anyway.
///
/// Of git only the subcommand: all of git would be as wide as a shell. Where git's committing is refused, it is for its
/// options, which no setting allows.
private func suggestedSetting(forShell line: String) -> String? {
  let harmless: Set<String> = ["cd", "echo", "export", "set", "test", "true", "[", ":"]
  let allowed: Set<String> = ["add", "commit", "rm", "mv", "status", "diff", "log", "show"]
  let commands = simpleCommands(of: line).map { part in
    part.text.split(separator: " ").drop(while: isAssignment).map(String.init)
  }.filter { !$0.isEmpty && !($0[0] == "git" && $0.count > 1 && allowed.contains($0[1])) }
  guard let words = commands.first(where: { !harmless.contains($0[0]) }) ?? commands.first, isPlainWord(words[0])
  else { return nil }
  guard words[0] == "git" else { return "git config --add orchestrator.tools.allowedCli \(words[0])" }
  guard words.count > 1, isPlainWord(words[1]) else { return nil }
  return "git config --add orchestrator.tools.allowedTools 'Bash(git \(words[1]):*)'"
}

private func isAssignment(_ word: Substring) -> Bool {
  guard let equals = word.firstIndex(of: "=") else { return false }
  return word[..<equals].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
}
