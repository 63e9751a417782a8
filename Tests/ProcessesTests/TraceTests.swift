import Basics
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Trace

@Suite(.timeLimit(.minutes(5))) struct TraceTests {
  @Test(arguments: ["", "0", "false", "no", "off"]) func `it is off unless asked for`(value: String) {
    #expect(TraceTarget(setting: value) { _ in Issue.record("warned") } == nil)
    #expect(TraceTarget(setting: nil) { _ in Issue.record("warned") } == nil)
  }

  @Test(arguments: ["1", "2", "true"]) func `it goes to standard error`(value: String) {
    #expect(TraceTarget(setting: value) { _ in Issue.record("warned") }?.descriptor == .standardError)
  }

  @Test func `it goes to the end of a file`() throws {
    let scratch = try TemporaryDirectory()
    let file = scratch.path.appending("trace")
    try Data("before\n".utf8).write(to: URL(filePath: file.string))
    let target = try #require(TraceTarget(setting: file.string) { _ in Issue.record("warned") })
    target.write("after\n")
    try target.descriptor.close()
    #expect(try String(contentsOfFile: file.string, encoding: .utf8) == "before\nafter\n")
  }

  @Test func `what is not a target is off, with a warning`() throws {
    for value in ["relative/file", "/nosuch/folder/trace"] {
      var warnings: [String] = []
      #expect(TraceTarget(setting: value) { warnings.append($0) } == nil)
      #expect(warnings.count == 1)
      #expect(warnings.first?.contains(value) == true)
    }
  }

  @Test func `a line is one line, and safe to show`() {
    let line = TraceHandler.line(time: "12:00:00.000000", subject: "process", "a\nb \u{1b}[31m")
    #expect(line.hasPrefix("12:00:00.000000 git-orch["))
    #expect(line.hasSuffix("] process: a b ^[[31m\n"))
  }

  @Test func `long arguments are cut, and what authorizes is left out`() {
    #expect(
      Trace.shortened(
        [
          "push", "http.https://h.invalid/.extraHeader=Authorization: Basic abc", "-HAuthorization: Bearer abc",
          "abcdefgh",
        ],
        limit: 6) == [
          "push", "http.https://h.invalid/.extraHeader=***", "-HAuthorization:***", "abcdef… (8 bytes)",
        ])
  }

  @Test func `the values of a query are left out`() {
    #expect(Trace.withoutQueryValues("https://h.invalid/a/b") == "https://h.invalid/a/b")
    #expect(Trace.withoutQueryValues("https://h.invalid/a?token=abc&page=2") == "https://h.invalid/a?token=…&page=…")
    #expect(Trace.withoutQueryValues("https://h.invalid/a?abc") == "https://h.invalid/a?…")
  }
}
