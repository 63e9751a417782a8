import Basics
import Engine
import ForgeMerges
import Forges
import Git
import HTTP
import Journal
import Merging
import Processes
import Remotes
import SystemPackage
import Trains

/// What a merge that somebody else made on the forge leaves to be done: branches of the run that build on the merged one
/// go on top of the base, and their pull requests get its base.
struct ForeignMerges: Sendable {
  let place: RepositoryContext
  let stop: StopRequest
  let send: HTTPSend
  let note: @Sendable (String) -> Void

  struct Work: Sendable {
    /// What is written where nothing else is: what was known before of one that is merged.
    let occasion: JournalEvent
    let forge: ForgeRecord
    /// Merged into the branch that they were meant for.
    let merged: [TaskState]
    /// Branches that need one of those, and are not merged.
    let dependents: [TaskState]
  }

  /// Whether branches of the run build on each other, and one of them may have been merged.
  static func mayHaveWork(_ state: RunState) -> Bool {
    state.header.isRun && state.header.forge != nil
      && state.ownTasks.contains { task in
        !task.header.needs.isEmpty && task.pullRequestState?.state != "merged"
          && task.header.needs.contains { state[task: $0]?.pullRequest != nil }
      }
  }

  /// nil where nothing is to be done.
  func work(in state: RunState) async throws -> Work? {
    guard state.header.isRun, state.undo == nil, let forge = state.header.forge else { return nil }
    let merged = state.tasks.filter {
      $0.pullRequestState?.state == "merged" && $0.pullRequestState?.base == forge.destination
    }
    guard let first = merged.first, let known = first.pullRequestState else { return nil }
    let names = Set(merged.map(\.header.id))
    let branches = Set(merged.map(\.header.branch))
    let (store, id) = (place.store, state.header.id)
    let earlier = try await offPool { () throws(JournalError) in try BranchMover.earlier(in: try store.run(id)) }
    var moved: [TaskState] = []
    for task in state.ownTasks where task.status.isGood && !names.contains(task.header.id) {
      let base = task.pullRequestState?.base ?? task.pullRequest?.base
      let isOpen = task.pullRequestState.map { $0.state == "open" } ?? (task.pullRequest != nil)
      let needed = merged.filter { task.header.needs.contains($0.header.id) }
      let isBased = isOpen && base.map(branches.contains) ?? false
      var lacksMerge = false
      for parent in needed where try await lacks(task, parent) { lacksMerge = true }
      // A process was killed between that and its push.
      var isUnpushed = false
      if !needed.isEmpty, task.pushedCommit != nil, let made = earlier[task.header.branch]?.after,
        made.description != task.pushedCommit
      {
        let branch = task.header.branch
        isUnpushed = try await place.inRepository { try $0.branch(branch) == made }
      }
      if isBased || lacksMerge || isUnpushed { moved.append(task) }
    }
    guard !moved.isEmpty else { return nil }
    return Work(
      occasion: .pullRequestRefreshed(task: first.header.id, state: known), forge: forge, merged: merged,
      dependents: moved)
  }

  /// Whether a branch builds on another one, and not on what the merge made of that.
  private func lacks(_ task: TaskState, _ parent: TaskState) async throws -> Bool {
    let (branch, commit) = (task.header.branch, parent.pullRequestState?.mergeCommit)
    return try await place.inRepository { repository in
      guard let tip = try repository.branch(branch) else { return false }
      guard let commit, let made = try repository.commit(at: commit) else { return true }
      return try !repository.isAncestor(made, of: tip)
    }
  }

  // MARK: - Doing it

  func perform(_ work: Work, _ journal: RunJournal) async throws {
    let state = await journal.state
    let base = place.remotes().base?.name ?? state.header.remote ?? "origin"
    let branch = work.forge.destination
    let merges = try await context(work, journal, remote: state.header.remote ?? base)
    try await stop.cancelling(at: .graceful) { [place] in try await place.git.fetch(remote: base, branch: branch) }
    let landed = try await landed(work, base: branch, of: base)
    guard !landed.ids.isEmpty else { return }
    // Before anything is pushed: what is merged into a dead branch would be lost.
    for task in work.dependents { try await retarget(task, work, landed.ids, merges) }
    let quarantine = try await MergeQuarantine(
      commonDirectory: place.commonDirectory, environment: place.environment)
    let plan = RestackPlan(
      base: BaseRecord(branch: branch, commit: landed.tip.description), remote: base,
      branchRemote: state.header.remote, run: state, landed: landed.ids)
    let moved = try await Restack(
      plan: plan, place: place, journal: journal, aside: nil, quarantine: quarantine,
      builder: TrainBuilder(
        mode: .squash, merges: quarantine, committer: try await place.git.identities().committer)
    ).perform()
    for move in moved { try await record(move, landed.tip, merges) }
  }

