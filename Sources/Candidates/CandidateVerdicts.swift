import Basics
package import Journal

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What a reviewer of several attempts answers, by a JSON schema.
package enum CandidateVerdicts {
  package static let schema = """
    {"type":"object","additionalProperties":false,"required":["candidates"],"properties":{\
    "candidates":{"type":"array","description":"One entry for each candidate.","items":{"type":"object",\
    "additionalProperties":false,"required":["number","score","decision","summary"],"properties":{\
    "number":{"type":"integer","description":"The candidate's number."},\
    "score":{"type":"integer","minimum":0,"maximum":100,"description":"How well it does the task."},\
    "decision":{"type":"string","enum":["approve","request_changes"],\
    "description":"Whether it could be merged as it is."},\
    "summary":{"type":"string","description":"Your judgment, in a few sentences."}}}}}}
    """

  private static let summaryLimit = 2000

  /// Why an answer cannot be used, as a clause for the agent.
  package struct Fault: Error, Equatable {
    package let reason: String
  }

  private struct Answer: Decodable {
    let candidates: [Entry]

    struct Entry: Decodable {
      let number: Int
      let score: Int
      let decision: String
      let summary: String
    }
  }

  /// Reads an answer about these candidates, by their numbers: each must be in it once. Its texts come without control
  /// characters and of bounded length.
  package static func decode(
    _ answer: Data?, about candidates: [(number: Int, id: String, tip: String)]
  ) throws(Fault) -> [CandidateReviewRecord] {
    guard let answer else { throw Fault(reason: "it came without the verdicts") }
    let parsed: Answer
    do {
      parsed = try JSONDecoder().decode(Answer.self, from: answer)
    } catch {
      throw Fault(reason: "its verdicts did not match the schema")
    }
    var records: [CandidateReviewRecord] = []
    for candidate in candidates {
      let entries = parsed.candidates.filter { $0.number == candidate.number }
      guard let entry = entries.first, entries.count == 1 else {
        throw Fault(
          reason: "it has \(entries.isEmpty ? "no verdict" : "several verdicts") on candidate \(candidate.number)")
      }
      guard (0...100).contains(entry.score) else {
        throw Fault(reason: "the score of candidate \(candidate.number) is \(entry.score), not from 0 to 100")
      }
      let decision: VerdictRecord.Decision
      switch entry.decision {
      case "approve": decision = .approve
      case "request_changes": decision = .requestChanges
      default:
        throw Fault(
          reason: "its decision '\(plainText(entry.decision, limit: 40))' is neither 'approve' nor 'request_changes'")
      }
      records.append(
        CandidateReviewRecord(
          candidate: candidate.id, commit: candidate.tip, score: entry.score, decision: decision,
          summary: plainText(entry.summary, limit: summaryLimit, keepsLines: true)))
    }
    return records
  }
}
