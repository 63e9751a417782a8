import Basics
package import Processes

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What the events of one process come to.
package struct StreamSummary: Sendable, Equatable {
  /// Set by the first `init`: only then is there a session to resume.
  package private(set) var sessionID: String?
  package private(set) var lastResult: AgentResult?
  /// Whether the last word was a result: the process has nothing more to do than to exit.
  package private(set) var isWaitingForExit = false
  package private(set) var usage = TokenUsage()
  /// The same by model.
  package private(set) var models = ModelUsages()
  /// What the API counted since the last result.
  package private(set) var streamed = ModelUsages()
  /// The model of the session.
  package private(set) var model: String?
  package private(set) var turns = 0
  package private(set) var denied: [DeniedTool] = []
  /// The last that came: a round that follows the answer may end without one.
  package private(set) var structuredAnswer: Data?
  /// What the last `git commit` said, if it failed.
  package private(set) var failedCommit: String?
  private var commitCall: String?
  private var lastText: String?

  /// How many denied calls are listed; an agent that tries forever fills no memory.
  private static let mostDenied = 100

  package init() {}

  package mutating func note(_ event: AgentEvent) {
    switch event {
    case .initialised(let start):
      isWaitingForExit = false
      if !start.sessionID.isEmpty { sessionID = start.sessionID }
      if !start.model.isEmpty { model = start.model }
    case .text(let text):
      isWaitingForExit = false
      lastText = text
    case .toolUse(let use):
      isWaitingForExit = false
      if use.summary.contains("git commit") { commitCall = use.id }
    case .toolResult(let result):
      isWaitingForExit = false
      if result.toolUseID == commitCall { failedCommit = result.isError ? result.summary : nil }
    case .denied(let tool): note(tool)
    case .result(let result):
      lastResult = result
      structuredAnswer = result.structuredAnswer ?? structuredAnswer
      isWaitingForExit = true
      usage += result.usage
      for model in result.models { models.add(model) }
      streamed = ModelUsages()
      turns = turns.addingSaturated(result.turns)
      for tool in result.denied { note(tool) }
    case .usage(let part): streamed.add(part)
    case .thinking, .progress, .waiting, .apiRetry, .apiError, .rateLimit, .other: break
    }
  }

  private mutating func note(_ tool: DeniedTool) {
    if !tool.id.isEmpty, let index = denied.firstIndex(where: { $0.id == tool.id }) {
      // The result's own list knows the input; the earlier notice may not. Only that notice knows the reason.
      if denied[index].summary.isEmpty { denied[index] = tool }
    } else if denied.count < Self.mostDenied {
      denied.append(tool)
    }
  }

  /// The last thing it said: the result's text, or else the last answer.
  package var finalMessage: String? {
    guard let text = lastResult?.text, !text.isEmpty else { return lastText }
    return text
  }

  /// How the attempt ended, for a process that ended with `exit`.
  ///
  /// Where a result tells of the end, exit status 0 alone means nothing (SIGINT exits 0), nor does a result alone.
  ///
  /// - `cause`: why we ended the process; `nil` when it ended by itself.
  /// - `errors`: the end of its standard error.
  /// - `told`: how the agent tells its end.
  package func end(
    exit: ExitDescription, cause: EndingCause?, errors: String, told: AgentCapabilities.Ending = .result
  ) -> AttemptEnd {
    if let cause {
      // It had said its last word before we ended it: that is what counts.
      if isWaitingForExit, let lastResult, lastResult.failure == nil { return .succeeded }
      switch cause {
      case .stop: return .stopped
      case .refused(let failure): return .failed(failure)
      case .timeout(let kind, let limit): return .timedOut(kind, after: limit)
      case .lingering: break
      }
    }
    let details = errors.isEmpty ? "" : ": \(errors)"
    if told == .exitStatus {
      // One that nobody saw may have been good: what is there decides.
      return exit == .code(0) || exit == .unknown ? .succeeded : .crashed("the agent failed (\(exit))\(details)")
    }
    guard let lastResult else { return .crashed("the agent ended without a result (\(exit))\(details)") }
    if let failure = lastResult.failure { return .failed(failure) }
    guard exit == .code(0) || exit == .unknown || cause == .lingering else {
      return .crashed("the agent failed after its result (\(exit))\(details)")
    }
    return .succeeded
  }
}

/// Why we ended an agent.
package enum EndingCause: Sendable, Equatable {
  case stop
  /// The API refuses the login, and the agent asks again and again.
  case refused(AgentFailure)
  case timeout(TimeoutKind, after: Duration)
  case lingering
}
