import Basics
import Foundation
import Journal
import OrchTestSupport
import SystemPackage
import TerminalUI
import Testing

@testable import RunViews
@testable import Screens

/// The screens of a run, each as a file in `Snapshots`; `make snapshots` renews them.
@Suite(.timeLimit(.minutes(5))) struct ViewSnapshotTests {
  static let samples: [(name: String, state: RunState, isAlive: Bool)] = [
    ("running", ViewSamples.running, true), ("paused", ViewSamples.paused, true), ("ended", ViewSamples.ended, false),
    ("died", ViewSamples.running, false), ("review", ViewSamples.review, true),
  ]

  private func view(_ name: String) throws -> RunView {
    let sample = try #require(Self.samples.first { $0.name == name })
    return RunView(sample.state, isAlive: sample.isAlive, now: ViewSamples.time(120).date)
  }

  @Test(arguments: samples.map(\.name)) func `the text of status`(name: String) throws {
    let lines = StatusText.lines(try view(name), directory: "/repo/app", palette: .plain)
    try assertSnapshot(lines.joined(separator: "\n"), "status-\(name).txt")
  }

  @Test(arguments: ["ended", "review"]) func `the summary`(name: String) throws {
    let summary = SummaryText(view: try view(name), directory: "/repo/app", palette: Palette(isColored: true))
    let text = summary.lines().joined(separator: "\n").replacing("\u{1B}", with: "^")
    try assertSnapshot(text, "summary-\(name).txt")
  }

  @Test(arguments: samples.map(\.name)) func `the JSON document`(name: String) throws {
    try assertSnapshot(try StatusDocument(try view(name)).json(), "document-\(name).txt")
  }

  @Test func `the JSON document of a review of nothing`() throws {
    try assertSnapshot(try StatusDocument.noReview(), "document-nothing.txt")
  }

  @Test(arguments: samples.map(\.name)) func `the lines for scripts`(name: String) throws {
    try assertSnapshot(PorcelainStatus.lines(try view(name)).joined(separator: "\n"), "porcelain-\(name).txt")
  }

  @Test func `the list of runs`() throws {
    let rows = try Self.samples.map { RunTable.Row(try view($0.name)) }
    try assertSnapshot(
      RunTable.lines(rows, width: nil, palette: .plain).joined(separator: "\n"), "list.txt")
  }

  @Test func `what is narrated`() throws {
    let events: [JournalEvent] = [
      .runStarted(ViewSamples.reviewHeader),
      .waitingForChecks(task: "pr-42", checks: [], until: ViewSamples.time(60)),
      .taskEnded(task: "pr-42", status: .merged, message: nil, advice: []),
      .retryPlanned(task: "pr-42", notBefore: ViewSamples.time(1200), reason: "tests failed"),
      .paused(until: ViewSamples.time(3600), reason: "usage limit of the account"), .resumed,
    ]
    let lines = events.compactMap { EventLine($0, in: ViewSamples.review, mostAttempts: 3, clock: .utc) }
    let plain = lines.map { $0.plain(at: ViewSamples.start, .utc) }
    let painted = lines.flatMap { $0.painted(at: ViewSamples.start, .utc, width: 60, .plain) }
    try assertSnapshot((plain + [""] + painted).joined(separator: "\n"), "narration.txt")
  }

  @Test(arguments: [1e18, 1e300]) func `a cost beyond all measure is shown somehow`(cost: Double) throws {
    var events: [JournalEvent] = [
      .attemptStarting(task: "tests", attempt: 1, session: "s", resumed: false),
      .attemptEnded(task: "tests", attempt: 1, result: AttemptRecord(end: .failed, cost: cost)),
    ]
    events += [.runEnded]
    let view = RunView(ViewSamples.state(ViewSamples.header, events), isAlive: false, now: ViewSamples.start)
    #expect(PorcelainStatus.lines(view).contains { $0.contains("922337203685477.5807") })
    #expect(try StatusDocument(view).json().contains("\"costUSD\""))
    #expect(StatusText.lines(view, directory: "/", palette: .plain).contains { $0.contains("$?") })
  }

  @Test func `entries of a newer version are counted`() throws {
    var fold = JournalFold(path: "journal")
    let line = #"{"schema":2,"time":"2026-11-22T20:37:05.123Z","type":"teleported"}"# + "\n"
    let begin = try JSONEncoder().encode(
      JournalEntry(time: ViewSamples.time(0), event: .runStarted(ViewSamples.header)))
    try (begin + Data("\n\(line)\(line)".utf8)).withUnsafeBytes { try fold.feed($0) }
    let view = RunView(try #require(fold.state), isAlive: true, now: ViewSamples.start)
    let lines = StatusText.lines(view, directory: "/", palette: .plain)
    #expect(lines.last == "2 entries of a newer version are not shown")
  }

  @Test func `JSON is the same data where it is shown, and nothing in it is obeyed`() throws {
    let texts = ["a\u{202E}b\u{9B}31m\u{7F}\u{1B}", "é 名 ⚠️", "\u{E0041}"]
    let json = try StatusDocument.json(texts)
    #expect(sanitized(json, .keepLines) == json)
    #expect(json.contains("a\\u202eb\\u009b31m\\u007f") && json.contains("é 名"))
    #expect(try JSONDecoder().decode([String].self, from: Data(json.utf8)) == texts)
  }
}
