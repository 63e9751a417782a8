package import Agents
import Basics
package import Engine
package import Forges
import Git
package import HTTP
package import Journal
import Ledger
import Plans
import Preflight
import Remotes
import Settings
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension RunTakeover {
  package enum Finding: Sendable {
    /// There is something to take over: ``RunContinuation/takeover`` is how.
    case unfinished(RunContinuation)
    /// All of the run's tasks are done, by a clone on that machine.
    case done(RunState, host: String)
  }

  /// What the user wishes besides.
  package struct Wishes: Sendable {
    /// The plan, where it is not to be looked for.
    package var plan: FilePath?
    /// Whether the run is taken from a clone that may be at work, too.
    package var isForced: Bool
    /// Whether nothing is done but looking.
    package var isRehearsal: Bool

    package init(plan: FilePath?, isForced: Bool, isRehearsal: Bool) {
      self.plan = plan
      self.isForced = isForced
      self.isRehearsal = isRehearsal
    }
  }

  /// Whether a run is to be taken over from another clone: one that is not here, or that another clone has taken over.
  /// - Parameters:
  ///   - id: of a run, or its beginning.
  ///   - local: the run of this clone that is meant; nil where there is none.
  ///   - note: hears what is not as it should be.
  /// - Returns: nil for a run that is this clone's own.
  /// - Throws: `RunError`, with what to do; what the remote answers.
  package static func find(
    _ id: String, local: RunFolder?, wishes: Wishes, in place: RepositoryContext, note: (String) -> Void
  ) async throws -> Finding? {
    guard let remote = place.settings[.ledgerRemote] else {
      guard local == nil else { return nil }
      throw RunError(
        .nothingToContinue, "there is no run '\(id)' in this clone",
        hints: [
          "see its runs: git orch status --all",
          "to continue one of another clone, its ledger must be written from here, too: "
            + "git config orchestrator.ledger.remote \(place.settings[.gitRemote])",
        ])
    }
    let ledgers = RemoteLedgers(remote: remote, commonDirectory: place.commonDirectory, git: place.git)
    if let failure = await Self.fetch(ledgers) {
      guard local != nil, failure.code != .cancelled else { throw failure }
      note("cannot ask '\(remote)' whether another clone has taken the run over: \(failure)")
      return nil
    }
    let (store, faults) = try await ledgers.store()
    guard let copy = try await offPool({ try Self.run(local?.id ?? id, in: store) }) else {
      if local != nil { return nil }
      for fault in faults { note(fault) }
      throw RunError(
        .nothingToContinue, "there is no run '\(id)', neither in this clone nor on '\(remote)'",
        hints: ["see those on '\(remote)': git orch status --all --remote \(remote)"])
    }
    let folder = local ?? place.store.folder(of: copy.id)
    guard let claim = try place.ledgerClaim(of: folder), let standing = try await ledgers.standing(of: copy.id) else {
      return nil
    }
    return try await TakeoverSearch(
      place: place, remote: remote, claim: claim, standing: standing, copy: copy, folder: folder, isHere: local != nil,
      wishes: wishes
    ).find()
  }

  private static func fetch(_ ledgers: RemoteLedgers) async -> GitError? {
    do throws(GitError) {
      try await ledgers.fetch()
      return nil
    } catch {
      return error
    }
  }

  /// nil where there is none.
  private static func run(_ id: String, in store: RunStore) throws -> RunFolder? {
    do throws(JournalError) {
      return try store.run(id)
    } catch {
      switch error {
      case .noSuchRun, .noRuns: return nil
      default: throw error
      }
    }
  }
}

/// Finds out what is needed to take one run over.
private struct TakeoverSearch: Sendable {
  let place: RepositoryContext
  let remote: String
  let claim: LedgerClaim
  let standing: LedgerStanding
  let copy: RunFolder
  let folder: RunFolder
  let isHere: Bool
  let wishes: RunTakeover.Wishes

  private var host: String { sanitized(standing.writer.host) }

