package import Basics
package import HTTP
import Processes
import Trace

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Requests to a forge that are made again when that helps and does no harm.
///
/// What was turned away for its rate (429, or 403 with the signs of it) was not done: it is made again when the forge
/// says, whatever it is. After 5xx and lost connections only what may be done twice is made again.
package struct ForgeRequests: Sendable {
  private let retryPolicy: ForgeRetryPolicy
  private let secrets: Secrets
  private let send: HTTPSend

  /// - Parameter send: One exchange; an answer of any status, or `HTTPFailure`, `ForgeError`, `CancellationError`.
  package init(
    retryPolicy: ForgeRetryPolicy, secrets: Secrets,
    send: @escaping HTTPSend
  ) {
    self.retryPolicy = retryPolicy
    self.secrets = secrets
    self.send = send
  }

  /// The forge's answer: of any status but those that mean a rate limit, and 5xx only after all retries.
  /// - Parameter isRepeatable: Whether it is the same when made twice, so that it may be after a lost answer.
  /// - Throws: `.rateLimited`, `.unreachable`, `.serverError` for an answer that is too large, `.cancelled`, and what
  ///   `send` throws of ForgeError.
  package func response(to request: HTTPRequest, isRepeatable: Bool) async throws(ForgeError) -> HTTPResponse {
    var waits = 0
    var failures = 0
    while true {
      switch await outcome(of: request) {
      case .failure(let error):
        throw error
      case .response(let response) where Self.isRateLimited(response):
        try await waitForLimit(told: response, by: request, waits: waits)
        waits += 1
      case .response(let response) where Self.isPage(response, for: request) && failures < retryPolicy.retries:
        try await pause(after: failures, "\(host(of: request)) answered with a web page")
        failures += 1
      case .response(let response):
        guard response.status >= 500, isRepeatable, failures < retryPolicy.retries else { return response }
        try await pause(
          after: failures, atLeast: RetryAfter.duration(response, now: RetryAfter.serverTime(response) ?? Date()),
          "\(host(of: request)) answered with HTTP \(response.status)")
        failures += 1
      case .lost(let error, let isWorthRetrying):
        guard isRepeatable, isWorthRetrying, failures < retryPolicy.retries else { throw error }
        try await pause(after: failures, error.message)
        failures += 1
      }
    }
  }

  private enum Outcome {
    case response(HTTPResponse)
    case lost(ForgeError, isWorthRetrying: Bool)
    case failure(ForgeError)
  }

  private func outcome(of request: HTTPRequest) async -> Outcome {
    let changes = !["GET", "HEAD"].contains(request.method)
    if changes { KillPoint.before(.forgeRequest) }
    defer { if changes { KillPoint.after(.forgeRequest) } }
    do {
      return .response(try await StopRequest.withinRun { [send] in try await Trace.exchange(request, by: send) })
    } catch let error as ForgeError {
      return .failure(error)
    } catch let failure as HTTPFailure {
      let reason = secrets.masking(oneLine(failure.description))
      switch failure {
      case .bodyTooLarge:
        return .failure(ForgeError(.serverError, "\(host(of: request)) sent too much: \(reason)"))
      case .libraryMissing:
        return .failure(ForgeError(.clientMissing, "cannot reach \(host(of: request)): \(reason)"))
      case .badRequest:
        return .failure(ForgeError(.invalid, "cannot ask \(host(of: request)): \(reason)"))
      case .connection, .timedOut:
        return .lost(
          ForgeError(
            .unreachable, "cannot reach \(host(of: request)): \(reason)",
            hints: ["check the network connection, and the forge's status page"]),
          isWorthRetrying: failure.isWorthRetrying)
      }
    } catch {
      if error is CancellationError || Task.isCancelled { return .failure(ForgeError(.cancelled, "canceled")) }
      let reason = secrets.masking(oneLine("\(error)"))
      return .lost(
        ForgeError(.unreachable, "cannot reach \(host(of: request)): \(reason)"), isWorthRetrying: true)
    }
  }

  /// A web page with a status of success in place of what was asked for, as a proxy in between sends it.
  private static func isPage(_ response: HTTPResponse, for request: HTTPRequest) -> Bool {
    request.method == "GET" && (200..<300).contains(response.status)
      && response.body.first { ![0x09, 0x0A, 0x0D, 0x20].contains($0) } == UInt8(ascii: "<")
  }

  private func host(of request: HTTPRequest) -> String { "'\(request.url.host() ?? "the forge")'" }

  // MARK: - Waiting

  /// Doubled for each further failure, and up to a quarter longer, so that many who failed together do not come back
  /// together.
  private func pause(
    after failures: Int, atLeast told: Duration? = nil, _ reason: String
  ) async throws(ForgeError) {
    let own = retryPolicy.firstPause * (1 << min(failures, 16)) * Double.random(in: 1...1.25)
    let duration = max(own, min(told ?? .zero, retryPolicy.longestWait))
    try await wait(duration, until: Date(timeIntervalSinceNow: duration / .seconds(1)), .failure(reason))
  }

  private func waitForLimit(
    told response: HTTPResponse, by request: HTTPRequest, waits: Int
  ) async throws(ForgeError) {
    // At least a minute where the forge does not say (GitHub's advice), longer each time.
    let told = Self.toldWait(response) ?? .seconds(60) * (1 << min(waits, 6))
    let duration = max(told, .seconds(1))
    let until = Date(timeIntervalSinceNow: duration / .seconds(1))
    guard duration <= retryPolicy.longestWait, waits < retryPolicy.retries else {
      throw ForgeError(
        .rateLimited, "\(host(of: request)) takes no more requests from this login before \(until.formatted(.iso8601))",
        hints: ["its rate limit is used up: try again after that time"])
    }
    try await wait(duration, until: until, .rateLimit)
  }

  private func wait(
    _ duration: Duration, until: Date, _ cause: ForgeRetryPolicy.Cause
  ) async throws(ForgeError) {
    Trace.note(.decision, "forge: wait \(duration.components.seconds) s before the next try: \(cause)")
    do {
      try await retryPolicy.wait(duration, until, cause)
    } catch {
      throw ForgeError(.cancelled, "canceled while waiting for the forge")
    }
  }

  // MARK: - Signs of a rate limit

  static func isRateLimited(_ response: HTTPResponse) -> Bool {
    if response.status == 429 { return true }
    guard response.status == 403 else { return false }
    if response.headers["retry-after"] != nil || response.headers["x-ratelimit-remaining"] == "0" { return true }
    // GitHub's secondary limits may come without any header.
    let body = String(decoding: response.body.prefix(4096), as: UTF8.self).lowercased()
    return body.contains("secondary rate limit") || body.contains("abuse detection mechanism")
  }

  /// By the forge's own clock, where it has one: ours may be wrong.
  private static func toldWait(_ response: HTTPResponse) -> Duration? {
    let now = RetryAfter.serverTime(response) ?? Date()
    if let duration = RetryAfter.duration(response, now: now) { return duration }
    guard response.headers["x-ratelimit-remaining"] == "0",
      let reset = response.headers["x-ratelimit-reset"].flatMap({ Double($0) }), reset.isFinite
    else { return nil }
    return .seconds(min(max(0, reset - now.timeIntervalSince1970), 86_400))
  }
}
