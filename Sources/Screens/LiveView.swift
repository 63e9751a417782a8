import Basics
import Journal
import RunViews
package import TerminalUI

/// The live view of a run or a review: lines for a window, from what is known and nothing else.
package struct LiveView {
  private let frame: LiveFrame
  private let size: TerminalSize
  private let palette: Palette
  private let rows: [LiveRow]
  private let selected: String?

  /// No line is wider than the window, and there is one less than it has rows.
  package static func lines(_ frame: LiveFrame, size: TerminalSize, palette: Palette) -> [String] {
    let view = LiveView(frame, size, palette)
    let most = max(1, size.rows - 1)
    let lines = frame.controls.mode == .help ? HelpPage.lines(size, frame.abilities, palette) + view.foot : view.lines
    let shown = lines.count > most ? Array(lines.suffix(most)) : lines
    return shown.map { palette.spelled(truncated($0, to: max(1, size.columns))) }
  }

  private init(_ frame: LiveFrame, _ size: TerminalSize, _ palette: Palette) {
    self.frame = frame
    self.size = size
    self.palette = palette
    rows = frame.view.rows.map { LiveRow($0, in: frame) }
    selected = frame.abilities.hasKeyboard ? frame.controls.selection(in: frame.scene) : nil
  }

  private var width: Int { size.columns }
  private var isNarrow: Bool { width < 56 }

  private var lines: [String] {
    let foot = LiveFoot(frame: frame, rows: rows, width: width, palette: palette)
    guard width >= 30, size.rows >= 6 else { return [foot.tiny] }
    let names = Set(frame.scene.tasks)
    let matching = rows.filter { names.contains($0.id) }
    // The rule, what is selected, the strip, the money, the keys.
    let hasSelected = isNarrow && selected != nil
    let fixed = 1 + (hasSelected ? 1 : 0) + (isNarrow ? 1 : 2)
    var room = size.rows - 1 - fixed - 1
    let hasHeader = size.rows >= 24
    if hasHeader { room -= 1 }
    var shown = matching
    // What is over goes first, the first of it; then what is not its turn, the last of it.
    leaveOut(&shown, room, fromEnd: false) { $0 == .done }
    leaveOut(&shown, room, fromEnd: true) { $0 == .waiting || $0 == .blocked }
    shown = window(shown, max(1, room))
    let longest = rows.map { displayWidth($0.name) }.max() ?? 0
    let prefix = sharedPrefix(rows.map(\.name))
    let columns = LiveColumns(width: width, longestName: longest - displayWidth(prefix))
    var lines = [rule(shown: shown.count, of: rows.count, prefix: prefix)]
    if hasHeader { lines.append(palette.paint(columns.header, .dim)) }
    let cut = cutNames(shown.map { String($0.name.dropFirst(prefix.count)) }, to: columns.name)
    for (row, name) in zip(shown, cut) {
      lines.append(columns.line(row, name: name, isSelected: row.id == selected, palette: palette))
    }
    if hasSelected, let row = rows.first(where: { $0.id == selected }) { lines.append(self.line(of: row)) }
    if isNarrow {
      lines.append(foot.stripAndMoney)
    } else {
      lines += [foot.strip, foot.money]
    }
    return lines + [foot.keys]
  }

  /// What stands below the help.
  private var foot: [String] {
    let foot = LiveFoot(frame: frame, rows: rows, width: width, palette: palette)
    return isNarrow || size.rows < 20 ? [] : [foot.money, foot.keys]
  }

  /// What the columns do not show of the row that is selected.
  private func line(of row: LiveRow) -> String {
    let before = [row.attempt, row.mark].filter { !$0.isEmpty }.map { $0 + " " }.joined()
    return "  " + before + row.now.text(max(1, width - 2 - displayWidth(before)))
  }

  private func leaveOut(
    _ shown: inout [LiveRow], _ room: Int, fromEnd: Bool, _ isMeant: (DisplayState) -> Bool
  ) {
    let excess = shown.count - max(1, room)
    guard excess > 0 else { return }
    let candidates = shown.indices.filter { isMeant(shown[$0].state) && shown[$0].id != selected }
    let leaving = Set(fromEnd ? candidates.suffix(excess) : candidates.prefix(excess))
    shown = shown.indices.filter { !leaving.contains($0) }.map { shown[$0] }
  }

  /// As many rows as fit, around the one that is selected.
  private func window(_ rows: [LiveRow], _ room: Int) -> [LiveRow] {
    guard rows.count > room else { return rows }
    let index = rows.firstIndex { $0.id == selected } ?? 0
    let start = min(max(0, index - room / 2), rows.count - room)
    return Array(rows[start..<start + room])
  }

  private func rule(shown: Int, of count: Int, prefix: String) -> String {
    let view = frame.view
    let id = sanitized(view.id)
    let short = id.split(separator: "-").last.map(String.init) ?? id
    let base = sanitized("\(view.header.base.branch) \(view.header.base.commit.prefix(7))")
    let busy = rows.count { [.running, .working, .paused].contains($0.state) }
    let slots = "\(min(busy, view.header.jobs)) of \(view.header.jobs) slots"
    var facts: [[String]] = [
      ["\(view.kind.rawValue) \(id)", base, slots], [short, base, slots], [short, slots], [short],
    ]
    if shown < count { facts = facts.map { $0 + ["\(shown) of \(count)"] } }
    if shown < count { facts = [facts[0], facts[1], [short, "\(shown) of \(count)"]] }
    if !prefix.isEmpty { facts = facts.map { $0 + ["\(prefix)…"] } + facts.suffix(1) }
    return Self.rule(facts.map { $0.joined(separator: " · ") }, right: shortText(view.duration), width, palette)
  }

  /// A line across the window with words at its left and its right.
  static func rule(_ left: [String], right: String, _ width: Int, _ palette: Palette) -> String {
    let end = right.isEmpty ? "──" : " \(right) ──"
    let room = width - 3 - 2 - displayWidth(end)
    guard room > 0 else { return String(repeating: "─", count: width) }
    let text = fitting(left, to: room)
    let line = String(repeating: "─", count: max(0, width - 4 - displayWidth(text) - displayWidth(end)))
    return palette.paint("── ", .dim) + text + palette.paint(" \(line)\(end)", .dim)
  }

  /// The leading parts that all names share, where there are two or more: they tell nothing.
  private func sharedPrefix(_ names: [String]) -> String {
    guard names.count > 1, let first = names.first else { return "" }
    let parts = first.split(separator: "-", omittingEmptySubsequences: false)
    for count in stride(from: parts.count - 1, through: 2, by: -1) {
      let prefix = parts.prefix(count).joined(separator: "-") + "-"
      if names.allSatisfy({ $0.hasPrefix(prefix) && $0.count > prefix.count }) { return prefix }
    }
    return ""
  }
}
