import FlyingFox
package import Foundation

extension FakeForge {
  package typealias JSON = FakeMessagesAPI.JSON

  /// The language that the forge speaks: GitHub's or Bitbucket's.
  package struct Dialect: Sendable {
    let route: @Sendable (FakeForge, Request) async throws -> Answer

    init(_ route: @escaping @Sendable (FakeForge, Request) async throws -> Answer) { self.route = route }
  }

  package struct Request: Sendable {
    package let method: String
    /// As it was sent, percent-encoded, without the query.
    package let path: String
    /// Decoded.
    package let query: [(name: String, value: String)]
    /// By lower-case name; without those that hold secrets.
    package let headers: [String: String]
    package let body: JSON
    /// Whose token it came with.
    package let login: String?
    /// `POST /repos/acme/widget/pulls?per_page=2`.
    package let line: String

    /// The decoded parts of the path.
    var parts: [String] {
      path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    }

    /// The first value of a query item.
    func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
  }

  package struct Answer: Sendable, Error {
    package var status: Int
    package var headers: [String: String]
    package var body: Data

    package init(_ status: Int, headers: [String: String] = [:], text: String) {
      self.status = status
      self.headers = headers
      body = Data(text.utf8)
    }

    package init(_ status: Int, headers: [String: String] = [:], _ json: JSON) {
      self.init(
        status, headers: headers.merging(["Content-Type": "application/json; charset=utf-8"]) { $1 }, text: json.text)
    }
  }

  func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
    let text = try await String(decoding: request.bodyData, as: UTF8.self)
    let secrets: Set = ["authorization", "proxy-authorization", "cookie"]
    let headers = request.headers.map { ($0.key.rawValue.lowercased(), $0.value) }
    let recorded = Request(
      method: request.method.rawValue, path: request.target.path(),
      query: Self.queryItems(request.target.query()),
      headers: Dictionary(
        headers.filter { !secrets.contains($0.0) }, uniquingKeysWith: { first, second in first + ", " + second }),
      body: (try? JSON(data: Data(text.utf8))) ?? .null,
      login: request.headers[.authorization].flatMap { user(showing: $0)?.login },
      line: "\(request.method.rawValue) \(request.target.rawValue)")
    // Chosen before any waiting, so that requests take faults in the order in which they come.
    let fault = takeFault(for: recorded)
    record(recorded)
    return try await respond(to: recorded, fault: fault)
  }

  /// What the dialect answers, and 404 for what it does not know.
  func routed(_ request: Request) async throws -> Answer {
    do {
      return try await dialect.route(self, request)
    } catch let answer as Answer {
      return answer
    }
  }

  func response(_ answer: Answer) -> HTTPResponse {
    var headers: HTTPHeaders = [HTTPHeader("Date"): Self.httpDate(now)]
    for (name, value) in answer.headers { headers[HTTPHeader(name)] = value }
    return HTTPResponse(
      statusCode: HTTPStatusCode(answer.status, phrase: Self.phrases[answer.status] ?? "Status"), headers: headers,
      body: answer.body)
  }

  /// By the forge's own clock.
  var now: Date { Date(timeIntervalSinceNow: behaviour.clockSkew / .seconds(1)) }

  func user(_ login: String?) -> User? { users.first { $0.login == login } }

  /// `token T`, `Bearer T`, or Basic with the token for password.
  private func user(showing authorization: String) -> User? {
    let words = authorization.split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2 else { return nil }
    guard words[0].lowercased() == "basic" else { return users.first { $0.token == words[1] } }
    guard let decoded = Data(base64Encoded: words[1]) else { return nil }
    let pair = String(decoding: decoded, as: UTF8.self).split(separator: ":", maxSplits: 1).map(String.init)
    return users.first { $0.token == pair.last && ($0.email == nil || $0.email == pair.first) }
  }

  private static func queryItems(_ query: String) -> [(name: String, value: String)] {
    query.split(separator: "&").map { item in
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        .map { $0.replacing("+", with: " ").removingPercentEncoding ?? String($0) }
      return (pair[0], pair.count > 1 ? pair[1] : "")
    }
  }

  /// `Wed, 21 Oct 2015 07:28:00 GMT`.
  static func httpDate(_ date: Date) -> String {
    date.formatted(
      Date.VerbatimFormatStyle(
        format:
          "\(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .defaultDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT",
        locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian)))
  }

  private static let phrases = [
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 301: "Moved Permanently", 302: "Found",
    304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict", 410: "Gone", 422: "Unprocessable Entity", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
  ]
}
