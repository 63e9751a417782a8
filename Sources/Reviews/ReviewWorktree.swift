import Agents
import Attempts
import Basics
import Engine
import Git
import Journal
import Processes
import SystemPackage
import Worktrees

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where a pull request is reviewed: a worktree on a branch of its own.
struct ReviewWorktree: Sendable {
  let branch: String
  let worktree: FilePath
  let name: String
  /// Where the branch was made.
  let start: ObjectID
}

/// Makes and clears the sites of one pull request's review, and the references that hold its commits meanwhile.
struct ReviewWorktrees: Sendable {
  let context: RunContext
  let setup: WorktreeSetup
  let folder: FilePath
  let id: String

  private var journal: RunJournal { context.journal }
  private var references: String { "refs/orchestrator/review/\(context.id)/\(id)" }
  var headReference: String { "\(references)/head" }
  var baseReference: String { "\(references)/base" }

  /// - Parameters:
  ///   - start: the head, or the commits that an earlier review made on top of it.
  ///   - head: the pull request's, which the forge has.
  func make(at start: ObjectID, head: ObjectID, isForeign: Bool) async throws -> ReviewWorktree {
    let site = try await vacantSite(at: start)
    try await journal.append([
      .taskStarting(
        task: id, startCommit: start.description,
        worktree: WorktreeRecord(name: site.name, path: site.worktree.string)),
      .effect(
        task: id,
        effects: [
          EffectRecord(.reference, "refs/heads/\(site.branch)", before: nil, after: start.description),
          EffectRecord(.worktree, site.name, before: nil, after: site.worktree.string),
        ]),
    ])
    try await context.place.withRepository { repository throws(GitError) in
      try repository.createBranch(site.branch, at: start)
    }
    do {
      let worktrees = context.worktrees
      try await context.stop.cancelling(at: .graceful) {
        try await worktrees.add(name: site.name, path: site.worktree, branch: site.branch)
      }
      try await journal.append(.worktreeCreated(task: id))
      for note in await worktrees.takeNotes() { try await journal.append(.warned(message: note)) }
      try await setUp(site, isForeign: isForeign)
    } catch let error as JournalError {
      throw error
    } catch {
      if FileSystem.isVacant(site.worktree) {
        try await journal.append(.worktreeRemoved(task: id))
        _ = await removeBranch(site.branch, known: [head])
      } else {
        try await clear(site, known: [head])
      }
      throw error
    }
    return site
  }

  private func vacantSite(at start: ObjectID) async throws -> ReviewWorktree {
    let (folder, id, run) = (folder, id, context.id)
    return try await context.place.withRepository { repository throws(GitError) in
      let linked = try repository.worktrees()
      let branches = repository.branches()
      var number = 1
      while true {
        let name = number == 1 ? id : "\(id)-\(number)"
        let path = folder.appending(name)
        let branch = "orch/review/\(run)/\(name)"
        let isTaken =
          branches[branch] != nil || !FileSystem.isVacant(path)
          || linked.contains { $0.path == path || $0.name == name }
        if !isTaken { return ReviewWorktree(branch: branch, worktree: path, name: name, start: start) }
        number += 1
      }
    }
  }

  private func setUp(_ site: ReviewWorktree, isForeign: Bool) async throws {
    var setup = setup
    if isForeign {
      // Ignored files are ignored because they hold what is not for others.
      setup.ignoredFiles = []
      setup.environment = try foreignEnvironment()
    }
    for note in try setup.copyIgnoredFiles(to: site.worktree) {
      try await journal.append(.warned(message: "'\(id)': \(note)"))
    }
    guard let command = setup.command else { return }
    let log = FileSystem.firstFree(journal.folder.task(id).appending("setup"), "log")
    let ready = setup
    let mark = RunMark(run: context.journal.folder.mark, task: id, attempt: 0)
    let sandbox = try await context.sandboxes.sandbox(
      for: isForeign ? .fork : .setup(branch: site.branch), worktree: site.worktree, environment: setup.environment,
      scratch: journal.folder.task(id))
    try await journal.append(.setupStarting(task: id, command: command, sandbox: sandbox?.tool.name))
    try await context.stop.cancelling(at: .graceful) {
      try await ready.run(in: site.worktree, log: log, mark: mark, sandbox: sandbox, sweeps: isForeign)
    }
  }

