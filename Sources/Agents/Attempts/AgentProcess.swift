package import Basics
package import Processes

/// An agent's process as its supervision sees it: one of this machine, or one that a scheduler starts on another.
package protocol AgentProcess: AnyObject, Sendable {
  /// The process of this machine; nil for one that runs elsewhere.
  var localIdentity: ProcessIdentity? { get }
  /// nil while it waits or runs.
  var exit: ExitDescription? { get }
  /// Whether the agent has begun: its time counts from then on. Its wakeup is sent when it has.
  var hasBegun: Bool { get }
  /// Why nothing of the agent ran; looked at once it has ended, nil when something did.
  var launchFailure: String? { get }
  /// The sandbox that it was put into could not be made; looked at once it has ended.
  var sandboxHasFailed: Bool { get }
  /// Why somebody else ended it, such as a scheduler at its limits; looked at once it has ended, nil when nobody did.
  var endReason: String? { get }

  /// Asks it to end.
  func terminate() async
  /// Kills it with everything below it. Called again each second until it has ended.
  func killTree() async
  /// Ends what it left behind, once it has ended; returns what could not be ended.
  func endRemains(marked mark: MarkPattern, grace: Duration) async -> Set<ProcessIdentity>
}

/// Sees to it that one attempt's agent runs somewhere else than on this machine. Made for one attempt; see Launchers.
package protocol AttemptLauncher: Sendable {
  /// Starts the agent. Returns at once; what goes wrong later is the process's end.
  func launch(
    _ invocation: Invocation, files: AttemptFiles, wakeup: AsyncSignal
  ) throws(ProcessFailure) -> any AgentProcess

  /// Finds the agent that an earlier process has started or was about to start, and stays with it. One that was never
  /// started is started.
  func adopt(files: AttemptFiles, wakeup: AsyncSignal) -> any AgentProcess
}

extension ChildProcess: AgentProcess {
  package var localIdentity: ProcessIdentity? { identity }
  package var hasBegun: Bool { true }
  package var launchFailure: String? { nil }
  package var endReason: String? { nil }

  package func terminate() async { await terminate(.process) }

  package func endRemains(marked mark: MarkPattern, grace: Duration) async -> Set<ProcessIdentity> {
    await endProcesses(known: knownDescendants, marked: mark, grace: grace)
  }
}
