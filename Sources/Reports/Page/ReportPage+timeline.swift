import Journal

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Attempts, waits, pauses, pull requests, verdicts and merges over time, a line for each task.
extension ReportPage {
  /// How many lines there are: a page of a thousand is read by nobody.
  private static let mostLines = 200

  var timelineSection: HTML {
    let axis = Axis(from: state.startedAt.date, to: present.date, zone)
    let shown = state.tasks.prefix(Self.mostLines)
    let rows = shown.enumerated().map { row($1, number: $0 + 1, axis) }
    let left = state.tasks.count - shown.count
    let ticks = axis.ticks.map { "<text x=\"\($0.place)\" y=\"12\" class=\"tick\">\($0.label)</text>" as HTML }
    let lines = axis.ticks.map { "<line class=\"g\" x1=\"\($0.place)\" x2=\"\($0.place)\" y2=\"22\"/>" as HTML }
    return """
      <section>
      <h2 id="timeline">Timeline</h2>
      <svg class="defs" aria-hidden="true"><defs>
      <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="h" d="M0 0V5"/></pattern>
      <path id="push" d="M-3.5 3.5L0-3.5L3.5 3.5Z"/><path id="merge" d="M0-5L5 0L0 5L-5 0Z"/><circle id="seen" r="4"/>
      <g id="grid">\(HTML(lines))</g>
      </defs></svg>
      <ul class="key" aria-label="Key">
      <li><svg><rect class="a ok" width="14" height="10" y="3"/></svg>\(isReview ? "review" : "attempt, proven")</li>
      <li><svg><rect class="a fail" width="14" height="10" y="3"/></svg>attempt, failed</li>
      <li><svg><rect class="a run" width="14" height="10" y="3"/></svg>under way</li>
      <li><svg><path class="wait" d="M0 8H14"/></svg>waits</li>
      <li><svg><rect class="pause" width="14" height="10" y="3"/></svg>run paused</li>
      <li><svg><use class="m" href="#push" x="7" y="8"/></svg>pushed, pull request opened</li>
      <li><svg><use class="m" href="#seen" x="7" y="8"/></svg>verdict</li>
      <li><svg><use class="m mg" href="#merge" x="7" y="8"/></svg>merged</li>
      </ul>
      <table class="time">
      <caption class="sr">Attempts, waits, pauses, pull requests, verdicts and merges of each \(noun) over time</caption>
      <thead><tr><th scope="col">\(isReview ? "Pull request" : "Task")</th><th scope="col"><svg role="img" aria-label="\(axis.label)">\(HTML(ticks))</svg></th></tr></thead>
      <tbody>
      \(HTML(rows))
      </tbody></table>
      \(left > 0 ? "<p class=\"mute\">and \(left) more</p>" as HTML : HTML.nothing)
      </section>
      """
  }

  private func row(_ task: TaskState, number: Int, _ axis: Axis) -> HTML {
    let outcome = Outcome(task.status)
    let course = timeline.course(of: task.header.id)
    var shapes: [HTML] = ["<use href=\"#grid\"/>"]
    var words: [String] = []
    let begun = task.attempts.first?.startedAt ?? task.startedAt
    if let waited = begun ?? task.endedAt, axis.width(state.startedAt, waited) > 0.4 {
      shapes.append("<rect class=\"wait\" width=\"\(axis.place(waited))\" y=\"10.5\" height=\"1\"/>")
      words.append("waits until \(clock(waited))")
    }
    for attempt in task.attempts {
      let (kind, text) = describe(attempt, of: task, course)
      let end = attempt.endedAt ?? present
      let title = "attempt \(attempt.number), \(clock(attempt.startedAt)) to \(clock(end)): \(text)"
      shapes.append(
        "<rect class=\"a \(kind)\" x=\"\(axis.place(attempt.startedAt))\" width=\"\(axis.extent(attempt.startedAt, end))\" y=\"5\" height=\"12\"><title>\(title)</title></rect>"
      )
      words.append(title)
    }
    if let begun {
      for pause in timeline.pauses {
        let (from, to) = (max(pause.from, begun), min(pause.to ?? present, task.endedAt ?? present))
        guard from < to else { continue }
        let title = "paused, \(clock(from)) to \(clock(to)): \(pause.reason)"
        shapes.append(
          "<rect class=\"pause\" x=\"\(axis.place(from))\" width=\"\(axis.extent(from, to))\" y=\"5\" height=\"12\"><title>\(title)</title></rect>"
        )
        words.append(title)
      }
    }
    for (time, mark) in course.marks {
      let (shape, text) = draw(mark, at: time, task, axis)
      shapes.append(shape)
      words.append("\(text) at \(clock(time))")
    }
    if task.attempts.isEmpty, let end = task.endedAt {
      let side = axis.width(state.startedAt, end) > 55 ? "text-anchor=\"end\"" : "dx=\"8\"" as HTML
      shapes.append(
        "<text x=\"\(axis.place(end))\" \(side) y=\"15\" class=\"lab cover\">\(outcome.word) at \(clock(end))</text>")
      words.append("\(outcome.word) at \(clock(end))")
    }
    let label = words.isEmpty ? outcome.word : words.joined(separator: "; ")
    return """
      <tr><th scope="row" title="\(task.header.id)"><a href="#t\(number)"><span class="\(outcome.name)">\(outcome.sign)</span> \(task.header.id)</a></th><td><svg role="img" aria-label="\(label)">\(HTML(shapes))</svg></td></tr>
      """
  }

