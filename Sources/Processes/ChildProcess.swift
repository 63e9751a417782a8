package import Basics
import Platform
import Synchronization
package import SystemPackage
import Trace

/// One process of ours in a session of its own: started, watched, ended in steps. Signals its wakeup when it has ended.
///
/// It is collected in any case, also when nobody holds this object any more.
package final class ChildProcess: Sendable {
  private struct State {
    var exit: ExitDescription?
    /// Seen below the process while it lived: they outlive it under other parents.
    var descendants: Set<ProcessIdentity> = []
  }

  /// Whom ``terminate(_:)`` asks to end.
  package enum Reach: Sendable {
    /// The process alone, which takes down what it started.
    case process
    /// All that did not leave its process group.
    case group
  }

  package let identity: ProcessIdentity
  private let wakeup: AsyncSignal
  /// How many processes of a sandbox stand between us and the program. They would leave it behind at a SIGTERM, or do
  /// not see one.
  private let layers: Int
  /// Whether we started it, and so are the one who collects it.
  private let isOurs: Bool
  private let state = Mutex(State())
  private let sandboxStatus: SandboxStatus?

  /// Starts the process. The descriptors are the caller's to close, and may be closed at once.
  /// - `input`: nothing (`/dev/null`) when nil.
  package init(
    starting invocation: Invocation, input: FileDescriptor?, output: FileDescriptor, error: FileDescriptor,
    wakeup: AsyncSignal
  ) throws(ProcessFailure) {
    let start = ContinuousClock.now
    let pid: pid_t
    do throws(ProcessFailure) {
      sandboxStatus = try SandboxStatus(of: invocation.sandbox, folder: invocation.environment["TMPDIR"])
      pid = try spawn(invocation, input: input, output: output, error: error, status: sandboxStatus)
    } catch {
      Trace.process(invocation, failed: error)
      throw error
    }
    identity = ProcessIdentity.of(pid: pid) ?? ProcessIdentity(pid: pid, startTime: 0)
    self.wakeup = wakeup
    layers = invocation.sandbox?.tool.layers ?? 0
    isOurs = true
    Trace.process(invocation, started: pid)
    // Not the invocation, with its whole environment, for as long as the process lives.
    let executable = invocation.executable
    ChildReaper.whenEnded(pid) { [self] exit in
      Trace.process(executable, pid: pid, ended: exit, after: ContinuousClock.now - start)
      state.withLock { $0.exit = exit }
      wakeup.send()
    }
  }

  /// One that a process of ours started which has died since: it is watched and ended in the same way.
  /// - Parameters:
  ///   - identity: nil when it has ended, or never began.
  ///   - sandbox: what it was started in.
  package init(adopting identity: ProcessIdentity?, sandbox: Sandbox?, wakeup: AsyncSignal) {
    self.identity = identity ?? ProcessIdentity(pid: 0, startTime: 0)
    self.wakeup = wakeup
    layers = sandbox?.tool.layers ?? 0
    isOurs = false
    sandboxStatus = nil
    guard let identity else {
      state.withLock { $0.exit = .unknown }
      return
    }
    ChildReaper.whenGone(identity) { [self] in
      state.withLock { $0.exit = .unknown }
      wakeup.send()
    }
  }

  /// `nil` while it runs. Set only once it has been collected.
  package var exit: ExitDescription? { state.withLock(\.exit) }
  /// Whether it ended because its sandbox could not be set up; nothing of the program has run then.
  package var sandboxHasFailed: Bool { exit.map { sandboxStatus?.hasFailed($0) ?? false } ?? false }
  package var knownDescendants: Set<ProcessIdentity> { state.withLock(\.descendants) }

  /// Asks it to end.
  package func terminate(_ reach: Reach) async {
    guard exit == nil else { return }
    let snapshot = await noteDescendants()
    if layers > 0, let program = snapshot.program(below: identity, layers: layers) {
      switch reach {
      case .process: program.identity.send(SIGTERM)
      case .group:
        let below = snapshot.descendants(of: program.identity)
        for record in snapshot.records where record.session == program.session {
          if record.identity == program.identity || below.contains(record.identity) { record.identity.send(SIGTERM) }
        }
      }
      return
    }
    switch reach {
    case .process: identity.send(SIGTERM)
    case .group: signalGroup(SIGTERM)
    }
  }

  /// It leads a group of its own, as all that we start do.
  private func signalGroup(_ signal: Int32) {
    if isOurs {
      ChildReaper.signalGroup(of: identity.pid, signal)
    } else if identity.pid > 1, identity.isAlive {
      _ = kill(-identity.pid, signal)
    }
  }

  /// Kills the process and everything below it. Those that have left the tree are found by their mark afterwards.
  package func killTree() async {
    guard exit == nil else { return }
    _ = await noteDescendants()
    signalGroup(SIGKILL)
    for descendant in knownDescendants { descendant.send(SIGKILL) }
  }

  private func noteDescendants() async -> ProcessSnapshot {
    let snapshot = await ProcessWatch.shared.snapshot()
    let found = snapshot.descendants(of: identity)
    state.withLock { $0.descendants.formUnion(found) }
    return snapshot
  }
}
