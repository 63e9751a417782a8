package import Basics
package import Settings

/// The launchers that a run may need: the one that its settings name, those that its tasks name, and those of attempts
/// that it takes over.
package struct Launchers: Sendable {
  /// Where agents run whose tasks do not say it.
  private let usual: LauncherChoice
  private let slurm: Slurm
  private let ssh: SSH
  /// Jobs of a cluster that shares no files with us.
  private let slurmBySSH: SSH
  /// The cluster of the settings, whose programs are here or on a host.
  package let cluster: Slurm

  package init(_ settings: Settings, environment: [String: String]) {
    let (limits, maxPending) = (SlurmLimits(settings), settings[.slurmMaxPending])
    let login = settings[.slurmHost]
    slurm = Slurm(limits, maxPending: maxPending, environment: environment)
    cluster =
      login == nil ? slurm : Slurm(limits, maxPending: maxPending, environment: environment, login: login)
    ssh = SSH(
      FarSettings(settings, hosts: settings[.sshHosts].map { FarSettings.Host(name: $0.name, limit: $0.limit) }),
      manner: ProcessManner(maxPending: Self.maxPending, limits: FarLimits(settings)), environment: environment)
    slurmBySSH = SSH(
      FarSettings(settings, hosts: login.map { [FarSettings.Host(name: $0, limit: nil)] } ?? []),
      manner: SlurmManner(limits: limits, maxPending: maxPending, environment: environment), environment: environment)
    usual = settings[.launcher]
  }

  /// How long a job waits until a host has room for it.
  private static let maxPending = Duration.seconds(24 * 3600)

  /// nil where agents run on this machine.
  /// - Parameter choice: what a task says; nil where the setting counts.
  package func selected(_ choice: LauncherChoice? = nil) -> (any Launcher)? {
    switch choice ?? usual {
    case .local: nil
    case .slurm: cluster.login == nil ? slurm : slurmBySSH
    case .ssh: ssh
    }
  }

  /// The one that a journal names; nil for one that this version does not know.
  package func named(_ name: String) -> (any Launcher)? {
    ([slurm, ssh, slurmBySSH] as [any Launcher]).first { $0.name == name }
  }

  /// The one that has sent a job; nil for one that this version does not know.
  package func sender(of folder: JobFolder) -> SSH? {
    let name = FarJob(folder: folder).departed?.launcher ?? ssh.name
    return [ssh, slurmBySSH].first { $0.name == name }
  }
}
