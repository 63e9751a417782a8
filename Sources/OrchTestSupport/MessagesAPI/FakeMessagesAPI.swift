import FlyingFox
import FlyingSocks
import Foundation

/// A Messages API on loopback whose answers are scripted: the other end of the real client in tests.
///
/// Each conversation is known by a marker, any text of the test's choosing in the user's first message; the scenario
/// registered under it decides what is answered. What the client asks on the side is answered harmlessly and takes no
/// step. Every request is recorded.
package actor FakeMessagesAPI {
  /// What to hand a client as `ANTHROPIC_BASE_URL`, e.g. `http://127.0.0.1:40123`.
  package nonisolated let baseURL: String

  /// All requests in the order of their arrival, side calls and strays included.
  package private(set) var requests: [RecordedRequest] = []

  /// What a test did not foresee: requests without a known marker, and scenarios that were asked for more than they
  /// hold. Such requests are answered by a text that ends the turn.
  package private(set) var surprises: [String] = []

  private let server: HTTPServer
  private let serving: Task<Void, any Error>
  /// In the order of their registration, which is the order in which markers are looked for.
  private var conversations: [Conversation] = []
  private var replies = 0
  /// Pings sent, by marker.
  private var pings: [String: Int] = [:]
  private var hasStopped = false
  private var onlookers: [UUID: AsyncStream<Void>.Continuation] = [:]

  private init(server: HTTPServer, serving: Task<Void, any Error>, port: UInt16) {
    self.server = server
    self.serving = serving
    self.baseURL = "http://127.0.0.1:\(port)"
  }

  /// Starts a server on a free port of 127.0.0.1. Whoever starts it must `stop()` it; `with(_:)` does both.
  /// - Throws: what the socket or FlyingFox reports.
  package static func start() async throws -> FakeMessagesAPI {
    // The time limit is for a handler's answer, and silence is an answer here.
    let server = HTTPServer(
      address: try .inet(ip4: "127.0.0.1", port: 0), timeout: 86_400, logger: .disabled)
    let serving = Task { try await server.run() }
    do {
      try await server.waitUntilListening(timeout: 300)
      guard case .ip4(_, let port) = await server.listeningAddress else { throw SocketError.unsupportedAddress }
      let api = FakeMessagesAPI(server: server, serving: serving, port: port)
      await server.appendRoute("*") { [weak api] request in
        guard let api else { throw CancellationError() }
        return try await api.answer(request)
      }
      return api
    } catch {
      serving.cancel()
      throw error
    }
  }

  /// Runs a server for as long as the body runs.
  package static func with<R: Sendable>(_ body: (FakeMessagesAPI) async throws -> R) async throws -> R {
    let api = try await start()
    do {
      let result = try await body(api)
      await api.stop()
      return result
    } catch {
      await api.stop()
      throw error
    }
  }

  /// Stops listening and drops all connections, stalled and silent ones too. Safe to call twice.
  package func stop() async {
    await server.stop()
    serving.cancel()
    _ = await serving.result
    hasStopped = true
    for onlooker in onlookers.values { onlooker.finish() }
  }

  /// Registers what is answered in conversations whose first user message holds the marker.
  ///
  /// The same marker again replaces what is left of its scenario. Of several markers in one message the one that was
  /// registered first counts, so none should be found in another task's text.
  package func play(_ scenario: Scenario, for marker: String) {
    let conversation = Conversation(marker: marker, scenario: scenario)
    if let index = conversations.firstIndex(where: { $0.marker == marker }) {
      conversations[index] = conversation
    } else {
      conversations.append(conversation)
    }
  }

  /// The requests of one conversation that took a step of its scenario, oldest first.
  package func requests(for marker: String) -> [RecordedRequest] {
    requests.filter { $0.marker == marker && !$0.isSideCall }
  }

  /// The steps that a conversation has not come to.
  package func stepsLeft(for marker: String) -> Int {
    conversations.first { $0.marker == marker }?.scenario.steps.count ?? 0
  }

  /// Waits until a conversation has sent so many requests, and returns the last of these.
  ///
  /// Its answer may not have been sent yet: for silence this is the moment when the client begins to wait.
  /// - Throws: `CancellationError` when the task is cancelled or the server stopped before that.
  @discardableResult
  package func waitForRequest(_ count: Int, of marker: String) async throws -> RecordedRequest {
    try await wait { api in api.requests(for: marker).dropFirst(count - 1).first }
  }

  /// Waits until a conversation's stalls have sent so many pings altogether: the client then hangs, and is connected.
  /// - Throws: `CancellationError` when the task is cancelled or the server stopped before that.
  package func waitForPings(_ count: Int, of marker: String) async throws {
    try await wait { api in api.pings[marker, default: 0] >= count ? () : nil }
  }

  private func wait<R: Sendable>(for value: (isolated FakeMessagesAPI) -> R?) async throws -> R {
    let (changes, onlooker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = UUID()
    onlookers[id] = onlooker
    defer { onlookers[id] = nil }
    onlooker.yield()
    if hasStopped { onlooker.finish() }
    for await _ in changes {
      if let value = value(self) { return value }
    }
    throw CancellationError()
  }

  private func announceChange() {
    for onlooker in onlookers.values { onlooker.yield() }
  }
}

extension FakeMessagesAPI {
  private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
    var recorded = RecordedRequest(
      method: request.method.rawValue, target: request.target.rawValue, headers: Self.redacted(request.headers),
      body: (try? JSON(data: await request.bodyData)) ?? .null)
    guard request.method == .POST, request.path.hasPrefix("/v1/messages") else {
      record(recorded)
      // `HEAD /api/hello` and its like: the client only wants to know whether somebody is there.
      return HTTPResponse(statusCode: request.method == .GET || request.method == .HEAD ? .ok : .notFound)
    }
    guard request.path == "/v1/messages" else {
      record(recorded)
      return json(["input_tokens": 1200])  // /v1/messages/count_tokens
    }

    let opening = recorded.opening
    let index = conversations.firstIndex { opening.contains($0.marker) }
    recorded.marker = index.map { conversations[$0].marker }
    recorded.isSideCall = recorded.looksLikeSideCall
    record(recorded)

    if recorded.isSideCall {
      return respond([.text(#"{"title": "Side call"}"#)], to: recorded)
    }
    guard let index else {
      surprises.append("no scenario for a conversation that begins '\(opening.prefix(200))'")
      return respond([.text("No scenario is registered for this.")], to: recorded)
    }
    let step = conversations[index].nextStep()
    return try await take(step, of: conversations[index], for: recorded)
  }

  private func take(
    _ step: Step?, of conversation: Conversation, for request: RecordedRequest
  ) async throws -> HTTPResponse {
    let usage = conversation.usage
    switch step {
    case .reply(let blocks):
      return respond(blocks, to: request, usage: usage)
    case .fail(let status, _, let headers, let message):
      return failure(status, headers: headers, message: message)
    case .stall(let period):
      let start = reply([], to: request, usage: usage).start
      let stream = StalledStream(start: start, period: period) { [weak self] in
        await self?.countPing(of: conversation.marker)
      }
      let body = HTTPBodySequence(from: stream)
      return HTTPResponse(statusCode: .ok, headers: eventStream(), body: body)
    case .silence:
      try await Task.sleep(for: .seconds(86_400))
      throw CancellationError()
    case .usage, nil:
      surprises.append("the scenario of '\(conversation.marker)' has no further step")
      return respond([.text("The scenario has no further step.")], to: request, usage: usage)
    }
  }

  private func record(_ request: RecordedRequest) {
    requests.append(request)
    announceChange()
  }

  private func countPing(of marker: String) {
    pings[marker, default: 0] += 1
    announceChange()
  }

  private func reply(
    _ blocks: [Block], to request: RecordedRequest, usage: TokenCounts
  ) -> MessagesReply {
    replies += 1
    return MessagesReply(
      blocks: blocks, model: request.body["model"], usage: usage, number: replies)
  }

  private func respond(
    _ blocks: [Block], to request: RecordedRequest, usage: TokenCounts = TokenCounts()
  ) -> HTTPResponse {
    let reply = reply(blocks, to: request, usage: usage)
    guard request.body["stream"] == true else { return json(reply.document) }
    return HTTPResponse(statusCode: .ok, headers: eventStream(), body: Data(reply.stream))
  }

  private func failure(_ status: Int, headers: [String: String], message: String) -> HTTPResponse {
    let kinds = [
      400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
      413: "request_too_large", 429: "rate_limit_error", 529: "overloaded_error",
    ]
    let error: JSON = ["type": .string(kinds[status] ?? "api_error"), "message": .string(message)]
    var response = json(["type": "error", "error": error, "request_id": "req_scripted"])
    response.statusCode = HTTPStatusCode(status, phrase: "Scripted")
    for (name, value) in headers { response.headers[HTTPHeader(name)] = value }
    return response
  }

  private func json(_ value: JSON) -> HTTPResponse {
    HTTPResponse(
      statusCode: .ok, headers: [.contentType: "application/json", HTTPHeader("request-id"): "req_scripted"],
      body: Data(value.text.utf8))
  }

  private func eventStream() -> HTTPHeaders {
    [.contentType: "text/event-stream; charset=utf-8", HTTPHeader("request-id"): "req_scripted"]
  }

  private static func redacted(_ headers: HTTPHeaders) -> [String: String] {
    let secrets: Set = ["x-api-key", "authorization", "proxy-authorization", "cookie"]
    return Dictionary(
      headers.map { header, value in
        let name = header.rawValue.lowercased()
        return (name, secrets.contains(name) ? "redacted" : value)
      }, uniquingKeysWith: { first, second in first + ", " + second })
  }
}
