/// What claude-code-orchestrator's files hold and this program calls otherwise, or has no use for.
enum LegacyKeys {
  /// Why a key is ignored and what to write instead; by its name in lower case without underscores.
  static let advice: [String: String] = [
    "git.owner": "set git.repo_slug to 'owner/name'",
    "git.repo": "set git.repo_slug to 'owner/name'",
    "review.tools.adddirs": "reviewers use the folders of tools.add_dirs",
    "review.tools.skippermissions": "tools.skip_permissions applies to reviewers, too",
    "trust": "trust is each user's own, and set by 'git orch config --trust'",
  ]

  /// The names here for settings that were called otherwise; by their names in lower case without underscores.
  static let names = ["git.worktreedir": "worktreeDir"]

  /// The names here for keys of an entry of `mcps.custom`.
  static let serverKeys = ["envvars": "env", "setupinstructions": "setup"]
}
