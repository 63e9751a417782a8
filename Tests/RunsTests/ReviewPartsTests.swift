import Basics
import Forges
import Foundation
import Git
import Journal
import Processes
import Testing

@testable import Diagnosis
@testable import Engine
@testable import Reviews
@testable import Runs

@Suite(.timeLimit(.minutes(5))) struct ReviewVerdictTests {
  private func decode(_ json: String, hasFixes: Bool = true) throws(Verdict.Fault) -> VerdictRecord {
    try Verdict.decode(Data(json.utf8), commit: "c", hasFixes: hasFixes)
  }

  private func finding(_ members: String) -> String {
    #"{"decision": "approve", "summary": "s", "findings": [{"severity": "nit", "message": "m", "fixed": false\#(members)}]}"#
  }

  @Test func `the schema is JSON`() throws {
    #expect(try JSONSerialization.jsonObject(with: Data(Verdict.schema.utf8)) is [String: Any])
  }

  @Test(arguments: [
    "[]", #"{"decision": "approve"}"#, #"{"decision": "merge", "summary": "s", "findings": []}"#,
    #"{"decision": "approve", "summary": " \n", "findings": []}"#,
    #"{"decision": "approve", "summary": "s", "findings": [{"severity": "bad", "message": "m", "fixed": false}]}"#,
    #"{"decision": "approve", "summary": "s", "findings": [{"severity": "nit", "message": "", "fixed": false}]}"#,
  ])
  func `an answer of another form is not a verdict`(json: String) {
    #expect(throws: Verdict.Fault.self) { try decode(json) }
  }

  @Test func `no answer is not a verdict`() {
    #expect(throws: Verdict.Fault.self) { try Verdict.decode(nil, commit: "c", hasFixes: false) }
  }

  @Test(arguments: ["/etc/passwd", "../x", "a/../../x", "a//b", "a/", "a\\u0007b", "a\\nb"])
  func `a path leads from the root into the repository`(path: String) {
    #expect(throws: Verdict.Fault.self) { try decode(finding(#", "path": "\#(path)""#)) }
  }

  @Test(arguments: [0, -1]) func `lines count from 1`(line: Int) {
    #expect(throws: Verdict.Fault.self) { try decode(finding(#", "path": "a", "line": \#(line)"#)) }
  }

  @Test func `a finding has a path and a line, or neither`() throws {
    let found = try decode(finding(#", "path": "./a/b.c", "line": 3"#)).findings[0]
    #expect(found.path == "a/b.c")
    #expect(found.line == 3)
    #expect(try decode(finding(#", "line": 3"#)).findings[0].line == nil)
  }

  @Test(arguments: [
    (false, true, VerdictRecord.Decision.requestChanges), (true, true, .approve), (true, false, .requestChanges),
  ])
  func `a blocker that is not fixed by a commit forbids an approval`(
    fixed: Bool, hasFixes: Bool, decision: VerdictRecord.Decision
  ) throws {
    let json = """
      {"decision": "approve", "summary": "s", "findings": [{"severity": "blocker", "message": "m", "fixed": \(fixed)}]}
      """
    #expect(try decode(json, hasFixes: hasFixes).decision == decision)
  }

  @Test func `texts come without control characters and of bounded length`() throws {
    let long = String(repeating: "x", count: 20_000)
    let verdict = try decode(
      #"{"decision": "approve", "summary": "a\u001b[31mb\u0007\nc", "findings": [{"severity": "nit", "message": "\#(long)", "fixed": false}]}"#
    )
    #expect(verdict.summary == "ab\nc")
    #expect(verdict.findings[0].message.count < 2100)
  }
}

@Suite(.timeLimit(.minutes(5))) struct ReviewTextTests {
  private func text(
    findings: [FindingRecord] = [], tests: ReviewText.Tests = .off, fixes: ReviewText.Fixes = .none,
    summary: String = "Good.", environment: [String: String] = [:]
  ) -> ReviewText {
    ReviewText(
      decision: .approve,
      verdict: VerdictRecord(decision: .approve, summary: summary, findings: findings, commit: "c"), tests: tests,
      conflicts: nil, fixes: fixes, commit: String(repeating: "c", count: 40), agent: "claude 2", run: "run-1",
      secrets: Secrets(environment: environment))
  }

  @Test func `the gravest findings come first, and fixed ones are marked`() throws {
    let body = text(findings: [
      .init(severity: .nit, message: "small"),
      .init(severity: .blocker, path: "a.c", line: 2, message: "big", fixed: true),
    ]).body()
    let big = try #require(body.range(of: "- `a.c:2`: **blocker** (fixed): big"))
    let small = try #require(body.range(of: "- **nit**: small"))
    #expect(big.lowerBound < small.lowerBound)
  }

  @Test(arguments: ["ask @alice", "broken ` code @alice", "`a` @alice `", "```\ncode\n```\n@alice"])
  func `nobody is mentioned`(words: String) {
    #expect(!text(summary: words).body().contains("@alice"))
  }

  @Test func `a finding of several blocks stays in its item, and its code is code`() {
    let body = text(findings: [
      .init(severity: .major, path: "a`b.c", line: 2, message: "```\n@MainActor\n```\ncloses #2"),
      .init(severity: .nit, message: "- [ ] /merge"),
    ]).body()
    let expected = """
      - ``a`b.c:2``: **major**:
        
        ```
        @MainActor
        ```
        
        closes #\u{200B}2
      - **nit**:
        
        - [ ] /merge
      """
    #expect(body.contains(expected), "\(body)")
  }

  @Test func `a merge's message closes nothing and has no trailers`() throws {
    let id = try #require(ObjectID(String(repeating: "a", count: 40)))
    let commits = ["Co-authored-by: Eve <eve@example.com>", "fix: `x` (fixes #3) @bob"].map {
      Commit(id: id, summary: $0)
    }
    #expect(
      ReviewText.mergeMessage(commits, secrets: Secrets(environment: [:]))
        == "* fix: `x` (fixes #\u{200B}3) @\u{200B}bob\n* \u{200B}Co-authored-by: Eve <eve@example.com>")
    let pullRequest = PullRequest(
      number: 7, url: "u", title: "Closes #1\u{202E}", body: "", author: "a", state: .open, isDraft: false,
      head: .init(branch: "b", commit: "c", repository: "a/b", reference: nil), base: "main", isFromFork: false,
      mergeability: .unknown, mergeCommit: nil)
    #expect(ReviewText.mergeTitle(pullRequest, secrets: Secrets(environment: [:])) == "Closes #\u{200B}1 (#7)")
  }

  @Test func `secrets do not leave with the output of the tests`() {
    let record = TestRecord(command: "make", commit: "c", passed: false, outcome: "exit status 2", log: "l")
    let body = text(tests: .ran(record, tail: "token hunter2hunter2\n```"), environment: ["X_TOKEN": "hunter2hunter2"])
      .body()
    #expect(!body.contains("hunter2hunter2"))
    #expect(body.contains("````\ntoken ***\n```\n````"))
    #expect(body.contains("exit status 2"))
  }

  @Test func `a review stays within what forges take`() throws {
    let findings = (0..<200).map {
      FindingRecord(severity: .major, path: "f\($0)", line: 1, message: String(repeating: "w ", count: 900))
    }
    let patch = String(repeating: "+x\n", count: 6000)
    let commit = Commit(id: try #require(ObjectID(String(repeating: "a", count: 40))), summary: "fix: x")
    let text = text(findings: findings, fixes: .kept([commit], reason: "the branch is in a fork", patch: patch))
    #expect(text.body().count < 30_000)
    #expect(text.body().contains("more"))
    #expect(text.lineComments().count == 50)
  }
}

@Suite(.timeLimit(.minutes(5))) struct ReviewOrderTests {
  private func pullRequest(_ number: Int, _ branch: String, _ base: String, isFromFork: Bool = false) -> PullRequest {
    PullRequest(
      number: number, url: "u", title: "t\u{1B}[31m", body: "", author: "a", state: .open, isDraft: false,
      head: .init(branch: branch, commit: "c", repository: "a/b", reference: nil), base: base, isFromFork: isFromFork,
      mergeability: .unknown, mergeCommit: nil)
  }

  @Test func `a pull request comes after the one that it builds on, the others as they were asked for`() {
    let tasks = ReviewOrder.tasks(for: [
      pullRequest(9, "z", "main"), pullRequest(3, "c", "b"), pullRequest(2, "b", "a"), pullRequest(1, "a", "main"),
    ])
    #expect(tasks.map(\.number) == [9, 1, 2, 3])
    #expect(tasks.map(\.header.needs) == [[], [], ["pr-1"], ["pr-2"]])
    #expect(tasks[0].header.title == "t")
  }

  @Test func `circles and forks hold nothing up`() {
    let circle = ReviewOrder.tasks(for: [pullRequest(1, "a", "b"), pullRequest(2, "b", "a")])
    #expect(circle.map(\.number) == [2, 1])
    #expect(circle.map(\.header.needs) == [[], ["pr-2"]])
    let fork = ReviewOrder.tasks(for: [pullRequest(1, "x", "main"), pullRequest(2, "main", "dev", isFromFork: true)])
    #expect(fork.map(\.number) == [1, 2])
  }
}

@Suite(.timeLimit(.minutes(5))) struct StrangersTextTests {
  @Test func `what hides in code is shown`() {
    #expect(sanitized("a\u{202E}b\u{1B}c\td\n", .keepLines) == "a<U+202E>b^[c\td\n")
  }

  @Test func `a fence holds what it is around`() {
    #expect(UntrustedText.fenced("~~~\nx\n~~~~") == "~~~~~\n~~~\nx\n~~~~\n~~~~~")
  }
}
