import Attempts
import Basics
import Engine
import Forges
import Git
import Journal
import Processes
import Remotes
import Settings
import SystemPackage
import Worktrees

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Makes the changes of a plan. All of them are in the journal before the first is made, and each is made only if it is
/// still to be made, so that another process can bring to its end what this one does not.
struct UndoExecution {
  let place: RepositoryContext
  let folder: RunFolder
  let plan: UndoPlan
  let forge: UndoForge
  let version: String

  private var worktrees: Worktrees {
    Worktrees(repository: place.checkout ?? place.commonDirectory, environment: place.environment)
  }

  /// - Throws: `UndoError.incomplete` once something may be changed; before that whatever went wrong.
  func perform() async throws {
    let saved = try await save()
    let journal = try await RunJournal(
      continuing: folder,
      with: .undoStarting(
        process: JournalledRun.processRecord(), version: version, isRedo: plan.isRedo, effects: plan.changes)
    ) { _, _ in }
    do {
      try await journal.append(saved)
      if plan.isRedo { try await bringBack() } else { try await takeBack() }
      try step("end")
      try await journal.append(.undoEnded(isRedo: plan.isRedo, left: plan.left))
      try await journal.close()
    } catch {
      try? await journal.close()
      throw UndoError.incomplete(run: plan.run, isRedo: plan.isRedo, reason: "\(error)")
    }
    folder.writeSummary(of: await journal.state)
  }

  private func takeBack() async throws {
    try await changePullRequests()
    try await push()
    try await changeReferences { $0.hasPrefix("refs/remotes/") }
    try await moveWorktrees()
    try await changeCheckouts()
    try await changeReferences { !$0.hasPrefix("refs/remotes/") }
    try await changeConfiguration()
    try await changeFiles()
    try await removeReviewReferences()
  }

  private func bringBack() async throws {
    try await changeCheckouts()
    try await changeReferences { !$0.hasPrefix("refs/remotes/") }
    try await moveWorktrees()
    try await changeConfiguration()
    try await changeFiles()
    try await push()
    try await changeReferences { $0.hasPrefix("refs/remotes/") }
    try await changePullRequests()
  }

  private func step(_ name: String) throws { try Undo.onStep?(name) }

  // MARK: - The forge and the remote

  private func changePullRequests() async throws {
    let changes = plan.changes(of: .pullRequest, .pullRequestBase)
    guard !changes.isEmpty else { return }
    let (forge, policy) = (try await forge.forge(), forge.retryPolicy)
    for change in changes {
      guard let number = Int(change.name) else { continue }
      try step("pull request \(number)")
      switch (change.kind, change.after) {
      case (.pullRequestBase, let base?):
        _ = try await forge.retarget(number, to: base)
      case (_, "open"):
        // The forge may not know yet that the branch is there again.
        try await reopen(number, on: forge, policy)
        try await forge.commentOnce(
          "Opened again: the run that opened this pull request was brought back.",
          signature: "git-orch undo \(plan.run)/\(plan.number)", on: number, retryPolicy: policy)
      default:
        _ = try await forge.close(number)
        try await forge.commentOnce(
          "Closed: the run that opened this pull request was taken back, and its branch with it.",
          signature: "git-orch undo \(plan.run)/\(plan.number)", on: number, retryPolicy: policy)
      }
    }
  }

  private func reopen(_ number: Int, on forge: any Forge, _ policy: ForgeRetryPolicy) async throws {
    var pause = policy.firstPause
    for attempt in 0... {
      do throws(ForgeError) {
        _ = try await forge.reopen(number)
        return
      } catch {
        guard error.code == .invalid, attempt < policy.retries else { throw error }
        try await policy.pause(for: pause, after: error)
        pause *= 2
      }
    }
  }

  private func push() async throws {
    for (remote, updates) in plan.pushes {
      try step("push")
      if let reason = try await place.git.push(updates, to: remote) {
        throw GitError(.commandFailed, "'\(remote)' refused: \(reason)")
      }
    }
  }

  // MARK: - The repository

  private func changeReferences(_ isMeant: (String) -> Bool) async throws {
    let changes = plan.changes(of: .reference).filter { isMeant($0.name) }
    guard !changes.isEmpty else { return }
    try step("references")
    // A push moves what git remembers of the remote by itself.
    let (updates, kept) = try await place.inRepository { [plan] repository in
      var (updates, kept): ([ReferenceUpdate], [ReferenceUpdate]) = ([], [])
      for change in changes {
        let current = try repository.reference(change.name)
        let target = change.after.flatMap(ObjectID.init)
        guard current != target else { continue }
        let isTracking = change.name.hasPrefix("refs/remotes/")
        updates.append(
          ReferenceUpdate(
            change.name, from: isTracking ? current : change.before.flatMap(ObjectID.init), to: target))
        guard !isTracking, let before = change.before.flatMap(ObjectID.init) else { continue }
        let name = plan.keptName(of: change.name)
        kept.append(ReferenceUpdate(name, from: try repository.reference(name), to: before))
      }
      return (updates, kept)
    }
    try await place.git.updateReferences(
      kept.filter { $0.before != $0.after } + updates,
      message: "orch: run \(plan.run) \(plan.isRedo ? "brought" : "taken") back")
  }

