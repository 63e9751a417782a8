package import Settings

/// What the settings say of hosts that are reached by ssh, and of what travels there.
package struct FarSettings: Sendable, Equatable {
  package struct Host: Sendable, Equatable {
    package var name: String
    /// How many jobs it may have at a time; nil for any number.
    package var limit: Int?
  }

  package var hosts: [Host]
  /// Where jobs are on a host; relative to the user's home there.
  package var folder: String
  package var maxSilence: Duration
  /// The command that sets up a worktree, and how long it may take.
  package var setup: String?
  package var setupLimit: Duration
  /// The patterns of ignored files that travel; those of `.worktreeinclude` are gitignore's own.
  package var ignored: [String]
  package var included: [String]

  package init(_ settings: Settings, hosts: [Host]) {
    self.hosts = hosts
    folder = settings[.sshFolder]
    maxSilence = settings[.sshMaxSilence]
    setup = settings[.worktreeSetup]
    setupLimit = settings[.worktreeSetupTimeout]
    ignored = settings[.worktreeCopy]
    included = settings.worktreeInclude
  }
}
