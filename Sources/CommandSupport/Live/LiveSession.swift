package import Agents
import Basics
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
  private let waits: WaitNotices

  package init(context: CommandContext, answersInJSON: Bool) {
    self.context = context
    self.answersInJSON = answersInJSON
    let display = RunDisplay(LiveDisplay(context.console.errors))
    self.display = display
    waits = WaitNotices(stop: stop) { display.narrate($0) }
    signals = SignalHandler(stop: stop, in: context) { signal, isFirst in
      let waits = Activities.shared.summary().map { "\nwaiting for \($0)" } ?? ""
      display.narrate(
        isFirst
          ? "\(signal): stopping; all work is kept (once more to kill what is still running)\(waits)"
          : "\(signal): killing what is still running")
    }
  }

  /// Runs the command; when a signal cut it short, that is its end. What went wrong besides is told all the same, and that
  /// its record could not be kept is an error of its own.
  package func interruptibly(_ body: () async throws -> ExitStatus) async throws -> ExitStatus {
    let watch = context.ownsProcess ? Task { [waits] in await waits.tell() } : nil
    let result: Result<ExitStatus, any Error>
    do {
      result = .success(try await body())
    } catch {
      result = .failure(error)
    }
    watch?.cancel()
    await watch?.value
    do {
      return try result.get()
    } catch let error as JournalError {
      throw error
    } catch {
      display.finish()
      if let status = signals.status(after: error) { return status }
      // What another command stopped ends as one that got SIGTERM.
      guard error is CancellationError, stop.level > .none else { throw error }
      return .interrupted(signal: SIGTERM)
    }
  }

  /// Tells what happens, outside of the live lines.
  package var note: @Sendable (String) -> Void { { [display] in display.narrate($0) } }

  /// Where the command was called, once the user trusts what needs it.
  /// - Throws: before anything else, when so few files may be open that no agent could run.
  package func workplace() async throws -> RepositoryContext {
    if context.ownsProcess {
      FileLimit.raise()
      if let limit = FileLimit.current, limit.mostJobs < 1 {
        throw RunError(
          .tooFewDescriptors,
          "this process may open only \(limit.limit) files (ulimit -n), and one agent takes \(limit.least)",
          hints: ["raise the limit: ulimit -n 1024; the hard limit may have to be raised first (ulimit -Hn)"])
      }
    }
    return try await RepositoryContext.trusted(context, ask: ask)
  }

  /// As many agents as are wanted, or as many as there are files for.
  package func jobs(_ wanted: Int) -> Int {
    guard context.ownsProcess, let limit = FileLimit.current, limit.mostJobs < wanted else { return wanted }
    let most = max(1, limit.mostJobs)
    note(
      "warning: \(most) agent\(most == 1 ? "" : "s") at a time instead of \(wanted): this process may open only "
        + "\(limit.limit) files (ulimit -n)")
    return most
  }

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
    in place: RepositoryContext,
    _ work: @escaping @Sendable (_ signal: @escaping @Sendable () -> String?, RunObserver) async throws -> RunState
  ) async throws -> RunState {
    if context.ownsProcess { becomeSubreaper() }
    let (display, signals) = (display, signals)
    let notices = RunNotices(context, settings: place.settings, warn: { display.narrate($0) })
    let observer = RunObserver(
      journal: {
        display.note($0, $1)
        notices.note($0, $1)
      }, agent: { display.note($1, of: $0) }, note: { display.narrate($0) })
    do {
      let state = try await display.ticking { try await work({ signals.signal.map(SignalHandler.name) }, observer) }
      display.finish()
      await notices.end(state)
      return state
    } catch {
      display.finish()
      await notices.end(nil)
      throw error
    }
  }

  /// Answers with what became of it, and says how the command ends.
  package func conclude(_ states: [RunState]) throws -> ExitStatus {
    let views = states.map { RunView($0, isAlive: true, now: $0.updatedAt.date) }
    if answersInJSON {
      let documents = views.map(StatusDocument.init)
      context.console.answer(try documents.count == 1 ? documents[0].json() : StatusDocument.json(documents))
    } else {
      for view in views {
        var summary = SummaryText(view: view, directory: context.directory, palette: context.console.output.palette)
        summary.links = Hyperlinks(context.console.output, context.environment)
        for line in [""] + summary.lines() { context.console.answer(line) }
      }
    }
    if let signal = signals.signal ?? (stop.level > .none ? SIGTERM : nil) { return .interrupted(signal: signal) }
    return states.allSatisfy(\.isSuccess) ? .done : .no
  }

  /// For forges that are spoken to directly.
  package static let send: HTTPSend = { try await CurlClient().send($0) }
}
