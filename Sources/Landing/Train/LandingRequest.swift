package import Journal
package import Trains

/// What the user asked of a landing.
package struct LandingRequest: Sendable, Equatable {
  /// A run, tasks or branches; the newest run when none is named.
  package var names: [String] = []
  package var mode = LandingMode.squash
  /// The base; nil for the run's, or that of the settings.
  package var onto: String?
  /// Whether the user has said so; otherwise a forge's rules choose.
  package var isModeGiven = false
  /// Whether the remote's branch is moved.
  package var pushes = false
  /// Whether the forge merges the branches' pull requests, one after the other. The remote's branch is meant then.
  package var usesForge = false
  /// Whether the worktree that has the base checked out is updated with it.
  package var updatesCheckout = false
  /// Whether tests are to prove what lands.
  package var tests = true
  /// How many tests run at a time; at least 1.
  package var jobs = 1
  /// How often a branch that is set aside is given back to the agent of its task.
  package var fixRounds = 0
  package var version: String

  package init(version: String) { self.version = version }

  /// Takes what the landing that is continued was begun with; a mode of a newer version is told from ``LandingMode`` before.
  package mutating func `continue`(_ earlier: RunHeader) {
    guard let header = earlier.landing else { return }
    mode = LandingMode(rawValue: header.mode) ?? mode
    isModeGiven = true
    usesForge = earlier.forge != nil
    pushes = header.remote != nil && !usesForge
    updatesCheckout = header.updatesCheckout
    tests = header.testCommand != nil
    fixRounds = header.fixRounds ?? 0
  }
}
