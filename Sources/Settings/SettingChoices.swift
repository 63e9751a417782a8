package import Basics

/// Whether a run stops for the user between planning and executing.
package enum WorkflowMode: String, CaseIterable, Sendable {
  case review, yolo
}

/// Where a run's agents run: on this machine, as jobs of a cluster, or on hosts that are reached by ssh.
package enum LauncherChoice: String, CaseIterable, Sendable {
  case local, slurm, ssh
}

/// Where pull requests live: the name of a forge, or `auto`.
package enum ForgeProvider: RawRepresentable, CaseIterable, Equatable, Sendable {
  /// What the remote's URL says.
  case auto
  case forge(ForgeKind)

  package static var allCases: [ForgeProvider] { [.auto] + ForgeKind.allCases.map { .forge($0) } }

  package init?(rawValue: String) {
    guard let value = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = value
  }

  package var rawValue: String { kind?.rawValue ?? "auto" }

  /// nil for `auto`.
  package var kind: ForgeKind? {
    if case .forge(let kind) = self { kind } else { nil }
  }
}

/// What an agent may do without being asked; the client's own names for its `--permission-mode`.
package enum PermissionMode: String, CaseIterable, Sendable {
  case `default`, manual, acceptEdits, plan, dontAsk, auto, bypassPermissions
}

/// Whether what runs a fork's code, and what `sandbox.agents` adds to that, is put into a sandbox.
package enum SandboxMode: String, CaseIterable, Sendable {
  case off
  /// Where one can be made.
  case auto
  /// Nothing of it runs without.
  case required
}

/// How pull requests are merged after their review.
package enum ReviewMergeMethod: String, CaseIterable, Sendable {
  /// By squash where the repository allows it, else as it does.
  case auto
  case squash, merge, rebase
}

/// What a to-do list is told of the tasks that were made of it.
package enum TodoUpdate: String, CaseIterable, Sendable {
  case off
  /// Items get links to their pull requests.
  case links
  /// And are ticked once their work has landed.
  case ticks
}

/// What becomes of the agents at work when a run's budget is used up.
package enum BudgetMode: String, CaseIterable, Sendable {
  /// They are stopped, with their work saved.
  case stop
  /// They come to their ends.
  case finish
}

/// What follows while a run is in progress from a conflict between the branches of its tasks.
package enum ConflictMode: String, CaseIterable, Sendable {
  /// The agent of the later one is told, while it works or with its next prompt.
  case tell
  /// It is told with its next prompt, and its next attempt waits until the task is over with which it conflicts.
  case hold
  /// Branches are not compared while a run is in progress.
  case off
}

/// Whether a worktree whose task is done is handed on to the next task, and what becomes of ignored files in it.
package enum WorktreeReuse: String, CaseIterable, Sendable {
  case off, clean, keep
}

/// What a ledger may hold beyond what happened, where `orchestrator.ledger.include` names it.
package enum LedgerInclusion: String, CaseIterable, Sendable {
  /// The agents' readable logs, and their last words.
  case logs
  /// Folders and files of the machine.
  case paths
  /// The texts of the tasks, as the plan has them, and what the agents were asked.
  case prompts
  /// The settings that differ from their defaults, and the commands that set up worktrees.
  case settings
}
