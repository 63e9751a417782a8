import Basics
import Journal
import TerminalUI
import Upkeep

/// A plan to take a run back, as the user sees it.
enum UndoText {
  static func lines(of plan: UndoPlan) -> [String] {
    var lines: [String] = []
    func list(_ title: String, _ items: [String]) {
      guard !items.isEmpty else { return }
      lines.append(title)
      lines += items.map { "  \(sanitized($0))" }
    }
    let deed = plan.isRedo ? "bring back" : "take back"
    list(
      "To \(plan.isRest ? "finish to " : "")\(deed) run \(sanitized(plan.run)):",
      plan.unsaved.map { "save the uncommitted work in \($0)" } + plan.changes.map(\.deed))
    list("Stays as it is:", plan.left)
    list(
      "Cannot be taken back:", plan.lasting + (plan.cost > 0 ? ["what the agents cost: \(dollarText(plan.cost))"] : []))
    return lines
  }

  /// Schema 1.
  static func json(_ outcome: Undo.Outcome, isRehearsal: Bool) -> String {
    let plan = outcome.plan
    func texts(_ values: [String]) -> JSON { .array(values.map(JSON.string)) }
    func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
    return JSON.object([
      "schema": 1,
      "run": .string(plan.run),
      "action": plan.isRedo ? "redo" : "undo",
      "dryRun": .bool(isRehearsal),
      "done": .bool(outcome.isDone),
      "changes": .array(
        plan.changes.map { change in
          [
            "kind": .string(change.kind.rawValue), "name": .string(change.name), "before": text(change.before),
            "after": text(change.after), "place": text(change.place),
          ]
        }),
      "unsaved": texts(plan.unsaved),
      "left": texts(plan.left),
      "lasting": texts(plan.lasting),
      "costUSD": .number(plan.cost),
      "refusals": .array(
        plan.refusals.map { ["reason": .string($0.reason), "hints": texts($0.hints)] }),
    ]).text
  }
}
