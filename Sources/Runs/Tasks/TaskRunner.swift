import Agents
import Basics
import Engine
import Git
import Journal
import Plans
import Processes
import SystemPackage

/// Takes one task all the way: branch and worktree, attempts, proof, push, pull request.
struct TaskRunner: Sendable {
  let context: RunContext
  let terms: TaskOptions
  let place: WorktreePlan

  private var task: AgentTask { place.task }
  private var journal: RunJournal { context.journal }

  /// Does the task and records how it ended.
  /// - Throws: only what the journal throws: without its record a run must not go on.
  func run() async throws -> TaskStatus {
    var ending: TaskEnding
    do {
      ending = try await perform()
    } catch let error as JournalError {
      throw error
    } catch {
      ending =
        context.stop.level > .none
        ? TaskEnding(status: .interrupted, message: "the run was interrupted")
        : TaskEnding(status: .failed, message: "\(error)")
    }
    if ending.status != .success {
      try await noteCommits()
      await saveWork(into: &ending)
    }
    try await journal.append(
      .taskEnded(task: task.id, status: ending.status, message: ending.message, advice: ending.advice))
    try await tidyUp(after: ending.status)
    return ending.status
  }

  private func perform() async throws -> TaskEnding {
    let state = await journal.state[task: task.id]
    // An earlier process of this run may have come so far that only the delivery is left.
    if let proof = try await earlierProof(state) { return try await deliver(proof) }
    let start: ObjectID
    if let begun = state?.startCommit.flatMap(ObjectID.init), state?.worktree != nil {
      start = begun
      try await takeUpWorktree(isFilled: state?.isWorktreeFilled ?? false)
    } else {
      switch try await startCommit() {
      case .commit(let commit): start = commit
      case .ending(let ending): return ending
      }
      try await journal.append(
        .taskStarting(
          task: task.id, startCommit: start.description,
          worktree: WorktreeRecord(name: place.worktreeName, path: place.worktree.string)))
      try await makeBranch(at: start)
      try await makeWorktree()
    }
    if state?.attempts.isEmpty ?? true { try await setUpWorktree() }
    let attempts = AttemptLoop(
      context: context,
      work: TaskWork(
        context: context, task: task, permissions: terms.permissions, baseBranch: terms.base.branch,
        worktree: place.worktree, start: start))
    switch try await attempts.run() {
    case .ended(let ending):
      return ending
    case .complete(let proof):
      try await journal.append(
        .proven(task: task.id, tip: proof.tip.description, commits: proof.commits.map(CommitRecord.init)))
      return try await deliver(proof)
    }
  }

  private func deliver(_ proof: CompletionProof) async throws -> TaskEnding {
    try await TaskDelivery(
      context: context, delivery: terms.delivery, task: task, place: place,
      externalDependencies: terms.externalDependencies[task.id] ?? [], proof: proof
    ).deliver()
  }

  /// The proof of an earlier process, if the branch still is where it was then.
  private func earlierProof(_ state: TaskState?) async throws -> CompletionProof? {
    guard let state, let tip = state.tip.flatMap(ObjectID.init) else { return nil }
    let (branch, commits) = (task.branch, state.commits)
    return try await context.place.withRepository { repository throws(GitError) in
      guard try repository.branch(branch) == tip else { return nil }
      return CompletionProof(
        tip: tip,
        commits: commits.compactMap { commit in
          ObjectID(commit.id).map { Commit(id: $0, summary: commit.summary) }
        }, faults: [])
    }
  }

  private enum Start {
    case commit(ObjectID)
    case ending(TaskEnding)
  }

  /// Where the task starts: at the base, at the branch it needs, or at a merge of those it needs.
  private func startCommit() async throws -> Start {
    let state = await journal.state
    let inner = task.needs.compactMap { state[task: $0]?.tip.flatMap(ObjectID.init) }
    guard inner.count == task.needs.count else {
      return .ending(TaskEnding(status: .failed, message: "a task that it needs left no proven commit"))
    }
    let tips = inner + (terms.externalDependencies[task.id] ?? []).compactMap { ObjectID($0.tip) }
    guard tips.count > 1 else { return .commit(tips.first ?? terms.base.commit) }
    let names = tips.count == task.needs.count ? task.needs.joined(separator: ", ") : "the tasks it needs"
    let message = "Merge \(names) as the start of \(task.id)"
    let result = try await context.place.withRepository { repository throws(GitError) in
      try repository.merge(tips, message: message)
    }
    switch result {
    case .merged(let commit):
      return .commit(commit)
    case .conflicts(let files, _, _):
      return .ending(
        TaskEnding(
          status: .conflict,
          message: "the branches of \(names) conflict in \(files.prefix(5).joined(separator: ", "))",
          advice: ["merge them by hand, or let '\(task.id)' need only one of them"]))
    }
  }

  private func makeBranch(at start: ObjectID) async throws {
    let branch = "refs/heads/\(task.branch)"
    let existing = place.existingTip
    let message = "orch: start of \(task.id)"
    try await context.place.withRepository { repository throws(GitError) in
      try repository.updateReference(branch, to: start, expecting: existing, message: message)
    }
  }

