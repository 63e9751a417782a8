package import Journal

/// When what happened in a run: what the state of a run does not keep.
package struct RunTimeline: Sendable {
  struct Pause: Sendable {
    let from: JournalTime
    /// nil while it lasts.
    var to: JournalTime?
    let reason: String
  }

  enum Mark: Sendable {
    case pushed
    case opened(number: Int)
    case verdict(VerdictRecord.Decision)
    case merged
  }

  struct Course: Sendable {
    /// When it could begin at the earliest, were it not for what it needs.
    var marks: [(time: JournalTime, mark: Mark)] = []
    /// Why the attempt was followed by another, by its number.
    var retries: [Int: String] = [:]
    /// The attempts after which git showed that it was done.
    var proven: Set<Int> = []
    fileprivate var attempt = 0
  }

  private(set) var pauses: [Pause] = []
  private var courses: [String: Course] = [:]

  package init() {}

  /// How many pauses, and how many marks of a task, are kept.
  private static let limit = 500

  func course(of task: String) -> Course { courses[task] ?? Course() }

  /// Takes the entries in their order.
  package mutating func note(_ entry: JournalEntry) {
    switch entry.event {
    case .paused(_, let reason):
      endPause(entry.time)
      if pauses.count < Self.limit { pauses.append(Pause(from: entry.time, to: nil, reason: reason)) }
    case .resumed, .runEnded, .continued: endPause(entry.time)
    case .attemptStarting(let task, let attempt, _, _, _, _): courses[task, default: Course()].attempt = attempt
    case .retryPlanned(let task, _, let reason):
      courses[task, default: Course()].retries[courses[task]?.attempt ?? 0] = reason
    case .proven(let task, _, _): courses[task, default: Course()].proven.insert(courses[task]?.attempt ?? 0)
    case .pushed(let task, _): mark(task, .pushed, entry.time)
    case .pullRequestOpened(let task, let request, _): mark(task, .opened(number: request.number), entry.time)
    case .verdictGiven(let task, let verdict): mark(task, .verdict(verdict.decision), entry.time)
    case .merged(let task, _): mark(task, .merged, entry.time)
    default: break
    }
  }

  private mutating func endPause(_ time: JournalTime) {
    guard let last = pauses.indices.last, pauses[last].to == nil else { return }
    pauses[last].to = time
  }

  private mutating func mark(_ task: String, _ mark: Mark, _ time: JournalTime) {
    guard (courses[task]?.marks.count ?? 0) < Self.limit else { return }
    courses[task, default: Course()].marks.append((time, mark))
  }
}
