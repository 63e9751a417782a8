import Agents
import Git
import Journal
import Planning
import SystemPackage

/// What every task of a run shares. Immutable but for the actors and the journal in it.
struct RunContext: Sendable {
  let id: String
  let place: Workplace
  let base: Base
  /// By task, the tips of needed branches that are no part of this run.
  let outerTips: [String: [ObjectID]]
  /// The remote that gets the branches; nil when they stay local.
  let remote: String?
  /// Whether the remote's URL is a path such as `../app.git`.
  let remoteIsRelative: Bool
  let keepsWorktrees: Bool
  let agent: any Agent
  let limits: AttemptLimits
  let retries: RetryPolicy
  let permissions: ToolPermissions
  let prompts: PromptTexts
  let setup: WorktreeSetup
  let worktrees: Worktrees
  let journal: RunJournal
  let gate: RunGate
  let stop: StopRequest
  /// Hears of what agents do, for a live display; nothing is decided by it.
  let observe: @Sendable (_ task: String, _ event: AgentEvent) -> Void
}

/// The words of the settings that go into every prompt.
struct PromptTexts: Sendable {
  let testCommand: String?
  let testInstructions: String?
  let agentInstructions: String?
  let keyFiles: [String]
}

/// Takes one task all the way: branch and worktree, attempts, proof, push.
struct TaskRunner: Sendable {
  let context: RunContext
  let task: AgentTask
  let place: TaskPlace

  private var journal: RunJournal { context.journal }

  /// How a task ended, before it is written down.
  struct Ending: Equatable {
    var status: TaskStatus
    var message: String?
    var advice: [String] = []
  }

  /// Does the task and records how it ended.
  /// - Throws: only what the journal throws: without its record a run must not go on.
  func run() async throws -> TaskStatus {
    var ending: Ending
    do {
      ending = try await perform()
    } catch let error as JournalError {
      throw error
    } catch {
      ending =
        context.stop.level > .none
        ? Ending(status: .interrupted, message: "the run was interrupted")
        : Ending(status: .failed, message: "\(error)")
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

  private func perform() async throws -> Ending {
    let start: ObjectID
    switch try await startCommit() {
    case .commit(let commit): start = commit
    case .ending(let ending): return ending
    }
    try await journal.append(
      .taskStarting(
        task: task.id, startCommit: start.description,
        worktree: WorktreeRecord(name: place.worktreeName, path: place.worktree.string)))
    try await makeWorktree(at: start)
    let attempts = AttemptLoop(context: context, task: task, worktree: place.worktree, start: start)
    switch try await attempts.run() {
    case .ended(let ending):
      return ending
    case .complete(let proof):
      try await journal.append(
        .proven(
          task: task.id, tip: proof.tip.description,
          commits: proof.commits.map(CommitRecord.init)))
      return try await push(proof)
    }
  }

  private enum Start {
    case commit(ObjectID)
    case ending(Ending)
  }

  /// Where the task starts: at the base, at the branch it needs, or at a merge of those it needs.
  private func startCommit() async throws -> Start {
    let state = await journal.state
    let inner = task.needs.compactMap { state[task: $0]?.tip.flatMap(ObjectID.init) }
    guard inner.count == task.needs.count else {
      return .ending(Ending(status: .failed, message: "a task that it needs left no proven commit"))
    }
    let tips = inner + (context.outerTips[task.id] ?? [])
    guard tips.count > 1 else { return .commit(tips.first ?? context.base.commit) }
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
        Ending(
          status: .conflict,
          message: "the branches of \(names) conflict in \(files.prefix(5).joined(separator: ", "))",
          advice: ["merge them by hand, or let '\(task.id)' need only one of them"]))
    }
  }

