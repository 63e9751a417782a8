package import Journal
package import Plans
import Settings
package import SystemPackage

/// What the user asked of a run.
package struct RunRequest: Sendable {
  package var selection: Selection
  /// How many agents work at a time; at least 1.
  package var jobs: Int
  /// Whether branches go to the remote, if there is one.
  package var pushes: Bool
  /// Why no pull requests are to be opened for the branches that are pushed, as a clause; nil when they are.
  package var noPullRequestsReason: String?
  /// Keeps the worktrees of tasks that succeeded, too.
  package var keepsWorktrees: Bool
  package var version: String
  /// How the branches land afterwards; nil when they do not.
  package var lands: LandsRecord?
  /// The agent that was asked for by its name instead of the usual one; nil where none was.
  package var agentName: String?
  /// The plan's file, wherever it is from; nil of a plan in no file.
  package var planFile: FilePath?
  /// The plan's file, where it was written for this run.
  package var writtenPlan: WrittenFile?

  package init(
    selection: Selection, jobs: Int, pushes: Bool, noPullRequestsReason: String?, keepsWorktrees: Bool, version: String
  ) {
    self.selection = selection
    self.jobs = jobs
    self.pushes = pushes
    self.noPullRequestsReason = noPullRequestsReason
    self.keepsWorktrees = keepsWorktrees
    self.version = version
  }
}

/// A file that was written just before a run.
package struct WrittenFile: Sendable {
  package let path: FilePath
  /// nil when it was not there.
  package let before: [UInt8]?
  package let after: [UInt8]

  package init(_ path: FilePath, before: [UInt8]?, after: [UInt8]) {
    self.path = path
    self.before = before
    self.after = after
  }
}

extension RunRequest {
  package var plan: TaskPlan { selection.plan }
  /// Its tasks, and after each its candidates.
  package var workItems: [AgentTask] { plan.workItems }
}
