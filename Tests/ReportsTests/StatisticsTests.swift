import Basics
import Foundation
import Journal
import OrchTestSupport
import Processes
import TerminalUI
import Testing

@testable import Reports

@Suite struct StatisticsTests {
  private func statistics(_ grouping: RunStatistics.Grouping) -> RunStatistics {
    var statistics = RunStatistics(by: grouping)
    statistics.add(RunFigures(ReportSamples.ended.0))
    return statistics
  }

  @Test(arguments: [
    (RunStatistics.Grouping.task, 100, true), (.task, 60, false), (.model, 80, false), (.day, 80, true),
  ])
  func `it fits the terminal, in the characters that it has`(
    grouping: RunStatistics.Grouping, width: Int, isUnicode: Bool
  ) throws {
    let lines = StatisticsText.lines(
      statistics(grouping), width: width, palette: Palette(isColored: false, glyphs: isUnicode ? .unicode : .ascii))
    // The lines above the table are sentences.
    #expect(lines.dropFirst(7).allSatisfy { displayWidth($0) <= width })
    if !isUnicode { #expect(lines.dropFirst(7).allSatisfy { $0.allSatisfy { $0.isASCII || $0 == "…" } }) }
    try assertSnapshot(
      lines.joined(separator: "\n"), "stats-\(grouping.rawValue)-\(width)-\(isUnicode ? "unicode" : "ascii").txt")
  }

  @Test func `sums are the same however they are grouped`() {
    for grouping in RunStatistics.Grouping.allCases {
      let statistics = statistics(grouping)
      let sum = statistics.groups.reduce(0) { $0 + $1.accounts.cost }
      #expect(abs(sum - statistics.accounts.cost) < 0.000001, "\(grouping)")
      #expect(statistics.tasks == 12)
      #expect(statistics.counts.reduce(0) { $0 + $1.count } == 12)
    }
  }

  @Test func `a task counts for each of its agents, and is done by the last`() throws {
    let time = JournalTime(Date(timeIntervalSince1970: 1_795_379_825))
    let header = RunHeader(
      version: "1", id: "20261122-203705-00ff", process: ProcessIdentity(pid: 1, startTime: 2),
      base: BaseRecord(branch: "main", commit: "a"), remote: nil, localReason: nil, jobs: 1, agent: "claude",
      tasks: ["one", "two", "three"].map { TaskHeader(id: $0, title: $0, branch: $0, needs: []) })
    var state = RunState(header: header, startedAt: time)
    func attempt(_ task: String, _ number: Int, _ agent: String?, cost: Double) {
      let record = agent.map { AgentRecord(kind: "codex", name: $0) }
      for event in [
        JournalEvent.attemptStarting(
          task: task, attempt: number, session: "s", resumed: false, sandbox: nil, agent: record),
        .attemptEnded(task: task, attempt: number, result: AttemptRecord(end: .succeeded, session: "s", cost: cost)),
      ] { state.apply(JournalEntry(time: time, event: event)) }
    }
    attempt("one", 1, nil, cost: 1)
    attempt("one", 2, "mine", cost: 2)
    attempt("one", 3, nil, cost: 4)
    attempt("two", 1, "mine", cost: 8)
    for task in ["one", "two"] {
      state.apply(
        JournalEntry(time: time, event: .taskEnded(task: task, status: .success, message: nil, advice: [])))
    }
    var statistics = RunStatistics(by: .agent)
    statistics.add(RunFigures(state))
    let groups = statistics.groups.map {
      "\($0.name) \($0.tasks) \($0.succeeded) \($0.accounts.attempts) \($0.accounts.cost)"
    }
    #expect(groups == ["mine 2 1 2 10.0", "claude 1 1 2 5.0"])
    let json = try JSONEncoder().encode(StatisticsDocument(statistics))
    #expect(String(decoding: json, as: UTF8.self).contains("\"by\":\"agent\""))
    // What is kept next to the journal says the same.
    let stored = try JSONDecoder().decode(RunFigures.self, from: JSONEncoder().encode(RunFigures(state)))
    #expect(stored == RunFigures(state))
  }

  @Test(arguments: [(0.0, ""), (1.0, "████"), (0.5, "██"), (0.01, "▏"), (Double.nan, ""), (7, "████")])
  func `a bar is as long as its share`(share: Double, bar: String) {
    #expect(StatisticsText.bar(share, width: 4, isUnicode: true) == bar)
  }
}
