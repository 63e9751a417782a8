import Basics

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What is sent to an HTTP server.
///
/// Its description leaves out headers and body, which hold keys and the user's text.
package struct HTTPRequest: Sendable, Equatable, CustomStringConvertible {
  package var method: String
  package var url: URL
  package var headers: [String: String]
  package var body: Data?
  /// For the whole exchange, from connecting to the last byte of the answer.
  package var timeout: Duration

  package init(
    method: String = "GET", url: URL, headers: [String: String] = [:], body: Data? = nil,
    timeout: Duration = .seconds(60)
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
  }

  package var description: String { "\(method) \(url.host() ?? "?")\(url.path())" }
}

/// Sends an HTTP request and returns the answer, whatever its status; throws `HTTPFailure` where there is none.
package typealias HTTPSend = @Sendable (HTTPRequest) async throws -> HTTPResponse

/// What an HTTP server answers, whatever its status.
package struct HTTPResponse: Sendable, Equatable {
  package let status: Int
  /// By lower-case name, without white space around the values.
  package let headers: [String: String]
  package let body: Data

  package init(status: Int, headers: [String: String] = [:], body: Data = Data()) {
    self.status = status
    self.headers = Dictionary(
      headers.map { ($0.lowercased(), $1.trimmed) }, uniquingKeysWith: { first, _ in first })
    self.body = body
  }
}

/// Why there is no answer at all.
package enum HTTPFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// No connection, or one that broke; in the system's words.
  case connection(String)
  case timedOut(Duration)
  /// More than this many bytes.
  case bodyTooLarge(limit: Int)
  /// What cannot be sent as it is, such as a key that holds a line break; says which part, and nothing of its value.
  case badRequest(String)
  /// The library that sends requests is not there.
  case libraryMissing(String)

  package var description: String {
    switch self {
    case .connection(let reason), .badRequest(let reason), .libraryMissing(let reason): reason
    case .timedOut(let limit): "no answer within \(limit.components.seconds) s"
    case .bodyTooLarge(let limit): "the answer is larger than \(limit >> 20) MB"
    }
  }

  /// Whether the same request may well succeed in a moment.
  package var isWorthRetrying: Bool {
    switch self {
    case .connection: true
    case .timedOut, .bodyTooLarge, .badRequest, .libraryMissing: false
    }
  }
}
