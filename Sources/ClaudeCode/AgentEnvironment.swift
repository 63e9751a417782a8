import Processes

/// The environment an agent gets: ours, without what would lead its git or itself astray.
///
/// - Removed: the variables by which git ties a process to one repository (`git rev-parse --local-env-vars`): an agent
///   must find the worktree it is in, even when we were called as `git -c … orch` or from a hook. And what a Claude
///   Code session leaves in the environment of its tools, us perhaps among them.
/// - Set: the client's switches for what would break the watch (work in the background, an update in the
///   middle of a run) or let the text of a task read files (`@path`).
///
/// Telemetry and the like are the user's own choice, and left as they are.
///
/// - `keepsConfiguration`: whether values of `GIT_CONFIG_COUNT` are meant for the agent.
func agentEnvironment(from environment: [String: String], keepsConfiguration: Bool = false) -> [String: String] {
  let base =
    keepsConfiguration
    ? GitVariables.keepingCommandLineValues(environment) : GitVariables.droppingCommandLineValues(environment)
  var clean = base.filter { !enclosingSession.contains($0.key) }
  // Each attempt has a mark of its own.
  clean[RunMark.variable] = nil
  clean["CLAUDE_CODE_DISABLE_ATTACHMENTS"] = "1"
  clean["CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"] = "1"
  clean["DISABLE_AUTOUPDATER"] = "1"
  return clean
}

private let enclosingSession: Set<String> = [
  "CLAUDECODE", "CLAUDE_AGENT_SDK_VERSION", "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_CODE_ENTRYPOINT",
  "CLAUDE_CODE_EXECPATH", "CLAUDE_CODE_PARENT_SESSION_ID", "CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_SSE_PORT",
  "CLAUDE_PID",
]
