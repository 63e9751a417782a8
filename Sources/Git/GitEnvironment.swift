import Processes

/// What the environment means to git, and what ours must be when we start it.
package enum GitEnvironment {
  /// `environment` as the `git` program gets it from us: bound to no repository, asking nothing on a terminal.
  package static func forGit(_ environment: [String: String]) -> [String: String] {
    var result = GitVariables.keepingCommandLineValues(environment)
    result["GIT_TERMINAL_PROMPT"] = "0"
    // Git Credential Manager opens windows of its own.
    result["GCM_INTERACTIVE"] = result["GCM_INTERACTIVE"] ?? "never"
    // `git status` would otherwise write the index it refreshed, and get in the way of an agent's own git.
    result["GIT_OPTIONAL_LOCKS"] = "0"
    // Messages in English, for the few that are told apart by their text, without changing the encoding as LC_ALL
    // would: hooks and filters inherit this.
    result["LANGUAGE"] = "en"
    return result
  }

  static let gitMissing = GitError(.gitMissing, "the 'git' program was not found on PATH; install git")

  /// Whether a variable is set to something git takes for true.
  package static func isTrue(_ value: String?) -> Bool {
    guard let value = value?.lowercased(), !value.isEmpty else { return false }
    return !["0", "false", "no", "off"].contains(value)
  }
}
