/// Where an agent runs: on this machine, as a job of a cluster, or on a host that is reached by ssh. The raw values are
/// those of `orchestrator.launcher`.
package enum LauncherChoice: String, CaseIterable, Sendable {
  case local, slurm, ssh
}
