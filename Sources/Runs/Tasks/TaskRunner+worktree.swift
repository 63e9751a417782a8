import Basics
import Engine
import Git
import Journal
import Plans
import Processes
import SystemPackage

/// Where a task is done: its start, its branch and its worktree.
extension TaskRunner {
  /// Makes the branch and the worktree, or finds those of an earlier process; returns where the branch starts.
  func prepareWorktree() async throws -> ObjectID {
    let state = await journal.state[task: task.id]
    if let begun = state?.startCommit.flatMap(ObjectID.init), state?.worktree != nil {
      try await takeUpWorktree(isFilled: state?.isWorktreeFilled ?? false)
      return begun
    }
    let start = try await startCommit()
    try await journal.append([
      .taskStarting(
        task: task.id, startCommit: start.description,
        worktree: WorktreeRecord(name: place.worktreeName, path: place.worktree.string)),
      effectOfStart(at: start),
    ])
    try await makeBranch(at: start)
    try await makeWorktree()
    return start
  }

  /// Brings ignored files along and runs the setup command, unless an attempt has begun already.
  func setUpWorktree() async throws {
    guard await journal.state[task: task.id]?.attempts.isEmpty ?? true else { return }
    for note in try terms.setup.copyIgnoredFiles(to: place.worktree) {
      try await journal.append(.warned(message: "task '\(task.id)': \(note)"))
    }
    guard let command = terms.setup.command else { return }
    try await journal.append(.setupStarting(task: task.id, command: command))
    let (setup, worktree) = (terms.setup, place.worktree)
    let log = FileSystem.firstFree(journal.folder.task(task.id).appending("setup"), "log")
    let mark = RunMark(run: context.id, task: task.id, attempt: 0)
    let sandbox = try await context.sandboxes.sandbox(
      for: .setup(branch: task.branch), worktree: worktree, environment: setup.environment,
      scratch: journal.folder.task(task.id))
    try await context.stop.cancelling(at: .graceful) {
      try await setup.run(in: worktree, log: log, mark: mark, sandbox: sandbox)
    }
  }

  /// Where the task starts: at the base, at the branch it needs, or at a merge of those it needs.
  private func startCommit() async throws -> ObjectID {
    let state = await journal.state
    let inner = task.needs.compactMap { state[task: $0]?.tip.flatMap(ObjectID.init) }
    guard inner.count == task.needs.count else {
      throw TaskError.ended(TaskEnding(status: .failed, message: "a task that it needs left no proven commit"))
    }
    let tips = inner + (terms.externalDependencies[task.id] ?? []).compactMap { ObjectID($0.tip) }
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

  /// Continues in the worktree of an earlier process, or makes a new one when there is none, or only a part of one.
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
      try await context.place.git.require(
        .recording, ["worktree", "remove", "--force", "--force", place.worktree.string])
    }
    if !isBranchThere, let start = await journal.state[task: task.id]?.startCommit.flatMap(ObjectID.init) {
      try await makeBranch(at: start)
    }
    try await makeWorktree()
  }
}
