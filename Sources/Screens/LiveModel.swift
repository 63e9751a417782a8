package import Agents
import Basics
package import Git
package import Journal
package import RunViews
import SystemPackage
import TerminalUI

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What a live view knows, gathered as it comes in.
package struct LiveModel {
  /// The rate is a mean of so many seconds.
  private static let rateSpan = 300.0
  private static let sampleSpan = 5.0
  /// How many lines of events a second are written above the view; more are counted.
  private static let mostEvents = 5

  package var state: RunState?
  package var controls = LiveControls()
  package var amounts: [String: ChangeAmount] = [:]
  package var setups: [String: String] = [:]
  /// What the agents do, and what of that is shown: `now` stays for a moment, and sums grow once a second.
  package private(set) var activities: [String: TaskActivity] = [:]
  private var shown: [String: TaskActivity] = [:]
  private var shownAt: [String: Date] = [:]
  private var sumsAt = Date.distantPast
  private var samples: [(time: Date, cost: Double)] = []
  private var events: [EventLine] = []
  private var eventTimes: [Date] = []
  private var omitted = 0
  let home: String?

  package init(home: String?) { self.home = home }

  package mutating func note(_ entry: JournalEntry, _ state: RunState) {
    let time = entry.time.date
    switch entry.event {
    case .attemptStarting(let task, _, _, _, _, _):
      setups[task] = nil
      (shown[task], shownAt[task]) = (nil, nil)
      activities[task] = TaskActivity(at: time, worktree: state[task: task]?.worktree?.path, home: home)
    case .attemptEnded(let task, _, _), .taskEnded(let task, _, _, _):
      (activities[task], shown[task], setups[task]) = (nil, nil, nil)
    case .setupStarting(let task, let command, _): setups[task] = command
    default: break
    }
  }

  package mutating func note(_ event: AgentEvent, of task: String, at time: Date) {
    // Of one that was taken up after its run had died, no attempt begins.
    activities[
      task, default: TaskActivity(at: time, worktree: state?[task: task]?.worktree?.path, home: home)
    ].note(event, at: time)
  }

  mutating func drop(_ task: String) { (activities[task], shown[task]) = (nil, nil) }

  /// What is shown of the agents at that moment.
  package mutating func shownActivities(at time: Date) -> [String: TaskActivity] {
    let sumsAreDue = time.timeIntervalSince(sumsAt) >= 1
    if sumsAreDue { sumsAt = time }
    for (task, activity) in activities {
      guard var known = shown[task] else {
        (shown[task], shownAt[task]) = (activity, time)
        continue
      }
      let used = sumsAreDue ? activity.used : known.used
      if activity.doing != known.doing || activity.since != known.since {
        guard time.timeIntervalSince(shownAt[task] ?? .distantPast) >= 0.3 else { continue }
        shownAt[task] = time
      }
      known = activity
      known.used = used
      shown[task] = known
    }
    return shown
  }

  // MARK: - Cost

  /// US dollars a minute in the last minutes; nil in the first.
  package mutating func rate(_ cost: Double, since start: Date, at time: Date) -> Double? {
    if samples.isEmpty { samples.append((time, cost)) }
    if let last = samples.last, time.timeIntervalSince(last.time) >= Self.sampleSpan { samples.append((time, cost)) }
    samples.removeAll { time.timeIntervalSince($0.time) > Self.rateSpan }
    guard let first = samples.first, time.timeIntervalSince(start) >= 60 else { return nil }
    let minutes = time.timeIntervalSince(first.time) / 60
    return minutes >= 0.5 ? max(0, cost - first.cost) / minutes : nil
  }

  // MARK: - Events

  package mutating func add(_ event: EventLine) { events.append(event) }

  /// The events that are to be written now, and how many were left out.
  package mutating func takeEvents(at time: Date, all: Bool = false) -> (events: [EventLine], omitted: Int) {
    eventTimes.removeAll { time.timeIntervalSince($0) >= 1 }
    let room = all ? events.count : max(0, Self.mostEvents - eventTimes.count)
    let taken = Array(events.prefix(room))
    eventTimes += taken.map { _ in time }
    events.removeFirst(taken.count)
    // Those that would be a second late are too many to be read.
    if events.count > Self.mostEvents {
      omitted += events.count - Self.mostEvents
      events.removeFirst(events.count - Self.mostEvents)
    }
    guard events.isEmpty || all else { return (taken, 0) }
    defer { omitted = 0 }
    return (taken, omitted)
  }

  package var hasEvents: Bool { !events.isEmpty }
}
