import Basics
package import Engine
import Git
import Journal
import Ledger
package import Leftovers
import Merging
package import Processes
import Settings

/// Removes what runs left behind, as far as nothing is lost by it.
package struct Cleanup: Sendable {
  let place: RepositoryContext
  package let selection: LeftoverSelection
  package let trash: Trash

  package init(_ place: RepositoryContext, _ selection: LeftoverSelection) {
    self.place = place
    self.selection = selection
    trash = Trash(place, expire: place.settings[.cleanupTrashExpire], now: selection.now)
  }

  /// What would be done, in its order.
  package struct Plan: Sendable {
    package var going: [Leftover] = []
    package var kept: [KeptLeftover] = []
    package var expired: [Trash.Expired] = []
    let runs: [LeftoverSurvey.RunRecord]

    package var isEmpty: Bool { going.isEmpty && expired.isEmpty }
  }

  package enum Step: Sendable {
    case removed(Leftover, TrashEntry)
    /// It was to go, and stays: things have changed, or it could not be moved.
    case kept(KeptLeftover)
    case failed(KeptLeftover)
    case deleted(Trash.Expired)
    case notDeleted(Trash.Expired, reason: String)
  }

  /// Brings to its end what a cleanup had begun that was killed, and forgets what nobody is asked about: resolutions that
  /// are too old.
  package func finishInterrupted() async throws {
    try await trash.finishInterrupted()
    ResolutionStore(commonDirectory: place.commonDirectory).sweep(now: selection.now)
  }

  /// Looks, and changes nothing.
  package func plan() async throws -> Plan {
    if let remote = selection.ledgersOf {
      try await RemoteLedgers(remote: remote, commonDirectory: place.commonDirectory, git: place.git).fetch()
    }
    let findings = try await LeftoverSurvey(place, selection).look()
    let judge = LeftoverJudge(place, runs: findings.runs)
    var plan = Plan(kept: findings.kept, runs: findings.runs)
    for leftover in findings.leftovers {
      try Task.checkCancellation()
      switch await judge.judge(leftover, after: plan.going) {
      case .go(let reason):
        var leftover = leftover
        leftover.reason = reason
        plan.going.append(leftover)
      case .stay(let reason): plan.kept.append(KeptLeftover(leftover, reason))
      case .gone: break
      }
    }
    // Without references nothing has expired that is not in its folder.
    if selection.runs == nil { plan.expired = try await trash.expired() }
    return plan
  }

  /// Does what was planned, each thing after another look at it. No run starts meanwhile.
  package func perform(_ plan: Plan, stop: StopRequest, report: (Step) -> Void) async throws {
    try await offPool { [trash] in try FileSystem.createFolder(trash.folder, permissions: 0o700) }
    // Held by a run, it keeps others out as well; what is that run's is not touched.
    let lock = try? await FileLock(place.store.lock).take()
    defer { lock?.release() }
    // What a run that was killed left in it is not about us.
    try? lock?.note("")
    let judge = LeftoverJudge(place, runs: plan.runs)
    // With what is in the trash, nothing is in the way any more: each is judged by what is there.
    for leftover in plan.going where stop.level == .none {
      switch await judge.judge(leftover, after: []) {
      case .gone: continue
      case .stay(let reason): report(.kept(KeptLeftover(leftover, reason)))
      case .go:
        do {
          report(.removed(leftover, try await trash.take(leftover)))
        } catch {
          report(.failed(KeptLeftover(leftover, "it could not be moved to the trash: \(error)")))
        }
      }
    }
    for expired in plan.expired where stop.level == .none {
      do {
        try await trash.delete(expired)
        report(.deleted(expired))
      } catch {
        report(.notDeleted(expired, reason: "\(error)"))
      }
    }
  }
}
