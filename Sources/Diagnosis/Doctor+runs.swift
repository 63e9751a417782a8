import Agents
import Basics
import Engine
import Git
import Journal
import Leftovers
import Processes
import SystemPackage

/// What earlier runs have left behind.
extension Doctor {
  /// The newest ones; older runs are looked at no more.
  private static let mostRuns = 200

  func checkEarlierRuns(_ notes: Findings) async {
    let name = "Earlier runs"
    guard let place = scene.place else { return notes.skip(name, "not in a repository") }
    do {
      // The lock first: a run that ends between the two has then written so.
      let holder = RunLock.currentHolder(at: place.store.lock)
      var runs: [RunState] = []
      for folder in try place.store.runs().suffix(Self.mostRuns).reversed() {
        if Task.isCancelled { return }
        guard folder.hasBegun else {
          notes.warn(
            name, "run \(folder.id) was killed before it began, and did nothing",
            fixes: ["rm -r \(shellQuoted(folder.path.string))"])
          continue
        }
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
      // `--continue` continues the newest run; reviews start again instead.
      if holder == nil, let newest = ended.first(where: { $0.header.isRun }), !newest.isSuccess {
        noteUnfinished(newest, notes)
      }
      noteOrphans(ended, notes)
      let references = try await noteLeftovers(in: place, notes)
      if holder == nil, notes.findings.isEmpty { notes.ok(name, runs.isEmpty ? "none yet" : "all done") }
      noteSavedWork(references, notes)
    } catch {
      if (error as? GitError)?.code == .cancelled { return }
      notes.add(DoctorFinding(name, .warning, error: error))
    }
  }

  /// Says that there is something left to do.
  private func noteUnfinished(_ run: RunState, _ notes: Findings) {
    let left = run.ownTasks.filter { !$0.status.isGood }
    let died = run.phase != .ended
    guard died || !left.isEmpty else { return }
    let tasks = left.count == 1 ? "1 task is" : "\(left.count) tasks are"
    notes.warn(
      "Earlier runs", "run \(run.header.id) \(died ? "died" : "has ended"), and \(tasks) not done",
      fixes: ["git orch run --continue"], hints: ["see what happened: git orch status \(run.header.id)"])
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

  /// What `git orch cleanup` would look at, by the same survey. What landed and what is old is not counted: it is in
  /// nobody's way.
  /// - Returns: the references that were found.
  private func noteLeftovers(in place: RepositoryContext, _ notes: Findings) async throws -> [String] {
    let name = "Earlier runs"
    let findings = try await LeftoverSurvey(place, LeftoverSelection(age: .zero)).look()
    let found = findings.leftovers
    let worktrees = found.filter { $0.kind == .worktree }
    if !worktrees.isEmpty {
      let count = worktrees.count == 1 ? "1 worktree is" : "\(worktrees.count) worktrees are"
      notes.warn(
        name, "\(count) left over", fixes: ["git orch cleanup --older-than 0h"],
        hints: ["it keeps those with uncommitted work", "see what it would do: git orch cleanup -n --older-than 0h"])
    }
    let strays = found.filter { leftover in
      switch leftover.kind {
      case .folder, .record, .reviewBranch, .reviewReference, .home, .temporary: true
      case .run: leftover.isUntouched
      case .worktree, .branch, .savedWork, .ledger: false
      }
    }
    guard let first = strays.first else { return findings.references }
    let more = strays.count > 1 ? " and \(strays.count - 1) more" : ""
    notes.warn(
      name, "left by processes that were killed: '\(first.name)' (\(first.reason))\(more)",
      fixes: ["git orch cleanup --older-than 0h"])
    return findings.references
  }

  private func noteSavedWork(_ references: [String], _ notes: Findings) {
    let name = "Saved work"
    notes.begin(name)
    let prefix = "refs/orchestrator/saved"
    // A plan that a run wrote is kept there, too, which is nobody's work.
    let saved = references.filter {
      $0.hasPrefix(prefix + "/") && !$0.contains("/@plan/") && !$0.contains("/@todo/")
    }
    guard let last = saved.last else { return }
    notes.add(
      DoctorFinding(
        name, .ok, "\(saved.count) \(saved.count == 1 ? "piece" : "pieces") of saved work kept in \(prefix)",
        hints: ["list all: git orch restore --list", "look at the last one: git show -m --first-parent \(last)"]))
  }
}
