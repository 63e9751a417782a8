import RunViews
import TerminalUI

/// Which columns a row has in a window of a given width, and how wide they are: by the window and the tasks' names alone, so
/// that nothing moves when a number gets longer.
struct LiveColumns: Equatable {
  static let symbolWidth = 3
  static let timeWidth = 6
  static let attemptWidth = 3
  static let linesWidth = 9
  static let tokenWidth = 5
  static let costWidth = 7

  let name: Int
  let attempt: Bool
  /// How wide what it does now is; 0 where it is not shown in the row.
  let now: Int
  let changes: Bool
  let tokens: Bool
  let cost: Bool

  init(width: Int, longestName: Int) {
    tokens = width >= 96
    changes = width >= 88
    attempt = width >= 72
    let hasNow = width >= 56
    cost = width >= 34
    let widest = width >= 72 ? 28 : 20
    // The name, the mark and the time with the blanks before them, and the cost.
    var fixed = Self.symbolWidth + 2 + 1 + Self.timeWidth
    if cost { fixed += 1 + Self.costWidth }
    name = max(1, hasNow ? min(widest, max(14, longestName)) : min(widest, width - fixed))
    if tokens { fixed += 1 + Self.tokenWidth }
    if changes { fixed += 1 + 2 + 1 + Self.linesWidth }
    if attempt { fixed += 1 + Self.attemptWidth }
    now = hasNow ? max(0, width - fixed - name - 2) : 0
  }

  var header: String {
    var line = "   " + padded("task", to: name) + "  " + padded("time", to: Self.timeWidth + 1, .right)
    if attempt { line += " try" }
    if now > 0 { line += "  " + padded("now", to: now) }
    if changes { line += padded("commits +/-", to: 2 + 2 + Self.linesWidth, .right) }
    if tokens { line += " token" }
    if cost { line += " " + padded("cost", to: Self.costWidth, .right) }
    return line
  }

  /// - Parameter name: cut to the column already.
  func line(_ row: LiveRow, name: String, isSelected: Bool, palette: Palette) -> String {
    let bold: Style? = isSelected || row.state == .running || row.state == .working ? .bold : nil
    var line = isSelected ? "›" : " "
    line += palette.paint(row.state.symbol, row.state.style) + " "
    line += palette.paint(name, bold) + padded("", to: self.name - displayWidth(name)) + " "
    line += row.mark.isEmpty ? " " : palette.paint(row.mark, .yellow)
    line += " " + padded(row.time, to: Self.timeWidth, .right)
    if attempt { line += " " + padded(row.attempt, to: Self.attemptWidth) }
    if now > 0 { line += "  " + padded(painted(row.now, now, palette), to: now) }
    if changes {
      line += " " + padded(row.commits, to: 2, .right) + " " + padded(row.lines, to: Self.linesWidth, .right)
    }
    if tokens { line += " " + padded(row.tokenText, to: Self.tokenWidth, .right) }
    if cost { line += " " + padded(row.costText, to: Self.costWidth, .right) }
    while line.last == " " { line.removeLast() }
    return line
  }

  /// Only its first word has a colour: prose keeps the terminal's own.
  private func painted(_ phrase: Phrase, _ width: Int, _ palette: Palette) -> String {
    let text = phrase.text(width)
    guard let style = phrase.style, let end = text.firstIndex(of: " ") else { return palette.paint(text, phrase.style) }
    return palette.paint(String(text[..<end]), style) + text[end...]
  }
}
