import Synchronization

/// What this process waits for at the moment, for whoever presses Ctrl-C or wonders why nothing happens: programs that
/// run, locks of other processes, requests. Nothing is decided by it.
package final class Activities: Sendable {
  package static let shared = Activities()

  /// One that lasts.
  package struct Activity: Sendable {
    package let id: UInt64
    /// What is waited for, as a noun: `git push`, `the lock '…'`.
    package let words: String
    package let began: SuspendingClock.Instant
    /// Of an agent, which works for as long as it takes; others are told of when they take long.
    package let isAgent: Bool
    /// After how long somebody who waits is told of it.
    package let patience: Duration

    package func age(at now: SuspendingClock.Instant = .now) -> Duration { began.duration(to: now) }
  }

  private struct State {
    var nextID: UInt64 = 0
    var activities: [UInt64: Activity] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  package func begin(_ words: String, isAgent: Bool = false, patience: Duration = .seconds(10)) -> UInt64 {
    let now = SuspendingClock.now
    return state.withLock { state in
      state.nextID += 1
      state.activities[state.nextID] = Activity(
        id: state.nextID, words: words, began: now, isAgent: isAgent, patience: patience)
      return state.nextID
    }
  }

  package func end(_ id: UInt64) { _ = state.withLock { $0.activities.removeValue(forKey: id) } }

  /// Those that last, oldest first.
  package var current: [Activity] {
    state.withLock { Array($0.activities.values) }.sorted { $0.id < $1.id }
  }

  /// What is waited for, in a few words; nil when there is nothing.
  package func summary(most: Int = 3) -> String? {
    let all = current
    let agents = all.count(where: \.isAgent)
    let others = all.filter { !$0.isAgent }
    var parts = others.prefix(most).map { activity in
      let seconds = activity.age().components.seconds
      return seconds > 0 ? "\(activity.words) (\(seconds) s)" : activity.words
    }
    if others.count > most { parts.append("\(others.count - most) more") }
    if agents > 0 { parts.append("\(agents) agent\(agents == 1 ? "" : "s")") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
