import Attempts
import Basics
import Engine
import Git
import Journal
import Plans
import Preparing
import Processes
import SystemPackage
import Worktrees

/// What a task leaves behind, and what of it is kept.
extension TaskRunner {
  /// Records commits that are on the branch although the task did not succeed.
  func noteCommits() async throws {
    guard let state = await journal.state[task: task.id], state.worktree != nil, state.tip == nil,
      let start = state.startCommit.flatMap(ObjectID.init),
      let left = try? await CompletionProof.examine(
        worktree: place.worktree, branch: task.branch, start: start, environment: context.place.environment,
        traces: context.traces(of: task.id)),
      !left.commits.isEmpty
    else { return }
    try await journal.append(.leftUnproven(task: task.id, commits: left.commits.map(CommitRecord.init)))
  }

  /// Keeps what nothing but the worktree holds, and says how to get back what was kept of all attempts.
  func saveWork(into ending: inout TaskEnding) async throws(JournalError) {
    if await journal.state[task: task.id]?.worktree != nil { try await saveWork() }
    guard let saved = await journal.state[task: task.id]?.savedText else { return }
    ending.advice.append("to put back what was saved (\(saved)): git orch restore \(task.id)")
  }

  /// Nothing is done when the end of the last attempt saved the same.
  func saveWork() async throws(JournalError) {
    let attempts = await journal.state[task: task.id]?.attempts.count ?? 0
    try await context.saveWork(of: task.id, attempt: attempts, in: place.worktree, branch: task.branch)
  }

  /// Removes what nobody needs any more.
  /// - Parameter handsOn: whether a worktree may be left for the next task.
  func tidyUp(after status: TaskStatus, handsOn: Bool = true) async throws {
    guard let state = await journal.state[task: task.id], state.worktree != nil else { return }
    if FileSystem.isVacant(place.worktree) {
      try await journal.append(effectOfRemoval(branchAt: emptyBranch(state)))
      // It could not be made, or somebody removed it: nothing is lost by striking it off git's records.
      try? await context.worktrees.remove(name: place.worktreeName, path: place.worktree)
      try await journal.append(.worktreeRemoved(task: task.id))
      await removeEmptyBranch()
    } else if status == .success {
      // Its effect is recorded with the task's end.
      if terms.keepsWorktrees { return }
      // One in which the set-up has left something is not as git would make it.
      if handsOn, let idle = terms.idle, context.traces(of: task.id).isEmpty { return await idle.give(place) }
      try await removeWorktree()
    } else if await holdsNothing() {
      try await journal.append(effectOfRemoval(branchAt: emptyBranch(state)))
      try await removeWorktree()
    }
  }

  /// Whether the task left nothing at all: no conversation that could be resumed, no commit, no change. Its worktree and
  /// branch would only be in the way of the next run.
  private func holdsNothing() async -> Bool {
    guard let state = await journal.state[task: task.id], let start = state.startCommit.flatMap(ObjectID.init),
      state.worktree != nil, state.returns.isEmpty,
      state.status == .noChanges || !state.attempts.contains(where: \.holdsConversation),
      // What a host that does not answer has of it comes into this worktree.
      FarRemains.host(of: task.id, in: journal.folder) == nil
    else { return false }
    let proof = try? await CompletionProof.examine(
      worktree: place.worktree, branch: task.branch, start: start, environment: context.place.environment,
      traces: context.traces(of: task.id))
    return proof?.faults == [.noCommits]
  }

  /// A worktree that holds nothing unsaved goes; one that does is refused by `Worktrees` and stays.
  private func removeWorktree() async throws {
    do {
      try await context.worktrees.remove(
        name: place.worktreeName, path: place.worktree, traces: context.traces(of: task.id))
    } catch {
      return try await journal.append(.warned(message: "worktree of '\(task.id)' kept: \(error)"))
    }
    try await journal.append(.worktreeRemoved(task: task.id))
    await removeEmptyBranch()
  }

  /// Where the branch is if it is to be deleted.
  private func emptyBranch(_ state: TaskState) -> String? {
    // An earlier process of the run may have made it.
    state.status != .success && state.returns.isEmpty && (place.existingTip == nil || state.hasMadeBranch)
      ? state.startCommit : nil
  }

  /// Deletes the branch when it was made for this task and still is where it started: then every commit on it is the
  /// base's or a needed task's. git does it only if the branch has not moved meanwhile.
  private func removeEmptyBranch() async {
    guard let state = await journal.state[task: task.id], let start = emptyBranch(state) else { return }
    _ = try? await context.place.git.run(.recording, ["update-ref", "-d", "refs/heads/\(task.branch)", start])
  }
}
