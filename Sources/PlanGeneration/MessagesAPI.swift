import Basics
import HTTP
import Journal
import Trace

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Asks the Messages API for an answer of a given form.
struct MessagesAPI {
  struct Failure: Error, Equatable {
    /// One line; never holds the key.
    let reason: String
  }

  /// Used where `ANTHROPIC_MODEL` names no other.
  static let defaultModel = "claude-opus-5-5"
  static let version = "2026-10-21"
  /// Official clients refuse to wait for more without streaming.
  private static let mostTokens = 20_000
  private static let timeLimit = Duration.seconds(300)
  private static let retries = 2
  /// A server that asks for more patience is not worth waiting for in the foreground.
  private static let longestWait = Duration.seconds(60)

  private let key: String
  private let url: URL
  private let model: String
  private let send: HTTPSend
  private let sleep: @Sendable (Duration) async throws -> Void

  /// Fails where the environment has no key, or no usable address.
  init(
    environment: [String: String], send: @escaping HTTPSend,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) throws(Failure) {
    func value(_ name: String) -> String? {
      environment[name].map(\.trimmed).flatMap { $0.isEmpty ? nil : $0 }
    }
    guard let key = value("ANTHROPIC_API_KEY") else { throw Failure(reason: "ANTHROPIC_API_KEY is not set") }
    // A line break would let the value write headers of its own.
    guard key.unicodeScalars.allSatisfy({ $0.isASCII && !$0.isControlOrLineBreak }) else {
      throw Failure(reason: "ANTHROPIC_API_KEY contains characters that no key has")
    }
    let base = value("ANTHROPIC_BASE_URL") ?? "https://api.anthropic.com"
    guard let address = URL(string: base), let scheme = address.scheme?.lowercased(),
      ["http", "https"].contains(scheme), !(address.host() ?? "").isEmpty
    else { throw Failure(reason: "ANTHROPIC_BASE_URL is not an http or https address") }
    self.key = key
    self.url = address.appending(path: "v1/messages")
    self.model = value("ANTHROPIC_MODEL") ?? Self.defaultModel
    self.send = send
    self.sleep = sleep
  }

  /// The text of the answer, which is JSON of the form `schema`.
  ///
  /// Retried twice are lost connections and the statuses 408, 409, 429 and 5xx, after 0.5 s and more, or as long as
  /// the server asks for, up to 60 s. Throws ``Failure`` or `CancellationError`.
  ///
  /// - `spent`: hears what the answer used, also of one that is of no use.
  func ask(_ prompt: String, schema: JSON, spent: (PlanningUse) -> Void = { _ in }) async throws -> Data {
    let body: JSON = [
      "model": .string(model),
      "max_tokens": .number(Double(Self.mostTokens)),
      "messages": [["role": "user", "content": .string(prompt)]],
      "output_config": ["format": ["type": "json_schema", "schema": schema]],
    ]
    let request = HTTPRequest(
      method: "POST", url: url,
      headers: ["content-type": "application/json", "anthropic-version": Self.version, "x-api-key": key],
      body: Data(body.text.utf8), timeout: Self.timeLimit)

    var attempt = 0
    while true {
      let failure: Failure
      let wait: Duration?
      do {
        let response = try await Trace.exchange(request, by: send)
        if response.status == 200 {
          if let use = Self.use(response.body, asked: model) { spent(use) }
          return try Self.answer(response.body, redacting: key)
        }
        failure = Failure(reason: Self.reason(response, host: host, redacting: key))
        wait = Self.isWorthRetrying(response) ? Self.wait(afterAttempt: attempt, response) : nil
      } catch let error as HTTPFailure {
        failure = Failure(reason: "cannot reach \(host): \(Self.redacted("\(error)", key))")
        wait = error.isWorthRetrying ? Self.wait(afterAttempt: attempt, nil) : nil
      }
      guard attempt < Self.retries, let wait else { throw failure }
      guard wait <= Self.longestWait else {
        throw Failure(reason: "\(failure.reason); it asks to wait \(wait.components.seconds) s")
      }
      attempt += 1
      Trace.note(.decision, "plan: try \(attempt + 1) in \(wait.components.seconds) s: \(failure.reason)")
      try await sleep(wait)
    }
  }

  private var host: String { url.host() ?? "the API" }

  // MARK: The answer

  private struct Message: Decodable {
    struct Block: Decodable {
      let type: String
      let text: String?
    }
    let content: [Block]
    let stopReason: String?

