import Basics
import Engine
import Git
import Journal
package import SystemPackage
import Worktrees

/// A worktree in which an agent is to work, and what must hold there before it starts.
package struct WorktreeCheck: Sendable {
  package let context: RunContext
  /// The task's id.
  package let task: String
  /// git's name for the worktree.
  package let name: String
  package let path: FilePath
  package let branch: String

  package init(context: RunContext, task: String, name: String, path: FilePath, branch: String) {
    self.context = context
    self.task = task
    self.name = name
    self.path = path
    self.branch = branch
  }

  /// Sees to it that git works in the folder on this worktree, and can: in a folder that has lost its `.git`, an agent's
  /// `git commit` would land in whatever repository lies around it.
  /// - Returns: why no agent can start there, as a sentence; nil when one can.
  package func fault() async throws -> String? {
    let (path, common) = (path, context.place.commonDirectory)
    if await offPool({ Worktrees.isSound(path, commonDirectory: common) }) {
      try await clearLocks()
      return nil
    }
    let found: WorktreeTakeUp
    do throws(GitError) {
      found = try await context.worktrees.takeUp(name: name, path: path, branch: branch, wasUsed: true)
    } catch {
      return error.message
    }
    switch found {
    case .sound: break
    case .reconnected: try await warn(Self.reconnected(path))
    case .unfinished: return "its worktree '\(path)' is being made by another git"
    case .gone(nil): return "its worktree '\(path)' is gone"
    case .gone(let aside?):
      return "its worktree '\(path)' was replaced by something else, which is now in '\(aside)'"
    }
    try await clearLocks()
    return nil
  }

  package static func reconnected(_ path: FilePath) -> String {
    "its worktree '\(path)' had lost its connection with the repository; it has it again"
  }

  /// Locks that a killed git left would make each of the agent's commits fail.
  package func clearLocks() async throws {
    let (worktree, branch, common) = (path, branch, context.place.commonDirectory)
    let found = await offPool { StaleLocks.clear(worktree: worktree, branch: branch, commonDirectory: common) }
    for lock in found {
      try await warn(
        lock.movedTo.map { "moved '\(lock.path)' aside, which a killed git had left: it is now '\($0)'" }
          ?? "'\(lock.path)' is in the way of git; if no git is at work there, remove it")
    }
  }

  package func warn(_ message: String) async throws {
    try await context.journal.append(.warned(message: "task '\(task)': \(message)"))
  }
}
