import Agents
import Basics
import Foundation
import Journal
import OrchTestSupport
import SystemPackage
import TerminalUI
import Testing

@testable import CommandSupport
@testable import RunViews
@testable import Screens

/// The live view as a function of what is known and of the window.
@Suite(.timeLimit(.minutes(5))) struct LiveViewTests {
  private static let sizes = [(100, 30), (120, 40), (88, 24), (72, 30), (60, 20), (56, 12), (40, 10), (30, 6), (20, 5)]

  private func frame(_ name: String) -> LiveFrame {
    var frame = name == "paused" ? LiveSamples.paused : LiveSamples.middle
    switch name {
    case "help": frame.controls.mode = .help
    case "filter": (frame.controls.mode, frame.controls.filter) = (.filtering, "audit")
    case "asking": frame.controls.mode = .asking(.stop(task: "fix-timezone-in-export"))
    case "work": (frame.controls.showsWorkOnly, frame.controls.chosen) = (true, "fix-flaky-search-test")
    case "watch":
      frame.abilities.isPerforming = false
      frame.abilities.canDetach = false
    default: break
    }
    return frame
  }

  @Test(arguments: sizes) func `the middle of a run`(columns: Int, rows: Int) throws {
    let lines = LiveView.lines(frame("middle"), size: .init(columns: columns, rows: rows), palette: .plain)
    try assertSnapshot(lines.joined(separator: "\n"), "live-middle-\(columns)x\(rows).txt")
  }

  @Test(arguments: ["paused", "help", "filter", "asking", "watch", "work"], [(100, 30), (60, 20), (40, 10)])
  func `other states`(name: String, size: (Int, Int)) throws {
    let lines = LiveView.lines(frame(name), size: .init(columns: size.0, rows: size.1), palette: .plain)
    try assertSnapshot(lines.joined(separator: "\n"), "live-\(name)-\(size.0)x\(size.1).txt")
  }

  @Test func `without Unicode, and with colours`() throws {
    let ascii = LiveView.lines(
      frame("middle"), size: .init(columns: 60, rows: 20), palette: Palette(isColored: false, glyphs: .ascii))
    #expect(ascii.allSatisfy { $0.allSatisfy(\.isASCII) })
    try assertSnapshot(ascii.joined(separator: "\n"), "live-ascii-60x20.txt")
    let painted = LiveView.lines(frame("middle"), size: .init(columns: 60, rows: 20), palette: Palette(isColored: true))
    try assertSnapshot(painted.joined(separator: "\n").replacing("\u{1B}", with: "^"), "live-colors-60x20.txt")
    // Nothing but colour is lost without it.
    let plain = LiveView.lines(frame("middle"), size: .init(columns: 60, rows: 20), palette: .plain)
    #expect(painted.map { $0.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") } == plain)
  }

  @Test(arguments: [(100, 30), (60, 20), (40, 10)]) func `the end`(columns: Int, rows: Int) throws {
    let lines = EndScreen.lines(LiveSamples.end, directory: "/", columns: columns, palette: .plain)
    try assertSnapshot(lines.joined(separator: "\n"), "end-\(columns)x\(rows).txt")
  }

  @Test(arguments: [(100, 30), (60, 20), (40, 10)]) func `a task's log`(columns: Int, rows: Int) throws {
    let log =
      [
        "[INIT] Session: 8b05f910... Model: claude-opus-4-5",
        "[TEXT] The dev server is not needed. I will run the export test.",
        "[THINKING] Half-hour offsets need the zone.", "[TOOL] Bash: npm test -- export",
        "[RESULT] (error) 3 of 18 failed",
      ] + (1...30).map { "[TOOL] Edit: src/export/dates\($0).ts" }
    let wrapped = LogPage.wrap(log, width: columns)
    let size = TerminalSize(columns: columns, rows: rows)
    let end = LogPage.lines(
      frame("middle"), task: "fix-timezone-in-export", log: wrapped, first: nil, size: size, palette: .plain)
    try assertSnapshot(end.joined(separator: "\n"), "log-\(columns)x\(rows).txt")
    let begin = LogPage.lines(
      frame("middle"), task: "fix-timezone-in-export", log: wrapped, first: 0, size: size, palette: .plain)
    #expect(begin.contains { $0.hasPrefix("begins opus-4.5") } && begin.count <= rows)
    #expect(LogPage.wrap(log, width: columns, find: "DATES1.ts") == ["Edit   src/export/dates1.ts"])
    #expect(!wrapped.contains { $0.contains("Half-hour") })
    #expect(
      LogPage.wrap(log, width: columns, find: "half-", withThinking: true).first?.hasPrefix("thinks Half-hour offsets")
        == true)
    #expect(LogPage.wrap(log, width: 20).allSatisfy { displayWidth($0) <= 20 })
  }

  @Test(arguments: [(100, 30), (60, 20), (40, 10), (20, 5)]) func `a plan is being made`(columns: Int, rows: Int) throws
  {
    var view = PlanningView(
      todo: "docs/todo.md", sources: [.api, .claude, .markdown],
      facts: .init(checked: ["identity", "signing", "remotes"], took: .milliseconds(2100)), at: LiveSamples.start)
    view.steps[0].outcome = .failed(after: .zero, reason: "ANTHROPIC_API_KEY is not set")
    view.steps[1].outcome = .asked(since: LiveSamples.start.addingTimeInterval(2))
    view.steps[1].use = .init(model: "claude-opus-4-5-20251101", tokens: 4100, cost: 0.07, isFinal: false)
    let lines = view.lines(
      now: LiveSamples.at(63).date, size: .init(columns: columns, rows: rows), palette: .plain)
    #expect(lines.allSatisfy { displayWidth($0) <= columns } && lines.count < rows)
    view.showsHelp = true
    let help = view.lines(
      now: LiveSamples.at(63).date, size: .init(columns: columns, rows: rows), palette: .plain)
    #expect(help.allSatisfy { displayWidth($0) <= columns } && help.count < rows)
    try assertSnapshot((lines + [""] + help).joined(separator: "\n"), "planning-\(columns)x\(rows).txt")
  }

  @Test func `no line is wider than the window, and there is one less than it has rows, whatever the state`() {
    var random = SystemRandomNumberGenerator()
    let palettes = [Palette.plain, Palette(isColored: true), Palette(isColored: false, glyphs: .ascii)]
    let modes: [LiveControls.Mode] = [
      .table, .help, .filtering, .asking(.quit), .asking(.stop(task: "add-audit-log-api")),
    ]
    for _ in 0..<400 {
      let count = Int.random(in: 1...LiveSamples.middleEntries.count, using: &random)
      let state = LiveSamples.fold(Array(LiveSamples.middleEntries.prefix(count)))
      var frame = LiveSamples.middle
      frame.view = RunView(state, isAlive: Bool.random(using: &random), now: LiveSamples.at(2_000_000).date)
      frame.controls.mode = modes.randomElement(using: &random) ?? .table
      frame.controls.filter = ["", "", "audit", "failed", "名"].randomElement(using: &random) ?? ""
      frame.controls.chosen = frame.view.rows.randomElement(using: &random)?.id
      let size = TerminalSize(
        columns: Int.random(in: 1...140, using: &random), rows: Int.random(in: 2...45, using: &random))
      let palette = palettes.randomElement(using: &random) ?? .plain
      let lines = LiveView.lines(frame, size: size, palette: palette)
      #expect(lines.count <= max(1, size.rows - 1), "\(size)")
      #expect(lines.allSatisfy { displayWidth($0) <= size.columns }, "\(size) \(lines)")
    }
  }

  @Test func `a hundred tasks are counted, and the selected one is seen`() {
    var header = LiveSamples.header
    header.tasks = (1...100).map {
      TaskHeader(id: "billing-v2-task-\($0)", title: "t", branch: "feature/\($0)", needs: [])
    }
    var frame = LiveFrame(
      RunView(RunState(header: header, startedAt: LiveSamples.at(0)), isAlive: true, now: LiveSamples.at(60).date))
    frame.controls.chosen = "billing-v2-task-77"
    let lines = LiveView.lines(frame, size: .init(columns: 80, rows: 24), palette: .plain)
    #expect(lines.count == 23)
    #expect(lines.contains { $0.hasPrefix("›◦ 77 ") }, "\(lines)")
    #expect(lines[0].contains("billing-v2-task-…"))
    #expect(lines.contains("100 waiting"))
  }

  @Test func `rows keep the plan's order, and only tasks that the filter names are shown`() {
    var frame = LiveSamples.middle
    func shown() -> [String] {
      LiveView.lines(frame, size: .init(columns: 100, rows: 30), palette: .plain).compactMap { line in
        LiveSamples.header.tasks.map(\.id).first { line.dropFirst(3).hasPrefix($0 + " ") }
      }
    }
    #expect(shown() == LiveSamples.header.tasks.map(\.id))
    frame.controls.filter = "failed"
    #expect(shown() == ["upgrade-node-to-24"])
  }

  @Test(arguments: [(100, 30), (40, 10), (20, 5)]) func `the page of conflicts fits its window`(columns: Int, rows: Int)
  {
    let size = TerminalSize(columns: columns, rows: rows)
    let reason = Array(repeating: "no git is here", count: 20).joined(separator: ", ")
    for content in [ConflictPage.Content.looking, .failed(reason)] {
      for first in [0, 3, 1000] {
        let lines = ConflictPage.lines(
          LiveSamples.middle, content, first: first, size: size, palette: Palette(isColored: false, glyphs: .ascii))
        #expect(lines.count == rows && lines.allSatisfy { displayWidth($0) <= columns }, "\(lines)")
        #expect(lines.last?.contains("Esc back") == true)
      }
    }
  }

  @Test func `what an agent does is told relative to its worktree`() {
    #expect(TaskActivity.relative("cd /t/a && make test", to: "/t/a", home: nil) == "make test")
    #expect(TaskActivity.relative("cd '/t/a'; ls /t/a/src", to: "/t/a", home: nil) == "ls src")
    #expect(TaskActivity.relative("/t/a/src/x.c", to: "/t/a", home: "/home/me") == "src/x.c")
    #expect(TaskActivity.relative("/home/me/x", to: "/t/a", home: "/home/me") == "~/x")
    #expect(TaskActivity.relative("/t/ab/x", to: "/t/a", home: nil) == "/t/ab/x")
  }

  @Test func `the next step is true for the state`() throws {
    #expect(NextStep(LiveSamples.middle.view) == nil)
    #expect(try #require(NextStep(LiveSamples.end.view)).command == "git orch review --from-run")
    let died = RunView(LiveSamples.fold(LiveSamples.middleEntries), isAlive: false, now: LiveSamples.start)
    #expect(try #require(NextStep(died)).command == "git orch run --continue")
    func next(_ status: TaskStatus, _ more: [JournalEvent]) -> String? {
      var header = ViewSamples.header
      header.tasks = [TaskHeader(id: "a", title: "a", branch: "feature/a", needs: [])]
      let events =
        more + [.taskEnded(task: "a", status: status, message: nil, advice: []), .runEnded]
      return NextStep(RunView(ViewSamples.state(header, events), isAlive: false, now: ViewSamples.start))?.command
    }
    let work: [JournalEvent] = [
      .taskStarting(task: "a", startCommit: "0", worktree: WorktreeRecord(name: "a", path: "/t/a")),
      .attemptStarting(task: "a", attempt: 1, session: "s", resumed: false),
    ]
    let proof: [JournalEvent] = [.proven(task: "a", tip: "1", commits: [CommitRecord(id: "1", summary: "x")])]
    #expect(next(.success, work + proof) == "git orch land")
    #expect(next(.failed, work) == "git orch attach a")
    #expect(next(.failed, []) == "git orch log a")
    #expect(next(.interrupted, work) == "git orch run --continue")
  }

  @Test func `silence is broken once a minute`() {
    var silence = Silence(at: LiveSamples.start)
    func isOver(_ seconds: Double) -> Bool { silence.isOver(at: LiveSamples.start.addingTimeInterval(seconds)) }
    #expect(!isOver(59))
    #expect(isOver(60))
    #expect(!isOver(119))
    #expect(isOver(120))
    silence.speak(at: LiveSamples.start.addingTimeInterval(170))
    #expect(!isOver(200) && isOver(230))
    let line = EventLine(standing: "now", LiveSamples.middle).plain(at: LiveSamples.at(1122).date, .utc)
    #expect(
      line.contains(" now 2 of 12 done, 4 running, 1 retrying, 1 paused, 2 waiting, 1 failed, 1 blocked, ~$"), "\(line)"
    )
  }

  @Test func `events that come too fast are counted`() {
    var model = LiveModel(home: nil)
    let now = LiveSamples.start
    for number in 0..<50 { model.add(EventLine(note: "\(number)")) }
    let first = model.takeEvents(at: now)
    #expect(first.events.count == 5)
    #expect(model.takeEvents(at: now.addingTimeInterval(0.5)).events.isEmpty)
    let later = model.takeEvents(at: now.addingTimeInterval(1.1))
    #expect(later.events.count == 5 && later.omitted == 40)
    #expect(!model.hasEvents)
  }
}
