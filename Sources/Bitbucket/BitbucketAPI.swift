import Basics
import Forges
import HTTP

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Bitbucket's REST API 2.0 for one repository: how requests are built, and how answers are read.
struct BitbucketAPI: Sendable {
  let site: ForgeRepository
  let login: BitbucketLogin
  let requests: ForgeRequests

  /// As many items as a page of pull requests may have; other lists allow more.
  static let pageLength = 50
  /// Beyond so many pages a list is taken to have no end.
  static let longestList = 200

  /// `pullrequests/7` below the repository as a URL.
  func url(_ path: [String], query: [(String, String)] = []) throws(ForgeError) -> URL {
    try url(text: address(["repositories", site.owner, site.repository] + path, query))
  }

  /// What is not below a repository: `user`.
  func rootURL(_ path: String...) throws(ForgeError) -> URL { try url(text: address(path, [])) }

  private func address(_ path: [String], _ query: [(String, String)]) -> String {
    let query = query.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
    return
      "\(login.base.absoluteString)/\(path.map(percentEncoded).joined(separator: "/"))\(query.isEmpty ? "" : "?\(query)")"
  }

  private func url(text: String) throws(ForgeError) -> URL {
    guard let url = URL(string: text) else {
      throw ForgeError(.invalid, "'\(login.secrets.masking(oneLine(text)))' is not a URL")
    }
    return url
  }

  // MARK: - Asking

  /// Reads one thing.
  func read<Value: Decodable>(_ type: Value.Type, from url: URL, _ what: String) async throws(ForgeError) -> Value {
    try decoded(type, from: try accepted(try await exchange("GET", url, isRepeatable: true), what), what)
  }

  /// Reads a list through all its pages.
  /// - Parameter pages: how many of them are enough.
  func readAll<Value: Decodable>(
    _ type: Value.Type, from url: URL, _ what: String, pages: Int = .max
  ) async throws(ForgeError) -> [Value] {
    var values: [Value] = []
    var seen: Set<String> = []
    var address = url
    while seen.insert(address.absoluteString).inserted, seen.count <= Self.longestList {
      let page = try await read(BitbucketPage<Value>.self, from: address, what)
      values += page.values
      guard let next = page.next, seen.count < pages else { return values }
      address = try trusted(next, "the next page of \(what)")
    }
    throw ForgeError(.serverError, "Bitbucket's list of \(what) does not end")
  }

  /// The URL that Bitbucket names for more, if the login may be sent there.
  func trusted(_ text: String, _ what: String) throws(ForgeError) -> URL {
    let shown = login.secrets.masking(oneLine(text))
    guard let url = URL(string: text, relativeTo: login.base)?.absoluteURL, let origin = Origin(url) else {
      throw ForgeError(.serverError, "Bitbucket sent '\(shown)' for \(what), which is not a URL")
    }
    guard origin == login.origin, url.user() == nil, url.password() == nil else {
      throw ForgeError(
        .serverError, "Bitbucket sent '\(shown)' for \(what); the login is not sent there",
        hints: ["only URLs below the server of \(login.base.absoluteString) are followed"])
    }
    return url
  }

  /// Sends a request. The answer may well be a refusal: ``accepted(_:_:)`` finds out.
  /// - Parameter isRepeatable: Whether it is the same when made twice, so that it may be after a lost answer.
  func exchange(
    _ method: String, _ url: URL, body: Data? = nil, isRepeatable: Bool
  ) async throws(ForgeError) -> HTTPResponse {
    var headers = ["Accept": "application/json", "Authorization": login.authorization]
    if body != nil { headers["Content-Type"] = "application/json" }
    return try await requests.response(
      to: HTTPRequest(method: method, url: url, headers: headers, body: body), isRepeatable: isRepeatable)
  }

  func exchange(
    _ method: String, _ url: URL, _ content: some Encodable, isRepeatable: Bool
  ) async throws(ForgeError) -> HTTPResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? encoder.encode(content) else {
      throw ForgeError(.invalid, "cannot encode the request to Bitbucket as JSON")
    }
    return try await exchange(method, url, body: body, isRepeatable: isRepeatable)
  }

  // MARK: - Reading answers

  /// The answer, if it is one of success.
  func accepted(_ response: HTTPResponse, _ what: String) throws(ForgeError) -> HTTPResponse {
    guard (200..<300).contains(response.status) else { throw refusal(response).error(what) }
    return response
  }

  func decoded<Value: Decodable>(
    _ type: Value.Type, from response: HTTPResponse, _ what: String
  ) throws(ForgeError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: response.body)
    } catch {
      let looksLikeHTML = response.body.first == UInt8(ascii: "<")
      throw ForgeError(
        .serverError,
        "the answer from \(login.origin.host) for \(what) is \(looksLikeHTML ? "a web page" : "not what Bitbucket sends")",
        hints: ["a proxy or a gateway may have answered instead"])
    }
  }

  func refusal(_ response: HTTPResponse) -> Refusal {
    Refusal(response, site: site, login: login)
  }
}
