package import Settings

/// The launchers that a run may need: the one that its settings name, and those of attempts that it takes over.
package struct Launchers: Sendable {
  /// nil where agents run on this machine.
  package let selected: (any Launcher)?
  private let slurm: Slurm

  package init(_ settings: Settings, environment: [String: String]) {
    slurm = Slurm(
      SlurmLimits(settings), maxPending: settings[.slurmMaxPending], environment: environment)
    selected =
      switch settings[.launcher] {
      case .local: nil
      case .slurm: slurm
      }
  }

  /// The one that a journal names; nil for one that this version does not know.
  package func named(_ name: String) -> (any Launcher)? { name == slurm.name ? slurm : nil }
}
