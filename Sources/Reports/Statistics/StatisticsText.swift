import Journal
package import TerminalUI

/// Statistics for people: what all comes to, and a bar for each group.
package enum StatisticsText {
  /// Fewer are shown than there may be: the rest is in the JSON.
  package static let mostRows = 40

  /// - Parameter width: of the terminal; nil where there is none.
  package static func lines(
    _ statistics: RunStatistics, width: Int?, palette: Palette
  ) -> [String] {
    // Blocks are two cells wide in some fonts.
    let isUnicode = palette.glyphs == .unicode
    var lines = totals(statistics)
    let groups = statistics.groups
    // The newest days, or the dearest of the others.
    let shown = statistics.grouping == .day ? groups.suffix(mostRows) : groups.prefix(mostRows)
    guard !shown.isEmpty else { return lines }
    lines.append("")
    var table = Table(columns: columns(statistics.grouping))
    table.rows = shown.map { cells($0, statistics.grouping) }
    let bars = bars(of: Array(shown), beside: table, width: width, isUnicode: isUnicode)
    if let bars {
      table.columns.append(Table.Column(""))
      for (index, bar) in bars.enumerated() { table.rows[index].append(Table.Cell(bar, .cyan)) }
    }
    lines += table.lines(width: width, palette: palette)
    if groups.count > shown.count { lines.append("and \(groups.count - shown.count) more: git orch stats --json") }
    return lines
  }

  private static func totals(_ statistics: RunStatistics) -> [String] {
    func text(_ count: Int, _ noun: String) -> String? {
      count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
    let kinds = [
      text(statistics.runs, "run"), text(statistics.reviews, "review"), text(statistics.landings, "landing"),
    ].compactMap(\.self)
    let span: String =
      if let first = statistics.first, let last = statistics.last { days(first, last) } else { "" }
    let accounts = statistics.accounts
    let counts = statistics.counts.map { "\($0.count) \($0.status.rawValue)" }.joined(separator: ", ")
    var lines = [
      (kinds.count > 2 ? "\(kinds[0]), \(kinds[1]) and \(kinds[2])" : kinds.joined(separator: " and ")) + span,
      "  tasks     \(statistics.tasks)" + (counts.isEmpty ? "" : ": \(counts)"),
      "  attempts  \(accounts.attempts)",
    ]
    let tokens = accounts.tokens
    lines.append(
      "  tokens    \(countText(tokens.total))"
        + (tokens.total == 0
          ? ""
          : ": \(countText(tokens.input)) in, \(countText(tokens.output)) out, \(countText(tokens.cacheRead)) from the "
            + "cache, \(countText(tokens.cacheWrite)) into it"))
    let good = statistics.succeeded
    lines.append(
      "  cost      \(dollarText(accounts.cost))"
        + (good > 0 && accounts.cost > 0 ? ", \(dollarText(accounts.cost / Double(good))) for each that succeeded" : "")
    )
    if statistics.planning.cost > 0 {
      lines.append("  planning  \(dollarText(statistics.planning.cost)) of that")
    }
    let fixes = statistics.fixes
    if fixes.attempts > 0 {
      lines.append(
        "  fixes     \(dollarText(fixes.cost)) of that, in \(fixes.attempts) attempt\(fixes.attempts == 1 ? "" : "s") "
          + "for branches that did not land as they were")
    }
    lines.append(
      "  time      \(shortText(.seconds(accounts.seconds.rounded()))) of agents in "
        + "\(shortText(.seconds(statistics.seconds.rounded()))) of runs")
    return lines
  }

  private static func days(_ first: JournalTime, _ last: JournalTime) -> String {
    let (first, last) = (LocalTime(first.date, .utc).date, LocalTime(last.date, .utc).date)
    return first == last ? ", \(first)" : ", \(first) to \(last)"
  }

  private static func columns(_ grouping: RunStatistics.Grouping) -> [Table.Column] {
    let name = Table.Column(grouping.rawValue.uppercased(), minimumWidth: 10, isFlexible: true)
    let numbers = { (title: String) in Table.Column(title, alignment: .right) }
    return grouping == .model
      ? [name] + ["COST", "TOKENS", "OUT", "TASKS"].map(numbers)
      : [name] + ["COST", "TOKENS", "TASKS", "DONE", "ATTEMPTS", "TIME"].map(numbers)
  }

  private static func cells(_ group: RunStatistics.Group, _ grouping: RunStatistics.Grouping) -> [Table.Cell] {
    let accounts = group.accounts
    let beginning = [
      Table.Cell(group.name), Table.Cell(dollarText(accounts.cost)), Table.Cell(countText(accounts.tokens.total)),
    ]
    return grouping == .model
      ? beginning + [Table.Cell(countText(accounts.tokens.output)), Table.Cell("\(group.tasks)")]
      : beginning + [
        Table.Cell("\(group.tasks)"), Table.Cell("\(group.succeeded)"), Table.Cell("\(accounts.attempts)"),
        Table.Cell(shortText(.seconds(accounts.seconds.rounded()))),
      ]
  }

  /// A bar a row, of the cost, or of the tokens where nothing cost anything; nil where there is no room for them.
  private static func bars(
    of groups: [RunStatistics.Group], beside table: Table, width: Int?, isUnicode: Bool
  ) -> [String]? {
    let taken = table.lines().map(displayWidth).max() ?? 0
    let room = min((width ?? taken + 32) - taken - table.gap, 40)
    guard room >= 6 else { return nil }
    let costs = groups.map(\.accounts.cost)
    let values = (costs.max() ?? 0) > 0 ? costs : groups.map { Double($0.accounts.tokens.total) }
    guard let most = values.max(), most > 0 else { return nil }
    return values.map { bar($0 / most, width: room, isUnicode: isUnicode) }
  }

  /// In eighths of a column, or in whole ones.
  static func bar(_ share: Double, width: Int, isUnicode: Bool) -> String {
    let share = min(max(share.isFinite ? share : 0, 0), 1)
    guard isUnicode else {
      let count = Int((share * Double(width)).rounded())
      return String(repeating: "#", count: share > 0 ? max(1, count) : 0)
    }
    let eighths = share > 0 ? max(1, Int((share * Double(width) * 8).rounded())) : 0
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }
}
