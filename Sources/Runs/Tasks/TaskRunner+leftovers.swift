import Basics
import Engine
import Git
import Journal
import Plans
import Processes
import SystemPackage

/// What a task leaves behind, and what of it is kept.
extension TaskRunner {
  /// Records commits that are on the branch although the task did not succeed.
  func noteCommits() async throws {
    guard let state = await journal.state[task: task.id], state.worktree != nil, state.tip == nil,
      let start = state.startCommit.flatMap(ObjectID.init),
      let left = try? await CompletionProof.examine(
        worktree: place.worktree, branch: task.branch, start: start, environment: context.place.environment),
      !left.commits.isEmpty
    else { return }
    try await journal.append(.leftUnproven(task: task.id, commits: left.commits.map(CommitRecord.init)))
  }

  /// Keeps what is uncommitted, and says where.
  func saveWork(into ending: inout TaskEnding) async {
    guard await journal.state[task: task.id]?.worktree != nil, !FileSystem.isVacant(place.worktree) else { return }
    do {
      guard let (reference, commit) = try await saveUncommitted() else { return }
      ending.advice.append("uncommitted work is also kept as \(reference): git show \(commit.abbreviated)")
    } catch {
      ending.advice.append("uncommitted work could not be saved to a ref and is only in the worktree: \(error)")
    }
  }

  /// Commits whatever is uncommitted in the worktree to a ref of its own, on top of what that ref holds already; the
  /// worktree stays as it is. nil when there is nothing.
  func saveUncommitted() async throws -> (reference: String, commit: ObjectID)? {
    let attempt = max(1, await journal.state[task: task.id]?.attempts.count ?? 0)
    let reference = "refs/orchestrator/saved/\(context.id)/\(task.id)/\(attempt)"
    let commit = try await context.worktrees.saveUncommittedWork(
      in: place.worktree, to: reference, message: "orch: uncommitted work of '\(task.id)'")
    guard let commit else { return nil }
    try await journal.append(
      .workSaved(task: task.id, attempt: attempt, reference: reference, commit: commit.description))
    return (reference, commit)
  }

  /// Removes what nobody needs any more.
  func tidyUp(after status: TaskStatus) async throws {
    guard let state = await journal.state[task: task.id], state.worktree != nil else { return }
    if FileSystem.isVacant(place.worktree) {
      try await journal.append(effectOfRemoval(branchAt: emptyBranch(state)))
      // It could not be made, or somebody removed it: nothing is lost by striking it off git's records.
      try? await context.worktrees.remove(name: place.worktreeName, path: place.worktree)
      try await journal.append(.worktreeRemoved(task: task.id))
      await removeEmptyBranch()
    } else if status == .success {
      // Its effect is recorded with the task's end.
      if !terms.keepsWorktrees { try await removeWorktree() }
    } else if await holdsNothing() {
      try await journal.append(effectOfRemoval(branchAt: emptyBranch(state)))
      try await removeWorktree()
    }
  }

  /// Whether the task left nothing at all: no conversation that could be resumed, no commit, no change. Its worktree and
  /// branch would only be in the way of the next run.
  private func holdsNothing() async -> Bool {
    guard let state = await journal.state[task: task.id], let start = state.startCommit.flatMap(ObjectID.init),
      state.worktree != nil, state.status == .noChanges || !state.attempts.contains(where: \.holdsConversation)
    else { return false }
    let proof = try? await CompletionProof.examine(
      worktree: place.worktree, branch: task.branch, start: start, environment: context.place.environment)
    return proof?.faults == [.noCommits]
  }

  /// A worktree that holds nothing unsaved goes; one that does is refused by `Worktrees` and stays.
  private func removeWorktree() async throws {
    do {
      try await context.worktrees.remove(name: place.worktreeName, path: place.worktree)
    } catch {
      return try await journal.append(.warned(message: "worktree of '\(task.id)' kept: \(error)"))
    }
    try await journal.append(.worktreeRemoved(task: task.id))
    await removeEmptyBranch()
  }

  /// Where the branch is if it is to be deleted.
  private func emptyBranch(_ state: TaskState) -> String? {
    state.status != .success && place.existingTip == nil ? state.startCommit : nil
  }

  /// Deletes the branch when it was made for this task and still is where it started: then every commit on it is the
  /// base's or a needed task's. git does it only if the branch has not moved meanwhile.
  private func removeEmptyBranch() async {
    guard let state = await journal.state[task: task.id], let start = emptyBranch(state) else { return }
    _ = try? await context.place.git.run(.recording, ["update-ref", "-d", "refs/heads/\(task.branch)", start])
  }
}
