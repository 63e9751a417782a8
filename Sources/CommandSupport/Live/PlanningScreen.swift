package import Basics
import Platform
package import Screens
import Synchronization
package import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

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

  package init(
    _ terminal: Terminal, todo: String, sources: [PlanSource], facts: PlanningView.Facts? = nil,
    clock: LocalClock = .system
  ) {
    live = LiveDisplay(terminal)
    isLive = terminal.isInteractive && !terminal.isInBackground
    self.clock = clock
    state = Mutex(State(view: PlanningView(todo: todo, sources: sources, facts: facts, at: Date())))
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

  package func used(_ source: PlanSource, _ use: PlanningView.Use) {
    let isNew = state.withLock { state in
      guard let index = state.view.steps.firstIndex(where: { $0.source == source }) else { return false }
      defer { state.view.steps[index].use = use }
      return state.view.steps[index].use != use
    }
    if isNew { wakeup.send() }
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
      let lines = line.painted(at: now, clock, width: terminal.size().columns, terminal.palette)
      if !lines.isEmpty { live.narrate(lines.joined(separator: "\n")) }
    } else {
      live.terminal.write(line.plain(at: now, clock) + "\n")
    }
  }

  /// Runs `body` while the clocks step.
  package func ticking<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    if isLive {
      live.takeKeyboard(pressed: { [weak self] in self?.press($0) }, changed: { [wakeup] in wakeup.send() })
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

  private func press(_ key: Key) {
    if key == .character("q") { kill(getpid(), SIGINT) }
    // Any key closes the help.
    state.withLock { $0.view.showsHelp = key == .character("?") && !$0.view.showsHelp }
    wakeup.send()
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
      let cost = asked.use?.costText ?? ""
      tell(
        EventLine(
          plan: "\(asked.source.rawValue): still thinking, \(shortText(asked.since))"
            + (cost.isEmpty ? "" : ", \(cost)")))
    }
  }
}
