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
  private var apiFailure: APIFailure?
  private var rejection: RateLimitNotice?

  /// How many denied calls are listed; an agent that tries forever fills no memory.
  private static let mostDenied = 100

  /// Whether only results are seen, and not the client's own answers that say of which kind a failure of the API is.
  private let isOfResultsAlone: Bool

  package init(ofResultsAlone isOfResultsAlone: Bool = false) {
    self.isOfResultsAlone = isOfResultsAlone
  }

  package mutating func note(_ event: AgentEvent) {
    switch event {
    case .initialised(let start):
      isWaitingForExit = false
      if !start.sessionID.isEmpty { sessionID = start.sessionID }
      if !start.model.isEmpty { model = start.model }
    case .text(let text):
      isWaitingForExit = false
      lastText = text
      apiFailure = nil
    case .toolUse(let use):
      isWaitingForExit = false
      if use.summary.contains("git commit") { commitCall = use.id }
      // It got an answer after all, or the failure was a subagent's.
      apiFailure = nil
    case .toolResult(let result):
      isWaitingForExit = false
      if result.toolUseID == commitCall { failedCommit = result.isError ? result.summary : nil }
    case .apiError(let failure): apiFailure = failure
    case .denied(let tool): note(tool)
    case .rateLimit(let notice): if notice.status == "rejected" { rejection = notice }
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
    case .thinking, .progress, .waiting, .apiRetry, .other: break
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
  /// Exit status 0 alone means nothing (SIGINT exits 0), nor does a result alone, nor its `subtype`.
  ///
  /// - `cause`: why we ended the process; `nil` when it ended by itself.
  /// - `errors`: the end of its standard error.
  package func end(exit: ExitDescription, cause: EndingCause?, errors: String) -> AttemptEnd {
    if let cause {
      // It had said its last word before we lost retryPolicy: that is what counts.
      if isWaitingForExit, let lastResult, !lastResult.isError { return .succeeded }
      switch cause {
      case .stop: return .stopped
      case .refused(let failure): return .failed(failure)
      case .timeout(let kind, let limit): return .timedOut(kind, after: limit)
      case .lingering: break
      }
    }
    let details = errors.isEmpty ? "" : ": \(errors)"
    guard let lastResult else { return .crashed("the agent ended without a result (\(exit))\(details)") }
    if lastResult.isError { return .failed(failure(lastResult)) }
    guard exit == .code(0) || exit == .unknown || cause == .lingering else {
      return .crashed("the agent failed after its result (\(exit))\(details)")
    }
    return .succeeded
  }

  package func failure(_ result: AgentResult) -> AgentFailure {
    let message =
      [result.text, apiFailure?.message, result.errors.isEmpty ? nil : result.errors.joined(separator: "; ")]
      .compactMap { $0 }.first { !$0.isEmpty } ?? "the agent failed (\(result.terminalReason ?? result.subtype))"
    return AgentFailure(kind: kind(of: result), message: plainText(message, limit: 500))
  }

  /// Decides by what the client says in fields of their own; the words of a model are never looked at, since they may
  /// say anything, "/login" and "usage limit" among it.
  private func kind(of result: AgentResult) -> AgentFailure.Kind {
    switch result.subtype {
    case "error_max_turns": return .maxTurns
    case "error_max_budget_usd": return .maxBudget
    default: break
    }
    if result.terminalReason == "blocking_limit" { return .promptTooLong }
    if result.errors.contains(where: { $0.hasPrefix("No conversation found") }) { return .sessionNotFound }
    let status = result.apiErrorStatus ?? apiFailure?.status
    let isAPIError = status != nil || apiFailure != nil || isOfResultsAlone && result.terminalReason == "api_error"
    guard isAPIError else { return .other }
    // The client's own sentence about the API's refusal: it tells the details of a kind that is known.
    let sentence = apiFailure?.message ?? result.text ?? ""
    switch (status, apiFailure?.kind) {
    case (_, "billing_error"), (402, _): return .usageLimit(resetsAt: rejection?.resetsAt)
    case (529, _), (_, "overloaded"): return .overloaded
    case (429, _), (_, "rate_limit"):
      let reset = rejection?.resetsAt ?? resetTime(in: sentence)
      return rejection != nil || reset != nil || isAboutAllowance(sentence)
        ? .usageLimit(resetsAt: reset) : .rateLimited(retryAfter: nil)
    case (401, _), (403, _), (_, "authentication_failed"), (_, "oauth_org_not_allowed"):
      // Without a login no request is sent, so that there is no status.
      return status == nil || sentence.contains("/login") ? .notLoggedIn : .invalidKey
    case (nil, nil) where sentence.contains("/login"): return .notLoggedIn
    case (404, _), (_, "model_not_found"): return .unknownModel
    case (413, _): return .promptTooLong
    case (400, _) where !sentence.lowercased().hasPrefix("prompt is too long"): return .badRequest
    case (.some(500...), _), (_, "server_error"): return .serverError
    default: return sentence.lowercased().hasPrefix("prompt is too long") ? .promptTooLong : .other
    }
  }

  /// Whether the client says that a refusal for the rate (429) is one for the subscription's allowance.
  private func isAboutAllowance(_ sentence: String) -> Bool {
    let sentence = sentence.lowercased()
    return sentence.contains("usage limit") || sentence.contains("limit reached")
      || sentence.contains("hit your") && sentence.contains("limit")
  }

  /// Some of the client's sentences end in "|<seconds since 1970>".
  private func resetTime(in sentence: String) -> Date? {
    guard let bar = sentence.lastIndex(of: "|") else { return nil }
    let digits = sentence[sentence.index(after: bar)...].prefix { $0.isASCII && $0.isNumber }
    return digits.count >= 9 ? Double(digits).flatMap { Date(boundedSecondsSince1970: $0) } : nil
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
