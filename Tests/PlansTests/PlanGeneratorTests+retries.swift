import Basics
import Foundation
import HTTP
import Journal
import Synchronization
import Testing

@testable import PlanGeneration
@testable import Plans
@testable import TodoLists

/// Retries.
extension PlanGeneratorTests {
  @Test func `an overloaded API is asked again as it says`() async throws {
    let api = FakeAPI(
      Self.error(429, headers: ["Retry-After": "7"]), Self.error(529, headers: ["retry-after-ms": "1500"]),
      Self.message(Self.good))
    _ = try await generate(.api, api: api)
    #expect(api.sleeps == [.seconds(7), .seconds(1.5)])
    #expect(api.requests.count == 3)
  }

  @Test(arguments: [408, 409, 429, 500, 503, 529]) func `three times is enough`(status: Int) async {
    let api = FakeAPI(Self.error(status))
    #expect(await reason(api) == "api.anthropic.com answered \(status), api_error: no (request req_1)")
    #expect(api.requests.count == 3)
    #expect(api.sleeps.count == 2)
    #expect(zip(api.sleeps, [0.5, 1.0]).allSatisfy { $0 <= .seconds($1) && $0 >= .seconds($1 * 0.74) })
  }

  @Test(arguments: [400, 403, 404, 413]) func `what cannot get better is not tried again`(status: Int) async {
    let api = FakeAPI(Self.error(status))
    #expect(await reason(api).hasPrefix("api.anthropic.com answered \(status), api_error: no"))
    #expect(api.requests.count == 1)
  }

  @Test func `the server's own advice on retrying wins`() async {
    let no = FakeAPI(Self.error(503, headers: ["x-should-retry": "false"]))
    _ = await reason(no)
    #expect(no.requests.count == 1)
    let long = FakeAPI(Self.error(429, headers: ["retry-after": "3600"]))
    #expect(await reason(long).hasSuffix("; it asks to wait 3600 s"))
    #expect(long.sleeps.isEmpty)
  }

  @Test func `a lost connection is tried again, a time-out is not`() async throws {
    let lost = FakeAPI(.failure(.connection("refused")), Self.message(Self.good))
    _ = try await generate(.api, api: lost)
    #expect(lost.requests.count == 2)
    let slow = FakeAPI(.failure(.timedOut(.seconds(300))))
    #expect(await reason(slow) == "cannot reach api.anthropic.com: no answer within 300 s")
    #expect(slow.requests.count == 1)
  }

  @Test func `a redirect is reported, and the key never`() async {
    let redirect = FakeAPI(.success(HTTPResponse(status: 302, headers: ["location": "https://evil.x"])))
    #expect(await reason(redirect).hasPrefix("api.anthropic.com answered 302, a redirect"))
    let echo = FakeAPI(Self.error(400, "bad", "your key \(Self.key)\u{1B}[31m is odd"))
    #expect(await reason(echo) == "api.anthropic.com answered 400, bad: your key …[31m is odd (request req_1)")
    let page = FakeAPI(.success(HTTPResponse(status: 200, body: Data("<html>".utf8))))
    #expect(await reason(page) == "the API's answer is not a message; is ANTHROPIC_BASE_URL correct?")
  }

  @Test(
    arguments: [
      (["retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"], 30.0), (["retry-after": "Wed, 21 Oct 2015 07:27:00 GMT"], 0),
      (["retry-after": "1e9"], 86_400), (["retry-after": "-4"], 0), (["retry-after": "nan"], nil),
      (["retry-after": "soon"], nil),
      (["retry-after": "Thu, 29 Feb 2024 00:00:00 GMT"], 86_400), ([:], nil),
    ] as [([String: String], Double?)])
  func `retry-after is seconds or a date`(headers: [String: String], seconds: Double?) {
    let now = Date(timeIntervalSince1970: 1_445_412_480)  // 2015-10-21 07:28:00
    #expect(RetryAfter.duration(HTTPResponse(status: 429, headers: headers), now: now) == seconds.map { .seconds($0) })
  }
}
