import Git

/// Writes settings to the repository's own configuration, through git.
struct LocalConfiguration: Sendable {
  let git: GitCommand

  /// - Throws: `GitError` with git's own words.
  func write(_ proposals: [SettingProposal]) async throws(GitError) {
    for proposal in proposals {
      try await git.require(["config", "--local", "--replace-all", "--", proposal.fullName, proposal.value.text])
    }
  }
}
