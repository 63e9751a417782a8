import Attempts
import Basics
import Engine
import Git
import Journal
import Plans
import Preparing
import Processes
import Remotes
import SystemPackage
import Worktrees

/// Where a task is done: its start, its branch and its worktree.
extension TaskRunner {
  /// Makes the branch and the worktree, or finds those of an earlier process; returns where the branch starts.
  @inline(never)
  /// - Parameters:
  ///   - given: where it is known to start; nil where that follows from what it needs.
  ///   - tip: where a new branch is at first, if not there.
  func prepareWorktree(from given: ObjectID? = nil, branchAt tip: ObjectID? = nil) async throws -> ObjectID {
    let state = await journal.state[task: task.id]
    if let state, let begun = state.startCommit.flatMap(ObjectID.init) {
      try await takeUpWorktree(of: state, begunAt: given ?? begun, branchAt: tip ?? begun)
      return given ?? begun
    }
    let start: ObjectID
    if let given { start = given } else { start = try await startCommit() }
    try await journal.append([
      .taskStarting(
        task: task.id, startCommit: start.description,
        worktree: WorktreeRecord(name: place.worktreeName, path: place.worktree.string)),
      effectOfStart(at: tip ?? start),
    ])
    try await makeBranch(at: tip ?? start)
    if try await !takeOverWorktree() { try await makeWorktree() }
    try await noteWorktrees()
    return start
  }

  /// Brings ignored files along and runs the setup command, unless an attempt has begun in this worktree.
  @inline(never)
  func setUpWorktree() async throws {
    guard await journal.state[task: task.id]?.hasBegunInWorktree != true else { return }
    for note in try terms.setup.copyIgnoredFiles(to: place.worktree) {
      try await journal.append(.warned(message: "task '\(task.id)': \(note)"))
    }
    guard let command = terms.setup.command else { return }
    // Whatever is there afterwards counts as nobody's work. Where an earlier process made the worktree, somebody may have
    // worked in it since.
    if await journal.state.performedSince != journal.state.startedAt { try await saveWork() }
    let (setup, worktree) = (terms.setup, place.worktree)
    let log = FileSystem.firstFree(journal.folder.task(task.id).appending("setup"), "log")
    let mark = RunMark(run: journal.folder.mark, task: task.id, attempt: 0)
    let sandbox = try await context.sandboxes.sandbox(
      for: .setup(branch: task.branch), worktree: worktree, environment: setup.environment,
      scratch: journal.folder.task(task.id))
    try await journal.append(.setupStarting(task: task.id, command: command, sandbox: sandbox?.tool.name))
    try await context.stop.cancelling(at: .graceful) {
      try await setup.run(in: worktree, log: log, mark: mark, sandbox: sandbox)
    }
    try await context.keepTraces(of: task.id, in: worktree)
  }

  /// Says what is not as it should be about worktrees, once a run.
  func noteWorktrees() async throws {
    for note in await context.worktrees.takeNotes() { try await journal.append(.warned(message: note)) }
  }

  /// Where the task starts: at the base, at the branch it needs, or at a merge of those it needs.
  private func startCommit() async throws -> ObjectID {
    let inner = try await neededTips()
    guard inner.count == task.needs.count else {
      throw TaskError.ended(TaskEnding(status: .failed, message: "a task that it needs left no proven commit"))
    }
    let outer = (terms.externalDependencies[task.id] ?? []).compactMap { ObjectID($0.tip) }
    // Several may be on the base by now.
    let tips = (inner + outer).reduce(into: [ObjectID]()) { if !$0.contains($1) { $0.append($1) } }
    guard tips.count > 1 else { return tips.first ?? terms.base.commit }
    let names = tips.count == task.needs.count ? task.needs.joined(separator: ", ") : "the tasks it needs"
    let message = "Merge \(names) as the start of \(task.id)"
    let result = try await context.place.withRepository { repository throws(GitError) in
      try repository.merge(tips, message: message)
    }
    switch result {
    case .merged(let commit):
      return commit
    case .conflicts(let files, _, _):
      throw TaskError.ended(
        TaskEnding(
          status: .conflict,
          message: "the branches of \(names) conflict in \(files.prefix(5).joined(separator: ", "))",
          advice: ["merge them by hand, or let '\(task.id)' need only one of them"]))
    }
  }

