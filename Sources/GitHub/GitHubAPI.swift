import Basics
import Forges
import HTTP
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// GitHub's REST API for one repository: how requests are built, and how answers are read.
///
/// `what` is in all of it what is being done, as in "cannot WHAT: …".
struct GitHubAPI: Sendable {
  let site: ForgeRepository
  let login: GitHubLogin
  let secrets: Secrets
  private let requests: ForgeRequests
  private let address: GitHubAddress

  /// Beyond so many pages a list is taken to have no end.
  private static let longestList = 200

  init(
    site: ForgeRepository, environment: [String: String], directory: FilePath, retryPolicy: ForgeRetryPolicy,
    send: HTTPSend?
  ) {
    self.site = site
    login = GitHubLogin(host: site.host, environment: environment)
    secrets = Secrets(environment: environment)
    let transport = GhTransport(site: site, environment: environment, directory: directory)
    address = transport.address
    requests = ForgeRequests(retryPolicy: retryPolicy, secrets: secrets, send: send ?? transport.send)
  }

  /// An error whose texts are fit to be shown.
  func error(_ code: ForgeError.Code, _ message: String, hints: [String] = []) -> ForgeError {
    func shown(_ text: String) -> String { secrets.masking(oneLine(text)) }
    return ForgeError(code, shown(message), hints: hints.map(shown))
  }

  // MARK: - Asking

  /// `pulls/7` of the repository. Query values are encoded wholly: gh would replace `{owner}` and `:branch` by its own.
  func url(_ path: String, _ query: KeyValuePairs<String, String> = [:]) throws(ForgeError) -> URL {
    try rootURL(
      "repos/\(percentEncoded(site.owner))/\(percentEncoded(site.repository))\(path.isEmpty ? "" : "/")\(path)", query)
  }

  /// What is not below a repository: `user`.
  func rootURL(_ path: String, _ query: KeyValuePairs<String, String> = [:]) throws(ForgeError) -> URL {
    let items = query.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
    guard let url = address.url(items.isEmpty ? path : "\(path)?\(items)") else {
      throw error(.invalid, "cannot make a URL of '\(site.slug)' on '\(site.host)'")
    }
    return url
  }

  /// Sends a request. The answer may well be a refusal: ``refusal(_:)`` finds out.
  /// - Parameter isRepeatable: Whether it is the same when made twice, so that it may be after a lost answer.
  func exchange(
    _ method: String, _ url: URL, _ content: (any Encodable)? = nil, isRepeatable: Bool, _ what: String
  ) async throws(ForgeError) -> HTTPResponse {
    var request = HTTPRequest(method: method, url: url)
    if let content {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      do {
        request.body = try encoder.encode(content)
      } catch {
        throw self.error(.invalid, "cannot \(what): it cannot be written as JSON")
      }
    }
    do {
      return try await requests.response(to: request, isRepeatable: isRepeatable)
    } catch {
      guard error.code != .cancelled else { throw error }
      throw self.error(error.code, "cannot \(what): \(error.message)", hints: error.hints)
    }
  }

  /// Reads one thing.
  func read<Value: Decodable>(_ type: Value.Type, _ url: URL, _ what: String) async throws(ForgeError) -> Value {
    try decoded(type, try accepted(try await exchange("GET", url, isRepeatable: true, what), what), what)
  }

  /// Reads all pages of a list.
  /// - Parameter limit: how many pages are enough.
  func readPages<Page: Decodable>(
    _ type: Page.Type, _ url: URL, _ what: String, limit: Int = .max
  ) async throws(ForgeError) -> [Page] {
    var pages: [Page] = []
    var next: URL? = url
    var seen: Set<String> = []
    while let url = next, pages.count < limit {
      guard seen.insert(url.absoluteString).inserted, pages.count < Self.longestList else {
        throw error(.serverError, "cannot \(what): GitHub's list does not end")
      }
      let response = try accepted(try await exchange("GET", url, isRepeatable: true, what), what)
      pages.append(try decoded(type, response, what))
      next = Self.nextPage(response).map { URL(string: $0) ?? url }
      if let named = next, address.path(of: named) == nil {
        throw error(
          .serverError,
          "cannot \(what): GitHub names a next page on '\(named.host() ?? "?")', where the login is not sent")
      }
    }
    return pages
  }

  /// The URL of `rel="next"` in a `Link` header.
  static func nextPage(_ response: HTTPResponse) -> String? {
    var rest = (response.headers["link"] ?? "")[...]
    while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
      let parameters = rest[close...].dropFirst().prefix { $0 != "<" }
      let isNext = parameters.split(whereSeparator: { ";,".contains($0) }).contains { parameter in
        ["rel=\"next\"", "rel=next"].contains(parameter.filter { $0 != " " }.lowercased())
      }
      if isNext { return String(rest[open..<close].dropFirst()) }
      rest = rest[parameters.endIndex...]
    }
    return nil
  }

  // MARK: - Reading answers

  /// The answer, if it is one of success.
  func accepted(_ response: HTTPResponse, _ what: String) throws(ForgeError) -> HTTPResponse {
    guard (200..<300).contains(response.status) else { throw error(refusal(response), what) }
    return response
  }

  func decoded<Value: Decodable>(
    _ type: Value.Type, _ response: HTTPResponse, _ what: String
  ) throws(ForgeError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: response.body)
    } catch {
      throw self.error(
        .serverError, "cannot \(what): '\(site.host)' answered with something that is not from GitHub",
        hints: ["a proxy may have answered instead"])
    }
  }

  func refusal(_ response: HTTPResponse) -> GitHubRefusal { GitHubRefusal(response) }

  /// What a refusal means where nothing more is known.
  func error(_ refusal: GitHubRefusal, _ what: String) -> ForgeError {
    let reason = refusal.reason
    let because = reason.isEmpty ? "" : ": \(reason)"
    switch refusal.status {
    case 300..<400:
      return error(
        .notFound, "cannot \(what): '\(site.slug)' has moved", hints: [Self.moveHint])
    case 401:
      return error(
        .notLoggedIn, "cannot \(what): '\(site.host)' does not accept the login\(because)", hints: login.refusedHints)
    case 403:
      return error(
        .forbidden, "cannot \(what): GitHub forbids it\(because)",
        hints: refusal.isAboutSingleSignOn
          ? ["authorize the login for the organization: \(refusal.signOnURL(host: site.host) ?? "see \(site.host)")"]
          : login.scopeHints)
    case 404:
      return error(
        .notFound, "cannot \(what): '\(site.host)' does not have it, or does not show it to this login",
        hints: login.visibilityHints)
    case 500...:
      return error(.serverError, "cannot \(what): '\(site.host)' answered with HTTP \(refusal.status)\(because)")
    default:
      return error(.invalid, "cannot \(what): \(reason.isEmpty ? "GitHub answered HTTP \(refusal.status)" : reason)")
    }
  }

  static let moveHint = "set the remote's URL to where it is now: git remote set-url"
}
