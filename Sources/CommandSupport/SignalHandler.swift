import Agents
// Dispatch sources may be used from any thread, which Dispatch for Linux does not say to the compiler.
@preconcurrency import Dispatch
import Platform
package import Processes
import Synchronization

/// Outside the class, whose own `signal` would be meant there.
private func ignore(_ number: Int32) { signal(number, SIG_IGN) }

/// Turns the signals that end a program into stop requests: the first asks for an orderly end, the second for one at
/// once.
package final class SignalHandler: Sendable {
  private struct State: Sendable {
    var first: Int32?
    var firstAt: ContinuousClock.Instant?
  }

  /// Signals that come so soon after the first are the same Ctrl-C: the terminal sends it to git and to us, and git
  /// passes it on to us once more (`clean_on_exit` in git's run-command.c).
  private static let echo = Duration.milliseconds(300)

  private let stop: StopRequest
  private let state = Mutex(State())
  private let sources: [any DispatchSourceSignal]

  /// Handles no signal where the process is not the command's own.
  /// - Parameter told: called for each signal that came, with its name and whether it was the first.
  package init(
    stop: StopRequest, in context: CommandContext,
    told: @escaping @Sendable (_ signal: String, _ isFirst: Bool) -> Void = { _, _ in }
  ) {
    self.stop = stop
    guard context.ownsProcess else {
      sources = []
      return
    }
    let queue = DispatchQueue(label: "git-orch.signals")
    // Without a terminal nobody hangs up.
    let signals = context.detachedRun == nil ? [SIGINT, SIGTERM, SIGHUP] : [SIGINT, SIGTERM]
    if context.detachedRun != nil { ignore(SIGHUP) }
    // The sources see signals that are ignored; without this the default action would end the program first.
    for number in signals { ignore(number) }
    sources = signals.map { number in
      DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for (number, source) in zip(signals, sources) {
      source.setEventHandler { [weak self] in self?.receive(number, told: told) }
      source.resume()
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  /// The first signal that came, by number; nil when none did.
  package var signal: Int32? { state.withLock { $0.first } }

  package static func name(of signal: Int32) -> String {
    switch signal {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGHUP: "SIGHUP"
    default: "signal \(signal)"
    }
  }

  private func receive(_ number: Int32, told: @Sendable (String, Bool) -> Void) {
    let isFirst: Bool? = state.withLock { state in
      if let firstAt = state.firstAt { return ContinuousClock.now - firstAt < Self.echo ? nil : false }
      state.first = number
      state.firstAt = .now
      return true
    }
    guard let isFirst else { return }
    stop.raise(to: isFirst ? .graceful : .immediate)
    told(Self.name(of: number), isFirst)
  }
}
