/// Lines at the bottom of a terminal that are painted over in place: the state and the drawing, without any output.
///
/// Every drawing leaves the cursor at the start of the line below the region, so that nothing has to be put back in
/// order when the program ends, however it ends.
package struct LiveRegion: Sendable {
  /// The lines on the screen, as they were drawn.
  package private(set) var shown: [String] = []

  package init() {}

  /// What to write so that the region shows `lines`; "" when it does already.
  ///
  /// Lines are cut to the window's width, and to its height: the last line then says how many are missing.
  package mutating func draw(_ lines: [String], size: TerminalSize) -> String {
    let fitted = Self.fitted(lines, size)
    guard fitted != shown else { return "" }
    defer { shown = fitted }
    return Self.synchronized(moveToTop(size) + Self.painted(fitted))
  }

  /// What to write so that `narration` stands above the region for good.
  package mutating func narrate(_ narration: String, size: TerminalSize) -> String {
    let lines = narration.split(separator: "\n", omittingEmptySubsequences: false)
    return Self.synchronized(moveToTop(size) + Self.painted(lines.map(String.init) + shown))
  }

  /// What to write so that the region is gone and the cursor where it began.
  package mutating func erase(size: TerminalSize) -> String {
    defer { shown = [] }
    return shown.isEmpty ? "" : moveToTop(size) + "\u{1B}[J"
  }

  /// Up to the region's first line. After the window became narrower, the terminal has folded lines that fitted.
  private func moveToTop(_ size: TerminalSize) -> String {
    let columns = max(1, size.columns)
    let rows = shown.map { max(1, (displayWidth($0) + columns - 1) / columns) }.reduce(0, +)
    return rows == 0 ? "\r" : "\r\u{1B}[\(rows)A"
  }

  private static func painted(_ lines: [String]) -> String {
    // Erase to the end of the line after its text, not the line before it: no flicker, and nothing is left over. The
    // last part erases what a longer region, or an echoed ^C, left below.
    lines.map { $0 + "\u{1B}[K\r\n" }.joined() + "\u{1B}[J"
  }

  /// Terminals that know the sequence show the whole change at once; the others ignore it.
  private static func synchronized(_ text: String) -> String {
    "\u{1B}[?2026h" + text + "\u{1B}[?2026l"
  }

  private static func fitted(_ lines: [String], _ size: TerminalSize) -> [String] {
    // One column less, as a line that fills the last column makes some terminals break it; one row for the cursor.
    let (width, height) = (max(1, size.columns - 1), max(1, size.rows - 1))
    var lines = lines
    if lines.count > height {
      let hidden = lines.count - (height - 1)
      lines = lines.prefix(height - 1) + ["… \(hidden) more"]
    }
    return lines.map { truncated($0, to: width) }
  }
}
