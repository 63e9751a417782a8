package import Agents
package import Engine
package import HTTP
import HTTPClient
package import Journal
import Platform
package import Processes
import Settings
import TerminalUI

/// A run or a review as a command performs it: its signals, its screen, its answer.
package struct LiveSession: Sendable {
  package let context: CommandContext
  package let answersInJSON: Bool
  package let stop = StopRequest()
  private let display: RunDisplay
  private let signals: SignalHandler

  package init(context: CommandContext, answersInJSON: Bool) {
    self.context = context
    self.answersInJSON = answersInJSON
    let display = RunDisplay(LiveDisplay(context.console.errors))
    self.display = display
    signals = SignalHandler(stop: stop, in: context) { signal, isFirst in
      display.narrate(
        isFirst
          ? "\(signal): stopping; all work is kept (once more to kill what is still running)"
          : "\(signal): killing what is still running")
    }
  }

  /// Runs the command; when a signal cut it short, that is its end, whatever failed because of it. But that its record
  /// could not be kept is no signal's fault, and must be known.
  package func interruptibly(_ body: () async throws -> ExitStatus) async throws -> ExitStatus {
    do {
      return try await body()
    } catch let error as JournalError {
      throw error
    } catch {
      // What another command stopped ends as one that got SIGTERM.
      let isStopped = error is CancellationError && stop.level > .none
      guard let signal = signals.signal ?? (isStopped ? SIGTERM : nil) else { throw error }
      display.finish()
      return .interrupted(signal: signal)
    }
  }

  /// Tells what happens, outside of the live lines.
  package var note: @Sendable (String) -> Void { { [display] in display.narrate($0) } }

  /// Where the command was called, once the user trusts what needs it.
  package func workplace() async throws -> RepositoryContext { try await RepositoryContext.trusted(context, ask: ask) }

  /// The agent of the settings, checked before anything is begun.
  ///
  /// - `runs`, `reviews`: what it is wanted for, whose permissions must be possible.
  package func agent(in place: RepositoryContext, runs: Bool = true, reviews: Bool = false) async throws -> ClaudeCode {
    let claude = try await ClaudeCode.locate(command: place.settings[.agentCommand], environment: place.environment)
    let permissions =
      (runs ? [ToolPermissions(settings: place.settings, root: place.root)] : [])
      + (reviews ? [ToolPermissions(reviewing: place.settings, root: place.root)] : [])
    for permissions in permissions {
      try ClaudeCode.checkPermissions(permissions, environment: place.environment)
    }
    return claude
  }

  /// Asks on the terminal; nil without one.
  /// - Throws: `CancellationError` when a signal came instead of an answer.
  package func ask<Answer: Sendable>(_ question: @escaping @Sendable () async -> Answer?) async throws -> Answer? {
    let answer = try await stop.cancelling(at: .graceful, question)
    if stop.level > .none { throw CancellationError() }
    return answer
  }

  /// Performs a run or a review under the eyes of the user, and returns its state at the end.
  package func perform(
    _ work: @escaping @Sendable (_ signal: @escaping @Sendable () -> String?, RunObserver) async throws -> RunState
  ) async throws -> RunState {
    if context.ownsProcess {
      becomeSubreaper()
      raiseFileLimit()
    }
    let (display, signals) = (display, signals)
    let observer = RunObserver(
      journal: { display.note($0, $1) }, agent: { display.note($1, of: $0) }, note: { display.narrate($0) })
    defer { display.finish() }
    return try await display.ticking { try await work({ signals.signal.map(SignalHandler.name) }, observer) }
  }

  /// Answers with what became of it, and says how the command ends.
  package func conclude(_ states: [RunState]) throws -> ExitStatus {
    let views = states.map { RunView($0, isAlive: true, now: $0.updatedAt.date) }
    if answersInJSON {
      let documents = views.map(StatusDocument.init)
      context.console.answer(try documents.count == 1 ? documents[0].json() : StatusDocument.json(documents))
    } else {
      for view in views {
        let summary = SummaryText(view: view, directory: context.directory, palette: context.console.output.palette)
        for line in [""] + summary.lines() { context.console.answer(line) }
      }
    }
    if let signal = signals.signal ?? (stop.level > .none ? SIGTERM : nil) { return .interrupted(signal: signal) }
    return states.allSatisfy(\.isSuccess) ? .done : .no
  }

  /// For forges that are spoken to directly.
  package static let send: HTTPSend = { try await CurlClient().send($0) }
}
