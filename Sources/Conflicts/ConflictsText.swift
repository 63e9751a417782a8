import Basics
import Git
import Merging
package import TerminalUI

/// The conflicts as people read them: a matrix where there is room for one, and the paths below it.
package enum ConflictsText {
  /// More pairs than this are counted only, and so are more paths of one; `--json` has them.
  private static let mostPairs = 20
  private static let mostPaths = 5
  private static let widestName = 40

  package static func lines(_ found: FoundConflicts, terminal: Terminal) -> [String] {
    let palette = terminal.palette
    let width = terminal.isTerminal ? terminal.size().columns : nil
    return lines(found, width: width, palette: palette)
  }

  /// - Parameter width: nil for any.
  package static func lines(_ found: FoundConflicts, width: Int?, palette: Palette) -> [String] {
    let report = found.report
    let count = report.branches.count
    var lines = [
      "\(count) \(count == 1 ? "branch" : "branches") on \(sanitized(found.scene.base)) \(report.base.abbreviated): "
        + summary(report)
    ]
    if count > 0 {
      lines.append("")
      lines += table(found, width: width, palette: palette)
    }
    let details = details(found, palette: palette)
    if !details.isEmpty { lines += [""] + details }
    let hints = hints(found)
    if !hints.isEmpty { lines += [""] + hints }
    return lines.map { palette.spelled($0) }
  }

  private static func summary(_ report: ConflictReport) -> String {
    if report.isClean { return "no conflicts" }
    let withBase = report.branches.count { !$0.base.isClean }
    let pairs = report.pairs.count
    var parts: [String] = []
    if withBase > 0 { parts.append("\(withBase) \(withBase == 1 ? "conflicts" : "conflict") with the base") }
    if pairs > 0 { parts.append("\(pairs) \(pairs == 1 ? "pair conflicts" : "pairs conflict")") }
    return parts.joined(separator: ", ")
  }

  // MARK: - The matrix

  private static func table(_ found: FoundConflicts, width: Int?, palette: Palette) -> [String] {
    let matrix = matrix(found)
    guard let width else { return matrix.lines(palette: palette) }
    let narrowest = matrix.columns.indices.reduce(0) { sum, column in
      let cells = [matrix.columns[column].title] + matrix.rows.map { $0[column].text }
      let widest = cells.map { displayWidth(sanitized($0)) }.max() ?? 0
      return sum + (matrix.columns[column].isFlexible ? min(widest, 12) : widest) + matrix.gap
    }
    return narrowest - matrix.gap <= width
      ? matrix.lines(width: width, palette: palette) : list(found).lines(width: width, palette: palette)
  }

  private static func name(_ index: Int, _ found: FoundConflicts) -> String {
    let branch = found.report.branches[index]
    return cutName(branch.name, to: widestName) + (found.uncommitted.contains(branch.name) ? " +" : "")
  }

  /// How many paths are in conflict.
  private static func cell(_ verdict: ConflictReport.Verdict) -> Table.Cell {
    if verdict.isClean { return "." }
    if verdict.isUnrelated { return Table.Cell("?", .red) }
    return Table.Cell("\(verdict.paths.count)\(verdict.forge == nil ? "" : "*")", .red)
  }

  private static func matrix(_ found: FoundConflicts) -> Table {
    let report = found.report
    var verdicts: [[Int: ConflictReport.Verdict]] = report.branches.map { _ in [:] }
    for pair in report.pairs {
      verdicts[pair.first][pair.second] = pair.verdict
      verdicts[pair.second][pair.first] = pair.verdict
    }
    let numbers = report.branches.indices.map { Table.Column("\($0 + 1)", alignment: .right) }
    return Table(
      columns: [Table.Column("", alignment: .right), Table.Column("branch", minimumWidth: 12, isFlexible: true)]
        + [Table.Column("base", alignment: .right)] + numbers,
      rows: report.branches.indices.map { row in
        let own: [Table.Cell] = report.branches.indices.map { column in
          row == column ? Table.Cell("-", .dim) : cell(verdicts[row][column] ?? .clean)
        }
        return [Table.Cell("\(row + 1)"), Table.Cell(name(row, found)), baseCell(report.branches[row])] + own
      })
  }

  private static func baseCell(_ branch: ConflictReport.Branch) -> Table.Cell {
    branch.isMerged ? Table.Cell("in it", .dim) : cell(branch.base)
  }

  /// For terminals that are too narrow for the matrix.
  private static func list(_ found: FoundConflicts) -> Table {
    let report = found.report
    var others: [[String]] = report.branches.map { _ in [] }
    for pair in report.pairs {
      others[pair.first].append("\(pair.second + 1)")
      others[pair.second].append("\(pair.first + 1)")
    }
    return Table(
      columns: [
        Table.Column("", alignment: .right), Table.Column("branch", minimumWidth: 12, isFlexible: true),
        Table.Column("base", alignment: .right), Table.Column("conflicts with", minimumWidth: 14, isFlexible: true),
      ],
      rows: report.branches.indices.map { row in
        [
          Table.Cell("\(row + 1)"), Table.Cell(name(row, found)), baseCell(report.branches[row]),
          others[row].isEmpty ? "." : Table.Cell(others[row].joined(separator: " "), .red),
        ]
      })
  }

  // MARK: - The paths

  private static func details(_ found: FoundConflicts, palette: Palette) -> [String] {
    let report = found.report
    var blocks: [[String]] = []
    for branch in report.branches where !branch.base.isClean {
      blocks.append(block("\(sanitized(branch.name)) ↯ \(sanitized(found.scene.base))", branch.base, palette))
    }
    for pair in report.pairs {
      let names = [pair.first, pair.second].map { sanitized(report.branches[$0].name) }
      blocks.append(block(names.joined(separator: " ↯ "), pair.verdict, palette))
    }
    var lines = blocks.prefix(mostPairs).flatMap(\.self)
    if blocks.count > mostPairs { lines.append("and \(blocks.count - mostPairs) more; see --json") }
    return lines
  }

  private static func block(_ title: String, _ verdict: ConflictReport.Verdict, _ palette: Palette) -> [String] {
    var lines = [palette.paint(title, .bold)]
    if verdict.isUnrelated { return lines + ["  no history in common"] }
    let (here, forge) = (Set(verdict.here), verdict.forge.map(Set.init))
    let paths = verdict.paths
    for path in paths.prefix(mostPaths) {
      var line = "  \(sanitized(path))"
      if let forge {
        if !forge.contains(path) { line += " (here only)" }
        if !here.contains(path) { line += " (on the forge only: it runs no merge driver)" }
      }
      lines.append(line)
    }
    if paths.count > mostPaths { lines.append("  and \(paths.count - mostPaths) more") }
    return lines
  }

  private static func hints(_ found: FoundConflicts) -> [String] {
    var lines: [String] = []
    if !found.uncommitted.isEmpty { lines.append("+ with work that is not committed yet") }
    let verdicts = found.report.branches.map(\.base) + found.report.pairs.map(\.verdict)
    if verdicts.contains(where: { $0.forge != nil }) {
      lines.append("* another on the forge, which runs no merge drivers")
    }
    return lines + found.notes.map { sanitized($0) }
  }
}
