import Agents
import Basics
package import Git
package import Guarding
import Processes
import Settings
package import SystemPackage

extension RepositoryContext {
  /// The remote of that name, if there is one.
  package func remote(_ name: String) -> Remote? {
    Remote.all(settings.listing.entries.map { .init(key: $0.key, value: $0.value) }).first { $0.name == name }
  }

  /// Agents commit as the user does. Without a name git refuses to, and an agent finds out only when its work is done.
  /// - Returns: whom all commits of the run are by.
  package func requireIdentity() async throws -> CommitIdentity {
    try await CommitIdentity.required(
      in: checkout ?? commonDirectory, environment: environment, listing: settings.listing)
  }

  /// The folder of the worktrees. A plan may choose one next to the repository; one elsewhere is for the user's own
  /// configuration to say, since a plan may come from somebody else. So may a value of the team's file, which has been
  /// looked at by the same rule when the settings were read, or is trusted.
  package func worktreeFolder(plan: String?) throws -> FilePath {
    guard let plan else {
      let folder = settings.worktreeDirectory(repositoryRoot: root, name: folderName)
      guard !folder.removingLastComponent().string.lowercased().split(separator: "/").contains(".git") else {
        throw RunError(
          .worktreeFolderOutside,
          "'\(SettingKey.worktreeDir.fullName)' is '\(settings[.worktreeDir])', which leads into a git directory",
          hints: ["choose another folder: git config orchestrator.worktreeDir DIR"])
      }
      return folder
    }
    let parent = root.pushing(FilePath(plan)).normalized
    let folder = parent.appending(folderName)
    let home = environment["HOME"].map { FilePath($0) }
    let rule = WorktreeFolderRule(root: root, home: home, allowsInside: false)
    var fault = rule.fault(parent)
    if fault == nil, !WorktreeFolderRule.holdsWorktreesAlone(folder) {
      fault = "has something else than worktrees in its subfolder '\(folderName)'"
    }
    if let fault {
      throw RunError(
        .worktreeFolderOutside, "the plan's worktree_dir '\(plan)' \(fault)",
        hints: [
          "to use it anyway: git config orchestrator.worktreeDir \(shellQuoted(plan)), and remove it from the plan"
        ])
    }
    return folder
  }
}
