import Basics
package import Journal
import Processes
import RunViews
package import Settings
import Synchronization
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Tells somebody who is away what became of a run: on the terminal, and by `orchestrator.notify.command`.
package final class RunNotices: Sendable {
  enum Event: String, Encodable, Sendable {
    case done, attention, paused
    case overBudget = "over-budget"
  }

  /// How long the command may take: a run that has ended waits for it.
  package static let timeLimit = Duration.seconds(15)
  /// How many calls of the command may wait for the one before.
  private static let mostWaiting = 5

  private struct Calls {
    var last: Task<Void, Never>?
    var waiting = 0
  }

  private let context: CommandContext
  private let command: String?
  private let terminal: TerminalNotices?
  private let timeLimit: Duration
  private let warn: @Sendable (String) -> Void
  private let calls = Mutex(Calls())

  package init(
    _ context: CommandContext, settings: Settings, timeLimit: Duration = RunNotices.timeLimit,
    warn: @escaping @Sendable (String) -> Void
  ) {
    self.context = context
    self.timeLimit = timeLimit
    command = settings[.notifyCommand]
    terminal =
      settings[.notifyTerminal]
      ? TerminalNotices(context.console.errors, environment: context.environment) : nil
    self.warn = warn
  }

  /// An entry is in the journal.
  package func note(_ entry: JournalEntry, _ state: RunState) {
    terminal?.show(state)
    switch entry.event {
    case .paused(let until, let reason):
      tell(.paused, "paused\(until.map { " until \($0)" } ?? ""): \(reason)", state)
    case .budgetReached:
      tell(.overBudget, "the budget is used up", state)
    default: break
    }
  }

  /// Another process continues the run, somewhere else.
  package func letGo() { terminal?.restore() }

  /// The run is over, or was never begun; returns once everybody is told.
  package func end(_ state: RunState?) async {
    terminal?.restore()
    if let state {
      let counts = RunView(state, isAlive: true, now: state.updatedAt.date).countsText
      tell(state.isSuccess ? .done : .attention, "\(state.isSuccess ? "done" : "needs you"): \(counts)", state)
    }
    await calls.withLock { $0.last }?.value
  }

  private func tell(_ event: Event, _ message: String, _ state: RunState) {
    // Whoever pressed Ctrl-C sits there.
    if state.interruptedBy != "SIGINT" { terminal?.call(message) }
    guard let command else { return }
    let input: [UInt8]
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      input = Array(try encoder.encode(Document(event, message, state, context.directory))) + [UInt8(ascii: "\n")]
    } catch {
      return warn("warning: orchestrator.notify.command is not called: \(error)")
    }
    calls.withLock { calls in
      guard calls.waiting < Self.mostWaiting else { return }
      calls.waiting += 1
      // One after the other; `end` awaits the last.
      calls.last = Task { [last = calls.last] in
        await last?.value
        await call(command, input)
        self.calls.withLock { $0.waiting -= 1 }
      }
    }
  }

  private func call(_ command: String, _ input: [UInt8]) async {
    let invocation = Invocation(shell: command, environment: context.environment, directory: context.directory)
    let fault: String
    do throws(ProcessFailure) {
      let output = try await invocation.run(
        input: input, outputLimit: 1 << 20, errorLimit: 64 << 10, timeout: timeLimit)
      guard output.exit != .code(0) else { return }
      let words = plainText(String(decoding: output.standardError.suffix(1000), as: UTF8.self), limit: 200)
      fault = "\(output.exit)" + (words.isEmpty ? "" : ": \(words)")
    } catch {
      fault = "\(error)"
    }
    warn("warning: orchestrator.notify.command failed (\(fault))")
  }

  /// What the command gets, schema 1.
  private struct Document: Encodable {
    let schema = 1
    let event: Event
    let message: String
    let run: String
    let kind: RunView.Kind
    let directory: String
    /// How many tasks are at each status.
    let tasks: [String: Int]
    let costUSD: Double
    let durationSeconds: Double

    init(_ event: Event, _ message: String, _ state: RunState, _ directory: FilePath) {
      let view = RunView(state, isAlive: true, now: state.updatedAt.date)
      self.event = event
      self.message = plainText(message, limit: 1000)
      run = view.id
      kind = view.kind
      self.directory = directory.string
      tasks = Dictionary(view.counts.map { ($0.status.rawValue, $0.count) }, uniquingKeysWith: +)
      costUSD = view.cost
      durationSeconds = (view.duration / .milliseconds(1)).rounded() / 1000
    }
  }
}
