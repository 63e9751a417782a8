package import Agents
import Basics
import CommandSupport
package import Journal
import Synchronization
package import TerminalUI

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// The screen of a run that goes on: a line for each event that stays, and below them what every agent does now.
package final class RunDisplay: Sendable {
  private struct View {
    var state: RunState?
    /// What each agent did last; gone when its task ends.
    var activities: [String: String] = [:]
  }

  private let live: LiveDisplay
  private let view = Mutex(View())

  package init(_ live: LiveDisplay) { self.live = live }

  package func narrate(_ text: String) { live.narrate(sanitized(text, .keepLines)) }

  /// Takes the live lines off the screen; later narration is plain. Safe to call twice.
  package func finish() { live.finish() }

  package func note(_ entry: JournalEntry, _ state: RunState) {
    view.withLock { view in
      view.state = state
      if case .taskEnded(let task, _, _, _) = entry.event { view.activities[task] = nil }
    }
    if let line = RunNarration.line(for: entry.event, in: state) { live.narrate(sanitized(line)) }
    draw()
  }

  package func note(_ event: AgentEvent, of task: String) {
    guard live.isLive, let words = event.activity else { return }
    view.withLock { $0.activities[task] = words }
  }

  /// Runs `body` while the clocks on the screen go on.
  package func ticking<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        while !Task.isCancelled, self.live.isLive {
          self.draw()
          try? await Task.sleep(for: .milliseconds(500))
        }
        return nil
      }
      group.addTask { try await body() }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      throw CancellationError()
    }
  }

  private func draw() {
    guard live.isLive else { return }
    let (state, activities) = view.withLock { ($0.state, $0.activities) }
    guard let state else { return }
    live.show { width, palette in
      Self.lines(state, activities: activities, now: Date(), width: width, palette: palette)
    }
  }

  /// The live lines: a row for each task under way, and a line for the run.
  package static func lines(
    _ state: RunState, activities: [String: String], now: Date, width: Int, palette: Palette
  ) -> [String] {
    let report = RunReport(state: state, isAlive: true, now: now)
    var table = Table(
      columns: [
        Table.Column(""), Table.Column("", isFlexible: true), Table.Column(""), Table.Column("", alignment: .right),
        Table.Column("", minimumWidth: 10, isFlexible: true),
      ], hasHeader: false)
    let active = state.tasks.filter { !$0.status.isFinal && $0.status != .waiting }
    let most = 16
    table.rows = active.prefix(most).map { task in
      let attempt = task.attempts.count > 1 ? " (\(task.attempts.count))" : ""
      return [
        Table.Cell(task.status.symbol, task.status.style), Table.Cell(task.header.id, .bold),
        Table.Cell(task.status.rawValue + attempt), Table.Cell(report.duration(of: task).map(shortText) ?? ""),
        Table.Cell(task.retry?.reason ?? activities[task.header.id] ?? "", .dim),
      ]
    }
    var lines = table.lines(width: width, palette: palette)
    if active.count > most { lines.append("  and \(active.count - most) more") }
    let ended = state.tasks.count { $0.status.isFinal }
    var facts = ["\(ended) of \(state.tasks.count) done"]
    if state.cost > 0 { facts.append(dollarText(state.cost)) }
    facts.append(shortText(report.duration))
    switch state.phase {
    case .paused(let until, let reason): facts.append("paused\(until.map { " until \($0)" } ?? ""): \(reason)")
    case .ending(let reason): facts.append(reason)
    case .running, .ended: facts.append("Ctrl-C stops")
    }
    lines.append(palette.paint(truncated(sanitized(facts.joined(separator: " · ")), to: width), .dim))
    return lines
  }
}

extension AgentEvent {
  /// What the agent does now, in a few words; nil when the event does not say.
  fileprivate var activity: String? {
    switch self {
    case .toolUse(let use): "\(use.name): \(use.summary)"
    case .text(let text): text
    case .apiRetry(let retry): "waiting for the API (retry \(retry.attempt) of \(retry.maxRetries))"
    case .denied(let denied): "denied: \(denied.tool) \(denied.summary)"
    case .initialised, .toolResult, .progress, .waiting, .apiError, .rateLimit, .result, .other: nil
    }
  }
}
