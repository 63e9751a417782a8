import CommandSupport
import Plans
import TerminalUI

/// A plan as a table, for people who are about to approve it.
enum PlanTable {
  static func lines(_ plan: TaskPlan, terminal: Terminal) -> [String] {
    var table = Table(columns: [
      Table.Column("TASK", isFlexible: true), Table.Column("TITLE", minimumWidth: 20, isFlexible: true),
      Table.Column("BRANCH", isFlexible: true), Table.Column("NEEDS", isFlexible: true),
    ])
    table.rows = plan.tasks.map { task in
      [
        Table.Cell(task.id, .bold), Table.Cell(task.title), Table.Cell(task.branch),
        Table.Cell(task.needs.joined(separator: ", "), .dim),
      ]
    }
    return table.lines(width: terminal.isInteractive ? terminal.size().columns : nil, palette: terminal.palette)
  }
}
