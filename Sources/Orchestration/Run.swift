package import Agents
import Git
package import Journal
import Planning
import Settings
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One execution of a plan.
package struct Run: Sendable {
  package let request: RunRequest
  package let place: Workplace
  package let agent: any Agent
  /// How the agent is named in the journal: `claude 2.1.330`.
  package let agentName: String
  package let stop: StopRequest

  package init(request: RunRequest, place: Workplace, agent: any Agent, agentName: String, stop: StopRequest) {
    self.request = request
    self.place = place
    self.agent = agent
    self.agentName = agentName
    self.stop = stop
  }

  /// Those who watch a run; nothing depends on what they do, and they must be quick.
  package struct Observer: Sendable {
    /// An entry is in the journal, and the state is at least as new.
    package var journal: @Sendable (JournalEntry, RunState) -> Void
    package var agent: @Sendable (_ task: String, _ event: AgentEvent) -> Void

    package init(
      journal: @escaping @Sendable (JournalEntry, RunState) -> Void,
      agent: @escaping @Sendable (_ task: String, _ event: AgentEvent) -> Void
    ) {
      self.journal = journal
      self.agent = agent
    }
  }

  /// Prepares and performs the run; returns its state at the end, with no process of it left.
  ///
  /// - Parameter signal: the name of the signal that made `stop` rise, asked once it has.
  /// - Throws: before the first task what `RunPreparation.prepare` throws, and `JournalError.locked`; later only
  ///   `JournalError`, when the record cannot be kept.
  package func perform(
    signal: @escaping @Sendable () -> String?, observer: Observer
  ) async throws -> RunState {
    let began = Date()
    let id = RunID.make(at: began)
    let holder = LockHolder(pid: getpid(), run: id, since: JournalTime(began))
    return try await RunLock.hold(at: place.store.lock, as: holder) {
      let preparation = try await stop.cancelling(at: .graceful) {
        try await RunPreparation.prepare(request, in: place)
      }
      let folder = try place.store.create(id)
      try FileSystem.create(folder.plan, containing: request.plan.yaml())
      let journal = try await RunJournal(
        in: folder, header: header(id: id, preparation), observe: observer.journal)
      do {
        try await execute(preparation, id: id, journal: journal, signal: signal, observer: observer)
      } catch {
        // The record cannot be kept: nothing may go on without it.
        stop.raise(to: .immediate)
        _ = await sweepRun(id)
        throw error
      }
      try await journal.close()
      return await journal.state
    }
  }

  private func header(id: String, _ preparation: RunPreparation) -> RunHeader {
    let me = ProcessIdentity.of(pid: getpid())
    return RunHeader(
      version: request.version, id: id, process: ProcessRecord(pid: getpid(), startTime: me?.startTime ?? 0),
      base: BaseRecord(branch: preparation.base.branch, commit: preparation.base.commit.description),
      remote: preparation.remote, localReason: preparation.localReason, jobs: request.jobs, agent: agentName,
      tasks: request.plan.tasks.map { TaskHeader(id: $0.id, title: $0.title, branch: $0.branch, needs: $0.needs) })
  }

  private func execute(
    _ preparation: RunPreparation, id: String, journal: RunJournal, signal: @escaping @Sendable () -> String?,
    observer: Observer
  ) async throws {
    for note in preparation.notes { try await journal.append(.warned(message: note)) }
    let checkout = UserCheckout(place)
    let context = context(preparation, id: id, journal: journal, observer: observer)

    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await stop.waitUntil(.graceful)
        guard !Task.isCancelled, let signal = signal() else { return }
        try await journal.append(.interrupted(signal: signal))
      }
      group.addTask { try await schedule(preparation.places, context: context) }
      // The tasks, or the signal and then the tasks.
      try await group.next()
      if stop.level > .none { try await group.next() }
      group.cancelAll()
    }
    _ = await sweepRun(id)
    if let moved = checkout?.change(in: place) { try await journal.append(.warned(message: moved)) }
    try await journal.append(.runEnded)
  }

  private func schedule(_ places: [TaskPlace], context: RunContext) async throws {
    var schedule = Schedule(tasks: places.map(\.task), jobs: request.jobs)
    let places = Dictionary(places.map { ($0.task.id, $0) }, uniquingKeysWith: { first, _ in first })
    try await withThrowingTaskGroup(of: (id: String, status: TaskStatus).self) { group in
      func startReady() async throws {
        guard case .open = await context.gate.status else { return }
        for task in schedule.takeReady() {
          guard let place = places[task.id] else { continue }
          let runner = TaskRunner(context: context, task: task, place: place)
          group.addTask { (task.id, try await runner.run()) }
        }
      }
      try await startReady()
      while let (id, status) = try await group.next() {
        for blocked in schedule.end(id, as: status) {
          try await context.journal.append(
            .taskEnded(
              task: blocked.task.id, status: .blocked,
              message: "needs '\(blocked.need)', which ended as \(blocked.status.rawValue)", advice: []))
        }
        try await startReady()
      }
    }
    for task in schedule.waiting {
      let reason = if case .halted(let reason) = await context.gate.status { reason } else { "the run was interrupted" }
      try await context.journal.append(
        .taskEnded(task: task.id, status: .skipped, message: reason, advice: []))
    }
  }

  private func context(
    _ preparation: RunPreparation, id: String, journal: RunJournal, observer: Observer
  ) -> RunContext {
    let settings = place.settings
    return RunContext(
      id: id, place: place, base: preparation.base, outerTips: preparation.outerTips,
      remote: preparation.remote, remoteIsRelative: preparation.remoteIsRelative,
      keepsWorktrees: request.keepsWorktrees || request.plan.settings.autoCleanup == false, agent: agent,
      limits: AttemptLimits(
        inactivity: settings[.agentInactivityTimeout], maxRuntime: settings[.agentMaxRuntime]),
      retries: RetryPolicy(
        maxRetries: settings[.agentMaxRetries], retryDelay: settings[.agentRetryDelay],
        useResume: settings[.agentUseResume]),
      permissions: preparation.permissions, prompts: preparation.prompts, setup: preparation.setup,
      // The checkout, not the git directory: new worktrees take over its sparse patterns.
      worktrees: Worktrees(repository: place.checkout ?? place.commonDirectory, environment: place.environment),
      journal: journal,
      gate: RunGate(journal: journal, stop: stop), stop: stop, observe: observer.agent)
  }
}

/// Where the user's own checkout stood when the run began.
private struct UserCheckout {
  private let head: Head

  init?(_ place: Workplace) {
    guard place.checkout != nil, let head = try? place.repository().head() else { return nil }
    self.head = head
  }

  /// What has become of it, when it is no longer as it was: the user may have gone on working, but an agent should
  /// not have.
  func change(in place: Workplace) -> String? {
    guard let now = try? place.repository().head(), now != head, let checkout = place.checkout else { return nil }
    return "your checkout '\(checkout)' moved from \(words(head)) to \(words(now)) while the run went on"
  }

  private func words(_ head: Head) -> String {
    switch head {
    case .branch(let name, let tip): "'\(name)' at \(tip.abbreviated)"
    case .detached(let commit): "\(commit.abbreviated)"
    case .unborn(let branch): "the empty branch '\(branch)'"
    }
  }
}