  func find() async throws -> RunTakeover.Finding? {
    guard let (local, base) = try await offPool({ try self.journals() }) else { return nil }
    let state = try fold(base)
    guard state.header.isRun else {
      throw RunError(
        .nothingToContinue,
        "'\(copy.id)' is a \(state.header.landing != nil ? "landing" : "review"), which only the "
          + "clone on '\(host)' can continue")
    }
    let now = Date()
    let mayBeAlive = standing.writer.clone != claim.identity.clone && standing.mayBeAlive(state, now: now)
    guard RunContinuation.isUnfinished(state) else {
      if !wishes.isRehearsal, let local {
        // Without the remote, what is known is known all the same.
        let branches = (try? await work(of: state).1) ?? []
        try await RunTakeover.catchUp(
          folder, from: local, to: base + lines([], making: branches), branches: branches, in: place)
      }
      return .done(state, host: host)
    }
    if state.undo != nil {
      throw RunError(.nothingToContinue, "run \(copy.id) was taken back by the clone on '\(host)'")
    }
    if mayBeAlive, !wishes.isForced, !wishes.isRehearsal { throw inProgress(state, now) }
    let plan = try await FoundPlan.find(for: state, copy: copy, folder: folder, asked: wishes.plan, in: place)
    let (again, branches) = try await work(of: state)
    let taken = JournalEvent.takenOver(
      id: hex(UInt64.random(in: 0 ... .max), digits: 16, uppercase: false), host: claim.identity.host,
      from: standing.writer.host, again: again)
    let journal = try base + lines([taken], making: branches)
    var run = RunContinuation(folder: folder, state: try fold(journal), plan: plan.plan)
    run.takeover = RunTakeover(
      claim: claim, standing: standing, copy: copy, local: local, journal: journal, branches: branches, plan: plan,
      host: host, again: again, lastSign: JournalTime(standing.lastSign(state)), mayBeAlive: mayBeAlive)
    return .unfinished(run)
  }

  /// Further lines of the journal.
  private func lines(_ events: [JournalEvent], making branches: [RunTakeover.AdoptedBranch]) throws -> [UInt8] {
    let effects = branches.filter { !$0.isHere }.map { branch in
      JournalEvent.effect(
        task: branch.task,
        effects: [EffectRecord(.reference, "refs/heads/\(branch.branch)", before: nil, after: branch.tip.description)])
    }
    return try (events + effects).flatMap { try JournalEntry(time: .now, event: $0).line() }
  }

  /// What this clone has of it, and that with what others did since; nil where nobody has taken it over from here.
  private func journals() throws -> (local: [UInt8]?, base: [UInt8])? {
    let theirs = RunTakeover.wholeLines(of: copy) ?? []
    guard isHere else { return (nil, theirs) }
    let state = try folder.state()
    let known = Set(state.takeovers)
    let lines = theirs.split(separator: UInt8(ascii: "\n"))
    let first = lines.firstIndex { line in
      guard let entry = JSON(parsing: String(decoding: line, as: UTF8.self)), entry["type"]?.string == "taken-over",
        let id = entry["id"]?.string
      else { return false }
      return !known.contains(id)
    }
    guard let local = RunTakeover.wholeLines(of: folder) else { return nil }
    guard let first else {
      // Recorded here, written by somebody else and not taken over: this clone is a copy of the one that performs it.
      let isCopy = standing.writer.clone != claim.identity.clone && RunContinuation.isUnfinished(state)
      return isCopy ? (local, lines.flatMap { Array(Self.withoutPlaces($0).utf8) + [UInt8(ascii: "\n")] }) : nil
    }
    return (local, local + lines[first...].flatMap { Array(Self.withoutPlaces($0).utf8) + [UInt8(ascii: "\n")] })
  }

  /// Worktrees of another clone are none of this one, whatever their paths are.
  private static func withoutPlaces(_ line: ArraySlice<UInt8>) -> String {
    let text = String(decoding: line, as: UTF8.self)
    guard case .object(var entry)? = JSON(parsing: text), case .object(var worktree)? = entry["worktree"] else {
      return text
    }
    worktree["path"] = ""
    entry["worktree"] = .object(worktree)
    return JSON.object(entry).text
  }

  private func fold(_ journal: [UInt8]) throws -> RunState {
    var fold = JournalFold(path: copy.journal.string)
    try journal.withUnsafeBytes { try fold.feed($0) }
    guard let state = fold.state else { throw JournalError.noHeader(path: copy.journal.string) }
    return state
  }

