import Attempts
import Basics
import Engine
import Git
import Journal
import Processes
import SystemPackage
import Worktrees

/// What a review leaves behind, and what of it is kept.
extension ReviewRunner {
  /// Removes what nobody needs any more; returns where the rest is.
  func clear(_ site: ReviewWorktree, of change: ReviewedChange) async throws -> String? {
    var known: Set<ObjectID> = [change.head]
    if let pushed = await journal.state[task: id]?.pushedCommit.flatMap(ObjectID.init) { known.insert(pushed) }
    guard try await sites.clear(site, known: known) else { return nil }
    return "the reviewer's commits are on branch '\(site.branch)': git log \(change.head.abbreviated)..\(site.branch)"
  }

  /// After a review without an end: an agent's conversation can be resumed by hand in its worktree, which stays then.
  func leave(_ site: ReviewWorktree, of change: ReviewedChange) async throws -> String? {
    let state = await journal.state[task: id]
    let isConversationOpen = state?.attempts.contains(where: \.holdsConversation) ?? false
    guard state?.verdict == nil, isConversationOpen, !FileSystem.isVacant(site.worktree) else {
      return try await clear(site, of: change)
    }
    try await sites.save(site)
    return nil
  }

  /// Ends what an earlier review left running when its process died, and removes the worktree that it left.
  func tidyUpEarlier() async throws {
    guard let earlier else { return }
    if !earlier.hasEnded {
      // Its agent may still be at work, and a conversation must not be led by two.
      await sweepDeadRun(context.place.store.folder(of: earlier.run).mark)
      await sites.removeReferences(of: earlier.run)
    }
    guard let record = earlier.task.worktree else { return }
    let effect = EffectRecord(.worktree, record.name, before: record.path, after: nil)
    try await journal.append(.effect(task: id, effects: [effect]))
    // Refused, and left to the user, when there is uncommitted work in it.
    try? await remove(record, of: earlier)
  }

  private func remove(_ record: WorktreeRecord, of earlier: EarlierReview) async throws(GitError) {
    let path = FilePath(record.path)
    try await backToBranch(path, of: earlier, record)
    let found = try await context.worktrees.takeUp(
      name: record.name, path: path, branch: "orch/review/\(earlier.run)/\(record.name)",
      wasUsed: !earlier.task.attempts.isEmpty)
    switch found {
    case .sound, .reconnected: try await context.worktrees.remove(name: record.name, path: path)
    case .gone: break
    case .unfinished:
      // It was being made when the review was killed, and is locked: nobody was in it.
      try await context.place.git.require(.recording, ["worktree", "remove", "--force", "--force", path.string])
    }
  }

  /// A review that was killed while it tested what a merge would make has left its worktree there, at a commit that is
  /// nobody's work. What the tests have changed stays.
  private func backToBranch(
    _ path: FilePath, of earlier: EarlierReview, _ record: WorktreeRecord
  ) async throws(GitError) {
    guard path.appending(".git").exists else { return }
    let git = GitCommand(directory: path, environment: context.place.environment)
    let (environment, branch) = (context.place.environment, "orch/review/\(earlier.run)/\(record.name)")
    let tested = try await Repository.withRepository(at: path, environment: environment) {
      repository throws(GitError) -> ObjectID? in
      guard case .detached(let commit) = try repository.head(), let tip = try repository.branch(branch),
        case let parents = try repository.parents(of: commit), parents.count == 2, parents.last == tip,
        MergedResult.isTrial(try repository.text(of: commit))
      else { return nil }
      return commit
    }
    guard let tested else { return }
    try await git.require(.checkout(hooks: nil), ["checkout", "--quiet", "--no-recurse-submodules", branch, "--"])
    try await ReviewRound.forget(tested, in: git)
  }

  /// The branches of an earlier review, as far as what they hold is on the forge or on a branch of ours.
  func removeEarlierBranches(_ earlier: EarlierReview) async {
    let prefix = "orch/review/\(earlier.run)/"
    let state = await journal.state[task: id]
    let branches = (try? await context.place.inRepository { $0.branches().keys.filter { $0.hasPrefix(prefix) } }) ?? []
    let known = [
      state?.pullRequest?.commit, state?.pushedCommit, earlier.task.pullRequest?.commit, earlier.task.pushedCommit,
    ].compactMap { $0.flatMap(ObjectID.init) }
    for branch in branches where branch == prefix + id || branch.hasPrefix("\(prefix)\(id)-") {
      _ = await sites.removeBranch(branch, known: Set(known))
    }
  }
}
