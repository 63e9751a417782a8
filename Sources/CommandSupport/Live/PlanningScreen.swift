package import Basics
import Platform
import Synchronization
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

    package init(_ source: PlanSource, _ outcome: Outcome = .waiting) {
      (self.source, self.outcome) = (source, outcome)
    }
  }

  package var todo: String
  package var steps: [Step]
  package var startedAt: Date
  package var hasKeyboard = true

  package init(todo: String, sources: [PlanSource], at time: Date) {
    self.todo = todo
    steps = sources.map { Step($0) }
    startedAt = time
  }

  /// The source that is asked, and for how long.
  package func asked(at time: Date) -> (source: PlanSource, since: Duration)? {
    for step in steps {
      if case .asked(let since) = step.outcome { return (step.source, Self.span(since, time)) }
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
    if size.rows >= 24 { lines.append(palette.paint("   source     asked   now", .dim)) }
    var last = "another source"
    for step in steps {
      let name = padded(step.source.rawValue, to: 9)
      let (symbol, style, span, text): (String, Style, String, String) =
        switch step.outcome {
        case .waiting: ("◦", .dim, "", "asked if \(last) cannot plan")
        case .asked(let since):
          ("▸", .cyan, shortText(Self.span(since, now)), "thinking \(shortText(Self.span(since, now)))")
        case .failed(let span, let reason): ("✗", .red, shortText(span), sanitized(reason))
        }
      let begin = " \(palette.paint(symbol, style)) \(name) \(padded(span, to: 6, .right))   "
      lines.append(begin + truncated(text, to: max(1, width - displayWidth(begin))))
      last = step.source.rawValue
    }
    lines.append("")
    lines.append(fitting(["nothing is written yet · no agent has started", "no agent has started"], to: width))
    lines.append(palette.paint(hasKeyboard ? "q stop" : "Ctrl-C stops", .dim))
    return lines.suffix(max(1, size.rows - 1)).map { palette.spelled(truncated($0, to: width)) }
  }
}

/// The screen while a plan is made: live on a terminal, elsewhere a line for each source, and one a minute.
package final class PlanningScreen: Sendable {
  private struct State {
    var view: PlanningView
    var silence = Silence(at: Date())
  }

  private let live: LiveDisplay
  private let isLive: Bool
  private let clock: LocalClock
  private let state: Mutex<State>
  private let wakeup = AsyncSignal()

  package init(_ terminal: Terminal, todo: String, sources: [PlanSource], clock: LocalClock = .system) {
    live = LiveDisplay(terminal)
    isLive = terminal.isInteractive && !terminal.isInBackground
    self.clock = clock
    state = Mutex(State(view: PlanningView(todo: todo, sources: sources, at: Date())))
  }

  package func asks(_ source: PlanSource) {
    change(source, to: .asked(since: Date()))
    // It takes no time.
    guard !isLive, source != .markdown else { return }
    tell(EventLine(plan: "\(source.rawValue): asked"))
  }

  package func failed(_ source: PlanSource, _ reason: String) {
    let now = Date()
    let asked = state.withLock { $0.view.asked(at: now) }
    change(source, to: .failed(after: asked?.since ?? .zero, reason: reason))
    tell(EventLine(plan: "\(source.rawValue) could not plan: \(reason)", hasFailed: true))
  }

  private func change(_ source: PlanSource, to outcome: PlanningView.Step.Outcome) {
    state.withLock { state in
      if let index = state.view.steps.firstIndex(where: { $0.source == source }) {
        state.view.steps[index].outcome = outcome
      } else {
        state.view.steps.append(.init(source, outcome))
      }
    }
    wakeup.send()
  }

  private func tell(_ line: EventLine) {
    let now = Date()
    state.withLock { $0.silence.speak(at: now) }
    if isLive {
      let terminal = live.terminal
      if let text = line.painted(at: now, clock, width: terminal.size().columns, terminal.palette) {
        live.narrate(text)
      }
    } else {
      live.terminal.write(line.plain(at: now, clock) + "\n")
    }
  }

  /// Runs `body` while the clocks go on.
  package func ticking<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    if isLive {
      live.takeKeyboard(
        pressed: { if $0 == .character("q") { kill(getpid(), SIGINT) } }, changed: { [wakeup] in wakeup.send() })
      state.withLock { $0.view.hasKeyboard = live.hasKeyboard }
    }
    defer { live.finish() }
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        while !Task.isCancelled {
          self.tick()
          await self.wakeup.wait(for: .seconds(1))
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

  private func tick() {
    let now = Date()
    if isLive {
      let view = state.withLock(\.view)
      // What is over at once need not be seen.
      guard let asked = view.asked(at: now), asked.source != .markdown || asked.since > .milliseconds(300) else {
        return
      }
      live.show(view.lines(now: now, size: live.terminal.size(), palette: live.terminal.palette))
    } else {
      let asked = state.withLock { $0.silence.isOver(at: now) ? $0.view.asked(at: now) : nil }
      guard let asked else { return }
      tell(EventLine(plan: "\(asked.source.rawValue): still thinking, \(shortText(asked.since))"))
    }
  }
}
