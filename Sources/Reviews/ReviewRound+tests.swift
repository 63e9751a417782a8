import Agents
import Attempts
import Basics
import Engine
import Forges
import Git
import Journal
import Processes
import Settings
import SystemPackage

/// The project's tests, at the commit that the reviewer left.
extension ReviewRound {
  struct Tested: Sendable {
    let opinion: Opinion
    let tests: ReviewText.Tests
  }

  /// Runs the tests; where they fail although the reviewer approves, the reviewer hears of it and they run once more.
  func test(_ first: Opinion) async throws -> Tested {
    var opinion = first
    var tests = try await test(at: opinion.result.tip)
    var rounds = 0
    while let failure = rulingOut(tests), opinion.result.verdict.decision == .approve,
      rounds < context.retries.maxRetries
    {
      rounds += 1
      try await sites.clean(site)
      opinion = try await ask(after: failure)
      tests = try await test(at: opinion.result.tip)
    }
    return Tested(opinion: opinion, tests: tests)
  }

  private func test(at commit: ObjectID) async throws -> ReviewText.Tests {
    guard context.place.settings[.reviewTestBeforeMerge] else { return .off }
    guard let command = terms.prompts.testCommand else { return .noCommand }
    try refuseAfterStop()
    try await refuseUnlessAt(commit)
    return try await run(command, at: commit)
  }

  /// Runs the tests at a merge of the pull request with its base, which is in nobody's history; returns how they failed.
  func fault(ofMerged commit: ObjectID) async throws -> String? {
    guard let command = terms.prompts.testCommand else { return nil }
    try refuseAfterStop()
    try await sites.clean(site)
    let tested: ReviewText.Tests
    do {
      try await checkOut(["--detach", "\(commit)"])
      tested = try await run(command, at: commit)
    } catch {
      // Whoever looks into the worktree must find its branch there.
      let round = self
      try await Task { try await round.leave(commit) }.value
      throw error
    }
    try await leave(commit)
    guard case .ran(let record, _) = tested, !record.passed else { return nil }
    return record.outcome
  }

  /// Back to the branch. The commit was nobody's work: left in the log of the worktree's HEAD, it would look lost.
  private func leave(_ commit: ObjectID) async throws {
    try await checkOut([site.branch])
    let git = GitCommand(directory: site.worktree, environment: context.place.environment)
    try await Self.forget(commit, in: git)
  }

  /// Takes the commit that was left a moment ago out of the log of the worktree's HEAD.
  static func forget(_ commit: ObjectID, in git: GitCommand) async throws(GitError) {
    let before = try await git.run(.reading, ["rev-parse", "--verify", "--quiet", "HEAD@{1}"])
    guard ObjectID(before.text.trimmed) == commit else { return }
    _ = try await git.run(.recording, ["reflog", "delete", "--rewrite", "HEAD@{1}"])
  }

  private func checkOut(_ target: [String]) async throws {
    let git = GitCommand(directory: site.worktree, environment: context.place.environment)
    try await git.require(
      .checkout(hooks: nil), ["checkout", "--quiet", "--force", "--no-recurse-submodules"] + target + ["--"])
  }

  private func run(_ command: String, at commit: ObjectID) async throws -> ReviewText.Tests {
    let (log, count) = nextLog()
    let isForeign = change.isForeign
    let environment = isForeign ? try sites.foreignEnvironment() : context.programEnvironment
    let sandbox = try await context.sandboxes.sandbox(
      for: isForeign ? .fork : .tests, worktree: site.worktree, environment: environment,
      scratch: journal.folder.task(id))
    try await journal.append(
      .testsStarting(task: id, command: command, commit: commit.description, sandbox: sandbox?.tool.name))
    let run = TestRun(
      command: command, repository: AgentRepository(context.place, worktree: site.worktree), worktree: site.worktree,
      branch: site.branch, environment: environment, log: log, limit: context.limits.maxRuntime,
      run: context.journal.folder, name: "\(id)-tests-\(count)", sandbox: sandbox,
      launcher: isForeign ? nil : context.launcher)
    let outcome: TestRun.Outcome
    do {
      outcome = try await run.perform(stop: context.stop, for: id, watchedBy: context.watch)
    } catch let failure as ProcessFailure {
      // Neither passed nor failed: nothing is said of them to others.
      throw ReviewError.ended(
        TaskEnding(
          status: .failed, message: "the tests could not be run: \(failure)",
          advice: ["to continue it: git orch review --pr \(change.pullRequest.number)"]))
    }
    let record = TestRecord(
      command: command, commit: commit.description, passed: outcome.passed, outcome: outcome.words, log: log.string,
      sandbox: sandbox?.tool.name)
    try await journal.append(.testsEnded(task: id, result: record))
    // What a stranger's tests print would be posted in the user's name: it stays here.
    return .ran(record, tail: outcome.passed || isForeign ? "" : TestRun.tail(of: log))
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

  /// The failure of tests that must pass; nil when nothing is in the way.
  func rulingOut(_ tests: ReviewText.Tests) -> ReviewPrompt.FailedTests? {
    guard case .ran(let record, let tail) = tests, !record.passed,
      context.place.settings[.reviewRequireAllTestsPass]
    else { return nil }
    return .init(command: record.command, outcome: record.outcome, output: tail)
  }
}
