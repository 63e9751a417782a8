import Foundation
package import HTTP
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Sends HTTP requests through `URLSession`.
///
/// Keeps nothing: no cookies, cache or credentials, and no connection between two requests. Follows no redirect, since
/// the system's would take the key along to another host; the 3xx answer is returned.
package struct URLSessionClient: Sendable {
  private let bodyLimit: Int

  /// - Parameter bodyLimit: The most bytes an answer may have, after decompression.
  package init(bodyLimit: Int = 32 << 20) {
    self.bodyLimit = bodyLimit
  }

  /// The answer, whatever its status; throws ``HTTPFailure``, or `CancellationError` when the task is cancelled.
  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
      group.addTask { try await exchange(request) }
      group.addTask {
        // URLSession's own limit on Linux is between two bytes only.
        try await Task.sleep(for: request.timeout)
        throw HTTPFailure.timedOut(request.timeout)
      }
      defer { group.cancelAll() }
      guard let response = try await group.next() else { throw CancellationError() }
      return response
    }
  }

  private func exchange(_ request: HTTPRequest) async throws -> HTTPResponse {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpShouldSetCookies = false
    configuration.urlCache = nil
    let exchange = Exchange(bodyLimit: bodyLimit)
    let session = URLSession(configuration: configuration, delegate: exchange, delegateQueue: nil)
    // A session keeps its delegate until it is told that it is no longer needed.
    defer { session.finishTasksAndInvalidate() }

    var urlRequest = URLRequest(url: request.url)
    urlRequest.httpMethod = request.method
    urlRequest.httpBody = request.body
    // Ours is the limit that counts; the system's must not come first.
    urlRequest.timeoutInterval = Double(request.timeout.components.seconds) + 60
    for (name, value) in request.headers { urlRequest.setValue(value, forHTTPHeaderField: name) }

    let task = session.dataTask(with: urlRequest)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        exchange.begin(continuation)
        task.resume()
      }
    } onCancel: {
      task.cancel()
    }
  }
}

/// Collects one answer; called by the session's queue, one call at a time.
private final class Exchange: NSObject, URLSessionDataDelegate {
  private struct State {
    var continuation: CheckedContinuation<HTTPResponse, any Error>?
    var body = Data()
    var isTooLarge = false
  }

  private let bodyLimit: Int
  private let state = Mutex(State())

  init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

  func begin(_ continuation: CheckedContinuation<HTTPResponse, any Error>) {
    state.withLock { $0.continuation = continuation }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    completionHandler(nil)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let isTooLarge = state.withLock { state in
      state.isTooLarge = state.isTooLarge || state.body.count + data.count > bodyLimit
      if !state.isTooLarge { state.body.append(data) }
      return state.isTooLarge
    }
    if isTooLarge { dataTask.cancel() }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    let (continuation, body, isTooLarge) = state.withLock { state in
      defer { state = State() }
      return (state.continuation, state.body, state.isTooLarge)
    }
    continuation?.resume(with: result(of: task, error, body: body, isTooLarge: isTooLarge))
  }

  private func result(
    of task: URLSessionTask, _ error: (any Error)?, body: Data, isTooLarge: Bool
  ) -> Result<HTTPResponse, any Error> {
    if isTooLarge { return .failure(HTTPFailure.bodyTooLarge(limit: bodyLimit)) }
    if let error {
      let isCancelled = (error as? URLError)?.code == .cancelled
      return .failure(isCancelled ? CancellationError() : HTTPFailure.connection(error.localizedDescription))
    }
    guard let response = task.response as? HTTPURLResponse else {
      return .failure(HTTPFailure.connection("the answer is not HTTP"))
    }
    let headers = response.allHeaderFields.map { ("\($0.key)", "\($0.value)") }
    return .success(
      HTTPResponse(
        status: response.statusCode, headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }), body: body))
  }
}