  private func makeWorktree(at start: ObjectID) async throws {
    let branch = "refs/heads/\(task.branch)"
    let existing = place.existingTip
    let message = "orch: start of \(task.id)"
    try await context.place.withRepository { repository throws(GitError) in
      try repository.updateReference(branch, to: start, expecting: existing, message: message)
    }
    // Filters, submodules and hooks may take long; what a Ctrl-C cuts short is removed again.
    let (worktrees, place, name) = (context.worktrees, place, task.branch)
    try await context.stop.cancelling(at: .graceful) {
      try await worktrees.add(name: place.worktreeName, path: place.worktree, branch: name)
    }
    try await journal.append(.worktreeCreated(task: task.id))
    try context.setup.copyIgnoredFiles(to: place.worktree)
    if let command = context.setup.command {
      try await journal.append(.setupStarting(task: task.id, command: command))
      let (setup, worktree) = (context.setup, place.worktree)
      let log = journal.folder.task(task.id).appending("setup.log")
      try await context.stop.cancelling(at: .graceful) { try await setup.run(in: worktree, log: log) }
    }
  }

  // MARK: - Push

  private func push(_ proof: CompletionProof) async throws -> Ending {
    guard let remote = context.remote else { return Ending(status: .success) }
    try await journal.append(.pushStarting(task: task.id, remote: remote, commit: proof.tip.description))
    // A first Ctrl-C lets a push end; a second does not.
    let failure = try await context.stop.cancelling(at: .immediate) { await pushFailure(proof, to: remote) }
    if let failure {
      return Ending(
        status: .pushFailed, message: failure,
        advice: ["push by hand: git push -u \(remote) \(task.branch)"])
    }
    try await journal.append(.pushed(task: task.id, commit: proof.tip.description))
    return Ending(status: .success)
  }

  /// Pushes and asks the remote where its branch is now; nil when it is at the proven commit.
  private func pushFailure(_ proof: CompletionProof, to remote: String) async -> String? {
    // From the worktree, so that a pre-push hook sees the task's files; but a relative URL is meant from the checkout.
    let git =
      context.remoteIsRelative
      ? context.place.git : GitCommand(directory: place.worktree, environment: context.place.environment)
    do {
      switch try await git.push(remote: remote, branch: task.branch, tip: proof.tip, expecting: nil) {
      case .pushed, .upToDate:
        break
      case .rejected(let reason):
        return "'\(remote)' rejected the branch: \(reason)"
      case .failed(let message):
        return "cannot push to '\(remote)': \(message)"
      }
      guard let theirs = try await git.remoteTip(remote: remote, branch: task.branch) else {
        return "'\(remote)' took the branch, but does not show it"
      }
      return theirs == proof.tip
        ? nil : "'\(remote)' has the branch at \(theirs.abbreviated), not \(proof.tip.abbreviated)"
    } catch {
      return "\(error)"
    }
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

  /// Commits whatever is uncommitted in the worktree to a ref of its own; the worktree stays as it is.
  private func saveWork(into ending: inout Ending) async {
    let state = await journal.state[task: task.id]
    guard let state, state.worktree != nil, !FileSystem.isVacant(place.worktree) else { return }
    let attempt = max(1, state.attempts.count)
    let reference = "refs/orchestrator/saved/\(context.id)/\(task.id)/\(attempt)"
    do {
      let commit = try await context.worktrees.saveUncommittedWork(
        in: place.worktree, to: reference, message: "orch: work of '\(task.id)' that was not committed")
      guard let commit else { return }
      try await journal.append(
        .workSaved(task: task.id, attempt: attempt, reference: reference, commit: commit.description))
      ending.advice.append("uncommitted work is also kept as \(reference): git show \(commit.abbreviated)")
    } catch {
      ending.advice.append("uncommitted work could not be saved to a ref and is only in the worktree: \(error)")
    }
  }

  private func tidyUp(after status: TaskStatus) async throws {
    guard await journal.state[task: task.id]?.worktree != nil else { return }
    if FileSystem.isVacant(place.worktree) {
      // It could not be made, or somebody removed it: nothing is lost by striking it off git's records.
      try? await context.worktrees.remove(name: place.worktreeName, path: place.worktree)
      try await journal.append(.worktreeRemoved(task: task.id))
      await removeEmptyBranch()
    } else if status == .success ? !context.keepsWorktrees : await holdsNothing() {
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
