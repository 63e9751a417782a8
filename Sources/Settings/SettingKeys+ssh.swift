// Hosts that are reached by ssh, for agents that work there.

extension SettingKey where Value == [SSHHostChoice] {
  package static var sshHosts: Self {
    SettingKey(
      "ssh.hosts", .sshHosts, default: [], needsTrust: true,
      summary: "hosts as ssh calls them; build1=4 for one that has at most 4 jobs of ours")
  }
}

extension SettingKey where Value == String {
  package static var sshFolder: Self {
    SettingKey(
      "ssh.folder", .sshFolder, default: ".cache/git-orch", needsTrust: true,
      summary: "folder of jobs on such a host; relative to the user's home there")
  }
}

extension SettingKey where Value == Int64? {
  package static var sshMemory: Self {
    SettingKey(
      "ssh.memory", .optional(.bytes), default: nil, defaultText: "no limit",
      summary: "memory that a job on such a host may use, its agent and all that it runs")
  }
}

extension SettingKey where Value == Int? {
  package static var sshCpus: Self {
    SettingKey(
      "ssh.cpus", .optional(.integer(in: 1...4096)), default: nil, defaultText: "no limit",
      summary: "how many processors' time a job on such a host may use")
  }
}

extension SettingKey where Value == Duration? {
  package static var sshTimeLimit: Self {
    SettingKey(
      "ssh.timeLimit", .optional(.duration(zeroAdvice: "a job needs some time; unset it for no limit")),
      default: nil, defaultText: "no limit", summary: "how long a job on such a host may run")
  }
}

extension SettingKey where Value == Duration {
  package static var sshMaxSilence: Self {
    SettingKey(
      "ssh.maxSilence", .duration(zeroAdvice: "a host must be given the time to answer again; 24h is long"),
      default: .seconds(30 * 60),
      summary: "an attempt on a host that has not answered for this long has failed")
  }
}
