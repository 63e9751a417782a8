import FlyingFox
import FlyingSocks
import Foundation
import HTTP
import HTTPClient
import PlanGeneration
import Plans
import Testing

@Suite struct URLSessionClientTests {
  typealias Answer = @Sendable (FlyingFox.HTTPRequest) async throws -> FlyingFox.HTTPResponse

  /// Runs a body with the address of a server on loopback that is gone afterwards.
  func withServer(_ answer: @escaping Answer, _ body: (URL) async throws -> Void) async throws {
    let server = HTTPServer(
      address: try .inet(ip4: "127.0.0.1", port: 0), logger: .disabled, handler: ClosureHTTPHandler(answer))
    let running = Task { try await server.run() }
    try await server.waitUntilListening()
    guard case .ip4(_, let port)? = await server.listeningAddress else {
      Issue.record("the server has no address")
      return
    }
    let url = try #require(URL(string: "http://127.0.0.1:\(port)"))
    let result: Result<Void, any Error>
    do { result = .success(try await body(url)) } catch { result = .failure(error) }
    await server.stop()
    running.cancel()
    _ = await running.result
    try result.get()
  }

  @Test func `a request goes out and an answer comes back whole`() async throws {
    try await withServer { request in
      let body = try await request.bodyData
      let key = request.headers[HTTPHeader("x-api-key")] ?? "none"
      return FlyingFox.HTTPResponse(
        statusCode: HTTPStatusCode(429, phrase: "Slow"), headers: [HTTPHeader("Retry-After"): "7"],
        body: Data("\(request.method.rawValue) \(request.path) \(key) ".utf8) + body)
    } _: { url in
      let response = try await URLSessionClient().send(
        HTTPRequest(
          method: "POST", url: url.appending(path: "v1/messages"), headers: ["x-api-key": "k"], body: Data("é\0".utf8)))
      #expect(response.status == 429)
      #expect(response.headers["retry-after"] == "7")
      #expect(String(decoding: response.body, as: UTF8.self) == "POST /v1/messages k é\0")
    }
  }

  @Test func `a redirect is not followed`() async throws {
    try await withServer { request in
      request.path == "/other"
        ? FlyingFox.HTTPResponse(statusCode: .ok)
        : FlyingFox.HTTPResponse(statusCode: .found, headers: HTTPHeaders([.location: "/other"]))
    } _: { url in
      let response = try await URLSessionClient().send(HTTPRequest(url: url, headers: ["x-api-key": "k"]))
      #expect(response.status == 302)
      #expect(response.headers["location"] == "/other")
    }
  }

  @Test func `an answer without end is cut off`() async throws {
    try await withServer { _ in
      FlyingFox.HTTPResponse(statusCode: .ok, body: Data(repeating: 0x61, count: 2_000_000))
    } _: { url in
      await #expect(throws: HTTPFailure.bodyTooLarge(limit: 1_000_000)) {
        try await URLSessionClient(bodyLimit: 1_000_000).send(HTTPRequest(url: url))
      }
      let response = try await URLSessionClient(bodyLimit: 2_000_000).send(HTTPRequest(url: url))
      #expect(response.body.count == 2_000_000)
    }
  }

  @Test func `a server that never answers is given up`() async throws {
    try await withServer { _ in
      try await Task.sleep(for: .seconds(60))
      return FlyingFox.HTTPResponse(statusCode: .ok)
    } _: { url in
      await #expect(throws: HTTPFailure.timedOut(.milliseconds(200))) {
        try await URLSessionClient().send(HTTPRequest(url: url, timeout: .milliseconds(200)))
      }
    }
  }

  @Test func `cancelling ends the wait`() async throws {
    let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
    try await withServer { _ in
      arrived.yield()
      try await Task.sleep(for: .seconds(60))
      return FlyingFox.HTTPResponse(statusCode: .ok)
    } _: { url in
      let waiting = Task { try await URLSessionClient().send(HTTPRequest(url: url)) }
      for await _ in arrivals { break }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
    }
  }

  @Test func `nobody at home is a failure of the connection`() async throws {
    // A port that was free a moment ago.
    var address: URL?
    try await withServer { _ in
      FlyingFox.HTTPResponse(statusCode: .ok)
    } _: {
      address = $0
    }
    let url = try #require(address)
    await #expect {
      try await URLSessionClient().send(HTTPRequest(url: url))
    } throws: { error in
      guard case HTTPFailure.connection(let reason)? = error as? HTTPFailure else { return false }
      return !reason.isEmpty
    }
  }
}
