import Attempts
import Basics
import Forges
import Git
import Journal
import Processes

/// What is posted, and what becomes of the pull request then.
extension ReviewRound {
  /// The pull request once more, as the forge shows it just before anything is posted.
  func present(at tip: ObjectID) async throws -> PullRequest {
    let (before, tip) = (change.head.description, tip.description)
    let seen = try await forge.pullRequest(number, retryPolicy: terms.retryPolicy) { seen in
      // A forge that has not heard of a push yet shows the head from before it.
      seen.state != .open || seen.isAt(tip) || !seen.isAt(before)
    }
    switch seen.state {
    case .open: break
    case .merged:
      throw ReviewError.ended(
        TaskEnding(status: terms.merges ? .merged : .skipped, message: "it was merged while it was being reviewed"))
    case .closed:
      throw ReviewError.ended(TaskEnding(status: .skipped, message: "it was closed while it was being reviewed"))
    }
    if seen.isAt(tip) { return seen }
    guard seen.isAt(before) else { throw ReviewError.startOver("its head moved to \(seen.head.commit.prefix(10))") }
    throw ReviewError.ended(
      TaskEnding(
        status: .failed,
        message: "the fixes are pushed, but the forge still shows it at \(seen.head.commit.prefix(10))",
        advice: ["to continue it: git orch review --pr \(number)"]))
  }

  func post(
    _ standing: ReviewOutcome, at tip: ObjectID, on pullRequest: PullRequest, signedBy run: String
  ) async throws -> PostedReview {
    try refuseAfterStop()
    let text = ReviewText(
      decision: standing.decision, verdict: standing.verdict, tests: standing.tests, conflicts: change.conflictWords,
      fixes: standing.fixes, commit: tip.description, agent: terms.agentName, run: run, secrets: context.secrets)
    try await journal.append(.reviewStarting(task: id, commit: tip.description))
    let (forge, review) = (forge, text.post())
    let posted = try await context.stop.cancelling(at: .immediate) {
      try await forge.post(review, on: pullRequest)
    }
    try await journal.append(
      .reviewPosted(
        task: id,
        review: PostedRecord(
          decision: posted.decision.rawValue, note: posted.note, url: posted.url, commit: tip.description,
          wasThere: posted.wasThere)))
    return posted
  }

  /// Merges it where that was asked for and nothing speaks against it; returns how the review ended.
  func merge(
    _ standing: ReviewOutcome, posted: PostedReview, fixes: Fixes, on pullRequest: PullRequest
  ) async throws -> TaskEnding {
    var notes = [posted.note].compactMap(\.self)
    notes += standing.notes
    if let conflicts = change.conflictWords { notes.append("it \(conflicts)") }
    if pullRequest.isDraft { notes.append("it is a draft") }
    var ending = TaskEnding(
      status: standing.status, message: nil,
      advice: ["see what the reviewer did: git orch log \(id)", "look at it: \(posted.url ?? pullRequest.url)"])
    guard terms.merges, standing.status == .approved else {
      ending.message = notes.isEmpty ? nil : notes.joined(separator: "; ")
      return ending
    }
    if let reason = ruledOut(standing, pullRequest) {
      notes.append(reason)
    } else {
      let merging = PullRequestMerge(
        context: context, terms: terms, fetching: fetching, header: header, change: change, tip: fixes.tip,
        hasPushedFixes: fixes.werePushedNow, isApprovalNew: posted.decision == .approve && !posted.wasThere,
        result: try await MergedResult(round: self, testedAt: standing.testedCommit))
      switch try await outcome(of: merging, pullRequest) {
      case .merged(let note):
        ending.status = .merged
        if let note { notes.append(note) }
      case .queued(let reason):
        ending.status = .queued
        notes.append(reason)
        ending.advice.append("to see what became of it: git orch status --refresh")
      case .not(let reason):
        notes.append("not merged: \(reason)")
      case .headMoved:
        throw ReviewError.startOver("its head moved before it could be merged")
      case .unconfirmed:
        ending.status = .failed
        notes.append("the forge accepted the merge but does not show it as merged")
      case .failed(let error):
        ending.status = .failed
        notes.append("approved, but not merged: \(context.secrets.masking(error.message))")
        ending.advice += error.hints
      }
    }
    ending.message = notes.isEmpty ? nil : notes.joined(separator: "; ")
    return ending
  }

  private func outcome(of merging: PullRequestMerge, _ pullRequest: PullRequest) async throws
    -> PullRequestMerge.Outcome
  {
    do {
      return try await merging.merge(pullRequest)
    } catch let error as ForgeError {
      if context.stop.level > .none { throw error }
      return .failed(error)
    }
  }

  /// Why it is not to be merged although it is approved, before the forge is asked; nil when there is no reason.
  private func ruledOut(_ standing: ReviewOutcome, _ pullRequest: PullRequest) -> String? {
    if pullRequest.isDraft { return "not merged: drafts are never merged" }
    if !change.conflicts.isEmpty { return "not merged: conflicts must be resolved first" }
    if case .noCommand = standing.tests {
      return "not merged without tests: set project.testCommand, or review.testBeforeMerge to false"
    }
    return nil
  }
}
