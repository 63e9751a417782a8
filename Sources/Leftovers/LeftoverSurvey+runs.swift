import Basics
import Git
import Journal
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What belongs to runs.
extension LeftoverSurvey {
  func addRuns(to collected: inout Collected) {
    let newest = Set(collected.findings.runs.prefix(selection.keptRuns).map(\.id))
    // A place or a branch is the newest run's that used it.
    var (places, branches): (Set<String>, Set<String>) = ([], [])
    for run in collected.findings.runs {
      let isMeant = selection.runs?.contains(run.id) ?? true
      let isOld = selection.isOld(run.end, selection.ageOfWork)
      let goes = isMeant && isOld && !run.isInProgress && (!run.isUnfinished || selection.includesUnfinished)
      if isMeant, isOld || run.isInProgress, !goes { keepWhole(run, &collected) }
      for task in run.state.tasks {
        if let worktree = task.worktree, places.insert(worktree.path).inserted, goes {
          addWorktree(worktree, of: task, run, &collected)
        }
        let isOurs = !run.isReview && task.startCommit != nil
        if isOurs, branches.insert(task.header.branch).inserted, goes { addBranch(of: task, run, &collected) }
      }
      guard goes else { continue }
      addHomes(of: run, &collected)
      let isKept = selection.runs == nil && newest.contains(run.id)
      if !isKept, selection.isOld(run.end, selection.ageOfRecords) { addRecords(of: run, &collected) }
    }
  }

  private func keepWhole(_ run: RunRecord, _ collected: inout Collected) {
    var leftover = Leftover(.run, run.id, reason: "")
    leftover.run = run.id
    if run.isInProgress { return collected.keep(leftover, "it is in progress") }
    let left = run.state.ownTasks.count { !$0.status.isGood }
    let tasks = left == 0 ? "it has not ended" : left == 1 ? "1 task is not done" : "\(left) tasks are not done"
    collected.keep(leftover, "\(tasks): continue it, or give --unfinished")
  }

  private func ended(_ run: RunRecord) -> String {
    "run \(run.id) ended \(FileAge.text(since: run.end, now: selection.now)) ago"
  }

  private func addWorktree(
    _ worktree: WorktreeRecord, of task: TaskState, _ run: RunRecord, _ collected: inout Collected
  ) {
    let path = FilePath(worktree.path)
    guard let found = collected.known.worktrees.first(where: { $0.path.isSamePlace(as: path) }), !found.isPrunable
    else {
      return
    }
    var leftover = Leftover(.worktree, found.path.string, reason: ended(run))
    leftover.path = found.path
    leftover.record = found.name
    leftover.run = run.id
    leftover.task = task.header.id
    if found.isUnfinished, !task.isWorktreeFilled {
      leftover.isUntouched = true
      leftover.reason = "it was never finished, and \(ended(run))"
    }
    collected.add(leftover)
  }

  private func addBranch(of task: TaskState, _ run: RunRecord, _ collected: inout Collected) {
    guard let tip = collected.known.branches[task.header.branch] else { return }
    var leftover = Leftover(.branch, task.header.branch, reason: ended(run))
    leftover.reference = "refs/heads/\(task.header.branch)"
    leftover.commit = tip.description
    leftover.run = run.id
    leftover.task = task.header.id
    collected.add(leftover)
  }

  private func addHomes(of run: RunRecord, _ collected: inout Collected) {
    for task in run.state.tasks {
      let home = run.folder.task(task.header.id).appending("home")
      guard home.isDirectory else { continue }
      var leftover = Leftover(.home, home.string, reason: "a test's home folder, and \(ended(run))")
      leftover.path = home
      leftover.run = run.id
      leftover.task = task.header.id
      collected.add(leftover)
    }
  }

  private func addRecords(of run: RunRecord, _ collected: inout Collected) {
    let prefixes = ["saved", "undone"].map { "refs/orchestrator/\($0)/\(run.id)/" }
    for reference in collected.references where prefixes.contains(where: reference.name.hasPrefix) {
      collected.add(saved(reference, run: run.id, reason: ended(run)))
    }
    var leftover = Leftover(.run, run.id, reason: "it ended \(FileAge.text(since: run.end, now: selection.now)) ago")
    leftover.path = run.folder.path
    leftover.run = run.id
    collected.add(leftover)
  }

  private func saved(_ reference: (name: String, commit: String), run: String, reason: String) -> Leftover {
    var leftover = Leftover(.savedWork, reference.name, reason: reason)
    leftover.reference = reference.name
    leftover.commit = reference.commit
    leftover.run = run
    return leftover
  }

  /// Runs that never began, and those whose journals are damaged.
  func addBroken(_ broken: [BrokenRun], to collected: inout Collected) {
    for run in broken where selection.runs?.contains(run.id) ?? true {
      guard run.id != collected.holder, selection.isOld(run.path, selection.ageOfStrays) else { continue }
      var leftover = Leftover(.run, run.id, reason: "it never began: its journal is empty")
      leftover.path = run.path
      leftover.run = run.id
      guard let fault = run.fault else {
        leftover.isUntouched = true
        collected.add(leftover)
        continue
      }
      collected.keep(leftover, "its journal cannot be read: \(fault)")
    }
  }

  /// What a review held while it worked, and saved work whose run is gone.
  func addReviewReferences(to collected: inout Collected) {
    let runs = Dictionary(collected.findings.runs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    for reference in collected.references where !reference.name.hasPrefix("refs/heads/orch/landing/") {
      let parts = reference.name.split(separator: "/").map(String.init)
      let isBranch = reference.name.hasPrefix("refs/heads/")
      guard parts.count > 3 else { continue }
      let id = isBranch ? parts[4...].first ?? "" : parts[3]
      if let chosen = selection.runs, !chosen.contains(id) { continue }
      if id == collected.holder { continue }
      if let run = runs[id], !selection.isOld(run.end, selection.ageOfWork) { continue }
      let reason = runs[id].map(ended) ?? "run \(id) is gone"
      if ["saved", "undone"].contains(parts[2]) {
        // With a journal, it goes with that.
        if runs[id] == nil, isOldRun(id) { collected.add(saved(reference, run: id, reason: reason)) }
        continue
      }
      var leftover = Leftover(
        isBranch ? .reviewBranch : .reviewReference,
        isBranch ? parts.dropFirst(2).joined(separator: "/") : reference.name,
        reason: reason)
      leftover.reference = reference.name
      leftover.commit = reference.commit
      leftover.run = id
      collected.add(leftover)
    }
  }

  /// Whether a run that nothing is known of but its id began long enough ago.
  private func isOldRun(_ id: String) -> Bool {
    let digits = id.prefix(8)
    guard digits.count == 8, digits.allSatisfy({ ("0"..."9").contains($0) }),
      let date = try? Date.ISO8601FormatStyle().year().month().day().dateSeparator(.omitted).parse(String(digits))
    else { return true }
    return selection.isOld(date, selection.ageOfRecords)
  }
}
