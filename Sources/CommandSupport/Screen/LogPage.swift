import Basics
import Journal
package import TerminalUI

/// The log of one task, on a page of its own.
package enum LogPage {
  /// The log in lines that fit the window.
  package static func wrap(_ log: [String], width: Int) -> [String] {
    log.flatMap { line -> [String] in
      let text = sanitized(line)
      // What follows a tag such as `[TOOL]` stands below it.
      let tag =
        text.hasPrefix("[") ? text.firstIndex(of: " ").map { text.distance(from: text.startIndex, to: $0) + 1 } : nil
      return wrapped(text, to: max(1, width), indent: min(tag ?? 6, max(0, width / 3)))
    }
  }

  /// How many lines of the log are shown.
  package static func rows(_ size: TerminalSize) -> Int { max(1, size.rows - 4) }

  /// - Parameters:
  ///   - log: wrapped.
  ///   - first: the first line that is shown; nil for the end.
  package static func lines(
    _ frame: LiveFrame, task: String, log: [String], first: Int?, size: TerminalSize, palette: Palette
  ) -> [String] {
    let row = frame.view.rows.first { $0.id == task }
    let shown = row.map { LiveRow($0, in: frame) }
    let attempts = shown?.attempts ?? 0
    let attempt = attempts > 0 ? "attempt \(attempts)" + (frame.mostAttempts.map { " of \($0)" } ?? "") : ""
    let model = frame.activities[task]?.model.map { sanitized($0) } ?? ""
    let name = sanitized(task)
    let room = rows(size)
    let last = max(0, log.count - room)
    let start = min(first ?? last, last)
    let state = shown.map { "\($0.state.rawValue) \($0.time)" } ?? ""
    var lines = [
      LiveView.rule(
        [[name, attempt, model], [name, attempt], [name]].map { $0.filter { !$0.isEmpty }.joined(separator: " · ") },
        right: state, size.columns, palette)
    ]
    lines += log.isEmpty ? ["nothing yet: its agent has not started"] : Array(log[start..<min(log.count, start + room)])
    while lines.count < size.rows - 2 { lines.append("") }
    let position =
      "\(first == nil ? "following" : "stopped here") · \(min(log.count, start + room)) of \(log.count) lines"
    lines = Array(lines.prefix(max(1, size.rows - 2)))
    lines += [palette.paint(position, .dim), palette.paint("Esc back  ↑↓ scroll  f follow", .dim)]
    return lines.prefix(size.rows).map { palette.spelled(truncated($0, to: max(1, size.columns))) }
  }
}
