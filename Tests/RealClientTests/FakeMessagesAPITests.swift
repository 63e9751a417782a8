import FlyingSocks
import Foundation
import OrchTestSupport
import Testing

/// The scripted API by itself, spoken to over a plain socket; these need no client.
@Suite(.timeLimit(.minutes(5))) struct FakeMessagesAPITests {
  typealias JSON = FakeMessagesAPI.JSON

  private static func connect(to api: FakeMessagesAPI) async throws -> AsyncSocket {
    let port = try #require(UInt16(api.baseURL.split(separator: ":").last ?? ""))
    return try await AsyncSocket.connected(to: .inet(ip4: "127.0.0.1", port: port))
  }

  private static func request(_ line: String, _ body: String = "") -> Data {
    Data(
      """
      \(line) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Api-Key: sk-secret\r\n\
      Content-Length: \(body.utf8.count)\r\n\r\n\(body)
      """.utf8)
  }

  /// Sends one request and reads the answer, head and all, until the server closes.
  private static func exchange(_ request: Data, with api: FakeMessagesAPI) async throws -> String {
    let socket = try await connect(to: api)
    defer { try? socket.close() }
    try await socket.write(request)
    var answer: [UInt8] = []
    do {
      while true { answer += try await socket.read(atMost: 4096) }
    } catch SocketError.disconnected {
      return String(decoding: answer, as: UTF8.self)
    }
  }

  private static func say(
    _ words: String, to api: FakeMessagesAPI, _ members: [String: JSON] = ["tools": [["name": "Bash"]]]
  ) async throws -> String {
    let common: [String: JSON] = ["model": "some-model", "messages": [["role": "user", "content": .string(words)]]]
    let body = JSON.object(common.merging(members) { _, member in member })
    return try await exchange(request("POST /v1/messages?beta=true", body.text), with: api)
  }

  /// The words of a reply that is one text.
  private static func reply(to words: String, from api: FakeMessagesAPI) async throws -> String? {
    try document(await say(words, to: api))["content"].items.first?["text"].string
  }

  private static func document(_ answer: String) throws -> JSON {
    try JSON(data: Data((answer.components(separatedBy: "\r\n\r\n").last ?? "").utf8))
  }

  @Test func `steps are taken in order, conversation by conversation`() async throws {
    try await FakeMessagesAPI.with { api in
      await api.play([.text("one"), .text("two")], for: "scene: a")
      await api.play([.text("other")], for: "scene: b")
      var answers: [String?] = []
      for words in ["do scene: a", "do scene: b", "do scene: a"] {
        answers.append(try await Self.reply(to: words, from: api))
      }
      #expect(answers == ["one", "other", "two"])
      #expect(await api.stepsLeft(for: "scene: a") == 0)
      #expect(await api.requests(for: "scene: a").count == 2)
      #expect(await api.surprises == [])
    }
  }

  @Test func `a stream ends with its stop reason and carries a tool's input as text`() async throws {
    try await FakeMessagesAPI.with { api in
      await api.play([.usage(input: 7, output: 9), .bash("ls")], for: "scene")
      let answer = try await Self.say("scene", to: api, ["tools": [["name": "Bash"]], "stream": true])
      let events = answer.split(separator: "\n").filter { $0.hasPrefix("data: ") }
      let decoded = try events.map { try JSON(data: Data($0.dropFirst(6).utf8)) }
      #expect(
        decoded.map { $0["type"] } == [
          "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
          "message_stop",
        ])
      #expect(
        decoded.dropFirst(2).first?["delta"]["partial_json"] == #"{"command":"ls","description":"scripted"}"#)
      #expect(decoded.dropFirst(4).first?["delta"]["stop_reason"] == "tool_use")
      #expect(decoded.dropFirst(4).first?["usage"]["output_tokens"] == 9)
    }
  }

  @Test func `a failure repeats as often as told, then the scenario continues`() async throws {
    try await FakeMessagesAPI.with { api in
      await api.play([.fail(status: 429, times: 2, headers: ["retry-after": "1"]), .text("ok")], for: "scene")
      for _ in 1...2 {
        let answer = try await Self.say("scene", to: api)
        #expect(answer.hasPrefix("HTTP/1.1 429 "))
        #expect(answer.lowercased().contains("retry-after: 1\r\n"))
        #expect(try Self.document(answer)["error"]["type"] == "rate_limit_error")
      }
      #expect(try await Self.say("scene", to: api).hasPrefix("HTTP/1.1 200 "))
    }
  }

  @Test(
    arguments: [
      ["tools": []], ["tools": [], "model": "claude-haiku-9", "output_config": ["format": ["type": "json_schema"]]],
    ] as [[String: JSON]])
  func `what is asked on the side takes no step`(_ members: [String: JSON]) async throws {
    try await FakeMessagesAPI.with { api in
      await api.play([.text("the step")], for: "scene")
      _ = try await Self.say("scene", to: api, members)
      #expect(await api.stepsLeft(for: "scene") == 1)
      #expect(await api.requests(for: "scene").isEmpty)
      #expect(await api.requests.map(\.isSideCall) == [true])
    }
  }

  @Test func `a plain use of the API that asks for a format takes a step`() async throws {
    try await FakeMessagesAPI.with { api in
      await api.play([.text("{}")], for: "scene")
      _ = try await Self.say("scene", to: api, ["output_config": ["format": ["type": "json_schema"]]])
      #expect(await api.stepsLeft(for: "scene") == 0)
    }
  }

  @Test func `a marker in the client's own reminders is not taken for the task's`() async throws {
    try await FakeMessagesAPI.with { api in
      await api.play([.text("a")], for: "scene: a")
      await api.play([.text("b")], for: "scene: b")
      let content: JSON = [
        ["type": "text", "text": "<system-reminder>commit of scene: a</system-reminder>"],
        ["type": "text", "text": "do scene: b"],
      ]
      _ = try await Self.say(
        "", to: api, ["tools": [["name": "Bash"]], "messages": [["role": "user", "content": content]]])
      #expect(await api.requests.map(\.marker) == ["scene: b"])
    }
  }

  @Test func `an unknown conversation and a scenario at its end are surprises`() async throws {
    try await FakeMessagesAPI.with { api in
      await api.play([], for: "scene")
      _ = try await Self.say("nobody knows", to: api)
      _ = try await Self.say("scene", to: api)
      #expect(
        await api.surprises == [
          "no scenario for a conversation that begins 'nobody knows'", "the scenario of 'scene' has no further step",
        ])
    }
  }

  @Test(arguments: ["HEAD /api/hello", "GET /", "POST /v1/messages/count_tokens", "CONNECT example.invalid:443"])
  func `every other request is recorded, without its key`(_ line: String) async throws {
    try await FakeMessagesAPI.with { api in
      _ = try await Self.exchange(Self.request(line), with: api)
      let recorded = try #require(await api.requests.first)
      #expect("\(recorded.method) \(recorded.target)" == line)
      #expect(recorded.headers["x-api-key"] == "redacted")
      #expect(recorded.marker == nil)
    }
  }

  @Test func `a stall pings until the server stops, which closes the connection`() async throws {
    let api = try await FakeMessagesAPI.start()
    await api.play([.stall(pingEvery: .milliseconds(5))], for: "scene")
    async let answer = Self.say("scene", to: api, ["tools": [["name": "Bash"]], "stream": true])
    try await api.waitForPings(3, of: "scene")
    await api.stop()
    let text = try await answer
    #expect(text.contains("event: message_start"))
    #expect(text.components(separatedBy: "event: ping").count > 3)
    #expect(!text.contains("event: message_stop"))
  }

  @Test func `waiting for a request that never comes ends when the server stops`() async throws {
    let api = try await FakeMessagesAPI.start()
    let waiting = Task { try await api.waitForRequest(1, of: "scene") }
    await api.stop()
    await #expect(throws: CancellationError.self) { try await waiting.value }
  }
}
