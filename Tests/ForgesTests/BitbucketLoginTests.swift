import Basics
import Bitbucket
import Forges
import HTTP
import Processes
import Synchronization
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite(.timeLimit(.minutes(5))) struct BitbucketLoginTests {
  static let site = ForgeRepository(kind: .bitbucket, host: "bitbucket.org", owner: "acme", repository: "widget")
  static let login = ["BITBUCKET_EMAIL": "zoë@example.com", "BITBUCKET_API_TOKEN": "ATATT-s3cret-token"]

  /// The requests that a closure was given in place of a server.
  final class Sent: Sendable {
    let requests = Mutex<[HTTPRequest]>([])
  }

  func forge(
    _ environment: [String: String], _ answer: HTTPResponse = HTTPResponse(status: 404), sent: Sent = Sent()
  ) throws -> BitbucketForge {
    try BitbucketForge(
      site: Self.site, environment: environment, retryPolicy: ForgeRetryPolicy(retries: 0) { _, _, _ in }
    ) { request in
      sent.requests.withLock { $0.append(request) }
      return answer
    }
  }

  func failure(_ environment: [String: String]) -> ForgeError? {
    do {
      _ = try forge(environment)
      return nil
    } catch {
      return error as? ForgeError
    }
  }

  @Test(arguments: [
    ([String: String](), "no login for Bitbucket: BITBUCKET_EMAIL and BITBUCKET_API_TOKEN are not set"),
    (["BITBUCKET_EMAIL": "a@b.c"], "no login for Bitbucket: BITBUCKET_API_TOKEN is not set"),
    (["BITBUCKET_API_TOKEN": "0123456789"], "no login for Bitbucket: BITBUCKET_EMAIL is not set"),
    (
      ["BITBUCKET_EMAIL": " \n", "BITBUCKET_API_TOKEN": "0123456789"],
      "no login for Bitbucket: BITBUCKET_EMAIL is not set"
    ),
  ])
  func `exactly the variables that are missing are named`(environment: [String: String], message: String) throws {
    let error = try #require(failure(environment))
    #expect(error.code == .notLoggedIn)
    #expect(error.message == message)
    let saysWhere = error.hints.contains { $0.contains("id.atlassian.com/manage-profile/security/api-tokens") }
    #expect(saysWhere == message.contains("BITBUCKET_API_TOKEN"))
  }

  @Test func `the login is sent as UTF-8, without the white space around it`() async throws {
    let sent = Sent()
    let environment = Self.login.mapValues { " \($0)\n" }
    _ = try? await forge(environment, sent: sent).pullRequest(7)
    let request = try #require(sent.requests.withLock { $0.first })
    #expect(request.url.absoluteString == "https://api.bitbucket.org/2.0/repositories/acme/widget/pullrequests/7")
    let words = (request.headers["Authorization"] ?? "").split(separator: " ")
    #expect(words.first == "Basic")
    let pair = Data(base64Encoded: String(words.last ?? "")).map { String(decoding: $0, as: UTF8.self) }
    #expect(pair == "zoë@example.com:ATATT-s3cret-token")
  }

  @Test(arguments: [
    "http://127.0.0.1:8080/2.0", "http://127.9.9.9/", "http://localhost:1/x//", "http://[::1]:9/2.0",
    "https://api.example.com/2.0",
  ])
  func `another place of the API is taken`(address: String) async throws {
    let sent = Sent()
    _ = try? await forge(Self.login.merging(["BITBUCKET_API_URL": address]) { $1 }, sent: sent).pullRequest(7)
    let request = try #require(sent.requests.withLock { $0.first })
    var start = address
    while start.hasSuffix("/") { start.removeLast() }
    #expect(request.url.absoluteString == "\(start)/repositories/acme/widget/pullrequests/7")
  }

  @Test(arguments: [
    ("http://api.bitbucket.org/2.0", "would send the token unencrypted"),
    ("http://127.0.0.1.example.com/", "would send the token unencrypted"),
    ("http://127.example.com/", "would send the token unencrypted"),
    ("http://localhost.example.com/", "would send the token unencrypted"),
    ("http://localhost@example.com/", "contains a user"),
    ("https://user:pass-word@example.com/", "contains a user"),
    ("https://example.com/?a=b", "contains a user"),
    ("ftp://example.com/", "is not an http or https URL"),
    ("api.bitbucket.org", "is not an http or https URL"),
    ("https://", "is not an http or https URL"),
    ("https://exa mple.com/\u{1B}[31m", "is not an http or https URL"),
  ])
  func `no token goes to a place that is not safe or no place`(address: String, reason: String) throws {
    let error = try #require(failure(Self.login.merging(["BITBUCKET_API_URL": address]) { $1 }))
    #expect(error.code == .invalid)
    #expect(error.message.hasPrefix("BITBUCKET_API_URL is '"))
    #expect(error.message.contains(reason))
    #expect(!error.message.contains("pass-word"))
    #expect(!error.message.contains("\u{1B}"))
  }

  @Test func `names with unusual characters stay one part of the address`() async throws {
    let sent = Sent()
    let page = HTTPResponse(status: 200, body: Data(#"{"values": []}"#.utf8))
    _ = try await forge(Self.login, page, sent: sent).openPullRequests(from: #"fix/a"b\c+d&e é"#)
    let request = try #require(sent.requests.withLock { $0.first })
    let query = try #require(request.url.absoluteString.split(separator: "?").last)
    #expect(
      query.hasPrefix(
        "q=source.branch.name%3D%22fix%2Fa%5C%22b%5C%5Cc%2Bd%26e%20%C3%A9%22%20AND%20state%3D%22OPEN%22&pagelen="))
  }

  @Test(arguments: [
    (
      401, #"{"type":"error","error":{"message":"Token is invalid, expired, or not supported for this endpoint."}}"#,
      ForgeError.Code.notLoggedIn,
      "Bitbucket does not accept the login for pull request #7 of acme/widget: "
        + "Token is invalid, expired, or not supported for this endpoint"
    ),
    (401, "", .notLoggedIn, "Bitbucket does not accept the login for pull request #7 of acme/widget"),
    (
      403,
      #"{"error":{"message":"Your credentials lack one or more required privilege scopes.","#
        + #""detail":{"granted":["a"],"required":["read:pullrequest:bitbucket"]}}}"#,
      .forbidden,
      "the API token does not permit this for pull request #7 of acme/widget: it lacks the scope read:pullrequest:bitbucket"
    ),
    (
      404, #"{"error":{"message":"Repository acme/widget not found"}}"#, .notFound,
      "Bitbucket cannot find pull request #7 of acme/widget: Repository acme/widget not found"
    ),
    (
      400, #"{"error":{"message":"Bad request","fields":{"source":["branch not found: x"],"title":"too long"}}}"#,
      .invalid,
      "Bitbucket refuses this for pull request #7 of acme/widget: Bad request: source: branch not found: x; title: too long"
    ),
    (
      410, #"{"error":{"message":"a\r\n\u001b[31mb\u202e ATATT-s3cret-token em9"}}"#, .invalid,
      "Bitbucket refuses this for pull request #7 of acme/widget: a b *** em9"
    ),
    (418, "<html>", .invalid, "Bitbucket refuses this for pull request #7 of acme/widget (HTTP 418)"),
  ])
  func `a refusal is reported in one line with Bitbucket's reason`(
    status: Int, body: String, code: ForgeError.Code, message: String
  ) async throws {
    let forge = try forge(Self.login, HTTPResponse(status: status, body: Data(body.utf8)))
    let error = await #expect(throws: ForgeError.self) { try await forge.pullRequest(7) }
    #expect(error?.code == code)
    #expect(error?.message == message)
  }

  @Test func `an answer that repeats the login does not make it known`() async throws {
    let credentials = Data("zoë@example.com:ATATT-s3cret-token".utf8).base64EncodedString()
    let body = #"{"error":{"message":"bad header 'Basic \#(credentials)' of ATATT-s3cret-token"}}"#
    let forge = try forge(Self.login, HTTPResponse(status: 400, body: Data(body.utf8)))
    let error = await #expect(throws: ForgeError.self) { try await forge.pullRequest(7) }
    #expect(error?.message.contains("bad header 'Basic ***' of ***") == true)
  }
}