  /// What a stranger's code gets instead of the user's environment, with a home folder that is there.
  func foreignEnvironment() throws -> [String: String] {
    try FileManager.default.createDirectory(
      atPath: foreignHome.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return EnvironmentPolicy.foreign(context.place.environment, home: foreignHome.string)
  }

  private var foreignHome: FilePath { journal.folder.task(id).appending("home") }

  /// Also where the stranger's code has left folders that cannot be written to.
  func removeForeignHome() async throws {
    do throws(Errno) {
      try foreignHome.removeTree()
    } catch {
      try await journal.append(
        .warned(message: "'\(id)': the home folder of its tests, '\(foreignHome)', cannot be removed: \(error)"))
    }
  }

  // MARK: - Putting aside

  /// Keeps what nothing but the worktree holds.
  /// - Returns: the commit that has it all; nil when there is nothing, or not all could be saved.
  @discardableResult
  func save(_ site: ReviewWorktree) async throws(JournalError) -> ObjectID? {
    let attempts = await journal.state[task: id]?.attempts.count ?? 0
    return try await context.saveWork(of: id, attempt: attempts, in: site.worktree, branch: site.branch)
  }

  /// Makes the worktree as its commit has it. What was in it beyond that is saved first: a test that wrote its own
  /// expectations would otherwise pass the next time.
  func clean(_ site: ReviewWorktree) async throws {
    let saved = try await save(site)
    let (path, environment) = (site.worktree, context.place.environment)
    let isClean = try await Repository.withRepository(at: path, environment: environment) {
      repository throws(GitError) in
      try repository.status().isClean
    }
    if isClean { return }
    guard saved != nil else {
      throw GitError(.dirty, "the worktree '\(path)' cannot be cleaned: not all that is in it could be saved")
    }
    let git = GitCommand(directory: site.worktree, environment: context.place.environment)
    try await git.require(.checkout(hooks: nil), ["reset", "--quiet", "--hard", "--no-recurse-submodules"])
    try await git.require(.recording, ["clean", "--quiet", "-d", "--force", "--force"])
  }

  // MARK: - Clearing

  /// Removes the worktree, and the branch where it holds nothing but `known` commits: those that the forge has.
  /// - Returns: whether the branch is still there.
  @discardableResult
  func clear(_ site: ReviewWorktree, known: Set<ObjectID>) async throws -> Bool {
    do {
      let saved = try await save(site)
      try await journal.append(
        .effect(
          task: id, effects: [EffectRecord(.worktree, site.name, before: site.worktree.string, after: nil)]))
      try await context.worktrees.remove(name: site.name, path: site.worktree, saved: saved)
    } catch let error as GitError {
      try await journal.append(.warned(message: "worktree of '\(id)' kept: \(error)"))
      return true
    }
    try await journal.append(.worktreeRemoved(task: id))
    return await !removeBranch(site.branch, known: known)
  }

  /// Deletes a branch, by compare and swap, if that loses no commit.
  func removeBranch(_ branch: String, known: Set<ObjectID>) async -> Bool {
    let name = "refs/heads/\(branch)"
    let ours: Set<String> = [name, headReference, baseReference]
    let tip = try? await context.place.withRepository { repository throws(GitError) -> ObjectID? in
      guard let tip = try repository.reference(name) else { return nil }
      if known.contains(tip) { return tip }
      return try repository.isReachableFromOtherRefs(tip, except: ours) ? tip : nil
    }
    guard let tip = tip ?? nil else { return false }
    let effect = EffectRecord(.reference, name, before: tip.description, after: nil)
    guard (try? await journal.append(.effect(task: id, effects: [effect]))) != nil else { return false }
    return (try? await context.place.git.run(.recording, ["update-ref", "-d", name, "\(tip)"]))?.isSuccess ?? false
  }

  /// Removes the references that held the fetched commits.
  func removeReferences(of run: String? = nil) async {
    let prefix = run.map { "refs/orchestrator/review/\($0)/\(id)" } ?? references
    for name in ["head", "base"] {
      _ = try? await context.place.git.run(.recording, ["update-ref", "-d", "\(prefix)/\(name)"])
    }
  }
}
