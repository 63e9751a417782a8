/// Where an agent runs: on this machine, or as a job of a cluster. The raw values are those of `orchestrator.launcher`.
package enum LauncherChoice: String, CaseIterable, Sendable {
  case local, slurm
}
