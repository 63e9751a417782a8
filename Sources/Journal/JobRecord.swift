/// What is known of the job that an attempt's agent runs as, on another machine.
package struct JobRecord: Codable, Equatable, Sendable {
  package enum Stage: String, Codable, Sendable {
    /// It is about to be handed to the scheduler, or may have been.
    case submitting
    case pending, running
  }

  /// `slurm`, `ssh`; `slurm-ssh` for a cluster that is reached by ssh and shares no files with us.
  package var launcher: String
  /// By which the scheduler's job is found, `<run>/<task>/<attempt>`.
  package var key: String
  package var stage: Stage
  /// The scheduler's number of it, or the host that it was sent to; nil before it is known.
  package var id: String?
  /// Why it waits, or why nothing is known of it, in the scheduler's words.
  package var reason: String?
  package var node: String?

  package init(
    launcher: String, key: String, stage: Stage, id: String? = nil, reason: String? = nil, node: String? = nil
  ) {
    self.launcher = launcher
    self.key = key
    self.stage = stage
    self.id = id
    self.reason = reason
    self.node = node
  }

  /// Whether its agent works, and has its conversations, where there are none of our files.
  package var isFar: Bool { ["ssh", "slurm-ssh"].contains(launcher) }

  /// `pending as slurm job 17: Resources`, `on n3, as slurm job 17`.
  package var description: String {
    let name =
      "\(launcher == "slurm-ssh" ? "slurm" : launcher) job" + (id.flatMap { $0 == node ? nil : " \($0)" } ?? "")
    let reason = reason.flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
    return switch stage {
    case .submitting: "to be submitted as a \(name)\(reason)"
    case .pending: "pending as \(name)\(reason)"
    case .running: (node.map { "on \($0), " } ?? "running, ") + "as \(name)\(reason)"
    }
  }
}
