import FlyingFox
import FlyingSocks
import Foundation

extension FakeForge {
  /// What is to go wrong with the next requests that fit.
  package struct Fault: Sendable {
    package enum Action: Sendable {
      /// Nothing is done; this is answered.
      case answer(Answer)
      /// Nothing is done, and the connection breaks without an answer.
      case drop
      /// It is done, and the connection breaks without an answer.
      case loseAnswer
      /// Nothing is done until the gate opens; then all goes its way.
      case hold(Gate)
      /// It is done, and nothing is answered until the gate opens.
      case holdAnswer(Gate)
      /// It is done, and half of the answer's body comes.
      case cutBody
      /// 403, no request left until a moment by the forge's clock.
      case rateLimit(resetIn: Duration)
      /// A web page, as a proxy in between would send it; nothing is done.
      case page(status: Int)
    }

    package var method: String?
    /// Part of the request's line after the method: `/pulls?`.
    package var path: String
    package var times: Int
    package var action: Action

    package init(_ method: String? = nil, _ path: String, times: Int = 1, _ action: Action) {
      self.method = method
      self.path = path
      self.times = times
      self.action = action
    }
  }

  /// Holds requests back until a test opens it.
  package actor Gate {
    private var isOpen = false
    private nonisolated let arrivals = AsyncStream.makeStream(of: Void.self)
    private var waiting: [AsyncStream<Never>.Continuation] = []

    package init() {}

    package func open() {
      isOpen = true
      for continuation in waiting { continuation.finish() }
      waiting = []
    }

    /// Returns once a request waits here; at a `holdAnswer`, what it asked for is done then.
    package nonisolated func reached() async { for await _ in arrivals.stream { return } }

    func admit() async throws {
      guard !isOpen else { return }
      arrivals.continuation.yield()
      let (end, continuation) = AsyncStream.makeStream(of: Never.self)
      waiting.append(continuation)
      // Ends when the gate opens, and when nobody waits for the answer any longer.
      for await _ in end {}
      try Task.checkCancellation()
    }
  }

  func takeFault(for request: Request) -> Fault.Action? {
    let index = faults.firstIndex { fault in
      fault.times > 0 && (fault.method == nil || fault.method == request.method) && request.line.contains(fault.path)
    }
    guard let index else { return nil }
    faults[index].times -= 1
    return faults[index].action
  }

  func respond(to request: Request, fault: Fault.Action?) async throws -> HTTPResponse {
    switch fault {
    case nil:
      return response(try await routed(request))
    case .answer(let answer):
      return response(answer)
    case .drop:
      return HTTPResponse(webSocket: Hangup())
    case .loseAnswer:
      _ = try await routed(request)
      return HTTPResponse(webSocket: Hangup())
    case .hold(let gate):
      try await gate.admit()
      return response(try await routed(request))
    case .holdAnswer(let gate):
      let answer = try await routed(request)
      try await gate.admit()
      return response(answer)
    case .cutBody:
      let answer = try await routed(request)
      var response = response(answer)
      response.payload = .httpBody(
        HTTPBodySequence(
          from: CutBody(bytes: Array(answer.body.prefix(answer.body.count / 2))), count: answer.body.count))
      return response
    case .rateLimit(let duration):
      let reset = Int((now.timeIntervalSince1970 + duration / .seconds(1)).rounded(.down))
      return response(
        Answer(
          403, headers: ["X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "\(reset)"],
          ["message": "API rate limit exceeded for user ID 1.", "documentation_url": "https://docs.github.com/rest"]))
    case .page(let status):
      return response(
        Answer(
          status, headers: ["Content-Type": "text/html"], text: "<!DOCTYPE html>\n<html><body>Oh no</body></html>\n"))
    }
  }
}

/// Ends a connection before a byte of the answer is written: the server asks for frames first.
private struct Hangup: WSHandler {
  func makeFrames(for client: AsyncThrowingStream<WSFrame, any Error>) async throws -> AsyncStream<WSFrame> {
    throw CancellationError()
  }
}

/// A body that breaks off.
private struct CutBody: AsyncBufferedSequence {
  typealias Element = UInt8

  var bytes: [UInt8]

  struct Iterator: AsyncBufferedIteratorProtocol {
    var bytes: [UInt8]?

    mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
      guard let bytes else { throw CancellationError() }
      self.bytes = nil
      return bytes
    }

    // The protocol asks for single elements too; whoever sends a response asks for buffers.
    mutating func next() async throws -> UInt8? { try await nextBuffer(suggested: 1)?.first }
  }

  func makeAsyncIterator() -> Iterator { Iterator(bytes: bytes) }
}
