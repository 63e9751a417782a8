import Basics
package import Settings

/// What a job may use of a host that is reached by ssh; nil for all that there is.
struct FarLimits: Sendable, Equatable {
  /// In bytes.
  var memory: Int64?
  var cpus: Int?
  var seconds: Int?

  init(_ settings: Settings) {
    memory = settings[.sshMemory]
    cpus = settings[.sshCpus]
    seconds = settings[.sshTimeLimit].map { Int(max(1, $0.components.seconds)) }
  }

  /// The settings of those that are set.
  var settings: [String] {
    [
      memory.map { _ in "orchestrator.ssh.memory" }, cpus.map { _ in "orchestrator.ssh.cpus" },
      seconds.map { _ in "orchestrator.ssh.timeLimit" },
    ].compactMap(\.self)
  }

  /// As properties of a unit.
  var properties: [String] {
    var properties: [String] = []
    if let memory { properties += ["MemoryMax=\(memory)", "MemorySwapMax=0"] }
    if let cpus { properties.append("CPUQuota=\(cpus * 100)%") }
    if let seconds { properties.append("RuntimeMaxSec=\(seconds)") }
    return properties.map { "--property=\($0)" }
  }
}

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
