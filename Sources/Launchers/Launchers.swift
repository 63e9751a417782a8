package import Basics
package import Settings

/// The launchers that a run may need: the one that its settings name, those that its tasks name, and those of attempts
/// that it takes over.
package struct Launchers: Sendable {
  /// Where agents run whose tasks do not say it.
  private let usual: LauncherChoice
  private let slurm: Slurm
  package let ssh: SSH

  package init(_ settings: Settings, environment: [String: String]) {
    slurm = Slurm(
      SlurmLimits(settings), maxPending: settings[.slurmMaxPending], environment: environment)
    ssh = SSH(FarSettings(settings), environment: environment)
    usual = settings[.launcher]
  }

  /// nil where agents run on this machine.
  /// - Parameter choice: what a task says; nil where the setting counts.
  package func selected(_ choice: LauncherChoice? = nil) -> (any Launcher)? {
    switch choice ?? usual {
    case .local: nil
    case .slurm: slurm
    case .ssh: ssh
    }
  }

  /// The one that a journal names; nil for one that this version does not know.
  package func named(_ name: String) -> (any Launcher)? {
    [slurm, ssh].first { $0.name == name }
  }
}
