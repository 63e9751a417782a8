import Basics
import Processes
import SystemPackage

/// The files that an agent writes, open for writing here, too: what nobody needs any more can be freed through them.
struct OutputFiles {
  let stream: FileDescriptor
  let errors: FileDescriptor
}

/// Starts the process, or takes over one that runs, and stays with it to its end. Closes the log.
func supervise(
  _ request: AttemptRequest, log: FileDescriptor, output: OutputFiles?, stops: [StopRequest],
  launched: @escaping @Sendable (ProcessIdentity) async -> Void,
  observe: @escaping @Sendable (AgentEvent) async -> Void,
  start: (AsyncSignal) throws(ProcessFailure) -> any AgentProcess
) async -> AttemptOutcome {
  defer { try? log.close() }
  let wakeup = AsyncSignal()
  let reading: StreamReading
  do {
    reading = try StreamReading(
      path: request.files.stream, reader: request.agent.makeReader(for: request.options, session: request.session),
      wakeup: wakeup,
      bound: output.flatMap { output in
        request.streams.map { .init(budget: $0, stream: output.stream, errors: output.errors) }
      })
  } catch {
    return AttemptOutcome(notBegun: .notLaunched(error.description), request)
  }
  for stop in stops { stop.notify(wakeup) }
  defer { for stop in stops { stop.stopNotifying(wakeup) } }

  var supervision = Supervision(
    request: request, reading: reading, wakeup: wakeup, log: ReadableLog(file: log), stops: stops,
    observe: observe)
  let child: any AgentProcess
  do throws(ProcessFailure) {
    child = try start(wakeup)
  } catch {
    var outcome =
      switch error {
      case .notStarted(let why), .exhausted(let why):
        supervision.outcome(notLaunched: plainText("cannot start \(why)", limit: 500))
      default: supervision.outcome(notLaunched: plainText("cannot start \(error)", limit: 500))
      }
    if case .exhausted = error { outcome.isForWantOfMeans = true }
    return outcome
  }
  let activity = Activities.shared.begin("the agent of \(request.mark.value)", isAgent: true)
  defer { Activities.shared.end(activity) }
  if let identity = child.localIdentity { await launched(identity) }
  await supervision.watch(child)
  if child.sandboxHasFailed {
    let words = plainText(request.files.errors.readTail(limit: 2048).trimmed, limit: 500)
    return supervision.outcome(notLaunched: "the sandbox could not be set up: \(words)")
  }
  return await supervision.outcome(of: child)
}

/// The watch over one agent process: reads what it prints, and ends it when a limit is reached or a stop is wished.
///
/// Its functions are not inlined: what only some of them need would take memory for as long as the agent works.
private struct Supervision {
  /// How much is read before the clock is looked at again: an agent that prints without end keeps no limit waiting.
  private static let readLimit = 1 << 20
  private static let errorLimit = 2048

  private let request: AttemptRequest
  private let reading: StreamReading
  private let wakeup: AsyncSignal
  private let stops: [StopRequest]
  private let observe: @Sendable (AgentEvent) async -> Void

  private var summary = StreamSummary()
  private var log: ReadableLog
  /// Runs since the start; the other times are what it showed.
  private let stopwatch: Stopwatch
  /// When the agent began; nil while it waits for its turn elsewhere.
  private var began: Duration? = .zero
  private var lastProgress = Duration.zero
  private var lastByte = Duration.zero
  /// How often the API has refused the login in a row, and with which words.
  private var refusals = 0
  private var refusal: AgentFailure?
  /// Why the process was made to end, if it was, and when it will be killed.
  private var ending: (cause: EndingCause, killAt: Duration)?

  init(
    request: AttemptRequest, reading: StreamReading, wakeup: AsyncSignal, log: ReadableLog, stops: [StopRequest],
    observe: @escaping @Sendable (AgentEvent) async -> Void
  ) {
    self.request = request
    self.reading = reading
    self.wakeup = wakeup
    self.log = log
    self.stops = stops
    self.observe = observe
    stopwatch = Stopwatch(request.clock)
  }

  /// Returns once the process has ended and all that it printed has been read.
  mutating func watch(_ child: any AgentProcess) async {
    if !child.hasBegun { began = nil }
    while true {
      if began == nil, child.hasBegun { begin() }
      let hasEnded = child.exit != nil  // looked at before reading, so that the reading is complete
      let isAtEnd = await readOn()
      if hasEnded, isAtEnd || isNotWaitedFor { return }
      if !hasEnded { await enforceLimits(on: child) }
      log.flush()
      if isAtEnd, !hasEnded { await wakeup.wait(until: nextDeadline, on: stopwatch) }
    }
  }

  @inline(never)
  private mutating func begin() {
    let now = stopwatch.elapsed
    (began, lastProgress, lastByte) = (now, now, now)
  }

  /// Reads what is new; true at the end of the file.
  @inline(never)
  private mutating func readOn() async -> Bool {
    let piece = await reading.read(limit: Self.readLimit)
    if piece.hasGrown { lastByte = stopwatch.elapsed }
    await handle(piece.events)
    return piece.isAtEnd
  }

  @inline(never)
  private mutating func handle(_ events: [AgentEvent]) async {
    guard !events.isEmpty else { return }
    if events.contains(where: \.isProgress) { lastProgress = stopwatch.elapsed }
    for event in events {
      summary.note(event)
      log.note(event)
      noteRefusal(event)
    }
    log.flush()
    for event in events { await observe(event) }
  }

