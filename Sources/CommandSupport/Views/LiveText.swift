import Basics
import Journal
package import TerminalUI

/// The live lines of a run that is going on: a row for each task under way, and a line for the run.
package enum LiveText {
  private static let mostRows = 16

  /// - Parameters:
  ///   - activities: what each agent did last, by task.
  ///   - hint: what Ctrl-C does.
  package static func lines(
    _ view: RunView, activities: [String: String], hint: String = "Ctrl-C stops", width: Int, palette: Palette
  ) -> [String] {
    var table = Table(
      columns: [
        Table.Column(""), Table.Column("", isFlexible: true), Table.Column(""), Table.Column("", alignment: .right),
        Table.Column("", minimumWidth: 10, isFlexible: true),
      ], hasHeader: false)
    let active = view.rows.filter { !$0.status.isFinal && $0.status != .waiting }
    table.rows = active.prefix(mostRows).map { row in
      let attempts = row.task.attempts.count
      return [
        Table.Cell(row.status.symbol, row.status.style), Table.Cell(row.id, .bold),
        Table.Cell(row.status.rawValue + (attempts > 1 ? " (\(attempts))" : "")),
        Table.Cell(row.duration.map(shortText) ?? ""),
        Table.Cell(row.task.retry?.reason ?? row.checksText ?? activities[row.id] ?? "", .dim),
      ]
    }
    var lines = table.lines(width: width, palette: palette)
    if active.count > mostRows { lines.append("  and \(active.count - mostRows) more") }
    let ended = view.rows.count { $0.status.isFinal }
    var facts = ["\(ended) of \(view.rows.count) done"]
    if view.cost > 0 { facts.append(dollarText(view.cost)) }
    facts.append(shortText(view.duration))
    if let pause = view.pause {
      facts.append("paused\(pause.until.map { " until \($0)" } ?? ""): \(pause.reason)")
    } else {
      facts.append(view.endingReason ?? hint)
    }
    lines.append(palette.paint(truncated(sanitized(facts.joined(separator: " · ")), to: width), .dim))
    return lines
  }
}

extension RunView.Row {
  /// `waiting for checks: ci/build`; nil when it waits for none.
  package var checksText: String? { task.checksWait.map { Self.text(waitingFor: $0.checks) } }

  package static func text(waitingFor checks: [String]) -> String {
    let names = checks.prefix(5).joined(separator: ", ") + (checks.count > 5 ? " and \(checks.count - 5) more" : "")
    return "waiting for checks" + (names.isEmpty ? "" : ": \(names)")
  }
}
