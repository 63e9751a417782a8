/// Lines at the bottom of a terminal that are painted over in place: the state and the drawing, without any output.
///
/// Every drawing leaves the cursor at the start of the line below the region, so that nothing has to be put back in
/// order when the program ends, however it ends.
package struct LiveRegion: Sendable {
  /// The lines on the screen, as they were drawn.
  package private(set) var shown: [String] = []
  /// Whether changes are bracketed, for terminals that then show them at once (mode 2026).
  package var isSynchronized: Bool
  private var size = TerminalSize(columns: 0, rows: 0)

  package init(isSynchronized: Bool = true) {
    self.isSynchronized = isSynchronized
  }

  /// What to write so that the region shows `lines`; "" when it does already. Only lines that differ are written.
  ///
  /// Lines are cut to the window's width, and to its height: the last line then says how many are missing.
  package mutating func draw(_ lines: [String], size: TerminalSize) -> String {
    let fitted = Self.fitted(lines, size)
    defer { (shown, self.size) = (fitted, size) }
    // A window of another size has folded the lines, or shows others: all of them are written.
    if size != self.size, !shown.isEmpty {
      return synchronized(toTop(size) + "\u{1B}[J" + Self.painted(fitted, size))
    }
    guard fitted != shown else { return "" }
    return synchronized(change(to: fitted, size))
  }

  /// What to write so that `narration` stands above the region for good.
  package mutating func narrate(_ narration: String, size: TerminalSize) -> String {
    let lines = narration.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    defer { self.size = size }
    return synchronized(toTop(size) + Self.painted(lines + shown, size) + "\u{1B}[J")
  }

  /// What to write so that the region is gone and the cursor where it began.
  package mutating func erase(size: TerminalSize) -> String {
    defer { shown = [] }
    return shown.isEmpty ? "" : toTop(size) + "\u{1B}[J"
  }

  /// Somebody else has written: what is on the screen is not ours any more.
  package mutating func forget() { shown = [] }

  /// From the lines that are shown to others, the cursor below them before and after.
  private func change(to lines: [String], _ size: TerminalSize) -> String {
    var text = ""
    // Where the cursor is, counted from the region's first line.
    var row = shown.count
    func move(to target: Int) {
      if target < row { text += "\u{1B}[\(row - target)A" }
      if target > row { text += "\u{1B}[\(target - row)B" }
      row = target
    }
    for (index, line) in lines.enumerated() {
      if index < shown.count {
        guard line != shown[index] else { continue }
        move(to: index)
        text += "\r" + Self.painted(line, size)
      } else {
        move(to: index)
        text += "\r" + Self.painted(line, size) + "\r\n"
        row = index + 1
      }
    }
    move(to: lines.count)
    return text + "\r" + (lines.count < shown.count ? "\u{1B}[J" : "")
  }

  /// Up to the region's first line. After the window became narrower, the terminal has folded lines that fitted.
  private func toTop(_ size: TerminalSize) -> String {
    let columns = max(1, size.columns)
    let rows = shown.map { max(1, (displayWidth($0) + columns - 1) / columns) }.reduce(0, +)
    return rows == 0 ? "\r" : "\r\u{1B}[\(rows)A"
  }

  /// Erases to the end of the line after its text, not the line before it: no flicker. In a full line the cursor stands
  /// on its last character still, which would be erased.
  static func painted(_ line: String, _ size: TerminalSize) -> String {
    displayWidth(line) < size.columns ? line + "\u{1B}[K" : line
  }

  private static func painted(_ lines: [String], _ size: TerminalSize) -> String {
    lines.map { painted($0, size) + "\r\n" }.joined()
  }

  private func synchronized(_ text: String) -> String {
    isSynchronized && !text.isEmpty ? "\u{1B}[?2026h" + text + "\u{1B}[?2026l" : text
  }

  private static func fitted(_ lines: [String], _ size: TerminalSize) -> [String] {
    // One row for the cursor.
    let (width, height) = (max(1, size.columns), max(1, size.rows - 1))
    var lines = lines
    if lines.count > height {
      let hidden = lines.count - (height - 1)
      lines = lines.prefix(height - 1) + ["… \(hidden) more"]
    }
    return lines.map { truncated($0, to: width) }
  }
}

/// The alternate screen, on which whole pages are shown: leaving it brings back what was there.
package struct FullScreen: Sendable {
  private var shown: [String]?
  private var size = TerminalSize(columns: 0, rows: 0)

  package init() {}

  package var isShown: Bool { shown != nil }

  /// What to write so that the page shows `lines`; only those that differ are written.
  package mutating func draw(_ lines: [String], size: TerminalSize) -> String {
    let fitted = lines.prefix(size.rows).map { truncated($0, to: size.columns) }
    defer { (shown, self.size) = (fitted, size) }
    var text = shown == nil ? "\u{1B}[?1049h\u{1B}[?25l" : ""
    let isNew = shown == nil || size != self.size
    if isNew { text += "\u{1B}[2J" }
    for row in 0..<size.rows {
      let line = row < fitted.count ? fitted[row] : ""
      let before = isNew ? "" : shown.flatMap { row < $0.count ? $0[row] : nil } ?? ""
      if line != before { text += "\u{1B}[\(row + 1);1H" + LiveRegion.painted(line, size) }
    }
    return text
  }

  /// What to write to leave it; "" when it is not shown.
  package mutating func leave() -> String {
    defer { shown = nil }
    return shown == nil ? "" : "\u{1B}[?1049l"
  }

  package mutating func forget() { shown = nil }
}
