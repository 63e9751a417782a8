import Agents
import Basics
import Processes
import Synchronization
import SystemPackage

/// An agent that runs as a job, as its supervision sees it. A task of its own submits the job or finds it, follows it, and
/// does what is wished.
final class JobProcess: AgentProcess {
  enum Wish: Int, Comparable, Sendable {
    case none, stop, kill

    static func < (one: Wish, other: Wish) -> Bool { one.rawValue < other.rawValue }
  }

  private struct State {
    var exit: ExitDescription?
    var hasBegun = false
    var launchFailure: String?
    var endReason: String?
    var wish = Wish.none
    var work: Task<Void, Never>?
  }

  let settings: JobLauncher
  let stream: FilePath
  private let wakeup: AsyncSignal
  /// Sent when something is wished.
  let nudge = AsyncSignal()
  private let state = Mutex(State())

  private init(_ settings: JobLauncher, stream: FilePath, wakeup: AsyncSignal) {
    self.settings = settings
    self.stream = stream
    self.wakeup = wakeup
  }

  static func begin(_ settings: JobLauncher, stream: FilePath, wakeup: AsyncSignal, isNew: Bool) -> JobProcess {
    let process = JobProcess(settings, stream: stream, wakeup: wakeup)
    // Awaited in `endRemains`, which whoever waits for its exit calls.
    let work = Task {
      var follower = JobFollower(process)
      await follower.run(isNew: isNew)
    }
    process.state.withLock { $0.work = work }
    return process
  }

  // MARK: - For its supervision

  var localIdentity: ProcessIdentity? { nil }
  var exit: ExitDescription? { state.withLock(\.exit) }
  var hasBegun: Bool { state.withLock(\.hasBegun) }
  var launchFailure: String? { state.withLock(\.launchFailure) }
  var sandboxHasFailed: Bool { false }
  var endReason: String? { state.withLock(\.endReason) }

  func terminate() async { wish(.stop) }
  func killTree() async { wish(.kill) }

  private func wish(_ wish: Wish) {
    let isNew = state.withLock { state in
      guard state.wish < wish else { return false }
      state.wish = wish
      return true
    }
    if isNew { nudge.send() }
  }

  func endRemains(marked mark: MarkPattern, grace: Duration) async -> Set<ProcessIdentity> {
    // What was left on the node, the job's script and the scheduler have ended.
    await state.withLock(\.work)?.value
    return []
  }

  // MARK: - For its follower

  var wished: Wish { state.withLock(\.wish) }

  func hasGrown() { wakeup.send() }

  func begins() {
    state.withLock { $0.hasBegun = true }
    wakeup.send()
  }

  /// - Parameter failure: why nothing of the agent ran; nil when something did.
  func ends(_ exit: ExitDescription, reason: String? = nil, failure: String? = nil) {
    state.withLock { state in
      state.launchFailure = failure
      state.endReason = reason
      state.exit = exit
    }
    wakeup.send()
  }
}
