import Attempts
import Engine
import Guarding
import Journal
import Plans
import Preparing
import Processes
import Settings
import SystemPackage
import Worktrees

/// Worktrees of tasks that are done, which the next tasks may have. What is left at the end is removed.
actor IdleWorktrees {
  nonisolated let keepsIgnored: Bool
  private var places: [WorktreePlan] = []

  /// nil when each task is to have a new one.
  init?(_ reuse: WorktreeReuse) {
    switch reuse {
    case .off: return nil
    case .clean: keepsIgnored = false
    case .keep: keepsIgnored = true
    }
  }

  func give(_ place: WorktreePlan) { places.append(place) }

  /// The one that was given last: its files are the likeliest to be in memory.
  func take() -> WorktreePlan? { places.popLast() }
}

extension TaskRunner {
  /// Takes over the worktree of a task that is done, if there is one; false where a new one is to be made.
  ///
  /// That task's end has the effect of its removal on record, and this one's beginning that of its making, so whoever
  /// takes the run back or continues it finds two worktrees, the first of them gone.
  func takeOverWorktree() async throws -> Bool {
    while let idle = terms.idle, let other = await idle.take() {
      let (worktrees, old, new, branch) = (context.worktrees, other.worktree, place.worktree, task.branch)
      // They are copied from the checkout as it is now.
      let copied = terms.setup.ignoredFiles
      await context.watch.grant(old, to: task.id)
      let previous = TaskRunner(context: context, terms: terms, place: other)
      let refusal: String?
      do {
        refusal = try await context.stop.cancelling(at: .graceful) {
          try await worktrees.handOn(
            from: old, to: new, branch: branch, keepsIgnored: idle.keepsIgnored, removing: copied)
        }
      } catch {
        try await previous.tidyUp(after: .success, handsOn: false)
        throw error
      }
      guard refusal == nil else {
        // It may have to stay, and that is reported then.
        try await previous.tidyUp(after: .success, handsOn: false)
        continue
      }
      try await journal.append([.worktreeRemoved(task: other.task.id), .worktreeCreated(task: task.id)])
      return true
    }
    return false
  }

  /// Removes what no task took over.
  func removeIdleWorktrees() async throws {
    while let other = await terms.idle?.take() {
      try await TaskRunner(context: context, terms: terms, place: other).tidyUp(after: .success, handsOn: false)
    }
  }
}
