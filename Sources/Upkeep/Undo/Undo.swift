import Basics
package import Engine
import Forges
import Git
package import HTTP
package import Journal
import Platform
package import Processes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Takes a run back, or brings it back after that: all of it, or nothing.
package struct Undo: Sendable {
  package let place: RepositoryContext
  package let folder: RunFolder
  /// Leaves remotes and the forge as they are.
  package let isLocal: Bool
  /// Only makes the plan.
  package let isRehearsal: Bool
  package let version: String
  /// For forges that are spoken to directly.
  package let send: HTTPSend

  package init(
    of folder: RunFolder, in place: RepositoryContext, isLocal: Bool, isRehearsal: Bool, version: String,
    send: @escaping HTTPSend
  ) {
    self.folder = folder
    self.place = place
    self.isLocal = isLocal
    self.isRehearsal = isRehearsal
    self.version = version
    self.send = send
  }

  /// What it was, and what stays beyond what the plan says.
  package struct Outcome: Sendable {
    package let plan: UndoPlan
    package let isDone: Bool
    /// What the user should hear of it besides.
    package var notes: [String] = []
  }

  /// Called before each step, by its name; tests end the process's work there.
  @TaskLocal package static var onStep: (@Sendable (_ step: String) throws -> Void)?

  /// - Parameter tell: hears the plan before anything is changed.
  /// - Throws: `JournalError.locked` while a run is in progress; `UndoError.incomplete`.
  package func perform(stop: StopRequest, tell: @escaping @Sendable (UndoPlan) -> Void) async throws -> Outcome {
    let holder = LockHolder(pid: getpid(), run: folder.id, since: JournalTime(Date()))
    return try await RunLock.hold(at: place.store.lock, as: holder) {
      try await GitGuard.$current.withValue(
        place.gitGuard,
        operation: {
          try await RunMark.$run.withValue(folder.mark) { try await performHoldingLock(stop, tell) }
        })
    }
  }

  private func performHoldingLock(
    _ stop: StopRequest, _ tell: @escaping @Sendable (UndoPlan) -> Void
  ) async throws -> Outcome {
    let folder = folder
    let effects = try await offPool { () throws(JournalError) in try RunEffects(folder) }
    let state = try await offPool { () throws(JournalError) in try folder.state() }
    let forge = UndoForge(place: place, header: state.header, stop: stop, send: send)
    let planner = UndoPlanner(
      place: place, state: state, effects: effects, isLocal: isLocal, forge: forge)
    // Looking may be cut short; what is begun is brought to its end.
    let plan = try await stop.cancelling(at: .graceful) { try await planner.plan() }
    tell(plan)
    guard !isRehearsal, plan.refusals.isEmpty, !plan.changes.isEmpty || plan.isRest else {
      return Outcome(plan: plan, isDone: false)
    }
    try await UndoExecution(place: place, folder: folder, plan: plan, forge: forge, version: version).perform()
    // Taking back is done, whatever others see of it.
    return Outcome(plan: plan, isDone: true, notes: await place.updateLedger(of: folder))
  }
}

/// The forge of a run, looked for once it is needed.
actor UndoForge {
  private let place: RepositoryContext
  private let header: RunHeader
  private let lookup: ForgeLookup
  private var found: (any Forge)?

  init(place: RepositoryContext, header: RunHeader, stop: StopRequest, send: @escaping HTTPSend) {
    self.place = place
    self.header = header
    lookup = ForgeLookup(
      place: place, send: send, retryPolicy: ForgeRetryNotices(stop: stop, note: { _ in }).retryPolicy)
  }

  nonisolated var retryPolicy: ForgeRetryPolicy { lookup.retryPolicy }

  /// - Throws: `ForgeError`; `RunError` when the remote is elsewhere now.
  func forge() async throws -> any Forge {
    if let found { return found }
    guard let record = header.forge else { throw RunError(.unusableForge, "run \(header.id) has no forge") }
    guard
      case .forge(let forge) = try await lookup.find(
        slug: record.repository, pushingTo: header.remote),
      ForgeRecord(forge.site, destination: record.destination) == record
    else {
      throw RunError(
        .unusableForge,
        "run \(header.id) opened pull requests in \(record.repository) (\(record.host)), "
          + "which is not what the remote's URL says now")
    }
    found = forge
    return forge
  }
}
