import Basics

/// Rows in columns that fit a given width.
///
/// Cells are made safe for the terminal when they are drawn, so text from outside may be put in as it is.
package struct Table: Sendable {
  package struct Column: Sendable {
    package var title: String
    package var alignment: Alignment
    /// The narrowest a flexible column gets while others can still give way.
    package var minimumWidth: Int
    /// Whether the column may be cut when the table is too wide; the widest gives way first.
    package var isFlexible: Bool

    package init(_ title: String, alignment: Alignment = .left, minimumWidth: Int = 8, isFlexible: Bool = false) {
      self.title = title
      self.alignment = alignment
      self.minimumWidth = minimumWidth
      self.isFlexible = isFlexible
    }
  }

  package struct Cell: Sendable, ExpressibleByStringInterpolation {
    package var text: String
    package var style: Style?

    package init(_ text: String, _ style: Style? = nil) {
      self.text = text
      self.style = style
    }

    package init(stringLiteral value: String) { self.init(value) }
  }

  package var columns: [Column]
  package var rows: [[Cell]]
  /// Whether the titles are drawn above the rows.
  package var hasHeader: Bool
  /// Spaces between two columns.
  package var gap: Int
  /// Spaces before each line.
  package var margin: Int

  package init(columns: [Column], rows: [[Cell]] = [], hasHeader: Bool = true, gap: Int = 2, margin: Int = 0) {
    self.columns = columns
    self.rows = rows
    self.hasHeader = hasHeader
    self.gap = gap
    self.margin = margin
  }

  /// The lines of the table, none wider than `width` columns (nil: as wide as they need), without spaces at their
  /// ends. A row with fewer cells than columns is filled with empty ones; cells beyond the columns are left out.
  package func lines(width: Int? = nil, palette: Palette = .plain) -> [String] {
    let body = rows.map { row in
      columns.indices.map { index in
        index < row.count ? Cell(sanitized(row[index].text), row[index].style) : Cell("")
      }
    }
    let header = hasHeader ? [columns.map { Cell($0.title, .bold) }] : []
    let widths = fittedWidths(of: header + body, into: width)
    return (header + body).map { cells in
      var line = ""
      var pending = String(repeating: " ", count: margin)
      for (index, cell) in cells.enumerated() where widths[index] > 0 {
        let text = truncated(cell.text, to: widths[index])
        let filling = String(repeating: " ", count: widths[index] - displayWidth(text))
        let painted = palette.paint(text, cell.style)
        // Spaces are written only once something follows them.
        let before = columns[index].alignment == .right ? filling : ""
        if !text.isEmpty {
          line += pending + before + painted
          pending = ""
        }
        pending +=
          (text.isEmpty ? filling : columns[index].alignment == .left ? filling : "")
          + String(repeating: " ", count: gap)
      }
      return line
    }
  }

  private func fittedWidths(of cells: [[Cell]], into width: Int?) -> [Int] {
    var widths = columns.indices.map { index in cells.map { displayWidth($0[index].text) }.max() ?? 0 }
    guard let width else { return widths }
    // Columns give way one by one below: from no further than they can ever stay.
    widths = widths.map { min($0, max(0, width)) }
    func excess() -> Int {
      let shown = widths.count { $0 > 0 }
      return widths.reduce(0, +) + max(0, shown - 1) * gap + (shown > 0 ? margin : 0) - width
    }
    func shrink(_ candidates: [Int], downTo floor: (Int) -> Int) {
      while excess() > 0,
        let widest = candidates.filter({ widths[$0] > floor($0) }).max(by: { widths[$0] < widths[$1] })
      {
        widths[widest] -= 1
      }
    }
    shrink(columns.indices.filter { columns[$0].isFlexible }) { columns[$0].minimumWidth }
    // Too narrow even so: everything gives way, and columns disappear from the right.
    shrink(Array(columns.indices)) { _ in 1 }
    while excess() > 0, let last = widths.lastIndex(where: { $0 > 0 }) { widths[last] = 0 }
    return widths
  }
}
