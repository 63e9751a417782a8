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

  /// Whether every check is lifted, by either of the two settings. What leaves the worktree stays denied.
  package var liftsChecks: Bool { skipPermissions || permissionMode == Self.bypass }

  package static let bypass = "bypassPermissions"
}
