import ACP
import Attempts
import Basics
import Codex
import Engine
import Foundation
import Journal
import OrchTestSupport
import Processes
import SystemPackage

#if DEBUG
  @testable import Agents
  @testable import ClaudeCode
#else
  import Agents
  import ClaudeCode
#endif

extension FuzzTarget {
  static let stream = streamTarget("stream", "AgentsTests/Samples") { ClaudeStreamReader() }

  static let codexStream = streamTarget("codex-stream", "AgentsTests/Samples/Codex") {
    CodexStreamReader(model: nil, usageSoFar: TokenUsage(input: 5), answersBySchema: true)
  }

  static let acpStream = streamTarget("acp-stream", "AgentsTests/Samples/ACP") {
    ACPAgent(name: "acp", command: "", model: nil, relay: nil)
      .makeReader(for: AgentOptions(), session: .new(UUID()))
  }

  private static func streamTarget(
    _ name: String, _ seeds: String, reader: @escaping @Sendable () -> any AgentEventReader
  ) -> FuzzTarget {
    FuzzTarget(name: name, seeds: { try Seeds.files(seeds, ending: ".ndjson", in: $0) }) { input, random in
      try read(input, reader(), &random)
    }
  }

  private static func read(
    _ input: [UInt8], _ reader: any AgentEventReader, _ random: inout SeededRandom
  ) throws {
    var stream = AgentStream(reader: reader)
    var summary = StreamSummary()
    var events: [AgentEvent] = []
    let note: (AgentEvent) -> Void = { event in
      summary.note(event)
      events.append(event)
    }
    pieces(of: input, &random) { stream.feed($0, note) }
    stream.finish(note)
    for event in events { try check(event) }
    try checkLog(events)
    for number in [summary.usage.input, summary.usage.output, summary.usage.cacheRead, summary.turns] where number < 0 {
      throw Violation("a sum of the stream is \(number)")
    }
    try checkAttempt(summary, stream.counts, &random)
  }

  private static func check(_ event: AgentEvent) throws {
    switch event {
    case .apiRetry(let retry):
      if retry.delay < .zero || retry.delay > .seconds(86_400) { throw Violation("a retry after \(retry.delay)") }
      try checkShown([retry.error], "a retry")
    case .text(let text), .thinking(let text): try checkShown(text: text, "an agent's text")
    case .toolUse(let use): try checkShown([use.name, use.summary], "a tool's use")
    case .toolResult(let result): try checkShown([result.summary], "a tool's result")
    case .denied(let tool): try check([tool])
    case .result(let result):
      try checkSum(result.sessionCostUSD, "a session's cost")
      try check(result.denied)
    case .initialised, .progress, .usage, .waiting, .apiError, .rateLimit, .other: break
    }
  }

  private static func check(_ denied: [DeniedTool]) throws {
    for tool in denied { try checkShown([tool.tool, tool.summary, tool.suggestion ?? ""], "a denied tool") }
  }

  /// The log that people read, which `git orch log` copies to the terminal.
  private static func checkLog(_ events: [AgentEvent]) throws {
    #if DEBUG
      let path = FilePath("\(FileManager.default.temporaryDirectory.path)/git-orch-fuzz-log-\(getpid())")
      let file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
      defer {
        try? file.close()
        try? FileManager.default.removeItem(atPath: path.string)
      }
      var log = ReadableLog(file: file)
      for event in events { log.note(event) }
      log.complete(duration: .milliseconds(1234))
      log.flush()
      try checkShown(text: try path.readText(limit: 1 << 30, .repairsText), "the log")
    #endif
  }

  /// The attempt's outcome on its way through the journal to the screen.
  private static func checkAttempt(
    _ summary: StreamSummary, _ counts: StreamCounts, _ random: inout SeededRandom
  ) throws {
    let policy = RetryPolicy(maxRetries: 2, retryDelay: .seconds(5), useResume: true)
    for exit in [ExitDescription.code(0), .code(1)] {
      let outcome = AttemptOutcome(
        end: summary.end(exit: exit, cause: nil, errors: ""), exit: exit, sessionID: summary.sessionID,
        costUSD: summary.lastResult?.sessionCostUSD ?? 0, sessionCostUSD: summary.lastResult?.sessionCostUSD ?? 0,
        usage: summary.usage, turns: summary.turns, denied: summary.denied, finalMessage: summary.finalMessage,
        counts: counts)
      let now = Date()
      switch policy.decision(after: outcome, attempt: 1, backoffs: random.below(8), jitter: 0.5) {
      case .retry(let pause, _, _):
        if pause < .zero || pause > .seconds(8 * 86_400) { throw Violation("a retry after \(pause)") }
      case .pauseRun(let until):
        let pause = AdmissionGate.resumption(after: until, now: now).timeIntervalSince(now)
        guard (0...8 * 86_400).contains(pause) else { throw Violation("a pause of \(pause) s") }
      case .giveUp, .stopRun: break
      }
      let times = (0..<5).map { JournalTime(Date(timeIntervalSince1970: 1_795_379_825 + Double($0))) }
      let record = AttemptRecord(outcome)
      // Two of them: what is summed must not trap.
      let events: [JournalEvent] = [
        .runStarted(Samples.header),
        .attemptStarting(task: "a", attempt: 1, session: "s", resumed: false),
        .attemptEnded(task: "a", attempt: 1, result: record),
        .attemptStarting(task: "a", attempt: 2, session: "s", resumed: true),
        .attemptEnded(task: "a", attempt: 2, result: record),
        .taskEnded(task: "a", status: .failed, message: record.message, advice: []),
      ]
      let entries = zip(times + times, events).map { JournalEntry(time: $0, event: $1) }
      let steps = try Rendering.fold(entries)
      guard let state = steps.last?.1 else { return }
      try Rendering.check(state, said: summary.finalMessage ?? "")
      var fold = JournalFold(path: "journal")
      for entry in entries { try entry.line().withUnsafeBytes { try fold.feed($0) } }
      guard fold.state?.cost == state.cost, fold.state?.unreadableLines == 0 else {
        throw Violation("an attempt is another one once it was written and read")
      }
      try Rendering.checkNarration(steps)
    }
  }
}

private enum Samples {
  static let header = RunHeader(
    version: "1.0", id: "20261122-203705-00ff", process: ProcessIdentity(pid: 4242, startTime: 1),
    base: BaseRecord(branch: "main", commit: String(repeating: "0", count: 40)), remote: "origin", localReason: nil,
    noPullRequestsReason: nil, jobs: 2, agent: "claude 2.1",
    tasks: [TaskHeader(id: "a", title: "A", branch: "feature/a", needs: [])])
}
