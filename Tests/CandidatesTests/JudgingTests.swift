import Journal
import Testing

@testable import Candidates

@Suite struct JudgingTests {
  private func facts(
    _ number: Int, _ status: TaskStatus = .proven, tests: Bool? = nil, review: (VerdictRecord.Decision, Int)? = nil,
    lines: Int? = 10, message: String? = nil
  ) -> CandidateFacts {
    let (id, tip) = ("t@\(number)", status == .proven ? "c\(number)" : nil)
    return CandidateFacts(
      id: id, status: status, message: message, tip: tip,
      tests: tests.map {
        TestRecord(
          command: "make test", commit: tip ?? "", passed: $0, outcome: $0 ? "exit status 0" : "exit status 1", log: "")
      },
      review: review.map {
        CandidateReviewRecord(candidate: id, commit: tip ?? "", score: $0.1, decision: $0.0, summary: "Fine.")
      }, lines: tip == nil ? nil : lines)
  }

  private func order(_ facts: CandidateFacts...) -> [String] {
    Judging.choice(among: facts)?.candidates.map(\.id) ?? []
  }

  @Test func `the first criterion that differs decides, in the order that is documented`() {
    #expect(order(facts(1, .failed), facts(2, tests: false, lines: 900)) == ["t@2", "t@1"])
    #expect(
      order(facts(1, tests: false, review: (.approve, 99), lines: 1), facts(2, tests: true, lines: 900))
        == ["t@2", "t@1"])
    #expect(order(facts(1, tests: false), facts(2)) == ["t@2", "t@1"])
    #expect(
      order(facts(1, review: (.requestChanges, 90), lines: 1), facts(2, review: (.approve, 40))) == ["t@2", "t@1"])
    #expect(order(facts(1, review: (.approve, 40), lines: 1), facts(2, review: (.approve, 41))) == ["t@2", "t@1"])
    #expect(order(facts(1), facts(2, lines: 9), facts(3, lines: nil)) == ["t@2", "t@1", "t@3"])
    #expect(order(facts(1), facts(2), facts(3)) == ["t@1", "t@2", "t@3"])
  }

  @Test func `it does not depend on the order in which they are given, but for the last criterion`() {
    let all = [facts(1, .timeout), facts(2, tests: true, lines: 30), facts(3, tests: true, lines: 20), facts(4)]
    let ids = Judging.choice(among: all)?.candidates.map(\.id)
    #expect(ids == ["t@3", "t@2", "t@4", "t@1"])
    #expect(Judging.choice(among: all.reversed())?.candidates.map(\.id) == ids)
  }

  @Test(arguments: [
    ([2: "failed"], "the only one whose work is proven"),
    ([1: "pass", 2: "fail"], "the tests pass, and those of t@2 do not"),
    ([2: "fail"], "the tests fail at all others"),
    ([1: "approve 80", 2: "changes 90"], "the reviewer approves it, and not t@2"),
    ([1: "approve 80", 2: "approve 70"], "the reviewer gives it 80 of 100, and t@2 70"),
    ([1: "lines 1", 2: "lines 12"], "it changes 1 line, and t@2 12"),
    ([:], "nothing tells it from t@2, and it comes first"),
    ([1: "fail lines 1", 2: "fail lines 2"], "the tests fail at each of them; it changes 1 line, and t@2 2"),
  ]) func `the reason is what made the difference`(_ given: [Int: String], _ reason: String) throws {
    let all = [1, 2].map { number -> CandidateFacts in
      let words = given[number]?.split(separator: " ").map(String.init) ?? []
      func after(_ word: String) -> Int? { words.firstIndex(of: word).flatMap { Int(words[$0 + 1]) } }
      return facts(
        number, words.contains("failed") ? .failed : .proven,
        tests: words.contains("pass") ? true : words.contains("fail") ? false : nil,
        review: after("approve").map { (.approve, $0) } ?? after("changes").map { (.requestChanges, $0) },
        lines: after("lines") ?? 10)
    }
    let choice = try #require(Judging.choice(among: all))
    #expect(choice.candidate == "t@1" && choice.tip == "c1")
    #expect(choice.reason == reason)
    #expect(choice.candidates[0].reason == nil && choice.candidates[1].reason != nil)
  }

  @Test func `those that are not chosen have a reason each`() throws {
    let choice = try #require(
      Judging.choice(
        among: [
          facts(1, .failed, message: "it crashed"), facts(2, tests: false),
          facts(3, tests: true, review: (.approve, 9)),
          facts(4, tests: true, review: (.approve, 8)), facts(5, tests: true, review: (.requestChanges, 99)),
          facts(6, .timeout),
        ], note: "a note"))
    #expect(choice.note == "a note")
    #expect(choice.candidates.map(\.id) == ["t@3", "t@4", "t@5", "t@2", "t@1", "t@6"])
    #expect(
      choice.candidates.map(\.reason) == [
        nil, "the reviewer gives it 8 of 100", "the reviewer requests changes", "the tests fail (exit status 1)",
        "failed: it crashed", "timeout",
      ])
  }

  @Test func `a reviewer is asked about those alone that neither proof nor tests tell apart`() {
    let all = [facts(1, .failed), facts(2, tests: true), facts(3, tests: false), facts(4, tests: true), facts(5)]
    #expect(Judging.finalists(among: all).map(\.id) == ["t@2", "t@4"])
    #expect(Judging.finalists(among: [facts(1, .failed)]).isEmpty)
  }

  @Test func `tests and verdicts of another commit do not count`() {
    let record = TestRecord(command: "t", commit: "old", passed: true, outcome: "", log: "")
    let review = CandidateReviewRecord(candidate: "t@1", commit: "old", score: 9, decision: .approve, summary: "")
    let facts = CandidateFacts(id: "t@1", status: .proven, tip: "new", tests: record, review: review)
    #expect(facts.tests == nil && facts.review == nil)
  }

  @Test func `where none is proven, there is no choice, and the failure names how each ended`() {
    let all = [facts(1, .failed, message: "it crashed"), facts(2, .noChanges)]
    #expect(Judging.choice(among: all) == nil)
    #expect(
      Judging.failure(of: all)
        == "the work of none of its 2 candidates is proven: t@1 failed (it crashed); t@2 no-changes")
  }
}
