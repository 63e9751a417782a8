package import Agents
package import Settings
package import SystemPackage

extension ToolPermissions {
  /// What `tools.*` allow; the test command comes with each task.
  package init(settings: Settings, root: FilePath) {
    self.init(
      permissionMode: settings[.toolsPermissionMode].rawValue, allowedCLI: settings[.toolsAllowedCli],
      allowedTools: settings[.toolsAllowedTools], disallowedTools: settings[.toolsDisallowedTools],
      addDirectories: settings.addedDirectories(repositoryRoot: root),
      skipPermissions: settings[.toolsSkipPermissions], testCommand: settings[.projectTestCommand])
  }

  /// What reviewers may: `review.tools.*` where they are set, else `tools.*`.
  package init(reviewing settings: Settings, root: FilePath) {
    self.init(settings: settings, root: root)
    if let mode = settings[.reviewToolsPermissionMode] {
      permissionMode = mode.rawValue
      settingNames.permissionMode = "orchestrator.review.tools.permissionMode"
    }
    if settings.origin(of: .reviewToolsAllowedCli) != .builtIn { allowedCLI = settings[.reviewToolsAllowedCli] }
    if settings.origin(of: .reviewToolsAllowedTools) != .builtIn {
      allowedTools = settings[.reviewToolsAllowedTools]
      settingNames.allowedTools = "orchestrator.review.tools.allowedTools"
    }
    if settings.origin(of: .reviewToolsDisallowedTools) != .builtIn {
      disallowedTools = settings[.reviewToolsDisallowedTools]
      settingNames.disallowedTools = "orchestrator.review.tools.disallowedTools"
    }
  }
}
