import HTTP
import Synchronization

/// One exchange with a server. Blocks the thread that runs it; another may cancel it.
final class Transfer: Sendable {
  private struct Control {
    var isCancelled = false
    /// Wakes the thread from its wait for the network.
    var wake: (@Sendable () -> Void)?
  }

  private let request: HTTPRequest
  private let bodyLimit: Int
  private let authorities: CertificateAuthorities
  private let control = Mutex(Control())

  init(_ request: HTTPRequest, bodyLimit: Int, authorities: CertificateAuthorities) {
    self.request = request
    self.bodyLimit = bodyLimit
    self.authorities = authorities
  }

  /// Ends the exchange at once, in whatever state it is.
  func cancel() {
    control.withLock { control in
      control.isCancelled = true
      control.wake?()
    }
  }

  private var isCancelled: Bool { control.withLock(\.isCancelled) }

  /// Calls `finish` once. It may return long after that: libcurl waits for the end of a name's look-up.
  func run(_ finish: (Result<HTTPResponse, any Error>) -> Void) {
    let deadline = ContinuousClock.now + request.timeout
    do {
      let handle = try CurlHandle(CurlLibrary.shared.get(), bodyLimit: bodyLimit)
      defer { handle.close() }
      let waker = handle.waker
      control.withLock { $0.wake = { waker.wake() } }
      defer { control.withLock { $0.wake = nil } }
      finish(Result { try exchange(handle, until: deadline) })
    } catch {
      finish(.failure(error))
    }
  }

  private func exchange(_ handle: CurlHandle, until deadline: ContinuousClock.Instant) throws -> HTTPResponse {
    try handle.prepare(request, authorities)
    while true {
      if isCancelled { throw CancellationError() }
      let isRunning = try handle.perform()
      guard isRunning else { return try handle.response() }
      let rest = ContinuousClock.now.duration(to: deadline)
      guard rest > .zero else { throw HTTPFailure.timedOut(request.timeout) }
      try handle.wait(rest)
    }
  }
}
