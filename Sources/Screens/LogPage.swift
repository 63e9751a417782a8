import Basics
import Journal
import RunViews
package import TerminalUI

/// The log of one task, on a page of its own.
package enum LogPage {
  private static let indent = 7

  /// The lines of a log that have the text `find`, as lines that fit the window: a tool's name in a column of its own, its
  /// result below it. What the agent thought is left out unless it is wanted.
  package static func wrap(_ log: [String], width: Int, find: String = "", withThinking: Bool = false) -> [String] {
    let wanted = find.lowercased()
    return log.flatMap { line -> [String] in
      if !withThinking, line.hasPrefix("[THINKING]") { return [] }
      let text = readable(sanitized(line))
      guard wanted.isEmpty || text.lowercased().contains(wanted) else { return [] }
      let lead = text.prefix { $0 == " " }.count
      return wrapped(text, to: max(1, width), indent: min(lead > 0 ? lead : indent, max(0, width / 3)))
    }
  }

  /// A line of the file without its tag.
  static func readable(_ line: String) -> String {
    guard line.hasPrefix("["), let end = line.firstIndex(of: "]") else {
      // What an agent said continues.
      return line.hasPrefix(" ") ? line.trimmed : line
    }
    let rest = line[line.index(after: end)...].trimmed
    func column(_ word: String, _ text: String) -> String { padded(word, to: indent - 1) + " " + text }
    switch line[...end] {
    case "[TEXT]": return rest
    case "[THINKING]": return column("thinks", rest)
    case "[TOOL]":
      guard let colon = rest.firstRange(of: ": ") else { return rest }
      return column(String(rest[..<colon.lowerBound]), String(rest[colon.upperBound...]))
    case "[RESULT]":
      let blank = String(repeating: " ", count: indent)
      return rest.hasPrefix("(error)") ? blank + "✗ " + rest.dropFirst("(error)".count).trimmed : blank + rest
    case "[INIT]":
      let model = rest.firstRange(of: "Model: ").map { shortModel(String(rest[$0.upperBound...])) }
      return column("begins", model ?? rest)
    case "[DENIED]": return column("denied", rest)
    case "[RETRY]": return column("waits", rest)
    case "[LIMIT]": return column("limit", rest)
    case "[ERROR]": return column("error", rest)
    case "[COMPLETE]": return column("ends", rest.replacing("Duration: ", with: "after "))
    default: return line
    }
  }

  /// How many lines of the log are shown.
  package static func rows(_ size: TerminalSize) -> Int { max(1, size.rows - 3 - headRows(size)) }

  /// What stands between the rule and the log: what was asked, the branch, an empty line.
  private static func headRows(_ size: TerminalSize) -> Int {
    size.rows < 20 ? 0 : size.columns < 72 ? 2 : 3
  }

  /// - Parameters:
  ///   - log: wrapped.
  ///   - first: the first line that is shown; nil for the end.
  package static func lines(
    _ frame: LiveFrame, task: String, log: [String], first: Int?, size: TerminalSize, palette: Palette
  ) -> [String] {
    let row = frame.view.rows.first { $0.id == task }
    let shown = row.map { LiveRow($0, in: frame) }
    let room = rows(size)
    let last = max(0, log.count - room)
    let start = min(first ?? last, last)
    var lines = [rule(frame, task, shown, size, palette)]
    if let row, let shown { lines += head(row, shown, size, palette) }
    let isFiltered = !frame.controls.find.isEmpty
    lines +=
      log.isEmpty
      ? [isFiltered ? "no line has '\(sanitized(frame.controls.find))'" : "nothing yet: its agent has not started"]
      : log[start..<min(log.count, start + room)].map { painted($0, palette) }
    while lines.count < size.rows - 2 { lines.append("") }
    lines = Array(lines.prefix(max(1, size.rows - 2)))
    let end = min(log.count, start + room)
    let position =
      "\(first == nil ? "following" : "stopped here") · \(end) of \(log.count) lines"
      + (isFiltered ? " that have '\(sanitized(frame.controls.find))'" : "")
    lines.append(palette.paint(position, .dim))
    if case .finding = frame.controls.mode {
      lines.append("/\(sanitized(frame.controls.find))_")
    } else {
      let stop = frame.abilities.canStop && frame.scene.open.contains(task) ? "  s stop" : ""
      lines.append(
        palette.paint(
          fitting(
            [
              "Esc back  ↑↓ scroll  f follow  t thinking  / filter\(stop)",
              "Esc back  ↑↓ scroll  f follow  t thinking  / filter",
              "Esc back  ↑↓ scroll  f follow  / filter", "Esc back  ↑↓ scroll",
            ], to: size.columns), .dim))
    }
    return lines.prefix(size.rows).map { palette.spelled(truncated($0, to: max(1, size.columns))) }
  }

  private static func rule(
    _ frame: LiveFrame, _ task: String, _ row: LiveRow?, _ size: TerminalSize, _ palette: Palette
  ) -> String {
    let attempts = row?.attempts ?? 0
    let most = frame.mostAttempts.flatMap { attempts <= $0 ? " of \($0)" : nil } ?? ""
    let attempt = attempts > 0 ? "attempt \(attempts)\(most)" : ""
    let model = frame.activities[task]?.model.map { shortModel(sanitized($0)) } ?? ""
    let name = sanitized(task)
    let state = row.map { "\($0.state.rawValue) \($0.time)" } ?? ""
    return LiveView.rule(
      [[name, attempt, model], [name, attempt], [name]].map { $0.filter { !$0.isEmpty }.joined(separator: " · ") },
      right: state.trimmed, size.columns, palette)
  }

  private static func head(
    _ row: RunView.Row, _ shown: LiveRow, _ size: TerminalSize, _ palette: Palette
  ) -> [String] {
    guard headRows(size) > 0 else { return [] }
    func line(_ word: String, _ text: String) -> String { palette.paint(padded(word, to: 8), .dim) + text }
    var lines = [line("asked", truncated(sanitized(row.task.header.title), to: max(1, size.columns - 8)))]
    if headRows(size) > 2 {
      let commits = shown.commits.isEmpty ? "" : shown.commits == "1" ? "1 commit" : "\(shown.commits) commits"
      let facts = [
        sanitized(row.task.header.branch), [commits, shown.lines].filter { !$0.isEmpty }.joined(separator: " "),
        shown.tokens > 0 ? "\(shown.tokenText) tokens" : "", shown.costText,
      ]
      lines.append(line("branch", facts.filter { !$0.isEmpty }.joined(separator: " · ")))
    }
    return lines + [""]
  }

  /// Only what went wrong has a color.
  private static func painted(_ line: String, _ palette: Palette) -> String {
    for word in ["denied", "limit", "waits"] where line.hasPrefix(word + " ") {
      return palette.paint(word, .yellow) + line.dropFirst(word.count)
    }
    if line.hasPrefix("error ") { return palette.paint("error", .red) + line.dropFirst("error".count) }
    let blank = String(repeating: " ", count: indent)
    if line.hasPrefix(blank + "✗") { return blank + palette.paint("✗", .red) + line.dropFirst(indent + 1) }
    return line
  }
}
