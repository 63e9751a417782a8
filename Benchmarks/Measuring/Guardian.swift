import Basics
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Stops the child that is being measured when it passes its limits, or when we are interrupted.
final class Guardian: Sendable {
  static let shared = Guardian()

  private struct Watched {
    let pid: pid_t
    let limits: Command.Limits
    let begin = ContinuousClock.now
    var reason: String?
    var stoppedAt: ContinuousClock.Instant?
  }

  private let watched = Mutex<Watched?>(nil)

  private init() {
    // A queue of its own is a thread of its own here, which looks ten times a second as long as we live.
    DispatchQueue(label: "bench.guardian").async { [self] in
      while true {
        usleep(100_000)
        look()
      }
    }
  }

  func watch(_ pid: pid_t, _ limits: Command.Limits) {
    watched.withLock { $0 = Watched(pid: pid, limits: limits) }
  }

  /// Returns why the child was stopped; `nil` when it was not.
  func unwatch() -> String? {
    watched.withLock { watched in
      defer { watched = nil }
      return watched?.reason
    }
  }

  private func look() {
    watched.withLock { watched in
      guard var child = watched else { return }
      let now = ContinuousClock.now
      if let stoppedAt = child.stoppedAt {
        // It was asked; what does not go within five seconds is ended.
        if now - stoppedAt > .seconds(5) { kill(-child.pid, SIGKILL) }
        return
      }
      guard let reason = reasonToStop(child, now) else { return }
      child.reason = reason
      child.stoppedAt = now
      watched = child
      kill(-child.pid, SIGTERM)
    }
  }

  private func reasonToStop(_ child: Watched, _ now: ContinuousClock.Instant) -> String? {
    if Interrupts.signal != nil { return "interrupted" }
    let seconds = (now - child.begin).inSeconds
    if seconds > child.limits.seconds { return "stopped after \(Text.seconds(seconds))" }
    let memory = ProcessFigures.familyMemory(child.pid)
    guard memory > child.limits.memory else { return nil }
    return "stopped at \(Text.bytes(memory)) after \(Text.seconds(seconds))"
  }
}
