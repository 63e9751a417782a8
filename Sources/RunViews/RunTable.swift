package import Journal
package import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The list of runs that `status --all` prints.
package enum RunTable {
  /// A run in one line.
  package struct Row: Sendable {
    let id: String
    let kind: RunView.Kind
    let phase: RunView.Phase
    let base: String
    let counts: String
    let cost: Double
    let duration: Duration

    package init(_ view: RunView) {
      id = view.id
      kind = view.kind
      phase = view.phase
      base = view.header.base.branch
      counts = view.countsText
      cost = view.cost
      duration = view.duration
    }

    package init(_ summary: RunSummary) {
      id = summary.id
      kind = summary.landing ? .landing : summary.isReview ? .review : .run
      phase = .ended
      base = summary.base
      counts = summary.counts.map { "\($0.count) \($0.status.rawValue)" }.joined(separator: ", ")
      cost = summary.cost
      duration = .milliseconds((summary.endedAt.date.timeIntervalSince(summary.startedAt.date) * 1000).rounded())
    }
  }

  package static func lines(_ rows: [Row], terminal: Terminal) -> [String] {
    lines(rows, width: terminal.isInteractive ? terminal.size().columns : nil, palette: terminal.palette)
  }

  package static func lines(_ rows: [Row], width: Int?, palette: Palette) -> [String] {
    var table = Table(columns: [
      Table.Column("RUN"), Table.Column("KIND"), Table.Column("PHASE"), Table.Column("BASE", isFlexible: true),
      Table.Column("TASKS", isFlexible: true), Table.Column("COST", alignment: .right),
      Table.Column("TIME", alignment: .right),
    ])
    table.rows = rows.map { row in
      [
        Table.Cell(row.id), Table.Cell(row.kind.rawValue),
        Table.Cell(row.phase.rawValue, row.phase == .ended ? nil : .yellow), Table.Cell(row.base),
        Table.Cell(row.counts), Table.Cell(row.cost > 0 ? dollarText(row.cost) : ""),
        Table.Cell(shortText(row.duration)),
      ]
    }
    return table.lines(width: width, palette: palette)
  }
}
