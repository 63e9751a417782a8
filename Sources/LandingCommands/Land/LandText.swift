import Basics
import Git
import Journal
import Landing
import TerminalUI
import Trains

/// What a landing would do, as the user sees it.
enum LandText {
  static func lines(_ rehearsal: LandingRehearsal, terminal: Terminal) -> [String] {
    let plan = rehearsal.plan
    let base = plan.remote.map { "\($0)/\(plan.base.branch)" } ?? plan.base.branch
    var lines = [
      sanitized("Onto \(base) at \(plan.baseCommit.abbreviated), by \(plan.request.mode.rawValue), in this order:")
    ]
    if rehearsal.rows.isEmpty {
      lines = [sanitized("There is nothing to land on \(base).")]
    } else {
      var table = Table(
        columns: [
          Table.Column("#", alignment: .right), Table.Column("BRANCH", minimumWidth: 10, isFlexible: true),
          Table.Column("COMMITS", alignment: .right), Table.Column("", isFlexible: true),
        ], margin: 1)
      table.rows = rehearsal.rows.enumerated().map { index, row in
        [
          Table.Cell("\(index + 1)"), Table.Cell(row.item.branch), Table.Cell("\(row.item.commits.count)"),
          Table.Cell(note(row), row.conflicts.isEmpty && row.refusal == nil ? nil : .yellow),
        ]
      }
      lines += table.lines(width: terminal.isInteractive ? terminal.size().columns : nil, palette: terminal.palette)
    }
    for task in plan.tasks {
      if let landing = plan.landed[task.id] {
        lines.append(sanitized("Landed: \(task.branch): \(landing.words(base: base))"))
      } else if let out = plan.leftOut[task.id] {
        lines.append(sanitized("Left out: \(task.branch): \(out.reason)"))
        lines += out.advice.map { sanitized("  \($0)") }
      }
    }
    if !rehearsal.rows.isEmpty { lines.append(sanitized(tests(rehearsal))) }
    return lines
  }

  private static func note(_ row: LandingRehearsal.Row) -> String {
    if let refusal = row.refusal { return refusal }
    if !row.conflicts.isEmpty {
      let more = row.conflicts.count > 3 ? " and \(row.conflicts.count - 3) more" : ""
      return "conflicts in \(row.conflicts.prefix(3).joined(separator: ", "))\(more)"
    }
    if !row.resolved.isEmpty {
      let more = row.resolved.count > 3 ? " and \(row.resolved.count - 3) more" : ""
      return "conflicts in \(row.resolved.prefix(3).joined(separator: ", "))\(more), to be resolved as before"
    }
    return row.item.needs.isEmpty ? "" : "needs \(row.item.needs.joined(separator: ", "))"
  }

  private static func tests(_ rehearsal: LandingRehearsal) -> String {
    guard let command = rehearsal.plan.testCommand else { return "Tests: none" }
    guard let known = rehearsal.known else { return "Tests: '\(command)', on all of them together first" }
    return "Tests: none to run: '\(command)' \(known.passed ? "passed" : "failed") on all of them together at "
      + known.testedAt
  }

  /// Schema 1.
  static func json(_ rehearsal: LandingRehearsal) -> String {
    let plan = rehearsal.plan
    func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
    return JSON.object([
      "schema": 1,
      "dryRun": true,
      "base": ["branch": .string(plan.base.branch), "commit": .string(plan.base.commit)],
      "remote": text(plan.remote),
      "mode": .string(plan.request.mode.rawValue),
      "testCommand": text(plan.testCommand),
      "tested": rehearsal.known.map { ["passed": .bool($0.passed), "at": .string($0.testedAt)] } ?? .null,
      "train": .array(
        rehearsal.rows.map { row in
          [
            "task": .string(row.item.id), "branch": .string(row.item.branch),
            "commit": .string(row.item.tip.description), "needs": .array(row.item.needs.map(JSON.string)),
            "conflicts": .array(row.conflicts.map(JSON.string)),
            "resolvedAsBefore": .array(row.resolved.map(JSON.string)), "refusal": text(row.refusal),
          ]
        }),
      "landed": .array(
        plan.tasks.compactMap { task in
          plan.landed[task.id].map {
            ["task": .string(task.id), "branch": .string(task.branch), "by": .string($0.rawValue)]
          }
        }),
      "leftOut": .array(
        plan.tasks.compactMap { task in
          plan.leftOut[task.id].map {
            [
              "task": .string(task.id), "branch": .string(task.branch), "status": .string($0.status.rawValue),
              "reason": .string($0.reason),
            ]
          }
        }),
      "notes": .array(plan.notes.map(JSON.string)),
    ]).text
  }
}
