package import Basics
import FlyingFox
import FlyingSocks

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A stand-in for the Responses API on loopback, as far as `codex exec` speaks it: each request gets the next answer of a
/// list, and after the last the same again.
package actor FakeResponsesAPI {
  package enum Answer: Sendable {
    /// Has the client run a command.
    case command(String)
    /// Has the client call a tool of an MCP server, without arguments.
    case tool(String, of: String)
    /// Says something, which ends the turn.
    case message(String)
    case failure(status: Int, body: String)
  }

  package struct Request: Sendable {
    package let authorization: String?
    package let body: JSON
  }

  /// `http://127.0.0.1:PORT/v1`.
  package nonisolated let baseURL: String
  package private(set) var requests: [Request] = []
  private var answers: [Answer]
  private let server: HTTPServer
  private let serving: Task<Void, any Error>

  private init(_ answers: [Answer], server: HTTPServer, serving: Task<Void, any Error>, port: UInt16) {
    self.answers = answers
    self.server = server
    self.serving = serving
    baseURL = "http://127.0.0.1:\(port)/v1"
  }

  /// Runs a server on a free port of 127.0.0.1 for as long as the body runs.
  package static func with<R: Sendable>(
    _ answers: [Answer], body: (FakeResponsesAPI) async throws -> R
  ) async throws -> R {
    let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: 0), timeout: 86_400, logger: .disabled)
    let serving = Task { try await server.run() }
    let result: Result<R, any Error>
    do {
      try await server.waitUntilListening(timeout: 300)
      guard case .ip4(_, let port) = await server.listeningAddress else { throw SocketError.unsupportedAddress }
      let api = FakeResponsesAPI(answers, server: server, serving: serving, port: port)
      await server.appendRoute("*") { [weak api] request in
        guard let api else { throw CancellationError() }
        return try await api.answer(request)
      }
      result = .success(try await body(api))
    } catch {
      result = .failure(error)
    }
    await server.stop()
    serving.cancel()
    _ = await serving.result
    return try result.get()
  }

  private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
    guard request.method == .POST else {
      return HTTPResponse(
        statusCode: .ok, headers: [.contentType: "application/json"], body: Data(#"{"data":[],"models":[]}"#.utf8))
    }
    let text = String(decoding: try await request.bodyData, as: UTF8.self)
    let body = JSON(parsing: text) ?? .null
    requests.append(Request(authorization: request.headers[HTTPHeader("Authorization")], body: body))
    let answer = answers.count > 1 ? answers.removeFirst() : answers.first ?? .message("Done.")
    switch answer {
    case .failure(let status, let body):
      return HTTPResponse(
        statusCode: HTTPStatusCode(status, phrase: "Refused"), headers: [.contentType: "application/json"],
        body: Data(body.utf8))
    case .command(let command):
      let tools = body["tools"]?.elements.compactMap { $0["name"]?.string } ?? []
      let tool = ["exec_command", "shell_command", "shell"].first { tools.contains($0) } ?? "exec_command"
      let name = tool == "exec_command" ? "cmd" : "command"
      return stream([
        "type": "function_call", "id": .string("fc_\(requests.count)"), "call_id": .string("call_\(requests.count)"),
        "name": .string(tool), "arguments": .string(JSON.object([name: .string(command)]).text),
      ])
    case .tool(let tool, let server):
      return stream([
        "type": "function_call", "id": .string("fc_\(requests.count)"), "call_id": .string("call_\(requests.count)"),
        "namespace": .string("mcp__\(server)"), "name": .string(tool), "arguments": "{}",
      ])
    case .message(let text):
      return stream([
        "type": "message", "role": "assistant", "id": .string("msg_\(requests.count)"),
        "content": [["type": "output_text", "text": .string(text)]],
      ])
    }
  }

  private func stream(_ item: JSON) -> HTTPResponse {
    let id = JSON.string("resp_\(requests.count)")
    let usage: JSON = [
      "input_tokens": 100, "input_tokens_details": ["cached_tokens": 40], "output_tokens": 20,
      "output_tokens_details": ["reasoning_tokens": 5], "total_tokens": 120,
    ]
    let events: [JSON] = [
      ["type": "response.created", "response": ["id": id]],
      ["type": "response.output_item.added", "output_index": 0, "item": item],
      ["type": "response.output_item.done", "output_index": 0, "item": item],
      ["type": "response.completed", "response": ["id": id, "output": [item], "usage": usage]],
    ]
    let text = events.map { "event: \($0["type"]?.string ?? "")\ndata: \($0.text)\n\n" }.joined()
    return HTTPResponse(statusCode: .ok, headers: [.contentType: "text/event-stream"], body: Data(text.utf8))
  }
}