  /// The client would ask ten times more, for three minutes. A login that it keeps itself may have run out, and is renewed
  /// after the first refusal.
  private mutating func noteRefusal(_ event: AgentEvent) {
    switch event {
    case .apiRetry(let retry) where retry.status == 401 || retry.status == 403:
      refusals += 1
      guard refusals > (request.agent.mayRenewLogin(request.environment) ? 1 : 0) else { return }
      let words = retry.error.isEmpty ? "" : ": \(retry.error)"
      refusal = AgentFailure(kind: .invalidKey, message: "the API refuses the login (\(retry.status ?? 401)\(words))")
    case .text, .toolUse: refusals = 0
    default: break
    }
  }

  /// Whether the user has twice said to end: what an agent printed faster than it can be read is not waited for then.
  private var isNotWaitedFor: Bool { stopLevel == .immediate }

  private var stopLevel: StopRequest.Level {
    stops.map(\.level).max() ?? .none
  }

  private var deadlines: [(cause: EndingCause, at: Duration)] {
    guard let began else { return [] }
    let limits = request.limits
    return [
      summary.isWaitingForExit
        ? (.lingering, lastByte + limits.lingering)
        : (.timeout(.inactivity, after: limits.inactivity), lastProgress + limits.inactivity),
      (.timeout(.runtime, after: limits.maxRuntime), began + limits.maxRuntime),
    ]
  }

  private var nextDeadline: Duration? {
    ending?.killAt ?? deadlines.map(\.at).min()
  }

  @inline(never)
  private mutating func enforceLimits(on child: any AgentProcess) async {
    let now = stopwatch.elapsed
    if let ending {
      guard now >= ending.killAt || stopLevel == .immediate else { return }
      await child.killTree()
      self.ending = (ending.cause, now + .seconds(1))  // once more, should it have started something meanwhile
    } else if stopLevel == .immediate {
      await child.killTree()
      ending = (.stop, now + .seconds(1))
    } else if stopLevel == .graceful {
      await end(child, .stop, at: now)
    } else if let refusal {
      await end(child, .refused(refusal), at: now)
    } else if let due = deadlines.first(where: { now >= $0.at }) {
      await end(child, due.cause, at: now)
    }
  }

  @inline(never)
  private mutating func end(_ child: any AgentProcess, _ cause: EndingCause, at now: Duration) async {
    switch cause {
    case .stop: log.error("stopped on request")
    case .timeout(.inactivity, let limit): log.error("no progress for \(limit.components.seconds) s: stopped")
    case .timeout(.runtime, let limit): log.error("still running after \(limit.components.seconds) s: stopped")
    case .refused, .lingering: break
    }
    await child.terminate()
    ending = (cause, now + request.limits.killGrace)
  }

  /// Ends what the agent left behind, reads the rest, and draws the sum.
  @inline(never)
  mutating func outcome(of child: any AgentProcess) async -> AttemptOutcome {
    guard let exit = child.exit else { return outcome(notLaunched: "lost track of the process") }
    if let reason = child.launchFailure, ending == nil {
      return outcome(notLaunched: plainText(reason, limit: 500))
    }
    let survivors = await child.endRemains(
      marked: request.mark.pattern,
      grace: stopLevel == .immediate ? .zero : min(request.limits.killGrace, .seconds(2)))
    while await !readOn(), !isNotWaitedFor {}
    await handle(await reading.finish())

    let sessionCost = max(summary.lastResult?.sessionCostUSD ?? 0, request.session.costSoFar)
    let errors = errorTail(of: request.files.errors, limit: Self.errorLimit)
    var end = summary.end(
      exit: exit, cause: ending?.cause, errors: errors, told: request.agent.capabilities.ending)
    if case .crashed = end, let reason = child.endReason {
      // What somebody else ended has hardly anything better to say.
      end = .crashed(plainText(reason, limit: 500))
    } else if case .crashed = end, summary.lastResult == nil, let failure = request.agent.failure(inErrors: errors) {
      end = .failed(failure)
    }
    var outcome = AttemptOutcome(
      end: end, exit: exit, sessionID: resumableSession(end), costUSD: sessionCost - request.session.costSoFar,
      sessionCostUSD: sessionCost, usage: summary.usage, turns: summary.turns, denied: summary.denied,
      finalMessage: summary.finalMessage, structuredAnswer: summary.structuredAnswer,
      failedCommit: summary.failedCommit, counts: await reading.counts, survivors: survivors)
    outcome.account(for: summary)
    return finished(outcome)
  }

  @inline(never)
  mutating func outcome(notLaunched reason: String) -> AttemptOutcome {
    finished(AttemptOutcome(notBegun: .notLaunched(reason), request))
  }

  private func resumableSession(_ end: AttemptEnd) -> String? {
    if case .failed(let failure) = end, failure.kind == .sessionNotFound { return nil }
    if let id = summary.sessionID { return id }
    guard case .resumed(let id, _, _) = request.session else { return nil }
    return id
  }

  @inline(never)
  private mutating func finished(_ outcome: AttemptOutcome) -> AttemptOutcome {
    var outcome = outcome
    outcome.duration = began.map { stopwatch.elapsed - $0 } ?? .zero
    switch outcome.end {
    case .failed(let failure): log.error(failure.message)
    case .crashed(let message), .notLaunched(let message): log.error(message)
    case .succeeded, .stopped, .timedOut: break
    }
    for survivor in outcome.survivors { log.error("process \(survivor.pid) could not be killed") }
    log.complete(duration: outcome.duration)
    log.flush()
    return outcome
  }
}

/// The end of a process's standard error, on one line.
private func errorTail(of path: FilePath, limit: Int) -> String {
  plainText(path.readTail(limit: limit), limit: limit)
}
