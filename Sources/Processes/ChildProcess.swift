package import Basics
import Platform
import Subprocess
import Synchronization
package import SystemPackage

/// How a process ended.
package enum ExitDescription: Sendable, Equatable, CustomStringConvertible {
  case code(Int32)
  case signal(Int32)

  package var description: String {
    switch self {
    case .code(let code): "exit status \(code)"
    case .signal(let signal): "killed by signal \(signal)"
    }
  }
}

/// One process of ours in a session of its own: started, watched, ended in steps. Signals ``wakeup`` at each change.
package final class ChildProcess: Sendable {
  package enum Exit: Sendable, Equatable {
    case ended(ExitDescription)
    case notLaunched(String)
  }

  private struct State {
    var identity: ProcessIdentity?
    var exit: Exit?
    /// Seen below the process while it lived: they outlive it under other parents.
    var descendants: Set<ProcessIdentity> = []
  }

  package let wakeup: AsyncSignal
  private let state = Mutex(State())

  package init(wakeup: AsyncSignal) {
    self.wakeup = wakeup
  }

  package var identity: ProcessIdentity? { state.withLock(\.identity) }
  /// `nil` while it runs. Set only once it has been reaped.
  package var exit: Exit? { state.withLock(\.exit) }
  package var knownDescendants: Set<ProcessIdentity> { state.withLock(\.descendants) }

  /// Starts the process and returns once it has ended and been reaped, or could not be started. Never cancelled from
  /// outside: call it from a task of its own, and end the process by ``terminate()`` and ``killTree()``.
  ///
  /// The descriptors are the child's; they are closed here in any case.
  package func run(
    _ invocation: Invocation, directory: FilePath, input: FileDescriptor, output: FileDescriptor,
    error: FileDescriptor, launched: @Sendable (ProcessIdentity) async -> Void
  ) async {
    var platform = PlatformOptions()
    platform.createSession = true
    var environment = invocation.environment
    // A stale PWD makes shells and tools believe they are elsewhere.
    environment["PWD"] = directory.string
    environment["OLDPWD"] = nil
    let configuration = Configuration(
      executable: .path(invocation.executable), arguments: Arguments(invocation.arguments),
      environment: .custom(environment.map { Array("\($0.key)=\($0.value)\0".utf8) }), workingDirectory: directory,
      platformOptions: platform)
    var exit: Exit
    do {
      let result = try await Subprocess.run(
        configuration, input: .fileDescriptor(input, closeAfterSpawningProcess: true),
        output: .fileDescriptor(output, closeAfterSpawningProcess: true),
        error: .fileDescriptor(error, closeAfterSpawningProcess: true)
      ) { execution in
        let pid = execution.processIdentifier.value
        let identity = ProcessIdentity.of(pid: pid) ?? ProcessIdentity(pid: pid, startTime: 0)
        state.withLock { $0.identity = identity }
        liveChildren.withLock { _ = $0.insert(identity) }
        wakeup.send()
        await launched(identity)
      }
      switch result.terminationStatus {
      case .exited(let code): exit = .ended(.code(code))
      case .signaled(let signal): exit = .ended(.signal(signal))
      }
    } catch {
      exit = .notLaunched(plainText(String(describing: error), limit: 500))
    }
    if let identity { liveChildren.withLock { _ = $0.remove(identity) } }
    state.withLock { $0.exit = exit }
    wakeup.send()
  }

  /// Asks the process alone to end: it takes its tools down with it.
  package func terminate() async {
    guard let identity, exit == nil else { return }
    await noteDescendants(of: identity)
    identity.send(SIGTERM)
  }

  /// Kills the process and everything below it. Those that have left the tree are found by their mark afterwards.
  package func killTree() async {
    guard let identity, exit == nil else { return }
    await noteDescendants(of: identity)
    identity.send(SIGKILL)
    for descendant in knownDescendants { descendant.send(SIGKILL) }
  }

  private func noteDescendants(of identity: ProcessIdentity) async {
    let found = await ProcessWatch.shared.snapshot().descendants(of: identity)
    state.withLock { $0.descendants.formUnion(found) }
  }
}
