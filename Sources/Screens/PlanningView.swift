package import Basics
package import TerminalUI

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Where the making of a plan stands: who was asked, since when, and what came of it.
package struct PlanningView: Sendable {
  package struct Step: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
      case waiting
      case asked(since: Date)
      case failed(after: Duration, reason: String)
    }

    package let source: PlanSource
    package var outcome: Outcome
    package var use: Use?

    package init(_ source: PlanSource, _ outcome: Outcome = .waiting) {
      (self.source, self.outcome) = (source, outcome)
    }
  }

  /// What a source has used so far.
  package struct Use: Sendable, Equatable {
    package let model: String?
    package let tokens: Int
    /// nil where nobody knows.
    package let cost: Double?
    package let isFinal: Bool

    package init(model: String?, tokens: Int, cost: Double?, isFinal: Bool) {
      (self.model, self.tokens, self.cost, self.isFinal) = (model, tokens, cost, isFinal)
    }

    package var costText: String {
      guard let cost, cost > 0 else { return "" }
      return (isFinal ? "" : "~") + shortDollarText(cost)
    }
  }

  /// What was looked at before anybody was asked.
  package struct Facts: Sendable, Equatable {
    package let checked: [String]
    package let took: Duration

    package init(checked: [String], took: Duration) { (self.checked, self.took) = (checked, took) }
  }

  private static let costWidth = 7
  private static let tokenWidth = 6

  package var todo: String
  package var steps: [Step]
  package var facts: Facts?
  package var startedAt: Date
  package var hasKeyboard = true
  package var showsHelp = false

  package init(todo: String, sources: [PlanSource], facts: Facts? = nil, at time: Date) {
    self.todo = todo
    steps = sources.map { Step($0) }
    self.facts = facts
    startedAt = time
  }

  /// The source that is asked, and for how long.
  package func asked(at time: Date) -> (source: PlanSource, since: Duration, use: Use?)? {
    for step in steps {
      if case .asked(let since) = step.outcome { return (step.source, Self.span(since, time), step.use) }
    }
    return nil
  }

  private static func span(_ from: Date, _ to: Date) -> Duration {
    .milliseconds(max(0, (to.timeIntervalSince(from) * 1000).rounded()))
  }

  package func lines(now: Date, size: TerminalSize, palette: Palette) -> [String] {
    let width = size.columns
    let time = shortText(.seconds(max(0, now.timeIntervalSince(startedAt).rounded(.down))))
    guard width >= 30, size.rows >= 6 else {
      return [
        palette.spelled(truncated("planning \(asked(at: now)?.source.rawValue ?? "") \(time)", to: max(1, width)))
      ]
    }
    var lines = [LiveView.rule(["planning from \(sanitized(todo))", "planning"], right: time, width, palette)]
    if showsHelp {
      lines += HelpPage.planning(size)
    } else {
      lines += rows(now: now, size, palette)
      lines.append("")
      lines.append(fitting(["nothing is written yet · no agent has started", "no agent has started"], to: width))
    }
    lines.append(palette.paint(hasKeyboard ? "? help  q stop" : "Ctrl-C stops", .dim))
    // What comes last counts most, but for the line that says what this is.
    let room = max(1, size.rows - 1)
    if lines.count > room { lines = lines.prefix(1) + lines.suffix(room - 1) }
    return lines.map { palette.spelled(truncated($0, to: width)) }
  }

  private func rows(now: Date, _ size: TerminalSize, _ palette: Palette) -> [String] {
    let width = size.columns
    let hasTokens = width >= 72
    let room = width - 22 - 1 - Self.costWidth - (hasTokens ? 1 + Self.tokenWidth : 0)
    func line(_ symbol: String, _ style: Style, _ name: String, _ span: String, _ text: [String], _ use: Use?) -> String
    {
      let begin = " \(palette.paint(symbol, style)) \(padded(name, to: 9)) \(padded(span, to: 6, .right))   "
      let tokens = use.map { $0.tokens > 0 ? countText($0.tokens) : "" } ?? ""
      let cost = use?.costText ?? ""
      // Without figures, the words have the whole line.
      guard !tokens.isEmpty || !cost.isEmpty else { return begin + fitting(text, to: max(1, width - 22)) }
      return begin + padded(fitting(text, to: max(1, room)), to: room)
        + (hasTokens ? " " + padded(tokens, to: Self.tokenWidth, .right) : "") + " "
        + padded(cost, to: Self.costWidth, .right)
    }
    var lines: [String] = []
    if size.rows >= 24 {
      let titles = hasTokens ? padded("tokens", to: Self.tokenWidth, .right) + " " : ""
      let header =
        "   source     asked   " + padded("now", to: room) + " " + titles + padded("cost", to: Self.costWidth, .right)
      lines.append(palette.paint(header, .dim))
    }
    if let facts {
      let count = facts.checked.count
      lines.append(
        line(
          "✓", .green, "facts", shortText(facts.took),
          ["\(count) checked: \(facts.checked.joined(separator: ", "))", "\(count) checked"], nil))
    }
    var last = "another source"
    for step in steps {
      switch step.outcome {
      case .waiting:
        lines.append(
          line("◦", .dim, step.source.rawValue, "", ["asked if \(last) cannot plan", "if \(last) cannot"], nil))
      case .asked(let since):
        let span = shortText(Self.span(since, now))
        let model = step.use?.model.map { "\(shortModel(sanitized($0))), " } ?? ""
        lines.append(
          line(
            "▸", .cyan, step.source.rawValue, span, ["\(model)thinking \(span)", "thinking \(span)", "thinking"],
            step.use))
      case .failed(let span, let reason):
        lines.append(line("✗", .red, step.source.rawValue, shortText(span), [sanitized(reason)], step.use))
      }
      last = step.source.rawValue
    }
    return lines
  }
}

/// `opus-4.5` of `claude-opus-4-5-20251101`.
func shortModel(_ name: String) -> String {
  var parts = name.split(separator: "-", omittingEmptySubsequences: false)
  guard parts.first == "claude", parts.count > 1 else { return name }
  parts.removeFirst()
  if let last = parts.last, last.utf8.count == 8, Int(last) != nil { parts.removeLast() }
  var result = ""
  for (index, part) in parts.enumerated() {
    let joinsNumbers = index > 0 && Int(part) != nil && Int(parts[index - 1]) != nil
    result += (index == 0 ? "" : joinsNumbers ? "." : "-") + part
  }
  return result
}
