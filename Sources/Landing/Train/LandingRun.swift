import Basics
package import Engine
import Forges
import Git
package import HTTP
package import Journal
import Merging
package import Processes
import Restacking
import Settings
import Trains

/// A landing from its preparation to its end, under the lock of runs and with a journal of its own.
package struct LandingRun: Sendable {
  private let request: LandingRequest
  private let place: RepositoryContext
  private let stop: StopRequest
  /// For forges that are spoken to directly.
  private let send: HTTPSend
  private let note: @Sendable (String) -> Void

  /// - Parameter note: shows the user what is waited for before there is a record.
  package init(
    _ request: LandingRequest, place: RepositoryContext, stop: StopRequest, send: @escaping HTTPSend,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.request = request
    self.place = place
    self.stop = stop
    self.send = send
    self.note = note
  }

  /// The newest landing that is not done; nil when there is none.
  package static func unfinished(in store: RunStore) throws(JournalError) -> RunFolder? {
    for folder in try store.runs().reversed() {
      guard folder.hasBegun, let state = try? folder.state(), state.header.landing != nil else { continue }
      let isOpen = state.phase != .ended || state.tasks.contains(where: isLeft)
      return isOpen && state.undo == nil ? folder : nil
    }
    return nil
  }

  /// Looks whether anything could land, before there is something.
  /// - Parameters:
  ///   - base: the branch on which what is to land will be based; nil where the settings say.
  ///   - isLocal: whether it is certain that the local base is meant.
  package static func requirePossible(
    _ request: LandingRequest, base: String?, isLocal: Bool, in place: RepositoryContext
  ) async throws {
    let preparation = LandingPreparation(request: request, place: place)
    _ = try preparation.testCommand()
    guard isLocal, !request.updatesCheckout else { return }
    let branch = try await preparation.baseBranch(base)
    if let checkout = try await BranchCheckout.find(of: branch, in: place) {
      throw BaseUpdate.isCheckedOut(branch, at: checkout, command: nil)
    }
  }

  /// In the advice of each branch that was not judged, and of no other.
  static let continuation = "git orch land --continue"

  /// Whether a branch was not judged yet.
  static func isLeft(_ task: TaskState) -> Bool {
    !task.status.isFinal || task.status == .interrupted || task.status == .queued
      // Whatever kept all of them from landing has said so.
      || task.status == .failed && task.advice.contains { $0.contains(continuation) }
  }

  /// Looks what would be done, and changes nothing but the base's remote-tracking branch.
  package func rehearse() async throws -> LandingRehearsal {
    var preparation = LandingPreparation(request: request, place: place)
    preparation.isRehearsal = true
    let policy = ForgeRetryNotices(stop: stop, note: note).retryPolicy
    return try await stop.cancelling(at: .graceful) { [preparation] in
      var plan = try await preparation.plan()
      try await plan.lookAtForge(in: place, send: send, retryPolicy: policy)
      return try await LandingRehearsal(plan, in: place)
    }
  }

  /// - Parameters:
  ///   - earlier: the landing that is continued; nil for a new one.
  ///   - signal: the name of the signal that made `stop` rise, asked once it has.
  /// - Throws: before the first entry `LandingError`, `RunError`, `GitError` and `JournalError.locked`; later only
  ///   `JournalError`, when the record cannot be kept.
  package func perform(
    continuing earlier: RunFolder? = nil, signal: @escaping @Sendable () -> String?, observer: RunObserver
  ) async throws -> RunState {
    let journalled = JournalledRun(place: place, stop: stop, signal: signal)
    let (place, request, stop, send) = (place, request, stop, send)
    let waits = ForgeRetryNotices(stop: stop, note: observer.note)
    return try await journalled.perform(continuing: earlier) {
      let notes = try await EarlierRuns(place).endUnwatched()
      var preparation = LandingPreparation(request: request, place: place)
      if let earlier { preparation.earlier = try await offPool { () throws(JournalError) in try earlier.state() } }
      var plan = try await preparation.plan()
      try await plan.lookAtForge(
        in: place, send: send, retryPolicy: waits.retryPolicy, continuing: earlier)
      // What it says of the landing that is continued is known.
      plan.notes += earlier == nil ? notes : []
      try await plan.orderByConflicts(in: place)
      return plan
    } begin: { folder, plan in
      guard earlier != nil else {
        return try await RunJournal(
          in: folder, header: plan.header(folder.id, jobs: request.jobs), observe: observer.journal)
      }
      return try await RunJournal(
        continuing: folder,
        with: .continued(
          process: JournalledRun.processRecord(), version: request.version, jobs: request.jobs, agent: "none",
          tasks: plan.tasks.map(\.id)), observe: observer.journal)
    } body: { journal, plan in
      waits.attach(journal)
      try await Self.land(plan, in: place, journal, stop)
    }
  }

  private static func land(
    _ plan: LandingPlan, in place: RepositoryContext, _ journal: RunJournal, _ stop: StopRequest
  ) async throws {
    for note in plan.notes { try await journal.append(.warned(message: note)) }
    for task in plan.tasks {
      if let fix = plan.fixes[task.id] { try await journal.append(.fixed(task: task.id, fix: fix)) }
      if let landing = plan.landed[task.id] {
        try await journal.append([
          .landed(task: task.id, commit: nil, earlier: landing.rawValue),
          .taskEnded(task: task.id, status: .landed, message: landing.words(base: plan.base.branch), advice: []),
        ])
      } else if let out = plan.leftOut[task.id] {
        try await journal.append(
          .taskEnded(task: task.id, status: out.status, message: out.reason, advice: out.advice))
      }
    }
    do {
      try await runTrain(plan, in: place, journal, stop)
    } catch let error as JournalError {
      throw error
    } catch {
      try await end(journal, stop, error)
    }
  }

  private static func runTrain(
    _ plan: LandingPlan, in place: RepositoryContext, _ journal: RunJournal, _ stop: StopRequest
  ) async throws {
    let places = TestPlaces(place, folder: plan.folder, setup: plan.setup, journal: journal, stop: stop)
    try await places.sweep()
    guard !plan.items.isEmpty || plan.forge != nil else { return }
    let quarantine = try await MergeQuarantine(
      commonDirectory: place.commonDirectory, environment: place.environment)
    var tester: TrainTester?
    if let command = plan.testCommand, !plan.items.isEmpty {
      tester = try await TrainTester(
        plan, command: command, in: place, places: places, journal: journal, stop: stop, quarantine: quarantine,
        jobs: plan.request.jobs)
    }
    let aside = SetAside()
    let store = ResolutionStore(commonDirectory: place.commonDirectory)
    let replays = place.settings[.landRerere]
    var builder = TrainBuilder(mode: plan.request.mode, merges: quarantine, committer: plan.committer)
    // Only tests can tell whether it is right here, and a forge merges in its own way.
    if replays, tester != nil, !plan.request.usesForge {
      builder.replay = KnownResolutions(quarantine: quarantine, store: store)
    }
    var train = Train(
      plan: plan, journal: journal, aside: aside, stop: stop, quarantine: quarantine, builder: builder, tester: tester,
      update: BaseUpdate(
        place: place, journal: journal, branch: plan.base.branch, remote: plan.remote,
        updatesCheckout: plan.request.updatesCheckout), resolutions: store)
    train.forge = ForgeLanding(plan, in: place, journal, stop, train)
    do {
      try await train.forge?.findMerged()
      try await train.perform()
      try await train.forge?.giveBackChildren()
      if replays {
        let state = await journal.state
        await ResolutionLearning(place: place, quarantine: quarantine, store: store).learn(
          from: plan.items.filter { state[task: $0.id]?.status == .landed }, base: plan.base.branch,
          except: state.header.id)
      }
      try await settle(train, in: place)
      try await Returns(plan: plan, place: place, journal: journal, aside: aside).perform()
    } catch {
      try await tester?.finish()
      throw error
    }
    try await tester?.finish()
  }

  /// What is to be done once all that can has landed.
  private static func settle(_ train: Train, in place: RepositoryContext) async throws {
    if let forge = train.forge { try await train.update.follow(to: try await forge.fetched()) }
    if let plan = RestackPlan(train.plan, in: place) {
      try await Restack(
        plan: plan, place: place, journal: train.journal, aside: train.aside, quarantine: train.quarantine,
        builder: train.builder.plain
      ).perform()
    }
    try await train.forge?.deleteBranches()
  }

  /// What has not come to its end, ends with the reason.
  private static func end(_ journal: RunJournal, _ stop: StopRequest, _ error: any Error) async throws {
    let isStopped = stop.level > .none
    let fault = error as? LandingError
    let reason =
      isStopped
      ? "the landing was interrupted" : Secrets.withoutPasswords(fault?.fault ?? "\(error)")
    var advice = fault?.hints ?? []
    if !advice.contains(where: { $0.contains(continuation) }) { advice.append("then: \(continuation)") }
    let left = await journal.state.tasks.filter { !$0.status.isFinal }
    // All may have landed when what comes after it fails.
    if left.isEmpty, !isStopped { try await journal.append(.warned(message: reason)) }
    for task in left {
      try await journal.append(
        .taskEnded(
          task: task.header.id, status: isStopped ? .interrupted : .failed, message: reason,
          advice: isStopped ? [] : advice))
    }
  }
}

extension Git.Landing {
  /// By what it is known that a branch has landed, as a clause.
  package func words(base: String) -> String {
    switch self {
    case .commits: "it had landed before: '\(base)' has its commits"
    case .content: "it had landed before: '\(base)' has all that it changes"
    case .patch: "it had landed before: a commit of '\(base)' makes the same change"
    }
  }
}
