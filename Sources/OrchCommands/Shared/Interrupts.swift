import Agents
// Dispatch sources may be used from any thread, which Dispatch for Linux does not say to the compiler.
@preconcurrency import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Outside the class, whose own `signal` would be meant there.
private func ignore(_ number: Int32) { signal(number, SIG_IGN) }

/// Turns the signals that end a program into stop requests: the first asks for an orderly end, the second for one at
/// once.
final class Interrupts: Sendable {
  private struct State: Sendable {
    var first: Int32?
  }

  private let stop: StopRequest
  private let state = Mutex(State())
  private let sources: [any DispatchSourceSignal]

  /// Called for each signal that came, with its name and whether it was the first.
  init(stop: StopRequest, told: @escaping @Sendable (_ signal: String, _ isFirst: Bool) -> Void) {
    self.stop = stop
    let queue = DispatchQueue(label: "git-orch.interrupts")
    let signals = [SIGINT, SIGTERM, SIGHUP]
    // The sources see signals that are ignored; without this the default action would end the program first.
    for number in signals { ignore(number) }
    sources = signals.map { number in
      DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for (number, source) in zip(signals, sources) {
      source.setEventHandler { [weak self] in
        guard let self else { return }
        // Several that came close together are reported once, with their number.
        for _ in 0..<max(1, source.data) { self.receive(number, told: told) }
      }
      source.resume()
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  /// The first signal that came, by number; nil when none did.
  var signal: Int32? { state.withLock { $0.first } }

  static func name(of signal: Int32) -> String {
    switch signal {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGHUP: "SIGHUP"
    default: "signal \(signal)"
    }
  }

  private func receive(_ number: Int32, told: @Sendable (String, Bool) -> Void) {
    let isFirst = state.withLock { state in
      defer { state.first = state.first ?? number }
      return state.first == nil
    }
    stop.raise(to: isFirst ? .graceful : .immediate)
    told(Self.name(of: number), isFirst)
  }
}