    enum CodingKeys: String, CodingKey {
      case content
      case stopReason = "stop_reason"
    }
  }

  private struct Used: Decodable {
    struct Usage: Decodable {
      let inputTokens: Int?
      let outputTokens: Int?
      let cacheReadInputTokens: Int?
      let cacheCreationInputTokens: Int?

      enum CodingKeys: String, CodingKey {
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case cacheReadInputTokens = "cache_read_input_tokens"
        case cacheCreationInputTokens = "cache_creation_input_tokens"
      }
    }
    let model: String?
    let usage: Usage?
  }

  /// The API counts tokens, and names no cost.
  private static func use(_ body: Data, asked model: String) -> PlanningUse? {
    guard let used = try? JSONDecoder().decode(Used.self, from: body), let usage = used.usage else { return nil }
    let name = plainText(used.model ?? model, limit: 100)
    let record = ModelRecord(
      model: name, inputTokens: usage.inputTokens ?? 0, outputTokens: usage.outputTokens ?? 0,
      cacheReadTokens: usage.cacheReadInputTokens ?? 0, cacheWriteTokens: usage.cacheCreationInputTokens ?? 0)
    return PlanningUse(model: name, models: [record], isTold: false)
  }

  /// The reason to stop comes first: what was cut off may parse, and mean something else.
  private static func answer(_ body: Data, redacting key: String) throws(Failure) -> Data {
    guard let message = try? JSONDecoder().decode(Message.self, from: body) else {
      throw Failure(reason: "the API's answer is not a message; is ANTHROPIC_BASE_URL correct?")
    }
    switch message.stopReason {
    case "end_turn", "stop_sequence", nil: break
    case "max_tokens": throw Failure(reason: "the plan is longer than one answer may be; split the to-do list")
    case "model_context_window_exceeded":
      throw Failure(reason: "the to-do list and the project are more than the model can read; split the to-do list")
    case "refusal": throw Failure(reason: "the model refused to plan this to-do list")
    case let other?:
      throw Failure(reason: "the model stopped before the plan was done (\(redacted(other.quoted, key)))")
    }
    guard let text = message.content.first(where: { $0.type == "text" })?.text, !text.isEmpty else {
      throw Failure(reason: "the API's answer has no text")
    }
    return Data(text.utf8)
  }

  private struct ErrorBody: Decodable {
    struct Detail: Decodable {
      let type: String?
      let message: String?
    }
    let error: Detail
    let requestID: String?

    enum CodingKeys: String, CodingKey {
      case error
      case requestID = "request_id"
    }
  }

  private static func reason(_ response: HTTPResponse, host: String, redacting key: String) -> String {
    if (300..<400).contains(response.status) {
      return "\(host) answered \(response.status), a redirect, which is not followed with a key; set ANTHROPIC_BASE_URL"
    }
    var reason = "\(host) answered \(response.status)"
    if let body = try? JSONDecoder().decode(ErrorBody.self, from: response.body) {
      // A page of text would drown the line; the words are the server's, so they are cleaned like any others.
      let message = (body.error.message ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let words = [body.error.type, message.isEmpty ? nil : String(message.prefix(300))].compactMap(\.self)
      reason += ", \(words.joined(separator: ": "))"
      if let id = body.requestID ?? response.headers["request-id"] { reason += " (request \(id.prefix(60)))" }
    }
    if response.status == 401 { reason += "; check ANTHROPIC_API_KEY" }
    if response.status == 404 { reason += "; check ANTHROPIC_MODEL and ANTHROPIC_BASE_URL" }
    return redacted(String(String.UnicodeScalarView(reason.unicodeScalars.filter { !$0.isControlOrLineBreak })), key)
  }

  private static func redacted(_ text: String, _ key: String) -> String {
    text.replacing(key, with: "…")
  }

  // MARK: Retries

  private static func isWorthRetrying(_ response: HTTPResponse) -> Bool {
    switch response.headers["x-should-retry"] {
    case "true": true
    case "false": false
    default: [408, 409, 429].contains(response.status) || response.status >= 500
    }
  }

  private static func wait(afterAttempt attempt: Int, _ response: HTTPResponse?) -> Duration {
    if let asked = response.flatMap(RetryAfter.duration) { return asked }
    let full = min(8.0, 0.5 * Double(1 << attempt))
    return .seconds(full * Double.random(in: 0.75...1))
  }
}
