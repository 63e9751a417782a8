import Agents
import Attempts
import Engine
import Forges
import Git
import Journal
import Processes
import Settings
import SystemPackage

/// The review of a pull request at one head. The steps are in the files next to this one: `ReviewRound+tests`,
/// `ReviewRound+fixes`, `ReviewRound+post` and `PullRequestMerge`.
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

  /// - Parameters:
  ///   - taken: what an earlier review found, which is not asked for again.
  ///   - origin: the review under whose signature that is posted.
  func perform(taken: ReviewResult?, signedBy origin: String?) async throws -> TaskEnding {
    let opinion = try await opinion(taken, signedBy: origin)
    let tested = try await test(opinion)
    let fixes = try await deliver(tested.opinion.result, tests: tested.tests)
    let seen = try await present(at: fixes.tip)
    let outcome = outcome(tested, fixes: fixes)
    let posted = try await post(outcome, at: fixes.tip, on: seen, signedBy: tested.opinion.signer)
    return try await merge(outcome, posted: posted, fixes: fixes, on: seen)
  }

  var id: String { header.id }
  var number: Int { change.pullRequest.number }
  var journal: RunJournal { context.journal }
  var forge: any Forge { terms.forge }

  func refuseAfterStop() throws {
    if context.stop.level > .none { throw CancellationError() }
  }

  // MARK: - The reviewer

  /// What a reviewer found.
  struct Opinion: Sendable {
    let result: ReviewResult
    /// The run under whose name it is posted.
    let signer: String
  }

  private func opinion(_ taken: ReviewResult?, signedBy origin: String?) async throws -> Opinion {
    guard let taken else { return try await ask(after: nil) }
    try await journal.append(.verdictGiven(task: id, verdict: taken.verdict))
    return Opinion(result: taken, signer: origin ?? context.id)
  }

  func ask(after failure: ReviewPrompt.FailedTests?) async throws -> Opinion {
    try refuseAfterStop()
    let diff = try await ReviewDiff.read(base: change.base, head: change.head, git: context.place.git)
    var prompt = ReviewPrompt(
      change: change, branch: site.branch, worktree: site.worktree.string, diff: diff, prompts: terms.prompts,
      testsFollow: context.place.settings[.reviewTestBeforeMerge])
    // A stranger's tests are a stranger's code: they would run with what the agent has, the network and the user's key.
    prompt.mayTest = !change.isForeign
    let work = ReviewWork(
      context: context, terms: terms, id: id, change: change, site: site, prompt: prompt,
      rules: rules, failure: failure, voidAttempts: voidAttempts)
    let reason =
      failure.map { "the tests failed at the commit that you approved (\($0.outcome))" }
      ?? "the pull request has changed since"
    switch try await AttemptLoop(context: context, work: work).run(after: reason) {
    case .ended(let ending): throw ReviewError.ended(ending)
    case .complete(let result):
      try await journal.append(.verdictGiven(task: id, verdict: result.verdict))
      return Opinion(result: result, signer: context.id)
    }
  }

  private func outcome(_ tested: Tested, fixes: Fixes) -> ReviewOutcome {
    ReviewOutcome(
      verdict: tested.opinion.result.verdict, tests: tested.tests,
      testsMatter: context.place.settings[.reviewRequireAllTestsPass], fixes: fixes.text)
  }
}
