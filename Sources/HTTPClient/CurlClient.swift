import Basics
import Dispatch
package import HTTP

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Sends HTTP requests through libcurl.
///
/// Keeps nothing: no cookies, cache or credentials, and no connection between two requests. Follows no redirect, which
/// would take the key along to another host; the 3xx answer is returned. Proxies and certificate authorities come from
/// the environment, by the variables that `curl` knows.
package struct CurlClient: Sendable {
  private let bodyLimit: Int
  private let authorities: CertificateAuthorities

  /// - Parameters:
  ///   - bodyLimit: The most bytes an answer may have, after decompression.
  ///   - environment: Where the certificate authorities are named.
  package init(bodyLimit: Int = 32 << 20, environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.bodyLimit = bodyLimit
    authorities = CertificateAuthorities(environment: environment)
  }

  /// The answer, whatever its status; throws ``HTTPFailure``, or `CancellationError` when the task is cancelled.
  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let activity = Activities.shared.begin("an answer of \(request.url.host() ?? "a server")")
    defer { Activities.shared.end(activity) }
    let transfer = Transfer(request, bodyLimit: bodyLimit, authorities: authorities)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        // A queue of its own has a thread of its own, which blocks signals: a server that hangs up must not end the
        // program by SIGPIPE.
        DispatchQueue(label: "git-orch.http").async {
          transfer.run { continuation.resume(with: $0) }
        }
      }
    } onCancel: {
      transfer.cancel()
    }
  }
}

/// Whom to believe who a server is, where that is not left to libcurl's build: as `curl` reads it.
struct CertificateAuthorities: Sendable, Equatable {
  let file: String?
  let folder: String?

  init(environment: [String: String]) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let own = value("CURL_CA_BUNDLE")
    file = own ?? value("SSL_CERT_FILE")
    folder = own == nil ? value("SSL_CERT_DIR") : nil
  }
}