  /// Moves branches that are checked out, together with the files. The reference itself is among the changes, too, and is
  /// then where it is to be.
  private func changeCheckouts() async throws {
    for change in plan.changes(of: .checkout) {
      guard let target = change.after.flatMap(ObjectID.init), let before = change.before.flatMap(ObjectID.init),
        let branch = change.place
      else { continue }
      try step("checkout")
      let (path, environment) = (FilePath(change.name), place.environment)
      let kept = plan.keptName(of: branch)
      let found = try await offPool { () throws(GitError) -> (head: Head, kept: ObjectID?, hooks: FilePath?) in
        let repository = try Repository.open(path, environment: environment)
        return (
          try repository.head(), try repository.reference(kept),
          try Repository.hooks(around: path, environment: environment)
        )
      }
      // Where it is already, or has moved to since: the references are looked at after this.
      guard found.head == .branch(name: String(branch.dropFirst("refs/heads/".count)), tip: before) else { continue }
      if found.kept != before {
        try await place.git.updateReferences(
          [ReferenceUpdate(kept, from: found.kept, to: before)], message: "orch: run \(plan.run) kept")
      }
      // Refuses where a file with changes would be overwritten.
      try await GitCommand(directory: path, environment: environment)
        .require(.checkout(hooks: found.hooks), ["reset", "--quiet", "--keep", "\(target)"])
    }
  }

  /// Those that held what a review had fetched, and that it would have removed itself.
  private func removeReviewReferences() async throws {
    let run = plan.run
    let left = try await place.git.require(
      .reading, ["for-each-ref", "--format=%(objectname) %(refname)", "refs/orchestrator/review/\(run)/"])
    let updates = left.text.split(separator: "\n").compactMap { line -> ReferenceUpdate? in
      let parts = line.split(separator: " ", maxSplits: 1)
      return parts.count == 2 ? ReferenceUpdate(String(parts[1]), from: ObjectID(String(parts[0])), to: nil) : nil
    }
    try await place.git.updateReferences(updates, message: "orch: run \(run) taken back")
  }

  /// Commits what is uncommitted to references of its own.
  private func save() async throws -> [JournalEvent] {
    var events: [JournalEvent] = []
    let state = try await offPool { [folder] () throws(JournalError) in try folder.state() }
    for path in plan.unsaved {
      try step("save")
      let task = state.tasks.first { $0.worktree?.path == path }?.header.id
      let name = task ?? FilePath(path).lastComponent?.string ?? "worktree"
      let reference = "refs/orchestrator/saved/\(plan.run)/\(name)/undo-\(plan.number)"
      var request = SavingRequest(
        path: FilePath(path), reference: reference, subject: "orch: work of '\(name)'")
      request.branch = task.flatMap { state[task: $0]?.header.branch }
      // What cannot be saved is in the trash with the worktree.
      let result = try await worktrees.saveWork(request)
      guard let saved = result.saved, let reference = result.reference, let task else { continue }
      let attempt = max(1, state[task: task]?.attempts.count ?? 1)
      events.append(
        .workSaved(
          task: task, attempt: attempt, reference: reference, commit: saved.commit.description,
          contents: SavedContentsRecord(saved)))
    }
    return events
  }

  private func moveWorktrees() async throws {
    for change in plan.changes(of: .worktree) {
      guard let bin = change.place.map({ FilePath($0) }) else { continue }
      try step("worktree \(change.name)")
      if let path = change.after {
        _ = try await worktrees.bringBack(FilePath(path), named: change.name, from: bin)
      } else if let path = change.before {
        try await keepHead(of: FilePath(path), change.name)
        try await worktrees.putAway(FilePath(path), into: bin)
        try describe(bin, from: FilePath(path))
      }
    }
  }

  private func describe(_ bin: FilePath, from path: FilePath) throws {
    guard let id = bin.lastComponent?.string, FileSystem.isAbsent(bin.appending("entry.json")) else { return }
    var entry = TrashEntry(
      "worktree", path.string, reason: "run \(plan.run) was taken back", id: id,
      commonDirectory: place.commonDirectory.string, now: .now, expire: place.settings[.cleanupTrashExpire])
    entry.isWorktree = true
    let own = bin.appending("worktree")
    let folder = FileSystem.isAbsent(own) ? Worktrees.beside(path, bin) : own
    entry.moved.append(.init(from: path.string, to: folder.string))
    try entry.write(to: bin)
  }

  /// A commit that only the worktree's HEAD leads to.
  private func keepHead(of path: FilePath, _ name: String) async throws {
    guard !FileSystem.isVacant(path) else { return }
    let reference = plan.keptName(of: "worktrees/\(name)")
    let environment = place.environment
    let update = try? await offPool { () throws(GitError) -> ReferenceUpdate? in
      let worktree = try Repository.open(path, environment: environment)
      guard case .detached(let tip) = try worktree.head() else { return nil }
      return ReferenceUpdate(reference, from: try worktree.reference(reference), to: tip)
    }
    if let update = update ?? nil { try await place.git.updateReferences([update], message: "orch: kept HEAD") }
  }

  private func changeConfiguration() async throws {
    for change in plan.changes(of: .configuration) {
      try step("configuration")
      // One that has yet another value by now is somebody's, and stays.
      _ = try await place.git.changeConfiguration(change.name, from: change.before, to: change.after)
    }
  }

  private func changeFiles() async throws {
    for change in plan.changes(of: .file) {
      try step("file")
      let path = FilePath(change.name)
      var present: String?
      if !FileSystem.isAbsent(path) {
        present = try await place.git.storeBlob(try path.readBytes(limit: 64 << 20)).description
      }
      guard present == change.before else { continue }
      if let blob = change.after.flatMap(ObjectID.init) {
        try FileSystem.replace(path, with: try await place.git.blob(blob))
      } else {
        try FileSystem.remove(path)
      }
    }
  }
}
