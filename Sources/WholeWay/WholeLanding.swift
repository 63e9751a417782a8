package import Agents
import Basics
package import Engine
package import HTTP
package import Journal
package import Landing
package import Plans
import Preparing
package import Processes
import Runs

/// A landing with what its branches need on the way: those that are set aside are given back to the agents of their tasks,
/// and then it continues with them.
package struct WholeLanding: Sendable {
  /// Something that has a journal, and how it is shown.
  package typealias Step = @Sendable (_ signal: @escaping @Sendable () -> String?, RunObserver) async throws -> RunState
  package typealias Show = @Sendable (@escaping Step) async throws -> RunState

  private let request: LandingRequest
  private let place: RepositoryContext
  private let fixer: Fixer?
  private let stop: StopRequest
  private let send: HTTPSend
  private let note: @Sendable (String) -> Void

  /// What agents are started with.
  package struct Fixer: Sendable {
    let agents: @Sendable (_ plan: TaskPlan, _ usual: String?) async throws -> AgentSet
    let jobs: Int

    /// - Parameters:
    ///   - agents: who does the tasks of a plan; `usual` is the agent that its run was asked to use.
    ///   - jobs: how many work at a time.
    package init(agents: @escaping @Sendable (_ plan: TaskPlan, _ usual: String?) async throws -> AgentSet, jobs: Int) {
      self.agents = agents
      self.jobs = jobs
    }
  }

  /// - Parameters:
  ///   - request: what is asked; of a landing that is continued, what was.
  ///   - fixer: nil where nothing is given back.
  ///   - send: for forges that are spoken to directly.
  ///   - note: tells the user what is in no journal.
  package init(
    _ request: LandingRequest, place: RepositoryContext, fixer: Fixer?, stop: StopRequest, send: @escaping HTTPSend,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.request = request
    self.place = place
    self.fixer = fixer
    self.stop = stop
    self.send = send
    self.note = note
  }

  /// Each part has the lock for itself: one that dies between two of them has left a landing to be continued.
  /// - Parameters:
  ///   - earlier: the landing that is continued; nil for a new one.
  ///   - show: performs a step under the eyes of the user.
  /// - Returns: how the landing stands at its end.
  package func perform(continuing earlier: RunFolder? = nil, show: Show) async throws -> RunState {
    var folder = earlier
    while true {
      if let known = folder {
        let state = try await offPool { () throws(JournalError) in try known.state() }
        try await fix(state, show)
        if stop.level > .none { return state }
      }
      let landing = LandingRun(request, place: place, stop: stop, send: send, note: note)
      let state = try await show { [folder] in
        try await landing.perform(continuing: folder, signal: $0, observer: $1)
      }
      guard stop.level == .none, fixer != nil, state.tasks.contains(where: { $0.status == .fixing }) else {
        return state
      }
      folder = try place.store.run(state.header.id)
    }
  }

  /// Lets the agents of what was given back work, a run after the other.
  private func fix(_ landing: RunState, _ show: Show) async throws {
    guard let fixer else { return }
    var given: [(run: String, records: [String: ReturnRecord])] = []
    for task in landing.tasks where task.status == .fixing {
      guard let record = task.returns.last else { continue }
      let index = given.firstIndex { $0.run == record.run } ?? given.endIndex
      if index == given.endIndex { given.append((record.run, [:])) }
      given[index].records[task.header.id] = record
    }
    for (run, records) in given where stop.level == .none {
      do {
        try await fix(records, of: run, fixer, show)
      } catch let error as RunError {
        note("cannot give \(records.keys.sorted().joined(separator: ", ")) back to run \(run): \(error)")
      }
    }
  }

  private func fix(_ records: [String: ReturnRecord], of run: String, _ fixer: Fixer, _ show: Show) async throws {
    let place = place
    let continuation = try await offPool { () throws -> RunContinuation? in
      let continuation = try RunContinuation.fixing(records, of: run, in: place)
      // One that was killed after its last task has something left to tidy up.
      return continuation.left.isEmpty && continuation.state.phase == .ended ? nil : continuation
    }
    guard let continuation else { return }
    let work = Run(
      .continued(
        continuation, jobs: fixer.jobs, keepsWorktrees: false, version: request.version),
      place: place, agents: try await fixer.agents(continuation.plan, continuation.state.header.agentName), stop: stop,
      send: send)
    _ = try await show { try await work.perform(signal: $0, observer: $1) }
  }
}
