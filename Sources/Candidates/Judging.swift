import Basics
package import Journal

/// What is known of one of several attempts at a task when one is to be chosen.
package struct CandidateFacts: Equatable, Sendable {
  package let id: String
  /// How it ended.
  package let status: TaskStatus
  /// Why, where it did not succeed.
  package let message: String?
  /// Its proven commit; nil where nothing was proven.
  package let tip: String?
  /// How the tests went at that commit; nil where none were run.
  package let tests: TestRecord?
  /// What the reviewer said of that commit; nil where none has spoken.
  package let review: CandidateReviewRecord?
  /// The lines that it adds and removes.
  package let lines: Int?

  package init(
    id: String, status: TaskStatus, message: String? = nil, tip: String? = nil, tests: TestRecord? = nil,
    review: CandidateReviewRecord? = nil, lines: Int? = nil
  ) {
    self.id = id
    self.status = status
    self.message = message
    self.tip = tip
    self.tests = tests.flatMap { $0.commit == tip ? $0 : nil }
    self.review = review.flatMap { $0.commit == tip ? $0 : nil }
    self.lines = lines
  }
}

/// Chooses one of several attempts: always the same by the same facts.
///
/// What counts, the first that differs: that its work is proven; that the tests pass (that none were run is better than
/// that they fail); that the reviewer approves; the reviewer's score; fewer changed lines; the lower number.
package enum Judging {
  /// Those between which neither proof nor tests decide: what a reviewer is worth asking about, where there are several.
  package static func finalists(among facts: [CandidateFacts]) -> [CandidateFacts] {
    let proven = facts.filter { $0.tip != nil }
    guard let best = proven.map(testRank).min() else { return [] }
    return proven.filter { testRank($0) == best }
  }

  /// - Parameters:
  ///   - facts: in the order of their numbers.
  ///   - note: why no reviewer has spoken.
  /// - Returns: nil where the work of none is proven.
  package static func choice(among facts: [CandidateFacts], note: String? = nil) -> ChoiceRecord? {
    let ranked = facts.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
      .map(\.element)
    guard let best = ranked.first, let tip = best.tip else { return nil }
    return ChoiceRecord(
      candidate: best.id, tip: tip, reason: reason(for: best, before: ranked.dropFirst().first), note: note,
      candidates: ranked.map { facts in
        CandidateRecord(
          id: facts.id, status: facts.status, tip: facts.tip, testsPassed: facts.tests?.passed,
          decision: facts.review?.decision, score: facts.review?.score, lines: facts.lines,
          reason: facts.id == best.id ? nil : reason(against: facts, after: best))
      })
  }

  /// Why no candidate can be chosen, as a clause: how each of them ended.
  package static func failure(of facts: [CandidateFacts]) -> String {
    let ends = facts.map { "\($0.id) \($0.status.rawValue)" + ($0.message.map { " (\($0))" } ?? "") }
    return "the work of none of its \(facts.count) candidates is proven: \(ends.joined(separator: "; "))"
  }

  fileprivate static func testRank(_ facts: CandidateFacts) -> Int {
    switch facts.tests?.passed {
    case true: 0
    case nil: 1
    case false: 2
    }
  }

  private static func reason(for best: CandidateFacts, before second: CandidateFacts?) -> String {
    guard let second, second.tip != nil else { return "the only one whose work is proven" }
    if testRank(best) != testRank(second) {
      return best.tests?.passed == true
        ? "the tests pass, and those of \(second.id) do not" : "the tests fail at all others"
    }
    let failing = best.tests?.passed == false ? "the tests fail at each of them; " : ""
    if let mine = best.review, let other = second.review {
      if mine.decision != other.decision { return failing + "the reviewer approves it, and not \(second.id)" }
      if mine.score != other.score {
        return failing + "the reviewer gives it \(mine.score) of 100, and \(second.id) \(other.score)"
      }
    } else if best.review != nil {
      return failing + "the reviewer has spoken of it alone"
    }
    if best.lines != second.lines, let mine = best.lines {
      return failing + "it changes \(lineCount(mine))" + (second.lines.map { ", and \(second.id) \($0)" } ?? "")
    }
    return failing + "nothing tells it from \(second.id), and it comes first"
  }

  private static func reason(against facts: CandidateFacts, after best: CandidateFacts) -> String {
    guard facts.tip != nil else { return "\(facts.status.rawValue)" + (facts.message.map { ": \($0)" } ?? "") }
    if testRank(facts) != testRank(best) {
      return facts.tests.map { "the tests fail (\($0.outcome))" } ?? "no tests were run"
    }
    if let mine = facts.review, let other = best.review {
      if mine.decision != other.decision { return "the reviewer requests changes" }
      if mine.score != other.score { return "the reviewer gives it \(mine.score) of 100" }
    } else if best.review != nil {
      return "the reviewer has not spoken of it"
    }
    if facts.lines != best.lines, let mine = facts.lines { return "it changes \(lineCount(mine))" }
    return "nothing tells it from \(best.id), which comes first"
  }

  private static func lineCount(_ count: Int) -> String { "\(count) line\(count == 1 ? "" : "s")" }
}

extension CandidateFacts {
  /// Lower is better.
  fileprivate var rank: Rank {
    Rank(
      parts: [
        tip == nil ? 1 : 0, Judging.testRank(self),
        review.map { $0.decision == .approve ? 0 : 1 } ?? 2, -(review?.score ?? 0), lines ?? .max,
      ])
  }

  fileprivate struct Rank: Comparable {
    let parts: [Int]

    static func < (left: Rank, right: Rank) -> Bool { left.parts.lexicographicallyPrecedes(right.parts) }
  }
}
