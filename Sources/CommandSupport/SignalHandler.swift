import Agents
import Basics
// Dispatch sources may be used from any thread, which Dispatch for Linux does not say to the compiler.
@preconcurrency import Dispatch
import Engine
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
  private let console: Console
  private let state = Mutex(State())
  private let sources: [any DispatchSourceSignal]
  private let queue = DispatchQueue(label: "git-orch.signals")

  /// Handles no signal where the process is not the command's own.
  /// - Parameter told: called for each signal that came, with its name and whether it was the first. Without it, a
  ///   command that has not ended half a second later says what it waits for.
  package init(
    stop: StopRequest, in context: CommandContext,
    told: (@Sendable (_ signal: String, _ isFirst: Bool) -> Void)? = nil
  ) {
    self.stop = stop
    console = context.console
    guard context.ownsProcess else {
      sources = []
      return
    }
    // Without a terminal nobody hangs up.
    let signals = context.detachedRun == nil ? [SIGINT, SIGTERM, SIGHUP] : [SIGINT, SIGTERM]
    if context.detachedRun != nil { ignore(SIGHUP) }
    // The sources see signals that are ignored; without this the default action would end the program first.
    for number in signals { ignore(number) }
    let queue = queue
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

  /// How the command ends when a signal cut it short; nil when none came. An error that is none of the signal's making is
  /// told: it would be lost otherwise.
  package func status(after error: any Error) -> ExitStatus? {
    guard let signal else { return nil }
    if !isCancellation(error) { console.narrate("error: \(error)") }
    return .interrupted(signal: signal)
  }

  private func receive(_ number: Int32, told: (@Sendable (String, Bool) -> Void)?) {
    let isFirst: Bool? = state.withLock { state in
      if let firstAt = state.firstAt { return ContinuousClock.now - firstAt < Self.echo ? nil : false }
      state.first = number
      state.firstAt = .now
      return true
    }
    guard let isFirst else { return }
    stop.raise(to: isFirst ? .graceful : .immediate)
    if let told { return told(Self.name(of: number), isFirst) }
    guard isFirst else { return }
    queue.asyncAfter(deadline: .now() + .milliseconds(500)) { [weak self] in
      guard let self else { return }
      let waits = Activities.shared.summary().map { "; waiting for \($0)" } ?? ""
      console.narrate("\(Self.name(of: number)): stopping\(waits) (once more to end at once)")
    }
  }
}