  private func context(_ work: Work, _ journal: RunJournal, remote: String) async throws -> MergeContext {
    let waits = ForgeRetryNotices(stop: stop, note: note)
    let lookup = ForgeLookup(place: place, send: send, retryPolicy: waits.retryPolicy)
    guard case .forge(let forge) = try await lookup.find(slug: work.forge.repository) else {
      throw RunError(.unusableForge, "there is no forge any more")
    }
    return MergeContext(
      place: place, journal: journal, stop: stop, forge: forge, retryPolicy: waits.retryPolicy,
      rules: MergeRulesBook(forge: forge), remote: remote, destination: work.forge.destination,
      secrets: Secrets(environment: place.environment))
  }

  /// Those of the merged that the base has, which may have moved on, and where it is.
  private func landed(_ work: Work, base: String, of remote: String) async throws -> (tip: ObjectID, ids: Set<String>) {
    try await place.inRepository { repository in
      guard let tip = try repository.remoteBranch(base, of: remote) else {
        throw GitError(.notFound, "'\(remote)' has no branch '\(base)'")
      }
      var ids: Set<String> = []
      for task in work.merged {
        if let text = task.pullRequestState?.mergeCommit, let made = try repository.commit(at: text),
          try repository.isAncestor(made, of: tip)
        {
          ids.insert(task.header.id)
        } else if let head = try task.pullRequestState.flatMap({ try repository.commit(at: $0.head) }),
          try repository.landing(of: head, in: tip) != nil
        {
          ids.insert(task.header.id)
        }
      }
      return (tip, ids)
    }
  }

  private func retarget(
    _ task: TaskState, _ work: Work, _ landed: Set<String>, _ merges: MergeContext
  ) async throws {
    guard let number = task.pullRequest?.number else { return }
    let seen = try await merges.forge.pullRequest(number)
    if seen.state == .closed {
      return try await merges.journal.tell(
        "pull request #\(number) of '\(task.header.branch)', which builds on what was merged, is closed; to continue "
          + "with it, open it again: \(seen.url)")
    }
    guard seen.state == .open,
      work.merged.contains(where: { landed.contains($0.header.id) && $0.header.branch == seen.base })
    else { return }
    guard try await merges.retarget(number, from: seen.base, to: work.forge.destination, for: task.header.id) != nil
    else {
      return try await merges.journal.tell(
        "pull request #\(number) still is to be merged into '\(seen.base)', which is merged itself")
    }
    try await refresh(task.header.id, number, merges)
  }

  private func refresh(_ task: String, _ number: Int, _ merges: MergeContext) async throws {
    let seen = try await merges.forge.pullRequest(number)
    try await merges.journal.append(
      .pullRequestRefreshed(
        task: task,
        state: PullRequestStateRecord(
          state: seen.state.rawValue, base: seen.base, head: seen.head.commit, mergeCommit: seen.mergeCommit)))
  }

  /// What the task's work is now.
  private func record(_ move: BranchMove, _ base: ObjectID, _ merges: MergeContext) async throws {
    let commits = try await place.withRepository { repository throws(GitError) in
      try repository.commits(from: move.after, excluding: [base], limit: 1000)
    }
    let known = await merges.journal.state[task: move.task]
    if known?.tip != move.after.description {
      try await merges.journal.append(
        .proven(
          task: move.task, tip: move.after.description,
          commits: commits.map { CommitRecord(id: $0.id.description, summary: $0.summary) }))
    }
    guard known?.pushedCommit != move.after.description, let pushed = try? await merges.stack.tip(of: move.branch),
      pushed == move.after
    else { return }
    try await merges.journal.append(.pushed(task: move.task, commit: move.after.description))
    if let number = await merges.journal.state[task: move.task]?.pullRequest?.number {
      try await refresh(move.task, number, merges)
    }
  }
}
