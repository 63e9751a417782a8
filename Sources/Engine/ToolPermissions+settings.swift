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
}