  private func draw(_ mark: RunTimeline.Mark, at time: JournalTime, _ task: TaskState, _ axis: Axis) -> (HTML, String) {
    let place = axis.place(time)
    switch mark {
    case .pushed:
      // The pull request has the same sign a moment later.
      guard task.pullRequest == nil else { return (.nothing, "pushed") }
      return ("<use class=\"m\" href=\"#push\" x=\"\(place)\" y=\"11\" transform=\"translate(6)\"/>", "pushed")
    case .opened(let number):
      return (
        """
        <use class="m" href="#push" x="\(place)" y="11" transform="translate(6)"/><text class="lab" x="\(place)" dx="13" y="15">#\(number)</text>
        """, "pull request \(number)"
      )
    case .verdict(let decision):
      let word = decision == .approve ? "approved" : "changes requested"
      let kind: HTML = decision == .approve ? "mg" : "bad"
      return ("<use class=\"m \(kind)\" href=\"#seen\" x=\"\(place)\" y=\"11\"><title>\(word)</title></use>", word)
    case .merged:
      return ("<use class=\"m mg\" href=\"#merge\" x=\"\(place)\" y=\"11\" transform=\"translate(8)\"/>", "merged")
    }
  }

  /// The class of an attempt's bar, and how it ended in words.
  func describe(_ attempt: AttemptState, of task: TaskState, _ course: RunTimeline.Course) -> (HTML, String) {
    guard let result = attempt.result else {
      return isAlive ? ("run", "under way") : ("fail", "its end was not seen")
    }
    let resumed = attempt.resumed ? ", same session" : ""
    if course.proven.contains(attempt.number) { return ("ok", "proven\(resumed)") }
    if let reason = course.retries[attempt.number] { return ("fail", reason + resumed) }
    if result.end == .succeeded {
      let isGood = task.status.isGood || task.verdict != nil
      return (isGood ? "ok" : "fail", (isGood ? "finished" : task.message ?? "finished") + resumed)
    }
    return ("fail", (result.message ?? result.end.rawValue) + resumed)
  }
}

/// The scale of the timeline.
private struct Axis {
  private let start: Date
  private let seconds: Double
  let ticks: [(place: HTML, label: String)]
  let label: String

  private static let steps: [Double] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
  ]

  init(from start: Date, to end: Date, _ zone: Zone) {
    self.start = start
    // A little more, for what stands next to the last sign.
    let seconds = max(1, end.timeIntervalSince(start)) * 1.1
    self.seconds = seconds
    let step = Self.steps.first { seconds / $0 <= 7 } ?? (seconds / 7).rounded(.up)
    var ticks: [(place: HTML, label: String)] = []
    var next = (start.timeIntervalSince1970 / step).rounded(.up) * step
    while next < start.timeIntervalSince1970 + seconds, ticks.count < 10 {
      let share = (next - start.timeIntervalSince1970) / seconds * 100
      let time = LocalTime(Date(timeIntervalSince1970: next), zone)
      // One at an edge would stand out of the page.
      if (2...97).contains(share) {
        ticks.append((percent(share), step < 60 ? time.seconds : step < 86_400 ? time.clock : time.day))
      }
      next += step
    }
    self.ticks = ticks
    label = "\(LocalTime(start, zone).clock) to \(LocalTime(end, zone).clock)"
  }

  func width(_ from: JournalTime, _ to: JournalTime) -> Double {
    min(max(to.date.timeIntervalSince(from.date) / seconds * 100, 0), 100)
  }

  func place(_ time: JournalTime) -> HTML {
    percent(min(max(time.date.timeIntervalSince(start) / seconds * 100, 0), 100))
  }

  /// A little can be seen of the shortest.
  func extent(_ from: JournalTime, _ to: JournalTime) -> HTML { percent(max(width(from, to), 0.3)) }
}

/// With two decimals.
func percent(_ value: Double) -> HTML {
  let hundredths = Int((value * 100).rounded())
  let rest = hundredths % 100
  return rest == 0
    ? "\(hundredths / 100)%" : "\(hundredths / 100).\(rest < 10 ? "0" as HTML : HTML.nothing)\(rest)%"
}
