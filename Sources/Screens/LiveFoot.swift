import Basics
import Journal
import RunViews
import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The last lines of the live view: how the tasks stand, what it costs, what can be pressed.
struct LiveFoot {
  let frame: LiveFrame
  let rows: [LiveRow]
  let width: Int
  let palette: Palette

  /// One symbol a task, and how many there are of each state.
  var strip: String {
    let symbols = rows.count * 2 <= width ? rows.map { palette.paint($0.state.symbol, $0.state.style) }.joined() : ""
    let before = symbols.isEmpty ? "" : symbols + "  "
    let words = counts.map { "\($0.count) \($0.state.rawValue)" }.joined(separator: " · ")
    if displayWidth(before + words) <= width { return before + words }
    return before + shortCounts
  }

  /// In the order of the states. A candidate that is not chosen has their symbol, but waits for nothing.
  static func counts(_ rows: [LiveRow]) -> [(state: DisplayState, count: Int)] {
    let rows = rows.filter { $0.status != .notChosen }
    let numbers = Dictionary(rows.map { ($0.state.counted, 1) }, uniquingKeysWith: +)
    return DisplayState.allCases.compactMap { state in numbers[state].map { (state, $0) } }
  }

  private var counts: [(state: DisplayState, count: Int)] { Self.counts(rows) }
  private var shortCounts: String { counts.map { "\($0.count)\($0.state.symbol)" }.joined(separator: " ") }

  private var cost: String {
    let (amount, isFinal) = frame.cost(of: rows)
    return amount > 0 ? (isFinal ? "" : "~") + shortDollarText(amount) : ""
  }

  private var costOfBudget: String {
    guard let budget = frame.budget else { return cost }
    let whole = budget == budget.rounded() && budget < 1e6 ? "$\(Int(budget))" : dollarText(budget)
    let text = "\(cost.isEmpty ? "$0" : cost) of \(whole)"
    return frame.cost(of: rows).amount >= 0.8 * budget ? palette.paint(text, .yellow) : text
  }

  private var rate: String { frame.rate.map { $0 > 0 ? dollarText($0) + "/min" : "" } ?? "" }

  private var tokens: String {
    let count = frame.tokens(of: rows)
    return count > 0 ? countText(count, isSum: true) + " tokens" : ""
  }

  /// Why the run does not simply continue; "" when it does.
  private var hindrance: String {
    if let pause = frame.view.pause {
      let reason = sanitized(pause.reason)
      guard let until = pause.until else { return "◫ paused: \(reason)" }
      let left = shortText(.seconds(max(0, until.date.timeIntervalSince(frame.now)).rounded(.up)))
      return "◫ paused until \(frame.clock.minutes(until.date)), \(left) left: \(reason)"
    }
    for case .waitingForForge(let until, let reason) in frame.view.notes {
      return "◫ waiting for the forge until \(frame.clock.minutes(until.date)): \(sanitized(reason))"
    }
    return frame.view.endingReason.map { "▮ ending: \(sanitized($0))" } ?? ""
  }

  var money: String {
    var facts = [hindrance.isEmpty ? "" : palette.paint(hindrance, .yellow), costOfBudget]
    facts += hindrance.isEmpty ? [rate, tokens] : [tokens]
    let conflicts = frame.view.conflicts.count + rows.count { $0.status == .conflict }
    if conflicts > 0 { facts.append("\(conflicts) conflict\(conflicts == 1 ? "" : "s")") }
    facts.removeAll(where: \.isEmpty)
    // Which one the selected task has, where there is room.
    let selected = frame.controls.selection(in: frame.scene)
    if let count = facts.last, let conflict = rows.first(where: { $0.id == selected })?.conflict {
      let named = facts.dropLast() + ["\(count), here it \(conflict)"]
      if displayWidth(named.joined(separator: " · ")) <= width { facts = Array(named) }
    }
    // What comes first counts most.
    while facts.count > 1, displayWidth(facts.joined(separator: " · ")) > width { facts.removeLast() }
    let line = facts.joined(separator: " · ")
    return line.isEmpty ? "nothing was spent yet" : line
  }

  /// Both, where there is little room.
  var stripAndMoney: String {
    let symbols =
      rows.count * 2 <= width ? rows.map { palette.paint($0.state.symbol, $0.state.style) }.joined() : shortCounts
    if !hindrance.isEmpty { return palette.paint(truncated(hindrance, to: width), .yellow) }
    for facts in [[symbols, [cost, rate].filter { !$0.isEmpty }.joined(separator: " ")], [symbols, cost]] {
      let line = facts.filter { !$0.isEmpty }.joined(separator: "  ")
      if displayWidth(line) <= width { return line }
    }
    return symbols
  }

  /// For windows in which nothing else has room.
  var tiny: String {
    let done = rows.count { $0.status.isFinal }
    return [
      "\(done)/\(rows.count)", cost, shortText(frame.view.duration),
      rows.count + 20 <= width ? rows.map(\.state.symbol).joined() : "",
    ].filter { !$0.isEmpty }.joined(separator: " ")
  }

  // MARK: - Keys

  var keys: String {
    switch frame.controls.mode {
    case .filtering:
      let count = frame.scene.tasks.count
      return "/\(sanitized(frame.controls.filter))_   \(count) of \(rows.count)"
    case .asking(.stop(let task)):
      let after = "? its work is kept  y/n"
      return "stop " + cutName(sanitized(task), to: max(8, width - 5 - displayWidth(after))) + after
    case .asking(.quit): return fitting(["stop the run? all work is kept  y/n", "stop the run?  y/n"], to: width)
    case .table, .help, .log, .finding, .conflicts: break
    }
    guard frame.abilities.hasKeyboard else {
      return frame.abilities.isPerforming ? "Ctrl-C stops" : "Ctrl-C leaves this view"
    }
    let quit = frame.abilities.isPerforming ? "q quit" : "q leave"
    let filter = frame.controls.filter.isEmpty ? "/ filter" : "/ \(sanitized(frame.controls.filter)) (Esc clears)"
    var keys = ["↑↓ select", "l log", "s stop", "d detach", filter, "? help", quit]
    // What few rows have is offered where the selected one does.
    let (selected, scene) = (frame.controls.selection(in: frame.scene), frame.scene)
    if let selected, scene.retryable.contains(selected) { keys.insert("r retry now", at: 2) }
    if frame.abilities.canCompare, !frame.view.conflicts.isEmpty { keys.insert("c conflicts", at: keys.count - 3) }
    if frame.controls.showsWorkOnly { keys.insert("t all tasks", at: 1) }
    if !frame.abilities.canStop { keys.removeAll { $0 == "s stop" } }
    if !frame.abilities.canDetach { keys.removeAll { $0 == "d detach" } }
    let wanted = keys
    let (first, second) = (["d detach"], ["d detach", "/ filter", "c conflicts"])
    for leaving in [[], first, second, second + ["s stop"]] {
      let line = wanted.filter { !leaving.contains($0) }.joined(separator: "  ")
      if displayWidth(line) <= width { return palette.paint(line, .dim) }
    }
    return shortKeys
  }

  var shortKeys: String {
    switch frame.controls.mode {
    case .filtering, .asking: keys
    case .table, .help, .log, .finding, .conflicts: palette.paint("? help", .dim)
    }
  }
}
