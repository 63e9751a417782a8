import Agents
import Basics
import Engine
import Forges
import Git
import Journal
import Processes
import Settings
import SystemPackage

/// The review of a pull request at one head, from the reviewer to the merge.
///
/// Everything throws `ReviewError`, what git, the forge and the journal throw, and `CancellationError` once the user
/// wants to stop.
struct ReviewRound: Sendable {
  let context: RunContext
  let terms: ReviewOptions
  let sites: ReviewWorktrees
  let fetching: ReviewFetching
  let header: TaskHeader
  let change: ReviewedChange
  let site: ReviewWorktree
  /// The project's own rules, for the reviewer.
  let rules: FilePath?
  /// How many attempts were about earlier heads.
  let voidAttempts: Int

  private var id: String { header.id }
  private var number: Int { change.pullRequest.number }
  private var journal: RunJournal { context.journal }
  private var forge: any Forge { terms.forge }

  /// - Parameters:
  ///   - taken: what an earlier review found, which is not asked for again.
  ///   - origin: the review under whose signature that is posted.
  func perform(taken: ReviewResult?, signedBy origin: String?) async throws -> TaskEnding {
    let isTaken = taken != nil
    var result: ReviewResult
    if let taken {
      try await journal.append(.verdictGiven(task: id, verdict: taken.verdict))
      result = taken
    } else {
      result = try await ask(after: nil)
    }
    var signer = isTaken ? origin ?? context.id : context.id
    var tests = try await test(at: result.tip)
    var rounds = 0
    while let failure = rulingOut(tests), result.verdict.decision == .approve, rounds < context.retries.maxRetries {
      rounds += 1
      try await sites.clean(site)
      result = try await ask(after: failure)
      signer = context.id
      tests = try await test(at: result.tip)
    }
    let fixes = try await deliver(result, tests: tests)
    let seen = try await present(at: fixes.tip)
    let standing = ReviewOutcome(
      verdict: result.verdict, tests: tests, testsMatter: context.place.settings[.reviewRequireAllTestsPass],
      fixes: fixes.text)
    let posted = try await post(standing, at: fixes.tip, on: seen, signedBy: signer)
    return try await conclude(standing, posted: posted, fixes: fixes, on: seen)
  }

  private func refuseAfterStop() throws {
    if context.stop.level > .none { throw CancellationError() }
  }

  // MARK: - The reviewer

  private func ask(after failure: ReviewPrompt.FailedTests?) async throws -> ReviewResult {
    try refuseAfterStop()
    let diff = try await ReviewDiff.read(base: change.base, head: change.head, git: context.place.git)
    let prompt = ReviewPrompt(
      change: change, branch: site.branch, worktree: site.worktree.string, diff: diff, prompts: context.prompts,
      testsFollow: context.place.settings[.reviewTestBeforeMerge])
    let work = ReviewWork(
      context: context, id: id, change: change, site: site, permissions: terms.permissions, prompt: prompt,
      rules: rules, failure: failure, voidAttempts: voidAttempts)
    let reason =
      failure.map { "the tests failed at the commit that you approved (\($0.outcome))" }
      ?? "the pull request has changed since"
    switch try await AttemptLoop(context: context, work: work).run(after: reason) {
    case .ended(let ending): throw ReviewError.ended(ending)
    case .complete(let result):
      try await journal.append(.verdictGiven(task: id, verdict: result.verdict))
      return result
    }
  }

  // MARK: - Tests

  private func test(at commit: ObjectID) async throws -> ReviewText.Tests {
    guard context.place.settings[.reviewTestBeforeMerge] else { return .off }
    guard let command = context.prompts.testCommand else { return .noCommand }
    try refuseAfterStop()
    try await refuseUnlessAt(commit)
    let (log, count) = nextLog()
    try await journal.append(.testsStarting(task: id, command: command, commit: commit.description))
    let environment = context.place.environment
    let outcome = try await TestRun(
      command: command, worktree: site.worktree,
      environment: change.pullRequest.isFromFork ? ForgeSecrets.removed(from: environment) : environment, log: log,
      limit: context.limits.maxRuntime, run: context.id, name: "\(id)-tests-\(count)"
    ).perform(stop: context.stop)
    let record = TestRecord(
      command: command, commit: commit.description, passed: outcome.passed, outcome: outcome.words, log: log.string)
    try await journal.append(.testsEnded(task: id, result: record))
    return .ran(record, tail: outcome.passed ? "" : TestRun.tail(of: log))
  }

  /// Tests of anything else than exactly that commit would prove nothing.
  private func refuseUnlessAt(_ commit: ObjectID) async throws {
    let proof = try await CompletionProof.examine(
      worktree: site.worktree, branch: site.branch, start: change.head, environment: context.place.environment)
    let faults = proof.faults.filter { $0 != .noCommits && $0 != .noChanges }
    guard proof.tip == commit, faults.isEmpty else {
      let words = faults.first?.description ?? "its branch is at \(proof.tip.abbreviated)"
      throw ReviewError.ended(
        TaskEnding(
          status: .failed, message: "the tests cannot be run at \(commit.abbreviated): \(words)",
          advice: ["see what happened: git orch log \(id)"]))
    }
  }