  /// Where the work of the tasks that it needs is: on the base once that has it by commits of its own, and where a
  /// branch was put on top of others, there.
  private func neededTips() async throws -> [ObjectID] {
    let state = await journal.state
    let needed = task.needs.compactMap { id -> (tip: ObjectID, branch: String)? in
      guard let task = state[task: id] else { return nil }
      return task.tip.flatMap(ObjectID.init).map { ($0, task.header.branch) }
    }
    guard !needed.isEmpty else { return [] }
    if let remote = context.place.remotes().base?.name,
      task.needs.contains(where: { state[task: $0]?.pullRequestState?.state == "merged" })
    {
      // Where it cannot be asked, the task starts where its run left it.
      _ = try? await context.place.git.fetch(remote: remote, branch: terms.base.branch)
    }
    let base = try await landingBase()
    return try await context.place.inRepository { repository in
      try needed.map { proven, branch in
        var tip = proven
        if let now = try repository.branch(branch), try !repository.isAncestor(proven, of: now) { tip = now }
        guard let base, try repository.landing(of: tip, in: base) != nil else { return tip }
        return base
      }
    }
  }

  /// The base as it is now, where that has moved since the run began and is what the work is meant for.
  func landingBase() async throws -> ObjectID? {
    let base = terms.base
    if let destination = terms.delivery.route.pullRequests?.destination, destination != base.branch { return nil }
    let remote = context.place.remotes().base?.name ?? terms.delivery.route.remote
    let now = try await context.place.inRepository {
      try? Base.resolve(base.branch, remote: remote, in: $0).commit
    }
    return now == base.commit ? nil : now
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
    do {
      try await context.stop.cancelling(at: .graceful) {
        try await worktrees.add(name: place.worktreeName, path: place.worktree, branch: name)
      }
    } catch let error as GitError where error.code == .checkoutFailed {
      try await haltIfFirst(error)
      throw error
    }
    try await journal.append(.worktreeCreated(task: task.id))
  }

  /// A run's first worktree is the trial of all: what git cannot check out of the base here, it cannot anywhere.
  private func haltIfFirst(_ error: GitError) async throws {
    let state = await journal.state
    guard state[task: task.id]?.startCommit == terms.base.commit.description,
      !state.tasks.contains(where: \.isWorktreeFilled)
    else { return }
    try await context.gate.halt(reason: "no worktree can be made of the base: \(error.message)")
  }

  /// Continues in the worktree of an earlier process, or makes a new one when there is none, or only a part of one. The
  /// branch stays where it is: what is on it is the task's.
  private func takeUpWorktree(of state: TaskState, begunAt start: ObjectID, branchAt tip: ObjectID) async throws {
    if state.worktree == nil, !FileSystem.isVacant(place.worktree) {
      throw RunError(
        .worktreeInTheWay, "its worktree was removed, and '\(place.worktree)' is somebody else's now",
        hints: ["move that away, then: git orch run --continue"])
    }
    let found = try await context.worktrees.takeUp(
      name: place.worktreeName, path: place.worktree, branch: task.branch, wasUsed: !state.attempts.isEmpty)
    switch found {
    case .sound, .reconnected:
      if found == .reconnected {
        try await check.warn(WorktreeCheck.reconnected(place.worktree))
      }
      // The earlier process may have died before it could write down that git was done.
      if !state.isWorktreeFilled { try await journal.append(.worktreeCreated(task: task.id)) }
      return
    case .unfinished:
      // git was cut short while it filled it, and keeps it locked. No agent was in it, but somebody may have been since.
      try await saveWork()
      try await context.place.git.require(
        .recording, ["worktree", "remove", "--force", "--force", place.worktree.string])
    case .gone(let aside):
      if let aside {
        try await check.warn(
          "what was in '\(place.worktree)', which is not a worktree of this repository, is now in '\(aside)'")
      } else if state.isWorktreeFilled {
        try await check.warn("its worktree '\(place.worktree)' is gone; it gets a new one")
      }
    }
    let branch = task.branch
    let hasBranch =
      try await context.place.withRepository { repository throws(GitError) in try repository.branch(branch) } != nil
    try await journal.append([
      .taskStarting(
        task: task.id, startCommit: start.description,
        worktree: WorktreeRecord(name: place.worktreeName, path: place.worktree.string)),
      effectOfRestart(branchAt: hasBranch ? nil : tip),
    ])
    if !hasBranch { try await makeBranch(at: tip) }
    try await check.clearLocks()
    try await makeWorktree()
    try await noteWorktrees()
  }

  var check: WorktreeCheck {
    WorktreeCheck(
      context: context, task: task.id, name: place.worktreeName, path: place.worktree, branch: task.branch)
  }
}
