import Basics
package import Engine
import Git
package import Journal
import Ledger
package import Plans
import Platform
import Processes
import Remotes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A run that another clone has performed so far, as its ledger has it, and how it is continued in this one.
package struct RunTakeover: Sendable {
  let claim: LedgerClaim
  let standing: LedgerStanding
  /// Its copy by the ledger.
  let copy: RunFolder
  /// What this clone has of it, where an earlier process of it was performed here.
  let local: [UInt8]?
  /// Its journal as this clone is to have it, with what becomes of it here.
  let journal: [UInt8]
  let branches: [AdoptedBranch]
  package let plan: FoundPlan
  /// The machine of the clone that has it.
  package let host: String
  /// The tasks that are done from scratch, as what was done of them is in that clone alone.
  package let again: [String]
  /// When that clone was heard of last, and whether it may be at work.
  package let lastSign: JournalTime
  package let mayBeAlive: Bool

  /// A branch that was pushed, of a task that is done or whose delivery is left.
  struct AdoptedBranch: Sendable {
    let task: String
    let branch: String
    let tip: ObjectID
    /// Whether this clone has it at that commit already.
    let isHere: Bool
    /// Whether nothing of the task is left; what follows the run needs its branch all the same.
    var isDone = false
  }

  /// The tasks whose work was pushed, and for which only what follows is left.
  package var delivered: [String] { branches.filter { !$0.isDone }.map(\.task) }

  /// Takes the run over: first on the remote, which lets one clone do it, then here.
  ///
  /// Killed in between, the ledger is this clone's, and its next `--continue` begins here again.
  /// - Throws: `RunError` where another clone was faster, or the remote refuses; `JournalError.locked`; `GitError`.
  package func perform(_ run: RunContinuation, in place: RepositoryContext) async throws {
    let holder = LockHolder(pid: JournalledRun.processRecord().pid, run: run.folder.id, since: .now)
    try await RunLock.hold(at: place.store.lock, as: holder) {
      try await GitGuard.$current.withValue(place.gitGuard) {
        try await Self.requireUnchanged(run.folder, local)
        try await take(run.folder.id)
        try await Self.adopt(branches, in: place)
        try await offPool { try write(run.folder, run.plan, in: place.store) }
      }
    }
  }

  /// What the other clone did of a run of this one comes here, where nothing is left to do.
  static func catchUp(
    _ folder: RunFolder, from local: [UInt8], to journal: [UInt8], branches: [AdoptedBranch],
    in place: RepositoryContext
  ) async throws {
    let holder = LockHolder(pid: JournalledRun.processRecord().pid, run: folder.id, since: .now)
    try await RunLock.hold(at: place.store.lock, as: holder) {
      try await requireUnchanged(folder, local)
      // Nobody continues what still runs of it here.
      await sweepDeadRun(folder.mark)
      try await adopt(branches, in: place)
      try await offPool { try FileSystem.replace(folder.journal, with: journal) }
    }
  }

  private static func requireUnchanged(_ folder: RunFolder, _ local: [UInt8]?) async throws {
    guard await offPool({ wholeLines(of: folder) }) == local else {
      throw RunError(
        .nothingToContinue, "run \(folder.id) was continued by another process in the meantime",
        hints: ["see its status: git orch status"])
    }
  }

  private func take(_ run: String) async throws {
    switch try await claim.push(after: standing.tip, journal: journal, copy: copy) {
    case .ours: return
    case .lost(let successor):
      let who = successor.map { "the clone on '\(sanitized($0.host))'" } ?? "somebody else"
      throw RunError(
        .performedElsewhere, "run \(run) was continued by \(who) at the same time, which has it now",
        hints: ["see what it does: git orch status --remote \(run)"])
    case .refused(let words):
      throw RunError(
        .performedElsewhere, "the remote does not let this clone continue run \(run): \(words)",
        hints: ["nothing was started: without its ledger, two clones could do the same work"])
    }
  }

  private static func adopt(_ branches: [AdoptedBranch], in place: RepositoryContext) async throws {
    let branches = branches.filter { !$0.isHere }
    try await place.withRepository { repository throws(GitError) in
      for branch in branches {
        // Made by a process of this clone that was killed.
        if try repository.branch(branch.branch) == branch.tip { continue }
        try repository.updateReference(
          "refs/heads/\(branch.branch)", to: branch.tip, expecting: nil, message: "orch: \(branch.task) is taken over")
      }
    }
  }

  /// The journal comes last: without it there is no run.
  private func write(_ folder: RunFolder, _ plan: TaskPlan, in store: RunStore) throws {
    _ = try store.create(folder.id)
    for task in (copy.path.appending("tasks").entries ?? []) {
      let (from, to) = (copy.task("\(task)"), folder.task("\(task)"))
      for name in from.entries ?? [] where FileSystem.isAbsent(to.appending(name)) {
        guard let text = try? from.appending(name).readBytes(limit: 64 << 20) else { continue }
        try FileSystem.createFolder(to, permissions: 0o700)
        try FileSystem.create(to.appending(name), containing: text)
      }
    }
    if FileSystem.isAbsent(folder.plan) { try FileSystem.create(folder.plan, containing: plan.yaml()) }
    try FileSystem.replace(folder.journal, with: journal)
  }

  /// Without a line that a crash has torn; nil where there is no journal.
  static func wholeLines(of folder: RunFolder) -> [UInt8]? {
    guard let bytes = try? folder.journal.readBytes(limit: 1 << 30) else { return nil }
    return bytes.lastIndex(of: UInt8(ascii: "\n")).map { Array(bytes[...$0]) } ?? []
  }
}
