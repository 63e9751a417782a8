import Agents
import Basics
import ClaudeCode
import Foundation
import Processes
import Testing

@Suite(.timeLimit(.minutes(5))) struct OddStreamTests {
  static let result =
    #"{"subtype":"success","is_error":false,"session_id":"s","total_cost_usd":0.5,"num_turns":1,"result":"ok","type":"result"}"#

  private func decode(_ text: String) -> (events: [AgentEvent], summary: StreamSummary, counts: StreamCounts) {
    AgentsTests.decode(Array(text.utf8))
  }

  @Test(arguments: [
    "hello", "{", #"{"type":"result""#, #"{"type":"result",}"#, "[]", "null", "42", #""text""#, #"{"no":"type"}"#,
    #"{"type":5}"#, #"{"type":"a"} x"#, #"{"type":"a","b":01}"#, #"{"type":"\x"}"#, "{\"type\":\"a\u{1}\"}",
    #"{"type":"a","b":nul}"#, #"{"type":"a","b":"\u12g4"}"#, #"{"type":"a","b":1.}"#, #"{"type":"a" "b":1}"#,
    String(repeating: "[", count: 100_000),
  ]) func `a line that is not an event is counted and skipped`(line: String) {
    let (events, _, counts) = decode("\(line)\n\(Self.result)\n")
    #expect(events.count == 1)
    #expect(counts == StreamCounts(events: 1, badLines: 1))
  }

  @Test(
    arguments: [
      [0xFF, 0xFE, 0x00], [0x7B, 0x22, 0xC3, 0x28, 0x22, 0x7D], [0x00], [0xED, 0xA0, 0x80],
      [0x7F, 0x45, 0x4C, 0x46, 0x02],
    ] as [[UInt8]]) func `bytes that are no UTF-8 are counted and skipped`(bytes: [UInt8])
  {
    let inString = Array(#"{"type":"assistant","x":""#.utf8) + bytes + Array("\"}\n".utf8)
    let (events, _, counts) = AgentsTests.decode(bytes + [0x0A] + inString + Array(Self.result.utf8) + [0x0A])
    #expect(counts == StreamCounts(events: 1, badLines: 2))
    #expect(events.count == 1)
  }

  private static func result(cost: String, tokens: String, turns: String) -> String {
    #"{"type":"result","subtype":"success","is_error":false,"session_id":"s","total_cost_usd":\#(cost),"#
      + #""num_turns":\#(turns),"model_usage_since_last_result":{"a":{"inputTokens":\#(tokens)},"#
      + #""b":{"inputTokens":\#(tokens)}}}"# + "\n"
  }

  @Test(arguments: [
    ("1e400", 1e12), ("1e18", 1e12), ("-1e400", 0), ("-3", 0), ("0.5", 0.5), ("null", 0), ("true", 0),
  ])
  func `a cost beyond all measure is bounded`(text: String, cost: Double) {
    let summary = decode(Self.result(cost: text, tokens: "1", turns: "1")).summary
    #expect(summary.lastResult?.sessionCostUSD == cost)
  }

  @Test(arguments: [
    ("9e18", Int.max), ("9223372036854775807", .max), ("1e300", .max), ("1e400", .max), ("-9e18", 0), ("7", 28),
  ])
  func `counts beyond all measure are bounded, and so are their sums`(text: String, sum: Int) {
    let line = Self.result(cost: "1", tokens: text, turns: text)
    let summary = decode(line + line).summary
    #expect(summary.usage.input == sum)
    #expect(summary.turns == (sum == 28 ? 14 : sum))
  }

  @Test(arguments: [("1e300", nil), ("1e400", nil), ("-5", nil), ("1795379825", 1_795_379_825)] as [(String, Double?)])
  func `a reset at no moment of this millennium is unknown`(text: String, seconds: Double?) {
    let line = #"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":\#(text)}}"# + "\n"
    let (events, _, _) = decode(line)
    #expect(
      events == [
        .rateLimit(
          RateLimitNotice(
            status: "rejected", resetsAt: seconds.map { Date(timeIntervalSince1970: $0) }, window: ""))
      ])
  }

  @Test func `a reset in a message may have any digits`() {
    let digits = String(repeating: "9", count: 400)
    let (_, summary, _) = decode(
      #"{"type":"result","is_error":true,"subtype":"success","result":"usage limit reached|\#(digits)","#
        + #""api_error_status":429}"#)
    let end = summary.end(exit: .code(1), cause: nil, errors: "")
    guard case .failed(let failure) = end else {
      Issue.record("\(end)")
      return
    }
    #expect(failure.kind == .usageLimit(resetsAt: nil))
  }

  @Test func `only newlines end lines`() {
    let text = "a\u{2028}b\u{2029}c\u{85}d"
    let (events, _, counts) = decode(
      #"{"type":"assistant","message":{"content":[{"type":"text","text":"\#(text)"}]}}"# + "\r\n")
    #expect(events == [.text("a\nb\nc\nd")])
    #expect(counts.badLines == 0)
  }

  @Test func `escapes are decoded, surrogate pairs and lone surrogates too`() {
    let (events, _, _) = decode(
      #"{"type":"assistant","message":{"content":[{"type":"text","text":"\u00e9\ud83d\ude00\ud800 \"\\\/\n\u001b[31mred\u001b[0m\u0000"}]}}"#
    )
    #expect(events == [.text("é😀\u{FFFD} \"\\/\nred")])
  }

  @Test func `an unknown type is an event, is progress and is counted`() {
    let (events, _, counts) = decode("{\"type\":\"tea_time\"}\n{\"subtype\":\"nap\",\"type\":\"system\"}\n")
    #expect(events == [.other(type: "tea_time"), .other(type: "system/nap")])
    #expect(!events.contains { !$0.isProgress })
    #expect(counts == StreamCounts(events: 2, unknownTypes: 2))
  }

  @Test func `the type may be any key, and nested ones do not count`() {
    let (events, _, _) = decode(
      #"{"message":{"type":"result"},"event":{"x":[{"type":"ping"}],"type":"ping"},"type":"stream_event"}"#)
    #expect(events == [.waiting])
  }

  @Test func `the last of several results counts, and their tokens add up`() {
    let bad = Self.result.replacingOccurrences(of: "false", with: "true")
    func usage(_ tokens: Int) -> String {
      #","model_usage_since_last_result":{"m":{"inputTokens":\#(tokens),"outputTokens":1}}}"#
    }
    let (_, summary, _) = decode(
      "\(Self.result.dropLast())\(usage(10))\n\(bad.dropLast())\(usage(5))\n\(Self.result.dropLast())\(usage(2))\n")
    #expect(summary.usage.input == 17)
    #expect(summary.turns == 3)
    #expect(summary.end(exit: .code(0), cause: nil, errors: "") == .succeeded)
    let (_, failed, _) = decode("\(Self.result)\n\(bad)\n")
    #expect(
      failed.end(exit: .code(0), cause: nil, errors: "") == .failed(AgentFailure(kind: .other, message: "ok")))
  }

  @Test func `a torn last line is counted, a whole one without newline is read`() {
    #expect(decode("\(Self.result.dropLast(3))").counts == StreamCounts(badLines: 1))
    #expect(decode(Self.result).counts == StreamCounts(events: 1))
    #expect(decode("\n\r\n  \n").counts == StreamCounts())
  }

  @Test func `a result without is_error is not a success`() {
    let (_, summary, _) = decode(#"{"type":"result","subtype":"success","result":"fine"}"#)
    #expect(
      summary.end(exit: .code(0), cause: nil, errors: "") == .failed(AgentFailure(kind: .other, message: "fine")))
  }

  @Test func `a line over the limit is skipped without being held`() {
    // 100 MB in pieces of 1 MB, followed by an event.
    var stream = AgentStream(reader: ClaudeStreamReader())
    var events: [AgentEvent] = []
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    for _ in 0..<100 { piece.withUnsafeBytes { stream.feed($0) { events.append($0) } } }
    let rest = Array("\n\(Self.result)\n".utf8)
    rest.withUnsafeBytes { stream.feed($0) { events.append($0) } }
    #expect(stream.counts == StreamCounts(events: 1, overlongLines: 1))
    #expect(events.count == 1)
  }

  @Test(arguments: [(9, 0), (10, 0), (11, 1)]) func `the limit is the length of the line`(length: Int, overlong: Int) {
    let (_, _, counts) = AgentsTests.decode(
      [UInt8](repeating: 0x78, count: length) + [0x0A], pieceSize: 4, lineLimit: 10)
    #expect(counts == StreamCounts(badLines: 1 - overlong, overlongLines: overlong))
  }

  @Test func `texts are bounded`() {
    let (events, _, _) = decode(
      #"{"type":"assistant","message":{"content":[{"type":"text","text":"\#(String(repeating: "é", count: 100_000))"}]}}"#
    )
    guard case .text(let text)? = events.first else { return #expect(Bool(false)) }
    #expect(text.utf8.count == 16 << 10)
    #expect(text.allSatisfy { $0 == "é" })
  }

  @Test(arguments: [
    ("plain", "plain"), ("a\tb\n\n c ", "a b c"), ("\u{1B}[1;31mred\u{1B}[0m", "red"),
    ("\u{1B}]0;title\u{7}after", "after"), ("\u{1B}]8;;http://x\u{1B}\\link", "link"), ("a\u{202E}b\u{200B}c", "abc"),
    ("a\u{9B}31mb", "a31mb"), ("\u{1B}", ""), ("0123456789abc", "0123456789…"),
  ]) func `text from an agent is safe to show`(text: String, plain: String) {
    #expect(plainText(text, limit: 10) == plain)
  }

  /// An API error as the client (2.1.330) reports it: an answer of its own with the kind, and the result.
  private func failure(_ message: String, kind: String?, status: Int?) -> AgentFailure.Kind? {
    let status = status.map(String.init) ?? "null"
    let answer = kind.map {
      #"{"type":"assistant","message":{"model":"<synthetic>","content":[{"type":"text","text":"\#(message)"}]},"#
        + #""error":"\#($0)","is_api_error_message":true,"api_error_status":\#(status)}"# + "\n"
    }
    let end = kind == nil ? "completed" : "api_error"
    let (_, summary, _) = decode(
      (answer ?? "")
        + #"{"type":"result","is_error":true,"subtype":"success","terminal_reason":"\#(end)","#
        + #""api_error_status":\#(status),"result":"\#(message)"}"#)
    return summary.lastResult?.failure?.kind
  }

  @Test(
    arguments: [
      ("You've hit your limit · resets 3pm", "rate_limit", 429, AgentFailure.Kind.usageLimit(resetsAt: nil)),
      (
        "Claude AI usage limit reached|1795400000", "rate_limit", 429,
        .usageLimit(resetsAt: Date(timeIntervalSince1970: 1_795_400_000))
      ),
      ("Credit balance is too low", "billing_error", 400, .usageLimit(resetsAt: nil)),
      ("OAuth token has expired · Please run /login", "authentication_failed", 401, .notLoggedIn),
      ("Not logged in · Please run /login", "authentication_failed", nil, .notLoggedIn),
      ("Invalid API key · Fix external API key", "authentication_failed", 401, .invalidKey),
      ("API Error: Request rejected (429)", "rate_limit", 429, .rateLimited(retryAfter: nil)),
      ("Prompt is too long", "invalid_request", 400, .promptTooLong),
      ("API Error: overloaded", "overloaded", 529, .overloaded),
      ("no", "server_error", nil, .serverError), ("no", "tea_error", 418, .other),
    ] as [(String, String, Int?, AgentFailure.Kind)])
  func `a failure of the API is reported by its kind and status`(
    message: String, kind: String, status: Int?, expected: AgentFailure.Kind
  ) {
    #expect(failure(message, kind: kind, status: status) == expected)
  }

  @Test(arguments: [
    "Please run /login", "OAuth token has expired · Please run /login", "I have hit your usage limit",
    "Claude AI usage limit reached|1795400000", "Credit balance is too low", "Prompt is too long", "limit reached",
    "Invalid API key", "API Error: 529 overloaded", "rate_limit",
  ]) func `an agent's own words stop and pause nothing`(words: String) {
    #expect(failure(words, kind: nil, status: nil) == .other)
    let (_, plain, _) = decode(
      #"{"type":"result","is_error":true,"subtype":"success","terminal_reason":"api_error","result":"\#(words)"}"#)
    #expect(plain.lastResult?.failure?.kind == .other)
    // Not after a failure of the API that it got over, either, nor one of a subagent's.
    let (_, summary, _) = decode(
      #"{"type":"assistant","message":{"content":[{"type":"text","text":"no"}]},"error":"authentication_failed","#
        + #""is_api_error_message":true,"api_error_status":401}"# + "\n"
        + #"{"type":"assistant","message":{"content":[{"type":"text","text":"\#(words)"}]}}"# + "\n"
        + #"{"type":"result","is_error":true,"subtype":"error_during_execution","result":"\#(words)"}"#)
    #expect(summary.lastResult?.failure?.kind == .other)
  }

  @Test func `a rejected window makes a refusal a usage limit until its reset time`() {
    let (_, summary, _) = decode(
      """
      {"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795400000,"rateLimitType":"five_hour"}}
      {"type":"result","is_error":true,"subtype":"success","api_error_status":429,"result":"no"}
      """)
    #expect(
      summary.lastResult?.failure?.kind
        == .usageLimit(resetsAt: Date(timeIntervalSince1970: 1_795_400_000)))
  }
}
