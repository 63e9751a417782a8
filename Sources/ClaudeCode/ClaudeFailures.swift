import Agents
import Basics

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Why a result says that the agent failed. Remembers what the client told of the API before.
struct ClaudeFailures: Sendable {
  /// The API's refusal that the client gave up on; a subagent's, or one that was overcome, is none.
  var refusal: APIFailure?
  /// The limit that the subscription ran into.
  var rejection: RateLimitNotice?
  /// Whether only results are seen, and not the client's own answers that say of which kind a failure of the API is.
  let isOfResultsAlone: Bool

  init(ofResultsAlone isOfResultsAlone: Bool) {
    self.isOfResultsAlone = isOfResultsAlone
  }

  /// A result's own fields about its failure.
  struct Words {
    var subtype: String
    var terminalReason: String?
    var text: String?
    var errors: [String]
    var status: Int?
  }

  func failure(_ words: Words) -> AgentFailure {
    let message =
      [words.text, refusal?.message, words.errors.isEmpty ? nil : words.errors.joined(separator: "; ")]
      .compactMap { $0 }.first { !$0.isEmpty } ?? "the agent failed (\(words.terminalReason ?? words.subtype))"
    return AgentFailure(kind: kind(of: words), message: plainText(message, limit: 500))
  }

  /// Decides by what the client says in fields of their own; the words of a model are never looked at, since they may
  /// say anything, "/login" and "usage limit" among it.
  private func kind(of words: Words) -> AgentFailure.Kind {
    switch words.subtype {
    case "error_max_turns": return .maxTurns
    case "error_max_budget_usd": return .maxBudget
    default: break
    }
    if words.terminalReason == "blocking_limit" { return .promptTooLong }
    if words.errors.contains(where: { $0.hasPrefix("No conversation found") }) { return .sessionNotFound }
    let status = words.status ?? refusal?.status
    let isAPIError = status != nil || refusal != nil || isOfResultsAlone && words.terminalReason == "api_error"
    guard isAPIError else { return .other }
    // The client's own sentence about the API's refusal: it tells the details of a kind that is known.
    let sentence = refusal?.message ?? words.text ?? ""
    switch (status, refusal?.kind) {
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
