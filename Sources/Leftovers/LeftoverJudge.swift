import Basics
package import Engine
import Git
import Journal
import Processes
import SystemPackage
import Worktrees

/// Looks at one leftover before it goes: what work could be in it, and who may still need it.
package struct LeftoverJudge: Sendable {
  package enum Verdict: Sendable, Equatable {
    /// It may go, and why.
    case go(reason: String)
    /// It stays, and why.
    case stay(reason: String)
    /// Somebody else has removed it.
    case gone
  }

  let place: RepositoryContext
  let runs: [LeftoverSurvey.RunRecord]
  private let worktrees: Worktrees

  package init(_ place: RepositoryContext, runs: [LeftoverSurvey.RunRecord]) {
    self.place = place
    self.runs = runs
    worktrees = Worktrees(repository: place.checkout ?? place.commonDirectory, environment: place.environment)
  }

  /// Judges it as things are now; what cannot be told stays.
  /// - Parameter going: what is going before it.
  package func judge(_ leftover: Leftover, after going: [Leftover]) async -> Verdict {
    if let run = leftover.run {
      if RunLock.currentHolder(at: place.store.lock)?.run == run { return .stay(reason: "run \(run) is in progress") }
      if let process = await livingProcess(of: run) {
        return .stay(reason: "process \(process) of run \(run) is still alive: kill \(process)")
      }
      if let job = runs.first(where: { $0.id == run }).flatMap({ openJob(of: $0.state) }) {
        return .stay(
          reason: "the agent of '\(job.task)' may be at work, \(job.record.description): git orch run --abort \(run)")
      }
    }
    if let run = leftover.run, let folder = try? place.store.run(run),
      let host = await offPool({ FarRemains.host(of: folder) })
    {
      return .stay(reason: "what an agent did on \(host) is not home yet: clean up again once it answers")
    }
    do {
      if let path = leftover.path {
        guard path.exists else { return .gone }
        if let reason = await reasonOfPlace(path) { return .stay(reason: reason) }
      }
      return switch leftover.kind {
      case .worktree: try await judgeWorktree(leftover)
      case .folder: try await judgeFolder(leftover)
      case .record: try await judgeRecord(leftover)
      case .branch: try await judgeBranch(leftover, after: going)
      case .reviewBranch: try await judgeReviewBranch(leftover, after: going)
      case .reviewReference, .savedWork, .ledger: try await judgeReference(leftover)
      case .home, .temporary: .go(reason: leftover.reason)
      case .run: judgeRun(leftover, after: going)
      }
    } catch {
      return .stay(reason: "it cannot be told whether it holds work: \(error)")
    }
  }

  private func livingProcess(of run: String) async -> Int32? {
    await ProcessWatch.shared.snapshot().marked(.run(place.store.folder(of: run).mark)).map(\.pid).min()
  }

  private func openJob(of state: RunState) -> DeadJobs.Open? {
    guard let folder = try? place.store.run(state.header.id) else { return nil }
    return DeadJobs.open(in: state, folder).first
  }

  /// What the file system and the processes say against it.
  private func reasonOfPlace(_ path: FilePath) async -> String? {
    await offPool {
      if let mount = MountPoints.present().first(in: path) { return "something is mounted in it, at '\(mount)'" }
      guard path.isDirectory else { return nil }
      if let parent = FileStatus(path.removingLastComponent()), let own = FileStatus(path), parent.device != own.device
      {
        return "it is a mount point"
      }
      return WorkingFolders.present().process(in: path).map { "process \($0) works in it" }
    }
  }

  // MARK: - On the disk

  private func judgeWorktree(_ leftover: Leftover) async throws -> Verdict {
    guard let path = leftover.path, let name = leftover.record else { return .gone }
    let (found, operation) = try await place.withRepository {
      repository throws(GitError) -> (LinkedWorktree?, String?) in
      let found = try repository.worktrees().first { $0.name == name && $0.path == path }
      return (
        found, Repository.operation(inRecord: repository.commonDirectory.appending("worktrees").appending(name))
      )
    }
    guard let found else { return .gone }
    let isUntouched = leftover.isUntouched && found.isUnfinished
    if let lock = found.lockReason, !isUntouched {
      return .stay(reason: lock.isEmpty ? "it is locked" : "it is locked: \(lock)")
    }
    if isUntouched { return .go(reason: leftover.reason) }
    if let operation { return .stay(reason: "\(operation) is in progress in it") }
    if leftover.isTestPlace {
      let isClean = try await isClean(path)
      return .go(reason: leftover.reason + (isClean ? "" : "; what was changed in it is in the trash with it"))
    }
    if let reason = try await worktrees.reasonToStay(path) { return .stay(reason: reason) }
    return .go(reason: "nothing in it is unsaved, and \(leftover.reason)")
  }

  private func isClean(_ path: FilePath) async throws -> Bool {
    let environment = place.environment
    return try await offPool { () throws(GitError) in
      try Repository.open(path, environment: environment).status().isClean
    }
  }

  /// Without a record git cannot tell what was changed in it, so it is compared with what should be there.
  private func judgeFolder(_ leftover: Leftover) async throws -> Verdict {
    guard let path = leftover.path else { return .gone }
    if (path.entries ?? []).allSatisfy({ $0 == ".git" }) { return .go(reason: "\(leftover.reason), and empty") }
    let candidates = runs.flatMap(\.state.tasks)
      .filter {
        $0.worktree.map { FilePath($0.path).isSamePlace(as: path) } ?? false
          || $0.header.id == path.lastComponent?.string
      }
      .map { $0.header.branch }
    let (compared, beyond) = try await place.withRepository { repository throws(GitError) -> (String?, String?) in
      var closest: (String, String)?
      for branch in candidates {
        guard let tip = try repository.branch(branch) else { continue }
        guard let file = try repository.fileBeyond(tip, in: path) else { return (branch, nil) }
        closest = closest ?? (branch, file)
      }
      return (closest?.0, closest?.1)
    }
    guard let compared else { return .stay(reason: "it has files, and no branch is left to compare them with") }
    if let beyond { return .stay(reason: "its file '\(beyond)' is not so on branch '\(compared)'") }
    return .go(reason: "\(leftover.reason); branch '\(compared)' has all that is in it")
  }

  private func judgeRecord(_ leftover: Leftover) async throws -> Verdict {
    guard let name = leftover.record else { return .go(reason: leftover.reason) }
    let found = try await place.withRepository { repository throws(GitError) in
      try repository.worktrees().first { $0.name == name }
    }
    guard let found else { return .gone }
    guard found.isPrunable else { return .stay(reason: "its worktree '\(found.path)' is there again") }
    if let lock = found.lockReason, !found.isUnfinished {
      return .stay(reason: lock.isEmpty ? "it is locked" : "it is locked: \(lock)")
    }
    return .go(reason: leftover.reason)
  }

  /// The record of a run stays as long as a worktree that it leads to.
  private func judgeRun(_ leftover: Leftover, after going: [Leftover]) -> Verdict {
    guard let run = runs.first(where: { $0.id == leftover.run }) else { return .go(reason: leftover.reason) }
    let later = runs.prefix { $0.id != run.id }.flatMap(\.worktrees)
    let leaving = going.compactMap(\.path)
    let left = run.worktrees.first { path in
      !later.contains(path) && !FileSystem.isVacant(path)
        && !leaving.contains { $0.isSamePlace(as: path) }
    }
    if let left { return .stay(reason: "its worktree '\(left)' stays") }
    return .go(reason: leftover.reason)
  }

  // MARK: - References

  private func judgeReference(_ leftover: Leftover) async throws -> Verdict {
    guard let name = leftover.reference else { return .gone }
    let tip = try await place.withRepository { repository throws(GitError) in try repository.reference(name) }
    guard let tip else { return .gone }
    guard tip.description == leftover.commit else { return .stay(reason: "it has moved meanwhile") }
    return .go(reason: leftover.reason)
  }

  /// A reviewer's own commits must be somewhere else.
  private func judgeReviewBranch(_ leftover: Leftover, after going: [Leftover]) async throws -> Verdict {
    let verdict = try await judgeReference(leftover)
    guard case .go = verdict else { return verdict }
    guard let name = leftover.reference, let tip = leftover.commit.flatMap(ObjectID.init) else { return .gone }
    if let path = try await checkout(of: String(name.dropFirst("refs/heads/".count)), after: going) {
      return .stay(reason: "it is checked out at '\(path)'")
    }
    let onForge = runs.flatMap(\.state.tasks).contains {
      $0.pullRequest?.commit == tip.description || $0.pushedCommit == tip.description
    }
    if onForge { return .go(reason: "the forge has its commits, and \(leftover.reason)") }
    let lost = try await place.withRepository { repository throws(GitError) in
      try repository.unreferenced(
        among: [tip], ignoring: [name, "refs/orchestrator/review/", "refs/orchestrator/trash/"])
    }
    if !lost.isEmpty { return .stay(reason: "its commits are on no other branch") }
    return .go(reason: "other branches have its commits, and \(leftover.reason)")
  }
}
