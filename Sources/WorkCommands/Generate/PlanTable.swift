import Basics
import CommandSupport
import Plans
import TerminalUI

/// A plan as a table, for people who are about to approve it.
enum PlanTable {
  static func lines(_ plan: TaskPlan, terminal: Terminal) -> [String] {
    // What no task says has no column.
    let optional: [(name: String, text: (AgentTask) -> String?)] = [
      ("AGENT", agents(of:)), ("CANDIDATES", { $0.plannedCandidates.map { "\($0)" } }),
      ("LAUNCHER", { $0.launcher?.rawValue }),
      ("MODEL", \.model),
    ].filter { column in plan.tasks.contains { column.1($0) != nil } }
    var table = Table(
      columns: [
        Table.Column("TASK", isFlexible: true), Table.Column("TITLE", minimumWidth: 20, isFlexible: true),
        Table.Column("BRANCH", isFlexible: true), Table.Column("NEEDS", isFlexible: true),
      ] + optional.map { Table.Column($0.name, isFlexible: true) })
    table.rows = plan.tasks.map { task in
      [
        Table.Cell(task.id, .bold), Table.Cell(task.title), Table.Cell(task.branch),
        Table.Cell(task.needs.joined(separator: ", "), .dim),
      ] + optional.map { Table.Cell($0.text(task) ?? "") }
    }
    return table.lines(width: terminal.isInteractive ? terminal.size().columns : nil, palette: terminal.palette)
  }

  private static func agents(of task: AgentTask) -> String? {
    task.namedAgents.isEmpty ? nil : task.namedAgents.joined(separator: ", ")
  }
}
