import Agents
import Basics
import Engine
import Git
import Journal
import Processes
import SystemPackage

/// What earlier runs have left behind.
extension Doctor {
  /// The newest ones; older runs are looked at no more.
  private static let mostRuns = 200
  /// How many worktrees are named, with a command for each.
  private static let mostNamed = 5

  func checkEarlierRuns(_ notes: Findings) async {
    let name = "Earlier runs"
    guard let place = scene.place else { return notes.skip(name, "not in a repository") }
    do {
      // The lock first: a run that ends between the two has then written so.
      let holder = RunLock.currentHolder(at: place.store.lock)
      var runs: [RunState] = []
      for folder in try place.store.runs().suffix(Self.mostRuns).reversed() {
        if Task.isCancelled { return }
        do {
          runs.append(try await offPool { () throws(JournalError) in try folder.state() })
        } catch {
          notes.warn(name, "run \(folder.id) cannot be read: \(error)", hints: ["its folder is '\(folder.path)'"])
        }
      }
      if let holder {
        notes.warn(
          name, "run \(holder.run) is in progress (process \(holder.pid), since \(holder.since)); no other can start",
          fixes: ["git orch status"])
      }
      let ended = runs.filter { $0.header.id != holder?.run }
      var unfinished: Set<String> = []
      // `--continue` continues the newest run; reviews start again instead.
      if holder == nil, let newest = ended.first(where: { $0.header.review == nil }), !newest.isSuccess {
        unfinished = noteUnfinished(newest, notes)
      }
      noteOrphans(ended, notes)
      try await noteWorktrees(of: ended, but: unfinished, in: place, notes)
      if holder == nil, notes.findings.isEmpty { notes.ok(name, runs.isEmpty ? "none yet" : "all done") }
      try await noteSavedWork(place, notes)
    } catch {
      if (error as? GitError)?.code == .cancelled { return }
      notes.add(DoctorFinding(name, .warning, error: error))
    }
  }

  /// Says that there is something left to do, and returns the worktrees that it is to be done in.
  private func noteUnfinished(_ run: RunState, _ notes: Findings) -> Set<String> {
    let left = run.tasks.filter { !$0.status.isGood }
    let died = run.phase != .ended
    guard died || !left.isEmpty else { return [] }
    let tasks = left.count == 1 ? "1 task is" : "\(left.count) tasks are"
    notes.warn(
      "Earlier runs", "run \(run.header.id) \(died ? "died" : "has ended"), and \(tasks) not done",
      fixes: ["git orch run --continue"], hints: ["see what happened: git orch status \(run.header.id)"])
    return Set(left.compactMap(\.worktree?.path))
  }

  private func noteOrphans(_ runs: [RunState], _ notes: Findings) {
    for run in runs where run.phase != .ended {
      for task in run.tasks {
        guard let attempt = task.attempts.last, attempt.result == nil, let process = attempt.process,
          process.isAlive
        else { continue }
        notes.warn(
          "Earlier runs", "the agent of '\(task.header.id)' is still running although run \(run.header.id) died",
          fixes: ["kill \(process.pid)"], hints: ["'git orch run --continue' also stops it, and continues its work"]
        )
      }
    }
  }

  private func noteWorktrees(
    of runs: [RunState], but continued: Set<String>, in place: RepositoryContext, _ notes: Findings
  ) async throws {
    let name = "Earlier runs"
    let known = try await place.inRepository { try $0.worktrees() }
    let ours = Set(runs.flatMap { $0.tasks.compactMap(\.worktree?.path) }).subtracting(continued)
    let kept = known.filter { ours.contains($0.path.string) && !$0.isPrunable }.map(\.path.string)
    if !kept.isEmpty {
      let count = kept.count == 1 ? "1 worktree is" : "\(kept.count) worktrees are"
      let more = kept.count > Self.mostNamed ? ["and \(kept.count - Self.mostNamed) more: git worktree list"] : []
      notes.warn(
        name, "\(count) left over",
        fixes: kept.prefix(Self.mostNamed).map { "git worktree remove \(shellQuoted($0))" },
        hints: ["git refuses to remove one with uncommitted work"] + more)
    }
    let gone = known.filter { ours.contains($0.path.string) && $0.isPrunable && !$0.isLocked }
    if !gone.isEmpty {
      notes.warn(
        name, "\(gone.count == 1 ? "the folder of 1 worktree is" : "the folders of \(gone.count) worktrees are") gone",
        fixes: ["git worktree prune"])
    }
  }

  private func noteSavedWork(_ place: RepositoryContext, _ notes: Findings) async throws {
    let name = "Saved work"
    notes.begin(name)
    let prefix = "refs/orchestrator/saved"
    let listing = try await place.git.require(.reading, ["for-each-ref", "--format=%(refname)", prefix])
    // A plan that a run wrote is kept there, too, which is nobody's work.
    let saved = listing.text.split(separator: "\n").filter { !$0.contains("/@plan/") }
    guard let last = saved.last else { return }
    notes.add(
      DoctorFinding(
        name, .ok, "\(saved.count) \(saved.count == 1 ? "piece" : "pieces") of uncommitted work kept in \(prefix)",
        hints: ["look at it: git show \(last)", "list all: git for-each-ref \(prefix)"]))
  }
}