  private func nextLog() -> (FilePath, Int) {
    var count = 1
    while true {
      let path = journal.folder.task(id).appending("tests-\(count).log")
      if FileSystem.isAbsent(path) { return (path, count) }
      count += 1
    }
  }

  /// The failure of tests that must pass; nil when nothing stands in the way.
  private func rulingOut(_ tests: ReviewText.Tests) -> ReviewPrompt.FailedTests? {
    guard case .ran(let record, let tail) = tests, !record.passed,
      context.place.settings[.reviewRequireAllTestsPass]
    else { return nil }
    return .init(command: record.command, outcome: record.outcome, output: tail)
  }

  // MARK: - Fixes

  struct Fixes: Sendable {
    let text: ReviewText.Fixes
    /// Where the pull request is to be: at the pushed fixes, or at the head as it was.
    let tip: ObjectID
    let werePushedNow: Bool
  }

  private func deliver(_ result: ReviewResult, tests: ReviewText.Tests) async throws -> Fixes {
    if !result.fixes.isEmpty {
      try await journal.append(
        .proven(task: id, tip: result.tip.description, commits: result.fixes.map(CommitRecord.init(fix:))))
    }
    guard result.tip != change.head else {
      return Fixes(
        text: result.fixes.isEmpty ? .none : .pushed(result.fixes), tip: change.head, werePushedNow: false)
    }
    let reason: String
    if rulingOut(tests) != nil {
      reason = "the tests fail"
    } else if change.pullRequest.isFromFork {
      reason = "the branch is in a fork"
    } else if !change.isPushable {
      reason = "the branch cannot be pushed to from here"
    } else {
      try refuseAfterStop()
      guard let failure = try await push(result.tip) else {
        return Fixes(text: .pushed(result.fixes), tip: result.tip, werePushedNow: true)
      }
      reason = failure
    }
    return Fixes(
      text: .kept(result.fixes, reason: reason, patch: try await patch(to: result.tip)), tip: change.head,
      werePushedNow: false)
  }

  /// Pushes to the pull request's branch if it still is at the head that was reviewed; returns why not, nil when it is
  /// pushed.
  private func push(_ tip: ObjectID) async throws -> String? {
    let (remote, head, branch) = (terms.remote, change.head, change.pullRequest.head.branch)
    try await journal.append(.pushStarting(task: id, remote: remote, commit: tip.description))
    // From the worktree, so that a pre-push hook sees the files; but a relative URL is meant from the checkout.
    let git =
      terms.remoteIsRelative
      ? context.place.git : GitCommand(directory: site.worktree, environment: context.place.environment)
    // A first Ctrl-C lets a push end; a second does not.
    let result = try await context.stop.cancelling(at: .immediate) {
      try await git.push(remote: remote, branch: branch, tip: tip, expecting: head, setsUpstream: false)
    }
    switch result {
    case .pushed, .upToDate:
      try await journal.append(.pushed(task: id, commit: tip.description))
      return nil
    case .rejected(let reason):
      // Ours alone is not to be asked: the lease also fails for what the remote does not tell.
      if try await git.remoteTip(remote: remote, branch: branch) != head {
        throw ReviewError.startOver("its branch moved before the fixes could be pushed")
      }
      return "'\(remote)' rejected them: \(context.secrets.masking(reason))"
    case .failed(let message):
      return "'\(remote)' refused them: \(context.secrets.masking(plainText(message, limit: 500)))"
    }
  }

  private func patch(to tip: ObjectID) async throws -> String? {
    let output = try await context.place.git.require(
      ReviewDiff.sizeLimit + ["diff"] + ReviewDiff.options + ["\(change.head)", "\(tip)", "--"])
    let text = sanitized(context.secrets.masking(output.text), .keepLines)
    return text.utf8.count < ReviewText.patchLimit ? text : nil
  }

  // MARK: - Posting

  /// The pull request once more, as the forge shows it just before anything is posted.
  private func present(at tip: ObjectID) async throws -> PullRequest {
    let (before, tip) = (change.head.description, tip.description)
    let seen = try await forge.pullRequest(number, retryPolicy: terms.retryPolicy) { seen in
      // A forge that has not heard of a push yet shows the head from before it.
      seen.state != .open || seen.isAt(tip) || !seen.isAt(before)
    }
    switch seen.state {
    case .open: break
    case .merged:
      throw ReviewError.ended(TaskEnding(status: .skipped, message: "it was merged while it was being reviewed"))
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

  private func post(
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

  // MARK: - The end

  private func conclude(
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
      let merging = Merging(
        context: context, terms: terms, fetching: fetching, header: header, change: change, tip: fixes.tip,
        hasPushedFixes: fixes.werePushedNow, isApprovalNew: posted.decision == .approve && !posted.wasThere)
      switch try await outcome(of: merging, pullRequest) {
      case .merged:
        ending.status = .merged
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

  private func outcome(of merging: Merging, _ pullRequest: PullRequest) async throws -> Merging.Outcome {
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

extension CommitRecord {
  fileprivate init(fix commit: Commit) { self.init(id: commit.id.description, summary: commit.summary) }
}
