import Basics
package import Git
package import Journal
package import SystemPackage

/// Finds out how much was done in the worktrees of tasks, at most one at a time, off the threads that draw, by libgit2: no
/// program is started for it.
///
/// A worktree is looked at when its agent has used a tool since, no sooner than five seconds after the last look, and for
/// at most a twentieth of the time: where it is big, the figures are older.
package actor ChangeCounter {
  private static let shortest = Duration.seconds(5)
  private static let share = 20

  private struct Look {
    var toolCount: Int
    var dueAt: ContinuousClock.Instant
  }

  private let common: FilePath
  private let environment: [String: String]
  private var looks: [String: Look] = [:]
  /// The commits that were counted of tasks that are proven, which change no more.
  private var counted: [String: String] = [:]

  package init(commonDirectory: FilePath, environment: [String: String]) {
    common = commonDirectory
    self.environment = environment
  }

  /// Hands the figures that are new to `found`.
  package func look(
    at tasks: [TaskState], toolCounts: [String: Int], found: @Sendable (String, ChangeAmount) -> Void
  ) async {
    for task in tasks where !Task.isCancelled {
      let id = task.header.id
      guard let start = task.startCommit.flatMap({ ObjectID($0) }) else { continue }
      if let tip = task.tip, task.status != .running {
        guard counted[id] != tip else { continue }
        counted[id] = tip
        if let amount = await amount(at: common, start, ObjectID(tip)) { found(id, amount) }
        continue
      }
      guard task.status == .running || task.status == .retrying, let worktree = task.worktree else { continue }
      let tools = toolCounts[id] ?? 0
      if let look = looks[id], look.toolCount == tools || look.dueAt > .now { continue }
      let began = ContinuousClock.now
      let amount = await amount(at: FilePath(worktree.path), start, nil)
      let took = began.duration(to: .now)
      looks[id] = Look(toolCount: tools, dueAt: .now + max(Self.shortest, took * Self.share))
      if let amount { found(id, amount) }
    }
  }

  private func amount(at folder: FilePath, _ start: ObjectID, _ tip: ObjectID?) async -> ChangeAmount? {
    // A worktree may be on its way in or out.
    try? await Repository.withRepository(at: folder, environment: environment) { repository throws(GitError) in
      if let tip { return try repository.amount(from: start, to: tip) }
      return try repository.amount(since: start)
    }
  }
}
