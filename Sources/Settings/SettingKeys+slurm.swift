// What the jobs of a Slurm cluster ask for.

extension SettingKey where Value == String? {
  package static var slurmHost: Self {
    SettingKey(
      "slurm.host", .optional(.sshHost), default: nil, defaultText: "this machine", needsTrust: true,
      summary: "login host of a cluster that shares no folder with this machine, as ssh calls it")
  }
  package static var slurmPartition: Self {
    SettingKey(
      "slurm.partition", .optional(.slurmName), default: nil, defaultText: "the cluster's own", needsTrust: true,
      summary: "partition that jobs are submitted to")
  }
  package static var slurmAccount: Self {
    SettingKey(
      "slurm.account", .optional(.slurmName), default: nil, defaultText: "the user's own", needsTrust: true,
      summary: "account that jobs are charged to")
  }
  package static var slurmOptions: Self {
    SettingKey(
      "slurm.options", .optional(.slurmOptions), default: nil, needsTrust: true,
      summary: "further options of sbatch, between blanks: --qos=low --constraint=fast")
  }
}

extension SettingKey where Value == Int64? {
  package static var slurmMemory: Self {
    SettingKey(
      "slurm.memory", .optional(.bytes), default: nil, defaultText: "the cluster's own",
      summary: "memory that a job may use, its agent and all that it runs")
  }
}

extension SettingKey where Value == Int? {
  package static var slurmCpus: Self {
    SettingKey(
      "slurm.cpus", .optional(.integer(in: 1...4096)), default: nil, defaultText: "the cluster's own",
      summary: "processors that a job gets")
  }
}

extension SettingKey where Value == Duration? {
  package static var slurmTimeLimit: Self {
    SettingKey(
      "slurm.timeLimit", .optional(.duration(zeroAdvice: "a job must end at some point; unset it for the default")),
      default: nil, defaultText: "agent.maxRuntime and 5 minutes",
      summary: "how long a job may run, rounded up to minutes")
  }
}

extension SettingKey where Value == Duration {
  package static var slurmMaxPending: Self {
    SettingKey(
      "slurm.maxPending", .duration(zeroAdvice: "a job must be given the time to start; 24h is long"),
      default: .seconds(24 * 3600),
      summary: "a job that has not started after this long is taken back, and its attempt has failed")
  }
}
