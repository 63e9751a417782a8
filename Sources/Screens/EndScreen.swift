import Basics
import Git
import Journal
package import RunViews
package import SystemPackage
package import TerminalUI

/// What stays on the terminal once a run or a review has ended: a table, the sums, what needs a look, and the next step.
package enum EndScreen {
  private static let resultGap = 2

  package static func lines(
    _ frame: LiveFrame, directory: FilePath, columns width: Int, palette: Palette, links: Hyperlinks = .none
  ) -> [String] {
    let rows = frame.view.rows.map { LiveRow($0, in: frame) }
    let width = max(20, width)
    var lines = [rule(frame, width, palette)]
    lines += width >= 56 ? table(rows, width, palette, links) : short(rows, frame, width, palette)
    if width >= 56 { lines.append("") }
    lines += totals(rows, frame, width)
    lines += looks(frame, directory, width, palette, links)
    if let next = NextStep(frame.view) {
      lines += ["", displayWidth(next.text) <= width ? next.text : "Next: \(next.command)"]
    }
    // What can be copied is folded by the terminal, not cut.
    return lines.map { palette.spelled($0) }
  }

  private static func rule(_ frame: LiveFrame, _ width: Int, _ palette: Palette) -> String {
    let view = frame.view
    let id = sanitized(view.id)
    let short = id.split(separator: "-").last.map(String.init) ?? id
    let end = view.endedAt.map { "ended at \(frame.clock.minutes($0.date))" } ?? view.phase.rawValue
    return LiveView.rule(
      ["\(view.kind.rawValue) \(id) \(end)", "\(short) \(end)", short], right: shortText(view.duration), width, palette)
  }

  private static func table(
    _ rows: [LiveRow], _ width: Int, _ palette: Palette, _ links: Hyperlinks
  ) -> [String] {
    let (hasTokens, hasChanges, hasAttempt) = (width >= 96, width >= 88, width >= 72)
    let longest = rows.map { displayWidth($0.name) }.max() ?? 0
    let name = min(width >= 72 ? 28 : 20, max(14, longest))
    var fixed = 3 + name + 2 + resultGap + 1 + 6 + 1 + 8
    if hasAttempt { fixed += 4 }
    if hasChanges { fixed += 1 + 2 + 1 + LiveColumns.linesWidth }
    if hasTokens { fixed += 1 + LiveColumns.tokenWidth }
    let result = max(8, width - fixed)
    func line(_ symbol: String, _ cut: String, _ mark: String, _ cells: [String], _ text: String, _ url: String? = nil)
      -> String
    {
      var line = " " + symbol + " " + padded(cut, to: name) + " " + (mark.isEmpty ? " " : mark)
      if hasAttempt { line += " " + padded(cells[0], to: 3, .right) }
      line += "  " + linked(padded(text, to: result), to: url, links)
      if hasChanges {
        line += " " + padded(cells[1], to: 2, .right) + " " + padded(cells[2], to: LiveColumns.linesWidth, .right)
      }
      if hasTokens { line += " " + padded(cells[3], to: LiveColumns.tokenWidth, .right) }
      return line + " " + padded(cells[4], to: 6, .right) + " " + padded(cells[5], to: 8, .right)
    }
    var lines: [String] = []
    if width >= 72 {
      let header = line(" ", "task", "", ["try", "", "commits +/-", "token", "time", "cost"], "result")
      lines.append(
        palette.paint(hasChanges ? header.replacing("     commits +/-", with: "  commits +/-") : header, .dim))
    }
    for (row, cut) in zip(rows, cutNames(rows.map(\.name), to: name)) {
      lines.append(
        line(
          palette.paint(row.state.symbol, row.state.style), cut, palette.paint(row.mark, .yellow),
          [
            row.attempts > 0 ? "\(row.attempts)" : "", row.commits, row.lines, row.tokenText, row.time, row.costText,
          ], row.now.text(result), row.url))
    }
    return lines.map(trimmedAtEnd)
  }

  /// What names the pull request leads to it; the text is as wide as before.
  private static func linked(_ text: String, to url: String?, _ links: Hyperlinks) -> String {
    guard let url, text.first == "#" else { return text }
    let name = text.prefix { $0 == "#" || $0.isNumber }
    return links.link(address: url, as: String(name)) + text[name.endIndex...]
  }

  private static func short(
    _ rows: [LiveRow], _ frame: LiveFrame, _ width: Int, _ palette: Palette
  ) -> [String] {
    let (done, count) = Self.done(rows, frame)
    let symbols =
      rows.count <= width / 2 ? rows.map { palette.paint($0.state.symbol, $0.state.style) }.joined() + "  " : ""
    let cost = frame.cost(of: rows).amount
    var lines = [symbols + "\(done) of \(count) done" + (cost > 0 ? " · \(costText(frame, rows))" : "")]
    for row in rows where row.status.isFinal && !row.status.isGood {
      let name = cutName(row.name, to: max(8, width / 2))
      let room = max(8, width - 5 - displayWidth(name))
      lines.append(" \(palette.paint(row.state.symbol, row.state.style)) \(name): \(row.now.text(room))")
    }
    return lines
  }

  /// Without candidates: what they did is their task's.
  private static func own(_ rows: [LiveRow], _ frame: LiveFrame) -> [LiveRow] {
    zip(rows, frame.view.rows).compactMap { $1.task.header.candidateOf == nil ? $0 : nil }
  }

  private static func done(_ rows: [LiveRow], _ frame: LiveFrame) -> (done: Int, count: Int) {
    let own = own(rows, frame)
    return (own.count { $0.status.isGood }, own.count)
  }

  private static func costText(_ frame: LiveFrame, _ rows: [LiveRow]) -> String {
    let (amount, isFinal) = frame.cost(of: rows)
    return (isFinal ? "" : "~") + dollarText(amount)
  }

  private static func totals(_ rows: [LiveRow], _ frame: LiveFrame, _ width: Int) -> [String] {
    let (done, count) = Self.done(rows, frame)
    let own = own(rows, frame)
    let noun = frame.view.kind == .review ? " pull requests" : frame.view.kind == .landing ? " branches" : ""
    let others = LiveFoot.counts(own.filter { !$0.status.isGood }).map { "\($0.count) \($0.state.rawValue)" }
    // In a narrow window the first line says it.
    var facts = width < 56 ? [] : [(["\(done) of \(count)\(noun) done"] + others).joined(separator: ", ")]
    let commits = own.reduce(0) { $0 + $1.commitCount }
    let changes = frame.amounts.values
    let (added, removed) = (changes.reduce(0) { $0 + $1.added }, changes.reduce(0) { $0 + $1.removed })
    if commits > 0 {
      facts.append(
        "\(commits) commit\(commits == 1 ? "" : "s")"
          + (added + removed > 0 ? " " + linesText(added: added, removed: removed) : ""))
    }
    let tokens = frame.tokens(of: rows)
    if tokens > 0 { facts.append("\(countText(tokens, isSum: true)) tokens") }
    let cost = frame.cost(of: rows).amount
    if cost > 0, width >= 56 {
      let planning = frame.view.planning.map(planningCostText) ?? ""
      facts.append(costText(frame, rows) + (planning.isEmpty ? "" : " (\(planning) for the plan)"))
    }
    if facts.isEmpty { return [] }
    var lines: [String] = []
    var line = ""
    for fact in facts {
      let longer = line.isEmpty ? fact : line + " · " + fact
      if displayWidth(longer) > width, !line.isEmpty {
        lines.append(line)
        line = fact
      } else {
        line = longer
      }
    }
    return lines + [line]
  }

  /// What needs a look: refused calls, what changed that should not, and where unfinished work is.
  private static func looks(
    _ frame: LiveFrame, _ directory: FilePath, _ width: Int, _ palette: Palette, _ links: Hyperlinks
  ) -> [String] {
    let view = frame.view
    var lines: [String] = []
    let denied = view.rows.filter { !$0.task.denied.isEmpty }
    if !denied.isEmpty {
      let count = denied.reduce(0) { $0 + $1.task.denied.count }
      let calls = "! \(count) call\(count == 1 ? " was" : "s were") denied"
      let tasks = " in \(denied.count) task\(denied.count == 1 ? "" : "s")"
      lines.append(
        fitting(
          [
            calls + tasks + "; git orch status shows them and the settings that allow them",
            calls + tasks + ": git orch status", calls + ": git orch status",
          ], to: width))
    }
    lines += conflicts(view, width)
    let failed = view.rows.filter { $0.status.isFinal && !$0.status.isGood && $0.task.worktree != nil }
    for row in failed.prefix(3) {
      let id = sanitized(row.id)
      let kept = row.task.canBeAttached ? "git orch attach \(id)" : "git orch log \(id)"
      let count = row.task.commits.count
      let long =
        "\(row.status.symbol) \(id) left \(count) commit\(count == 1 ? "" : "s"); its worktree is kept: \(kept)"
      let line = displayWidth(long) <= width ? long : "\(row.status.symbol) its work is kept: \(kept)"
      let place = row.task.worktreePath.map { links.link(FilePath($0), as: "is kept") } ?? "is kept"
      lines.append(line.replacing("is kept", with: place))
    }
    if failed.count > 3 { lines.append("  and \(failed.count - 3) more: git orch status") }
    // The same as in the summary; that it can be continued is the next step.
    var summary = SummaryText(view: view, directory: directory, palette: palette)
    summary.links = links
    return lines + view.notes.filter { $0 != .canContinue }.flatMap(summary.lines(of:))
  }
}

extension EndScreen {
  private static let mostConflicts = 5

  /// A line each where there is room, else how many there are.
  private static func conflicts(_ view: RunView, _ width: Int) -> [String] {
    let count = view.conflicts.count
    if count == 0 { return [] }
    let lines = view.conflicts.prefix(mostConflicts).map { conflict in
      let other = sanitized(conflict.with ?? view.header.base.branch)
      return "↯ \(sanitized(conflict.task)) and \(other) conflict in "
        + sanitized(conflictPaths(conflict.paths, of: conflict.count, most: 1))
    }
    let all = "↯ \(count) conflict\(count == 1 ? "" : "s"): git orch conflicts"
    guard lines.allSatisfy({ displayWidth($0) <= width }) else { return [all] }
    return lines + (count > mostConflicts ? [all] : [])
  }
}

extension LiveRow {
  fileprivate var commitCount: Int { Int(commits) ?? 0 }
}

private func trimmedAtEnd(_ line: String) -> String {
  var line = Substring(line)
  while line.last == " " { line.removeLast() }
  return String(line)
}
