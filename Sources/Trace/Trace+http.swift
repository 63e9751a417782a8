package import HTTP

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Trace {
  /// Makes one exchange with a server, and notes it: without headers and bodies, which hold logins and the user's text.
  package static func exchange(
    _ request: HTTPRequest, by send: (HTTPRequest) async throws -> HTTPResponse
  ) async throws -> HTTPResponse {
    guard isOn else { return try await send(request) }
    let words = "\(request.method) \(withoutQueryValues(request.url.absoluteString))"
    let start = ContinuousClock.now
    do {
      let response = try await send(request)
      note(.http, "\(words): \(response.status) after \(milliseconds(ContinuousClock.now - start)) ms")
      return response
    } catch {
      note(.http, "\(words): no answer after \(milliseconds(ContinuousClock.now - start)) ms: \(error)")
      throw error
    }
  }
}
