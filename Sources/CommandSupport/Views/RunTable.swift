import Journal
package import TerminalUI

/// The list of runs that `status --all` prints.
package enum RunTable {
  package static func lines(_ reports: [RunReport], terminal: Terminal) -> [String] {
    var table = Table(columns: [
      Table.Column("RUN"), Table.Column("KIND"), Table.Column("PHASE"), Table.Column("BASE", isFlexible: true),
      Table.Column("TASKS", isFlexible: true), Table.Column("COST", alignment: .right),
      Table.Column("TIME", alignment: .right),
    ])
    table.rows = reports.map { report in
      let state = report.state
      return [
        Table.Cell(state.header.id), Table.Cell(state.header.review == nil ? "run" : "review"),
        Table.Cell(report.phase.rawValue, report.phase == .ended ? nil : .yellow),
        Table.Cell(state.header.base.branch),
        Table.Cell(report.counts.map { "\($0.count) \($0.status.rawValue)" }.joined(separator: ", ")),
        Table.Cell(state.cost > 0 ? dollarText(state.cost) : ""), Table.Cell(shortText(report.duration)),
      ]
    }
    return table.lines(width: terminal.isInteractive ? terminal.size().columns : nil, palette: terminal.palette)
  }
}
