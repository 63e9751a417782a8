/// The variables by which git ties a process to one repository or one command line.
///
/// A `GIT_DIR` left in the environment would turn every git command in a worktree of ours against the user's own
/// checkout, when we were called from a hook, an alias or as `git --git-dir=… orch`.
package enum GitVariables {
  /// Those that name a repository or parts of it: `git rev-parse --local-env-vars` less those of ``carriesConfiguration``,
  /// with what older and newer versions and git's own server commands know as well, and what `git --literal-pathspecs`
  /// and its like say of the paths of one command line.
  package static let ofRepository: Set<String> = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ATTR_SOURCE", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_DIR",
    "GIT_GLOB_PATHSPECS", "GIT_GRAFT_FILE", "GIT_ICASE_PATHSPECS", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX", "GIT_LITERAL_PATHSPECS", "GIT_NAMESPACE", "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "GIT_REFERENCE_BACKEND",
    "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
  ]

  /// Whether the variable carries values of `git -c` or `GIT_CONFIG_COUNT`.
  package static func carriesConfiguration(_ variable: String) -> Bool {
    variable == "GIT_CONFIG_COUNT" || variable == "GIT_CONFIG_PARAMETERS" || variable.hasPrefix("GIT_CONFIG_KEY_")
      || variable.hasPrefix("GIT_CONFIG_VALUE_")
  }

  /// For what we do ourselves in the user's name, git and hooks included: `git -c` values still count.
  package static func keepingCommandLineValues(_ environment: [String: String]) -> [String: String] {
    environment.filter { !ofRepository.contains($0.key) }
  }

  /// For agents, which find the repository and its configuration as anybody does who is in the worktree: what was
  /// said for this one command line of ours does not reach them.
  package static func droppingCommandLineValues(_ environment: [String: String]) -> [String: String] {
    environment.filter { !ofRepository.contains($0.key) && !carriesConfiguration($0.key) }
  }

  /// Adds values as `GIT_CONFIG_COUNT` has them: over those of all files, and in nobody's process list.
  package static func adding(
    _ entries: [FrozenConfiguration.Entry], to environment: [String: String]
  ) -> [String: String] {
    guard !entries.isEmpty else { return environment }
    var result = environment
    let first = environment["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0
    for (index, entry) in entries.enumerated() {
      result["GIT_CONFIG_KEY_\(first + index)"] = entry.key
      result["GIT_CONFIG_VALUE_\(first + index)"] = entry.value ?? "true"
    }
    result["GIT_CONFIG_COUNT"] = String(first + entries.count)
    return result
  }
}
