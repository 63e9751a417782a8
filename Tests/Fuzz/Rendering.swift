import Agents
import Basics
import Foundation
import Journal
import Reports
import RunViews
import Screens
import SystemPackage
import TerminalUI

/// Draws a run in all the ways there are, and looks at each.
enum Rendering {
  static func check(_ state: RunState, said: String = "") throws {
    try checkSum(state.cost, "the cost")
    for task in state.tasks { try checkSum(task.cost, "a task's cost") }
    for isAlive in [true, false] {
      let view = RunView(state, isAlive: isAlive, now: Date(timeIntervalSince1970: 1_795_379_825))
      let document = try StatusDocument(view).json()
      guard JSON(parsing: document) != nil else { throw Violation("status --json prints what is no JSON") }
      for isColored in [true, false] {
        let palette = Palette(isColored: isColored)
        try checkPainted(StatusText.lines(view, directory: "/repo/app", palette: palette), "status")
        try checkPainted(SummaryText(view: view, directory: "/repo/app", palette: palette).lines(), "the summary")
        try checkPainted(RunTable.lines([RunTable.Row(view)], width: nil, palette: palette), "status --all")
        for width in [1, 20, 79] {
          let size = TerminalSize(columns: width, rows: 24)
          var frame = LiveFrame(view)
          for row in view.rows {
            var activity = TaskActivity(at: view.now, worktree: "/repo/trees")
            activity.note(.text(said), at: view.now)
            frame.activities[row.id] = activity
          }
          try checkPainted(LiveView.lines(frame, size: size, palette: palette), "the live lines")
          try checkPainted(
            EndScreen.lines(frame, directory: "/repo/app", columns: width, palette: palette), "the end")
          try checkPainted(RunTable.lines([RunTable.Row(view)], width: width, palette: palette), "status --all")
        }
      }
      for line in PorcelainStatus.lines(view) {
        try checkShown([line], "status --porcelain", tabs: true)
      }
    }
    try checkReports(state)
  }

  /// The page of the run, and what statistics say of it.
  private static func checkReports(_ state: RunState) throws {
    let page = ReportPage(
      state, timeline: RunTimeline(), folder: RunFolder(id: state.header.id, path: "/repo/app/run"), place: nil,
      isAlive: false, repository: "app", version: "1", now: Date(timeIntervalSince1970: 1_795_379_825), zone: .utc,
      exists: { _ in true }
    ).text
    try checkShown(text: page, "the page")
    guard !page.contains("<script"), !page.contains("href=\"javascript:") else {
      throw Violation("the page has a script")
    }
    for grouping in RunStatistics.Grouping.allCases {
      var statistics = RunStatistics(by: grouping)
      statistics.add(RunFigures(state))
      try checkSum(statistics.accounts.cost, "the cost of all")
      try checkPainted(
        StatisticsText.lines(statistics, width: 60, palette: Palette(isColored: true)), "stats")
    }
  }

  /// What is said of entries as they come, on a terminal and elsewhere.
  static func checkNarration(_ entries: [(JournalEntry, RunState)]) throws {
    for (entry, state) in entries {
      guard let line = EventLine(entry.event, in: state) else { continue }
      let time = entry.time.date
      try checkShown([line.plain(at: time, .utc)], "the narration")
      try checkShown(line.painted(at: time, .utc, width: 40, .plain), "the narration")
    }
  }

  /// The state after all entries that can be read, with each entry on its way, which must survive being written.
  static func fold(_ entries: [JournalEntry]) throws -> [(JournalEntry, RunState)] {
    var steps: [(JournalEntry, RunState)] = []
    var state: RunState?
    for entry in entries {
      _ = try entry.line()
      if state == nil {
        guard case .runStarted(let header) = entry.event else { return [] }
        state = RunState(header: header, startedAt: entry.time)
      } else {
        state?.apply(entry)
      }
      if let state { steps.append((entry, state)) }
    }
    return steps
  }
}
