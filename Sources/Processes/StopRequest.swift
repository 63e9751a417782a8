package import Basics
import Synchronization

/// The user's wish to stop, which can only grow: first Ctrl-C, second Ctrl-C. Shared by everything that runs; any thread.
package final class StopRequest: Sendable {
  package enum Level: Int, Comparable, Sendable {
    case none
    /// Nothing new starts; agents get SIGTERM and time to end.
    case graceful
    /// Agents are killed.
    case immediate

    package static func < (one: Level, other: Level) -> Bool { one.rawValue < other.rawValue }
  }

  private struct State {
    var level = Level.none
    var nextID: UInt64 = 0
    var waiters: [UInt64: (level: Level, continuation: CheckedContinuation<Void, Never>)] = [:]
    var wakeups: [AsyncSignal] = []
    /// They rise with this one.
    var followers: [StopRequest] = []
  }

  /// That of the task in whose course something is asked that all tasks share, such as a forge's client.
  @TaskLocal package static var current: StopRequest?

  private let state = Mutex(State())

  package init() {}

  /// One that rises with `other`, and may rise before it. It lives as long as the other.
  package init(following other: StopRequest) {
    let level = other.state.withLock { state in
      state.followers.append(self)
      return state.level
    }
    raise(to: level)
  }

  package var level: Level { state.withLock(\.level) }

  /// Raises the level; a lower one than before changes nothing.
  package func raise(to level: Level) {
    let (wakeups, waiters, followers) = state.withLock { state in
      guard level > state.level else {
        return ([AsyncSignal](), [CheckedContinuation<Void, Never>](), [StopRequest]())
      }
      state.level = level
      let due = state.waiters.filter { $0.value.level <= level }
      for id in due.keys { state.waiters[id] = nil }
      return (state.wakeups, due.values.map(\.continuation), state.followers)
    }
    for wakeup in wakeups { wakeup.send() }
    for waiter in waiters { waiter.resume() }
    for follower in followers { follower.raise(to: level) }
  }

  /// Returns once the level is reached, or when the task is cancelled: look at ``level`` afterwards.
  package func waitUntil(_ level: Level) async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state in
          guard state.level < level, !Task.isCancelled else { return true }
          state.waiters[id] = (level, continuation)
          return false
        }
        if isDone { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
    }
  }

  /// Signals `wakeup` at each raise, until ``stopNotifying(_:)``.
  package func notify(_ wakeup: AsyncSignal) {
    state.withLock { $0.wakeups.append(wakeup) }
  }

  package func stopNotifying(_ wakeup: AsyncSignal) {
    state.withLock { $0.wakeups.removeAll { $0 === wakeup } }
  }
}
