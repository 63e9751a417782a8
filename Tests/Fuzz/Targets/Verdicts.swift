import Agents
import Basics
import Forges
import Foundation
import Git
import Journal
import OrchTestSupport

#if DEBUG
  @testable import Reviews
#endif

extension FuzzTarget {
  static let verdict = FuzzTarget(name: "verdict", seeds: { _ in Seeds.verdicts }) { input, random in
    #if DEBUG
      let commit = String(repeating: "0123456789", count: 4)
      let verdict: VerdictRecord
      do {
        verdict = try Verdict.decode(Data(input), commit: commit, hasFixes: random.once(in: 2))
      } catch let fault as Verdict.Fault {
        return try checkShown([fault.reason], "a fault of a verdict")
      }
      try checkShown(text: verdict.summary, "a verdict")
      let commits = ObjectID(commit).map { [Commit(id: $0, summary: verdict.summary)] } ?? []
      let record = TestRecord(
        command: "make test", commit: commit, passed: random.once(in: 2), outcome: "exit status 1", log: "/log")
      let text = ReviewText(
        decision: verdict.decision == .approve ? .approve : .requestChanges, verdict: verdict,
        tests: .ran(record, tail: String(verdict.summary.prefix(2000))),
        conflicts: random.once(in: 2) ? "conflicts" : nil,
        fixes: .kept(commits, reason: verdict.summary, patch: String(verdict.summary.prefix(20_000))), commit: commit,
        agent: "claude 2.1", run: "20261122-203705-00ff", secrets: Secrets(environment: [:]))
      let post = text.post()
      // Bitbucket takes 32,768 characters.
      guard post.body.count <= 32_768 else { throw Violation("a review has \(post.body.count) characters") }
      for part in [post.body] + post.lineComments.map(\.body) { try checkShown(text: part, "a posted text") }
      guard post.lineComments.allSatisfy({ $0.line > 0 }) else { throw Violation("a remark is on no line") }
      let entry = JournalEntry(time: .now, event: .verdictGiven(task: "pr-7", verdict: verdict))
      _ = try entry.line()
    #endif
  }
}
