import Basics
package import Settings

/// What jobs ask of Slurm, from the settings.
package struct SlurmLimits: Sendable, Equatable {
  package var partition: String?
  package var account: String?
  /// In bytes.
  package var memory: Int64?
  package var cpus: Int?
  package var minutes: Int
  package var options: [String]

  /// What an attempt may take longer than its own limit, for the agent to be ended in peace.
  private static let margin = Duration.seconds(5 * 60)

  package init(_ settings: Settings) {
    partition = settings[.slurmPartition]
    account = settings[.slurmAccount]
    memory = settings[.slurmMemory]
    cpus = settings[.slurmCpus]
    let time = settings[.slurmTimeLimit] ?? settings[.agentMaxRuntime] + Self.margin
    minutes = Int(max(1, (time / .seconds(60)).rounded(.up)))
    options = (settings[.slurmOptions] ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
  }

  var arguments: [String] {
    var arguments = ["--time=\(minutes)", "--nodes=1", "--ntasks=1"]
    // Slurm counts in MiB, and takes 0 for all that a node has.
    if let memory { arguments.append("--mem=\(max(1, memory >> 20))M") }
    if let cpus { arguments.append("--cpus-per-task=\(cpus)") }
    if let partition { arguments.append("--partition=\(partition)") }
    if let account { arguments.append("--account=\(account)") }
    return arguments + options
  }
}
