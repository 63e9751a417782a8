import Attempts
import Basics
import Engine
package import Git
package import Journal
package import SystemPackage
package import Worktrees

/// A piece of saved work, as its reference names it: `refs/orchestrator/saved/<run>/<task>/<attempt>`.
package struct SavedEntry: Sendable, Equatable {
  package let reference: String
  package let run: String
  package let task: String
  /// `2`, or `2-3` for the third time that the second attempt's work was saved.
  package let attempt: String
  package let work: SavedWork

  package var contents: SavedContentsRecord { SavedContentsRecord(work) }

  static let prefix = "refs/orchestrator/saved/"

  /// nil for a name of another form.
  init?(_ reference: String, _ work: SavedWork) {
    let parts = reference.dropFirst(Self.prefix.count).split(separator: "/", omittingEmptySubsequences: false)
    guard reference.hasPrefix(Self.prefix), parts.count >= 3, let attempt = parts.last, let run = parts.first else {
      return nil
    }
    self.reference = reference
    self.work = work
    self.run = String(run)
    self.attempt = String(attempt)
    task = parts[1..<(parts.count - 1)].joined(separator: "/")
  }

  /// Its number, and how often it was saved.
  fileprivate var order: [Int] { attempt.split(separator: "-").map { Int($0) ?? 0 } }

  /// Whether `--attempt` means it.
  package func isOf(attempt wanted: String) -> Bool {
    attempt == wanted || attempt.hasPrefix("\(wanted)-") && !wanted.contains("-")
  }
}

/// All work that is saved in a repository.
package struct SavedWorkList: Sendable {
  /// The newest first: of the newest run, and of the last attempt.
  package let entries: [SavedEntry]
  let shape: RepositoryContext.Shape

  package static func read(
    from directory: FilePath, environment: [String: String]
  ) async throws(GitError) -> SavedWorkList {
    let shape = try await RepositoryContext.Shape.find(from: directory, environment: environment)
    let entries = try await Repository.withRepository(at: shape.commonDirectory, environment: environment) {
      repository throws(GitError) in
      var found: [SavedEntry] = []
      for reference in try repository.references(matching: SavedEntry.prefix + "*") {
        // One whose commit is damaged must not hide the others.
        guard let work = try? repository.savedWork(reference.id), let entry = SavedEntry(reference.name, work) else {
          continue
        }
        found.append(entry)
      }
      return found
    }
    return SavedWorkList(
      entries: entries.sorted { a, b in
        if a.run != b.run { return a.run > b.run }
        if a.task != b.task { return a.task < b.task }
        return b.order.lexicographicallyPrecedes(a.order)
      }, shape: shape)
  }

  /// Those of a task, of a run and of an attempt, as far as they are given; the run by its id or the beginning of it.
  package func entries(task: String?, run: String?, attempt: String? = nil) -> [SavedEntry] {
    entries.filter { entry in
      (task.map { $0 == entry.task } ?? true) && (run.map { entry.run.hasPrefix($0) } ?? true)
        && (attempt.map(entry.isOf) ?? true)
    }
  }

  /// The newest of them.
  package func entry(task: String, run: String?, attempt: String?) throws(RestoreError) -> SavedEntry {
    if let found = entries(task: task, run: run, attempt: attempt).first { return found }
    let others = entries(task: task, run: nil)
    throw .nothingSaved(
      task: task, others: others.isEmpty ? nil : others.map { "attempt \($0.attempt) of run \($0.run)" },
      tasks: Set(entries.map(\.task)).sorted())
  }
}

/// Why saved work is not put back.
package enum RestoreError: Error, CustomStringConvertible {
  /// - Parameter others: what else is saved of the task.
  case nothingSaved(task: String, others: [String]?, tasks: [String])
  case agentIsAlive(task: String, process: Int32)
  case jobIsOpen(task: String, run: String, job: String)
  case taskIsRunning(task: String, run: String)
  case noWorktree(task: String, path: String?)
  case notOurs(path: String)

  package var description: String {
    switch self {
    case .nothingSaved(let task, let others?, _):
      "no such saved work of '\(task)'; there is: \(others.joined(separator: ", "))"
    case .nothingSaved(let task, nil, let tasks):
      "no work of '\(task)' is saved"
        + (tasks.isEmpty ? "" : "; there is some of: \(tasks.prefix(20).joined(separator: ", "))")
    case .agentIsAlive(let task, let process):
      """
      the agent of '\(task)' is at work in its worktree: process \(process)
      hint: wait for its end, or put the work elsewhere: git orch restore \(task) --into DIR
      """
    case .jobIsOpen(let task, let run, let job):
      """
      the agent of '\(task)' may be at work in its worktree, \(job)
      hint: continue the run, or give it up: git orch run --abort \(run)
      """
    case .taskIsRunning(let task, let run):
      """
      '\(task)' is not done yet: run \(run) may start an agent in its worktree
      hint: wait for its end, or put the work elsewhere: git orch restore \(task) --into DIR
      """
    case .noWorktree(let task, let path):
      """
      the worktree of '\(task)' is gone\(path.map { ": '\($0)'" } ?? "")
      hint: to make one with the saved work: git orch restore \(task) --into DIR
      """
    case .notOurs(let path): "'\(path)' is not a worktree of this repository any more; use --into DIR"
    }
  }
}
