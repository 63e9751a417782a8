import FlyingFox
import FlyingSocks
import Foundation
import HTTP
import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(5))) struct CurlClientTests {
  typealias Answer = @Sendable (FlyingFox.HTTPRequest) async throws -> FlyingFox.HTTPResponse

  /// Runs a body with the address of a server on loopback that is gone afterwards.
  func withServer(_ answer: @escaping Answer, _ body: (URL) async throws -> Void) async throws {
    // No time limits of its own: on a busy machine an answer may take long.
    let server = HTTPServer(
      address: try .inet(ip4: "127.0.0.1", port: 0), timeout: 86_400, logger: .disabled,
      handler: ClosureHTTPHandler(answer))
    let running = Task { try await server.run() }
    try await server.waitUntilListening(timeout: 300)
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
      let response = try await CurlClient().send(
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
      let response = try await CurlClient().send(HTTPRequest(url: url, headers: ["x-api-key": "k"]))
      #expect(response.status == 302)
      #expect(response.headers["location"] == "/other")
    }
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "GET"]) func `a request without a body says so`(method: String)
    async throws
  {
    try await withServer { request in
      let length = request.headers[HTTPHeader("content-length")] ?? "none"
      let type = request.headers[HTTPHeader("content-type")] ?? "none"
      return FlyingFox.HTTPResponse(
        statusCode: .ok,
        body: Data("\(request.method.rawValue) \(length) \(type) \(try await request.bodyData.count)".utf8))
    } _: { url in
      let response = try await CurlClient().send(HTTPRequest(method: method, url: url))
      let length = ["POST", "PUT"].contains(method) ? "0" : "none"
      #expect(String(decoding: response.body, as: UTF8.self) == "\(method) \(length) none 0")
    }
  }

  @Test func `a large body goes out whole, without a wait for leave`() async throws {
    let body = Data((0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try await withServer { request in
      let expect = request.headers[HTTPHeader("expect")] ?? "none"
      let isWhole = try await request.bodyData == body
      return FlyingFox.HTTPResponse(statusCode: .ok, body: Data("\(expect) \(isWhole)".utf8))
    } _: { url in
      let response = try await CurlClient().send(HTTPRequest(method: "POST", url: url, body: body))
      #expect(String(decoding: response.body, as: UTF8.self) == "none true")
    }
  }

  @Test func `the headers are those that were asked for, empty ones too`() async throws {
    try await withServer { request in
      let lines = request.headers.map { "\($0.key.rawValue.lowercased())=\($0.value)" }.sorted()
      return FlyingFox.HTTPResponse(
        statusCode: .ok, headers: [HTTPHeader("X-One"): "  a: b  ", HTTPHeader("X-Empty"): ""],
        body: Data(lines.filter { !$0.hasPrefix("host=") && !$0.hasPrefix("accept") }.joined(separator: "\n").utf8))
    } _: { url in
      let response = try await CurlClient().send(
        HTTPRequest(url: url, headers: ["X-Empty": "", "Authorization": "Basic a:b=", "x-list": "a, b"]))
      #expect(
        String(decoding: response.body, as: UTF8.self)
          == "authorization=Basic a:b=\nuser-agent=git-orch\nx-empty=\nx-list=a, b")
      #expect(response.headers["x-one"] == "a: b")
      #expect(response.headers["x-empty"] == "")
    }
  }

  @Test(arguments: ["secret\nx: y", "secret\r\nx: y", "secret\0"])
  func `a key with a line break is not sent, nor told`(value: String) async throws {
    let url = try #require(URL(string: "http://127.0.0.1:1"))
    let error = await #expect(throws: HTTPFailure.self) {
      try await CurlClient().send(HTTPRequest(url: url, headers: ["x-api-key": value]))
    }
    #expect(error == .badRequest("the value of its header 'x-api-key' holds a line break or NUL"))
  }

  @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "/relative"])
  func `nothing but HTTP is spoken`(address: String) async throws {
    let url = try #require(URL(string: address))
    await #expect(throws: HTTPFailure.badRequest("its address begins with neither 'https' nor 'http'")) {
      try await CurlClient().send(HTTPRequest(url: url))
    }
  }

  @Test func `many requests at once do not wait for each other`() async throws {
    let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
    let (leave, leaves) = AsyncStream.makeStream(of: Void.self)
    let count = 40
    try await withServer { request in
      arrived.yield()
      for await _ in leave { break }
      return FlyingFox.HTTPResponse(statusCode: .ok, body: Data(request.path.utf8))
    } _: { url in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<count {
          group.addTask {
            let response = try await CurlClient().send(HTTPRequest(url: url.appending(path: "\(number)")))
            return response.body == Data("/\(number)".utf8)
          }
        }
        // None has an answer before all have asked.
        var seen = 0
        for await _ in arrivals {
          seen += 1
          if seen == count { break }
        }
        leaves.finish()
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test func `an answer without end is cut off`() async throws {
    try await withServer { _ in
      FlyingFox.HTTPResponse(statusCode: .ok, body: Data(repeating: 0x61, count: 2_000_000))
    } _: { url in
      await #expect(throws: HTTPFailure.bodyTooLarge(limit: 1_000_000)) {
        try await CurlClient(bodyLimit: 1_000_000).send(HTTPRequest(url: url))
      }
      let response = try await CurlClient(bodyLimit: 2_000_000).send(HTTPRequest(url: url))
      #expect(response.body.count == 2_000_000)
    }
  }

  @Test func `a server that never answers is given up`() async throws {
    try await withServer { _ in
      try await Task.sleep(for: .seconds(60))
      return FlyingFox.HTTPResponse(statusCode: .ok)
    } _: { url in
      await #expect(throws: HTTPFailure.timedOut(.milliseconds(200))) {
        try await CurlClient().send(HTTPRequest(url: url, timeout: .milliseconds(200)))
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
      let waiting = Task { try await CurlClient().send(HTTPRequest(url: url)) }
      for await _ in arrivals { break }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
    }
  }

  @Test func `a task that is cancelled already sends nothing`() async throws {
    try await withServer { _ in
      Issue.record("there was a request")
      return FlyingFox.HTTPResponse(statusCode: .ok)
    } _: { url in
      let (gate, opening) = AsyncStream.makeStream(of: Void.self)
      let waiting = Task {
        for await _ in gate {}
        return try await CurlClient().send(HTTPRequest(url: url))
      }
      waiting.cancel()
      opening.finish()
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
      try await CurlClient().send(HTTPRequest(url: url))
    } throws: { error in
      guard case HTTPFailure.connection(let reason)? = error as? HTTPFailure else { return false }
      return !reason.isEmpty
    }
  }
}
