import Basics
import Engine
package import Git
import Journal
import Processes
package import SystemPackage
package import Worktrees

/// Puts a piece of saved work back.
package struct Restoration: Sendable {
  package let list: SavedWorkList
  package let entry: SavedEntry
  let environment: [String: String]

  package init(_ list: SavedWorkList, _ entry: SavedEntry, environment: [String: String]) {
    (self.list, self.entry, self.environment) = (list, entry, environment)
  }

  private var shape: RepositoryContext.Shape { list.shape }
  private var worktrees: Worktrees {
    Worktrees(repository: shape.checkout ?? shape.commonDirectory, environment: environment)
  }
  private var branchName: String { "orch/restored/\(entry.task)-\(entry.attempt)" }

  /// Into a new worktree there.
  package func perform(into folder: FilePath) async throws(GitError) -> RestoredWork {
    try await worktrees.restore(entry.work, asWorktree: folder, branchName: branchName)
  }

  /// Into the task's own worktree; where that is gone and nothing but commits is saved, they get their branches.
  /// - Returns: that one, nil when there is none, and what came of it.
  /// - Throws: `RestoreError`, `GitError`.
  package func perform() async throws -> (worktree: FilePath?, result: RestoredWork) {
    let store = RunStore(commonDirectory: shape.commonDirectory)
    let (entry, environment, common) = (entry, environment, shape.commonDirectory)
    let worktree = try await offPool { () throws -> FilePath? in
      let folder = try? store.run(entry.run)
      let state = try? folder?.state()
      let task = state?[task: entry.task]
      if let folder, let state, RunLock.currentHolder(at: store.lock)?.run != folder.id,
        let job = DeadJobs.open(in: state, folder).first(where: { $0.task == entry.task })
      {
        throw RestoreError.jobIsOpen(task: entry.task, run: folder.id, job: job.record.description)
      }
      if let attempt = task?.attempts.last, attempt.result == nil, let process = attempt.process, process.isAlive {
        throw RestoreError.agentIsAlive(task: entry.task, process: process.pid)
      }
      guard let record = task?.worktree else {
        if entry.work.isCommitsOnly { return nil }
        throw RestoreError.noWorktree(task: entry.task, path: nil)
      }
      let path = FilePath(record.path)
      // The run that is at work now may use the same folder.
      if let holder = RunLock.currentHolder(at: store.lock), let present = try? store.run(holder.run).state(),
        let user = present.tasks.first(where: { $0.worktree?.path == record.path }), !user.status.isFinal
      {
        throw RestoreError.taskIsRunning(task: user.header.id, run: holder.run)
      }
      if FileSystem.isVacant(path) {
        if entry.work.isCommitsOnly { return nil }
        throw RestoreError.noWorktree(task: entry.task, path: record.path)
      }
      // Its files alone do not make it one: git would take the next repository above.
      guard let found = try? Repository.open(path, environment: environment), found.commonDirectory == common else {
        throw RestoreError.notOurs(path: record.path)
      }
      return path
    }
    guard let worktree else {
      return (nil, try await worktrees.restoreCommits(of: entry.work, branchName: branchName))
    }
    return (worktree, try await worktrees.restore(entry.work, into: worktree, branchName: branchName))
  }
}