  private func makeWorktree() async throws {
    // Filters, submodules and hooks may take long; what a Ctrl-C cuts short is removed again.
    let (worktrees, place, name) = (context.worktrees, place, task.branch)
    try await context.stop.cancelling(at: .graceful) {
      try await worktrees.add(name: place.worktreeName, path: place.worktree, branch: name)
    }
    try await journal.append(.worktreeCreated(task: task.id))
  }

  /// Goes on in the worktree of an earlier process, or makes it anew when there is none, or only a part of one.
  private func takeUpWorktree(isFilled: Bool) async throws {
    let (place, branch) = (place, task.branch)
    let (found, isBranchThere) = try await context.place.withRepository { repository throws(GitError) in
      let linked = try repository.worktrees()
      return (
        linked.first { $0.path == place.worktree || $0.name == place.worktreeName },
        try repository.branch(branch) != nil
      )
    }
    if FileSystem.isVacant(place.worktree) {
      // Nothing is lost by striking one off git's records whose folder is gone.
      try? await context.worktrees.remove(name: place.worktreeName, path: place.worktree)
    } else {
      guard let found else {
        throw RunError(.worktreeInTheWay, "'\(place.worktree)' is no longer a worktree of this repository")
      }
      guard found.isUnfinished else {
        // The earlier process may have died before it could write down that git was done.
        if !isFilled { try await journal.append(.worktreeCreated(task: task.id)) }
        return
      }
      // git was cut short while it filled it, and keeps it locked. No agent was in it, but somebody may have been since.
      _ = try await saveUncommitted()
      try await context.place.git.require(["worktree", "remove", "--force", "--force", place.worktree.string])
    }
    if !isBranchThere, let start = await journal.state[task: task.id]?.startCommit.flatMap(ObjectID.init) {
      try await makeBranch(at: start)
    }
    try await makeWorktree()
  }

  private func setUpWorktree() async throws {
    try context.setup.copyIgnoredFiles(to: place.worktree)
    guard let command = context.setup.command else { return }
    try await journal.append(.setupStarting(task: task.id, command: command))
    let (setup, worktree) = (context.setup, place.worktree)
    let log = FileSystem.firstFree(journal.folder.task(task.id).appending("setup"), "log")
    let mark = RunMark(run: context.id, task: task.id, attempt: 0)
    try await context.stop.cancelling(at: .graceful) { try await setup.run(in: worktree, log: log, mark: mark) }
  }

  // MARK: - What is left behind

  /// Tells of commits that are on the branch although the task did not succeed.
  private func noteCommits() async throws {
    guard let state = await journal.state[task: task.id], state.worktree != nil, state.tip == nil,
      let start = state.startCommit.flatMap(ObjectID.init),
      let left = try? await CompletionProof.examine(
        worktree: place.worktree, branch: task.branch, start: start, environment: context.place.environment),
      !left.commits.isEmpty
    else { return }
    try await journal.append(.leftUnproven(task: task.id, commits: left.commits.map(CommitRecord.init)))
  }

  /// Keeps what is uncommitted, and says where.
  private func saveWork(into ending: inout TaskEnding) async {
    guard await journal.state[task: task.id]?.worktree != nil, !FileSystem.isVacant(place.worktree) else { return }
    do {
      guard let (reference, commit) = try await saveUncommitted() else { return }
      ending.advice.append("uncommitted work is also kept as \(reference): git show \(commit.abbreviated)")
    } catch {
      ending.advice.append("uncommitted work could not be saved to a ref and is only in the worktree: \(error)")
    }
  }

  /// Commits whatever is uncommitted in the worktree to a ref of its own, upon what that ref holds already; the worktree
  /// stays as it is. nil when there is nothing.
  private func saveUncommitted() async throws -> (reference: String, commit: ObjectID)? {
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
    guard await journal.state[task: task.id]?.worktree != nil else { return }
    if FileSystem.isVacant(place.worktree) {
      // It could not be made, or somebody removed it: nothing is lost by striking it off git's records.
      try? await context.worktrees.remove(name: place.worktreeName, path: place.worktree)
      try await journal.append(.worktreeRemoved(task: task.id))
      await removeEmptyBranch()
    } else if status == .success ? !terms.keepsWorktrees : await holdsNothing() {
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

  /// Deletes the branch when it was made for this task and still is where it started: then every commit on it is the
  /// base's or a needed task's. git does it only if the branch has not moved meanwhile.
  private func removeEmptyBranch() async {
    guard let state = await journal.state[task: task.id], let start = state.startCommit, state.status != .success,
      place.existingTip == nil
    else { return }
    _ = try? await context.place.git.run(["update-ref", "-d", "refs/heads/\(task.branch)", start])
  }
}

extension CommitRecord {
  fileprivate init(_ commit: Commit) { self.init(id: commit.id.description, summary: commit.summary) }
}
