package import Agents
import Basics
package import Engine
package import HTTP
import HTTPClient
package import Journal
import KnownAgents
import Platform
package import Processes
import RunViews
import Screens
import Settings
import Synchronization
import SystemPackage
import TerminalUI

/// A run or a review as a command performs it: its signals, its screen, its answer.
package struct LiveSession: Sendable {
  package let context: CommandContext
  package let answersInJSON: Bool
  package let stop = StopRequest()
  private let display: LiveScreen
  private let signals: SignalHandler
  private let waits: WaitNotices

  package init(context: CommandContext, answersInJSON: Bool) {
    self.context = context
    self.answersInJSON = answersInJSON
    let display = LiveScreen(context.console.errors, environment: context.environment)
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

  /// The agents of a run, looked for before anything is begun, whose permissions must be possible.
  /// - Parameters:
  ///   - usual: the name of the one that does tasks without an agent of their own; nil for that of the settings.
  ///   - named: those that tasks name.
  package func agents(
    in place: RepositoryContext, usual: String? = nil, named: Set<String> = []
  ) async throws -> AgentSet {
    let agents = try await AgentRegistry(place.settings).locate(
      usual: usual, named: named, environment: place.environment)
    let permissions = ToolPermissions(settings: place.settings, root: place.root)
    for agent in agents.all { try agent.check(permissions, environment: place.environment) }
    return agents
  }

  /// The agent that reviews pull requests, looked for before anything is begun.
  /// - Parameter known: agents that were looked for before.
  package func reviewer(in place: RepositoryContext, among known: AgentSet? = nil) async throws -> any Agent {
    let name = place.settings[.reviewAgent]
    let agent: any Agent
    if let known, let found = known.all.first(where: { $0.name == name ?? place.settings[.agentKind].rawValue }) {
      agent = found
    } else {
      agent = try await AgentRegistry(place.settings).locate(name, environment: place.environment)
    }
    guard agent.capabilities.answersBySchema != .none else {
      throw RunError(
        .preflight, "the agent '\(agent.name)' cannot review pull requests: it gives no verdict that could be read",
        hints: ["choose another for reviews: git config orchestrator.review.agent claude"])
    }
    try agent.check(ToolPermissions(reviewing: place.settings, root: place.root), environment: place.environment)
    return agent
  }

  /// Asks on the terminal; nil without one.
  /// - Throws: `CancellationError` when a signal came instead of an answer.
  package func ask<Answer: Sendable>(_ question: @escaping @Sendable () async -> Answer?) async throws -> Answer? {
    let answer = try await stop.cancelling(at: .graceful, question)
    if stop.level > .none { throw CancellationError() }
    return answer
  }

  /// Performs a run or a review under the eyes of the user, and returns its state at the end.
  /// - Parameters:
  ///   - place: where it is performed.
  ///   - detach: the arguments with which it continues in the background once this process has let go of it; nil where it
  ///     cannot.
  package func perform(
    in place: RepositoryContext, detach: (@Sendable (_ run: String) -> [String])? = nil,
    _ work: @escaping @Sendable (_ signal: @escaping @Sendable () -> String?, RunObserver) async throws -> RunState
  ) async throws -> RunState {
    if context.ownsProcess { becomeSubreaper() }
    let (display, signals, context) = (display, signals, context)
    let notices = RunNotices(context, settings: place.settings, warn: { display.narrate($0) })
    let run = Mutex<String?>(nil)
    let observer = RunObserver(
      journal: { entry, state in
        run.withLock { $0 = state.header.id }
        display.note(entry, state)
        notices.note(entry, state)
      }, agent: { display.note($1, of: $0) }, note: { display.narrate($0) })
    var setting = LiveScreen.Setting()
    setting.store = place.store
    setting.environment = place.environment
    setting.place = { place }
    setting.mostAttempts = 1 + place.settings[.agentMaxRetries]
    setting.quietAfter = place.settings[.agentInactivityTimeout] / 2
    if let detach, let executable = context.executable, context.ownsProcess, !answersInJSON {
      setting.abilities.canDetach = true
      setting.act = { action in
        guard action == .detach, let id = run.withLock({ $0 }) else { return }
        notices.letGo()
        Self.handOver(to: executable, detach(id), context)
      }
    }
    do {
      let state = try await display.ticking(setting) {
        try await work({ signals.signal.map(SignalHandler.name) }, observer)
      }
      await notices.end(state)
      // Where it happened: what follows, such as the landing of a run, has its own end.
      if state.phase == .ended { tellEnd(of: view(of: state)) }
      return state
    } catch {
      await notices.end(nil)
      throw error
    }
  }

  /// Puts the command that continues the run in the background in the place of this process, which thereby lets go of it as
  /// if it had been killed: at any moment, that loses nothing, and the agents, which work on, are watched again.
  private static func handOver(to executable: FilePath, _ arguments: [String], _ context: CommandContext) {
    let next = Invocation(
      executable: executable, arguments: arguments, environment: context.environment, directory: context.directory)
    do throws(ProcessFailure) {
      try next.replaceProcess()
    } catch {
      context.console.narrate("cannot continue in the background: \(error)")
    }
  }

  /// Answers with what became of it, and says how the command ends.
  package func conclude(_ states: [RunState]) throws -> ExitStatus {
    var views = states.map(view(of:))
    // What comes next follows from the last.
    for index in views.indices.dropLast() { views[index].isLast = false }
    if answersInJSON {
      let documents = views.map(StatusDocument.init)
      context.console.answer(try documents.count == 1 ? documents[0].json() : StatusDocument.json(documents))
    } else if context.console.output.isInteractive {
      for view in views {
        var frame = LiveFrame(view)
        frame.amounts = display.amounts
        let lines = EndScreen.lines(
          frame, directory: context.directory, columns: context.console.output.size().columns,
          palette: context.console.output.palette, links: Hyperlinks(context.console.output, context.environment))
        for line in [""] + lines { context.console.answer(line) }
      }
    } else {
      for view in views {
        // The others have ended before.
        if view.phase != .ended { tellEnd(of: view) }
        if let next = NextStep(view) { tell(EventLine(next: next), at: view) }
        var summary = SummaryText(view: view, directory: context.directory, palette: context.console.output.palette)
        summary.links = Hyperlinks(context.console.output, context.environment)
        for line in [""] + summary.lines() { context.console.answer(line) }
      }
    }
    if let signal = signals.signal ?? (stop.level > .none ? SIGTERM : nil) { return .interrupted(signal: signal) }
    return states.allSatisfy(\.isSuccess) ? .done : .no
  }

  private func view(of state: RunState) -> RunView { RunView(state, isAlive: true, now: state.updatedAt.date) }

  private func tellEnd(of view: RunView) { tell(EventLine(standing: "end", LiveFrame(view)), at: view) }

  /// A line of one without a terminal, at its end.
  private func tell(_ line: EventLine, at view: RunView) {
    guard display.isPlain else { return }
    context.console.narrate(line.plain(at: view.endedAt?.date ?? view.now, .system))
  }

  /// For forges that are spoken to directly.
  package static let send: HTTPSend = { try await CurlClient().send($0) }
}
