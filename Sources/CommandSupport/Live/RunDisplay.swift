package import Agents
import Basics
package import Journal
import Synchronization
package import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The screen of a running run: a line for each event that stays, and below them what every agent does now.
package final class RunDisplay: Sendable {
  private struct View {
    var state: RunState?
    /// What each agent did last; gone when its task ends.
    var activities: [String: String] = [:]
  }

  private let live: LiveDisplay
  private let view = Mutex(View())
  private let hint: String

  /// - Parameter hint: what Ctrl-C does.
  package init(_ live: LiveDisplay, hint: String = "Ctrl-C stops") {
    self.live = live
    self.hint = hint
  }

  package func narrate(_ text: String) { live.narrate(sanitized(text, .keepLines)) }

  /// Takes the live lines off the screen; later narration is plain. Safe to call twice.
  package func finish() { live.finish() }

  package func note(_ entry: JournalEntry, _ state: RunState) {
    view.withLock { view in
      // Kept only to be drawn: whoever keeps a state makes its journal copy all of its tasks with the next entry.
      if live.isLive { view.state = state }
      if case .taskEnded(let task, _, _, _) = entry.event { view.activities[task] = nil }
    }
    if let line = RunNarration.line(for: entry.event, in: state) { live.narrate(sanitized(line)) }
    draw()
  }

  /// Shows a state whose entries need not be told one by one.
  package func show(_ state: RunState) {
    view.withLock { $0.state = state }
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
    let view = RunView(state, isAlive: true, now: Date())
    live.show { [hint] width, palette in
      LiveText.lines(view, activities: activities, hint: hint, width: width, palette: palette)
    }
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
    case .initialised, .toolResult, .progress, .waiting, .apiError, .rateLimit, .result, .usage, .other: nil
    }
  }
}
