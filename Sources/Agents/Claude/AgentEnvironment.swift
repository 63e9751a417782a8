import Processes

/// The environment an agent gets: ours, without what would lead its git or itself astray.
///
/// - Removed: the variables by which git ties a process to one repository (`git rev-parse --local-env-vars`): an agent
///   must find the worktree it stands in, even when we were called as `git -c … orch` or from a hook. And what a Claude
///   Code session leaves in the environment of its tools, us perhaps among them.
/// - Set: our mark, and the client's switches for what would break the watch (work in the background, an update in the
///   middle of a run) or let the text of a task read files (`@path`).
///
/// Telemetry and the like are the user's own choice, and left as they are.
func agentEnvironment(from environment: [String: String], mark: RunMark) -> [String: String] {
  var clean = environment.filter { name, _ in !isBoundToOurRepository(name) && !enclosingSession.contains(name) }
  clean["CLAUDE_CODE_DISABLE_ATTACHMENTS"] = "1"
  clean["CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"] = "1"
  clean["DISABLE_AUTOUPDATER"] = "1"
  clean[RunMark.variable] = mark.value
  return clean
}

/// Whether git takes the variable for a statement about one repository or one command line.
package func isBoundToOurRepository(_ variable: String) -> Bool {
  repositoryVariables.contains(variable) || variable.hasPrefix("GIT_CONFIG_KEY_")
    || variable.hasPrefix("GIT_CONFIG_VALUE_")
}

private let repositoryVariables: Set<String> = [
  "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS",
  "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_NAMESPACE", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_QUARANTINE_PATH",
  "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
]

private let enclosingSession: Set<String> = [
  "CLAUDECODE", "CLAUDE_AGENT_SDK_VERSION", "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_CODE_ENTRYPOINT",
  "CLAUDE_CODE_EXECPATH", "CLAUDE_CODE_PARENT_SESSION_ID", "CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_SSE_PORT",
  "CLAUDE_PID",
]