  private func inProgress(_ state: RunState, _ now: Date) -> RunError {
    let minutes = max(0, Int(now.timeIntervalSince(standing.lastSign(state)) / 60))
    let ago = minutes == 0 ? "less than a minute ago" : minutes == 1 ? "a minute ago" : "\(minutes) minutes ago"
    return RunError(
      .performedElsewhere,
      "run \(copy.id) is performed by the clone on '\(host)', which wrote its ledger \(ago)",
      hints: [
        "see what it does: git orch status --remote \(copy.id)",
        "if it is dead, or is to stop: git orch run --continue \(copy.id) --take-over",
      ])
  }

  /// Which tasks must be done again, and for which the work was pushed.
  private func work(of state: RunState) async throws -> (again: [String], [RunTakeover.AdoptedBranch]) {
    let base = state.header.base
    // Anybody may have written it.
    guard BranchName.isValid(base.branch) else {
      throw RunError(.noBaseBranch, "run \(copy.id) names no branch on which it is based")
    }
    if let origin = place.remotes().base?.name ?? state.header.remote {
      // Where it cannot be had, the commit may be here all the same.
      try? await place.git.fetch(remote: origin, branch: base.branch)
    }
    guard try await place.inRepository({ try $0.commit(at: base.commit) }) != nil else {
      throw RunError(
        .noBaseBranch,
        "run \(copy.id) is based on commit \(base.commit.prefix(10)) of '\(base.branch)', which is not in this clone",
        hints: ["in the clone on '\(host)', push it: git push \(state.header.remote ?? remote) \(base.branch)"])
    }
    let theirs = try await pushed(state)
    return try await place.inRepository { repository in
      var again: [String] = []
      var branches: [RunTakeover.AdoptedBranch] = []
      for task in state.tasks {
        let tip = task.tip.flatMap { ObjectID($0) }
        let isDone = task.status.isGood
        if let owner = task.header.candidateOf {
          // Its branch is in that clone alone, and needed as long as the work of none is here.
          let isSettled =
            !again.contains(owner)
            && (state[task: owner]?.status.isGood ?? true || branches.contains { $0.task == owner })
          guard !isSettled, task.startCommit != nil else { continue }
          if let tip, try repository.commit(at: tip.description) != nil { continue }
          again.append(task.header.id)
        } else if let tip, theirs[task.header.branch] == tip,
          case let ours = try repository.branch(task.header.branch), ours == nil || ours == tip
        {
          branches.append(
            .init(
              task: task.header.id, branch: task.header.branch, tip: tip, isHere: ours == tip, isDone: isDone))
        } else if isDone {
          let hasLeft = task.pushedCommit != nil || task.pullRequest != nil || task.mergeCommit != nil
          if try !hasLeft && (tip == nil || repository.commit(at: "\(tip?.description ?? "")") == nil) {
            again.append(task.header.id)
          }
        } else if task.startCommit != nil || task.choice != nil {
          again.append(task.header.id)
        }
      }
      return (again, branches)
    }
  }

  /// What the remote has of the branches, fetched where it is the tasks' proven work.
  private func pushed(_ state: RunState) async throws -> [String: ObjectID] {
    guard let name = state.header.remote, let push = place.remote(name) else { return [:] }
    var tips = try await place.git.remoteBranches(
      remote: name, named: state.tasks.map(\.header.branch), pushURL: push.separatePushURL)
    for task in state.tasks {
      guard let tip = tips[task.header.branch], task.tip == tip.description else { continue }
      do throws(GitError) {
        try await place.git.fetch(remote: name, branch: task.header.branch)
      } catch {
        // It is pushed to somewhere else than where is fetched from.
        guard error.code == .notFound else { throw error }
        tips[task.header.branch] = nil
      }
    }
    return tips
  }
}

extension RunTakeover {
  /// What must hold for the run to be continued here, looked at before it is taken from anybody.
  /// - Returns: what the user should know.
  package static func check(
    _ run: RunContinuation, in place: RepositoryContext, agents: AgentSet, send: @escaping HTTPSend,
    retryPolicy: ForgeRetryPolicy
  ) async throws -> [String] {
    let preparation = try await RunPreparation.prepare(
      continuing: run, in: place, agents: agents, send: send, retryPolicy: retryPolicy)
    try preparation.facts.requireNoFault()
    return preparation.notes
  }
}
