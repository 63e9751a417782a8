import Basics
package import Git
package import Journal
package import SystemPackage
package import Worktrees

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension RunContext {
  /// Saves what nothing but a task's worktree holds to `refs/orchestrator/saved/<run>/<task>/<attempt>`, unless the same
  /// was saved before; the worktree stays as it is. What cannot be saved is a warning of the run.
  /// - Parameters:
  ///   - attempt: The one that left it, counted from 1.
  ///   - isClean: When git has just said that all is committed.
  ///   - commits: To be kept besides, although a branch still leads to them.
  /// - Returns: The commit that holds everything uncommitted; nil when there is nothing, or not all could be saved.
  /// - Throws: Only what the journal throws.
  @discardableResult
  package func saveWork(
    of task: String, attempt: Int, in worktree: FilePath, branch: String?, isClean: Bool = false,
    keeping commits: [ObjectID] = []
  ) async throws(JournalError) -> ObjectID? {
    // One that could not be made, or that somebody removed.
    guard worktree.appending(".git").exists else { return nil }
    let state = await journal.state[task: task]
    let attempt = max(1, attempt)
    var request = SavingRequest(
      path: worktree, reference: "refs/orchestrator/saved/\(id)/\(task)/\(attempt)",
      subject: "orch: work of '\(task)', attempt \(attempt)")
    request.branch = branch
    request.since = (state?.startedAt?.date.timeIntervalSince1970).map { Int($0) }
    request.previous = state?.saved.last.flatMap { ObjectID($0.commit) }
    request.isClean = isClean
    request.commits = commits
    var result: SavingResult
    do throws(GitError) {
      result = try await worktrees.saveWork(request)
    } catch {
      result = SavingResult(complaints: [error.message])
    }
    if let saved = result.saved, let reference = result.reference {
      try await journal.append(
        .workSaved(
          task: task, attempt: attempt, reference: reference, commit: saved.commit.description,
          contents: SavedContentsRecord(saved)))
    }
    for complaint in result.complaints {
      let warning = "task '\(task)': not saved, and in '\(worktree)' alone: \(secrets.masking(complaint))"
      if await !journal.state.warnings.contains(warning) { try await journal.append(.warned(message: warning)) }
    }
    return result.complaints.isEmpty ? result.saved?.commit : nil
  }
}

extension SavedContentsRecord {
  package init(_ saved: SavedWork) {
    self.init(
      files: saved.files, commits: saved.commits.count, stashes: saved.stashes.count,
      repositories: saved.repositories.count + saved.clones.count)
  }
}
