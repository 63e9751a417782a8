import Basics
import Foundation
import Journal
import OrchTestSupport
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

  @Test(arguments: [(0.0, ""), (1.0, "████"), (0.5, "██"), (0.01, "▏"), (Double.nan, ""), (7, "████")])
  func `a bar is as long as its share`(share: Double, bar: String) {
    #expect(StatisticsText.bar(share, width: 4, isUnicode: true) == bar)
  }
}
