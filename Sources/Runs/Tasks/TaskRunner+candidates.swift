import Agents
import Attempts
import Basics
import Candidates
import Engine
import Git
import Journal
import Plans
import Preparing
import Processes
import Settings
import SystemPackage
import Worktrees

/// Tasks at which several attempts stand side by side: what ends a candidate, and how one of them becomes the task's work.
extension TaskRunner {
  // MARK: - A candidate

  /// Runs the tests at the candidate's proven commit, unless an earlier process has: they count when one is chosen.
  @inline(never)
  func testCandidate(_ proof: CompletionProof) async throws -> TaskEnding {
    let done = TaskEnding(status: .proven)
    guard let command = task.testCommand ?? terms.prompts.testCommand,
      await journal.state[task: task.id]?.tests?.commit != proof.tip.description
    else { return done }
    // Its worktree may be gone where an earlier process has proven it.
    _ = try await prepareWorktree()
    let log = FileSystem.firstFree(journal.folder.task(task.id).appending("tests"), "log")
    let sandbox = try await context.sandboxes.sandbox(
      for: .tests, worktree: place.worktree, environment: context.programEnvironment,
      scratch: journal.folder.task(task.id))
    let commit = proof.tip.description
    try await journal.append(
      .testsStarting(task: task.id, command: command, commit: commit, sandbox: sandbox?.tool.name))
    let run = TestRun(
      command: command, repository: AgentRepository(context.place, worktree: place.worktree),
      worktree: place.worktree, branch: task.branch, environment: context.programEnvironment, log: log,
      limit: context.limits.maxRuntime, run: journal.folder, name: "\(task.id)-\(log.stem ?? "tests")",
      sandbox: sandbox,
      launcher: context.launcher)
    let (passed, outcome): (Bool, String)
    do {
      let end = try await run.perform(stop: context.stop, for: task.id, watchedBy: context.watch)
      (passed, outcome) = (end.passed, end.words)
    } catch let failure as ProcessFailure {
      (passed, outcome) = (false, "could not be run: \(failure)")
    }
    try await journal.append(
      .testsEnded(
        task: task.id,
        result: TestRecord(
          command: command, commit: commit, passed: passed, outcome: outcome, log: log.string,
          sandbox: sandbox?.tool.name)))
    return done
  }

  // MARK: - The choice

  /// Whether its work is that of one of its candidates. What is given back to it later, it does itself.
  var isToChoose: Bool {
    get async throws {
      guard !task.choices.isEmpty else { return false }
      return await journal.state[task: task.id]?.openReturn == nil
    }
  }

  /// Chooses a candidate, unless an earlier process has, and makes its work the task's.
  @inline(never)
  func choose() async throws -> CompletionProof {
    var choice = await journal.state[task: task.id]?.choice
    if choice == nil { choice = try await judge() }
    guard let choice, let winner = await journal.state[task: choice.candidate], let tip = ObjectID(choice.tip),
      let start = winner.startCommit.flatMap(ObjectID.init)
    else { throw TaskError.ended(TaskEnding(status: .failed, message: "none of its candidates left a proven commit")) }
    return try await adopt(tip, of: choice.candidate, from: start)
  }

  /// Judges the candidates, after a reviewer has where that can matter, and records the choice.
  private func judge() async throws -> ChoiceRecord {
    var facts = try await candidateFacts()
    let finalists = Judging.finalists(among: facts)
    guard !finalists.isEmpty else {
      throw TaskError.ended(
        TaskEnding(
          status: .failed, message: Judging.failure(of: facts),
          advice: facts.map { "see what happened: git orch log \($0.id)" }))
    }
    var note: String?
    if finalists.count > 1 {
      note = try await review(finalists)
      facts = try await candidateFacts()
    }
    guard let choice = Judging.choice(among: facts, note: note) else {
      throw TaskError.ended(TaskEnding(status: .failed, message: Judging.failure(of: facts)))
    }
    try await journal.append(.candidateChosen(task: task.id, choice: choice))
    return choice
  }

  /// What is known of the candidates, in their order.
  private func candidateFacts() async throws -> [CandidateFacts] {
    let state = await journal.state
    let reviews = state[task: task.id]?.candidateReviews ?? []
    let candidates = task.choices.compactMap { state[task: $0] }
    let spans = candidates.map { task in
      task.startCommit.flatMap(ObjectID.init).flatMap { start in task.tip.flatMap(ObjectID.init).map { (start, $0) } }
    }
    let lines = try await context.place.inRepository { repository in
      spans.map { span in
        // Where it cannot be counted, it does not count.
        span.flatMap { try? repository.amount(from: $0, to: $1) }.map { $0.added.addingSaturated($0.removed) }
      }
    }
    return zip(candidates, lines).map { task, lines in
      CandidateFacts(
        id: task.header.id, status: task.status, message: task.message, tip: task.tip, tests: task.tests,
        review: reviews.first { $0.candidate == task.header.id }, lines: lines)
    }
  }

  // MARK: - The reviewer

  /// Has a reviewer compare them, unless one has; returns why none has spoken, nil where one has or none is wanted.
  private func review(_ finalists: [CandidateFacts]) async throws -> String? {
    guard context.place.settings[.runReviewCandidates] else { return nil }
    let known = await journal.state[task: task.id]?.candidateReviews ?? []
    if finalists.allSatisfy({ facts in known.contains { $0.candidate == facts.id && $0.commit == facts.tip } }) {
      return nil
    }
    let reviewer = context.of(
      task: task.id, agent: context.place.settings[.reviewAgent], launcher: task.launcher)
    guard reviewer.agent.capabilities.answersBySchema != .none else {
      return "no reviewer was asked: the agent '\(reviewer.agent.name)' gives no verdict that could be read"
    }
    switch await context.gate.status {
    case .open: break
    case .halted(let reason), .overBudget(let reason): return "no reviewer was asked: \(reason)"
    case .stopped: throw TaskError.ended(TaskEnding(status: .interrupted, message: context.stopReason()))
    }
    let start = try await prepareWorktree()
    try await setUpWorktree()
    let work = CandidateReview(
      context: reviewer, terms: terms, id: task.id, branch: task.branch, check: check, start: start,
      permissions: ToolPermissions(reviewing: context.place.settings, root: context.place.root),
      prompt: try await prompt(for: finalists), candidates: numbered(finalists))
    let attempts = await journal.state[task: task.id]?.attempts.isEmpty == false
    switch try await AttemptLoop(context: reviewer, work: work).run(takingUp: attempts) {
    case .complete(let reviews):
      try await journal.append(.candidatesReviewed(task: task.id, reviews: reviews))
      return nil
    case .ended(let ending):
      if context.stop.level > .none || ending.status == .tampered { throw TaskError.ended(ending) }
      return "the reviewer gave no verdict: \(ending.message ?? ending.status.rawValue)"
    }
  }

  private func numbered(_ facts: [CandidateFacts]) -> [(number: Int, id: String, tip: String)] {
    facts.compactMap { facts in
      guard let place = task.choices.firstIndex(of: facts.id), let tip = facts.tip else { return nil }
      return (place + 1, facts.id, tip)
    }
  }

  private func prompt(for finalists: [CandidateFacts]) async throws -> CandidatePrompt {
    let state = await journal.state
    var candidates: [CandidatePrompt.Candidate] = []
    for (number, id, commit) in numbered(finalists) {
      guard let candidate = state[task: id], let start = candidate.startCommit.flatMap(ObjectID.init),
        let tip = ObjectID(commit)
      else { continue }
      let diff = try await ReviewDiff.read(
        base: start, head: tip, git: context.place.git, byteLimit: CandidatePrompt.byteLimit(of: finalists.count))
      candidates.append(
        CandidatePrompt.Candidate(
          number: number, start: start.description, tip: commit, commits: candidate.commits, tests: candidate.tests,
          diff: diff))
    }
    return CandidatePrompt(
      title: task.title, description: task.description, worktree: place.worktree.string, candidates: candidates,
      instructions: terms.prompts.agentInstructions)
  }

  // MARK: - The work that is chosen

  /// Puts the task's branch at the commit, and proves it there.
  private func adopt(_ tip: ObjectID, of candidate: String, from start: ObjectID) async throws -> CompletionProof {
    try await leaveReviewersWorktree(for: tip)
    _ = try await prepareWorktree(from: start, branchAt: tip)
    let proof = try await CompletionProof.examine(
      worktree: place.worktree, branch: task.branch, start: start, environment: context.place.environment,
      rules: terms.rules, traces: context.traces(of: task.id))
    guard proof.tip == tip, proof.faults.isEmpty else {
      throw TaskError.ended(
        TaskEnding(
          status: .failed,
          message: "its branch is not at the work of \(candidate), \(tip.abbreviated)"
            + (proof.faults.isEmpty ? "" : ": \(proof.reason)"),
          advice: ["that work is on branch '\(await journal.state[task: candidate]?.header.branch ?? candidate)'"]))
    }
    try await journal.append(
      .proven(task: task.id, tip: tip.description, commits: proof.commits.map(CommitRecord.init)))
    return proof
  }

  /// The worktree in which the reviewer was is at the start, and so is the branch: the branch moves on without it, and
  /// the worktree is made again.
  private func leaveReviewersWorktree(for tip: ObjectID) async throws {
    guard let state = await journal.state[task: task.id], state.startCommit != nil else { return }
    let branch = task.branch
    let now = try await context.place.withRepository { repository throws(GitError) in try repository.branch(branch) }
    guard let now, now != tip else { return }
    // Where several needs were merged for each candidate, its start is a commit of its own.
    var holdsNothing = now.description == state.startCommit
    if !holdsNothing { holdsNothing = try await context.place.inRepository { try $0.isAncestor(now, of: tip) } }
    // What its reviewer committed against all that it was asked for is nobody's work, but is not lost.
    if !holdsNothing { holdsNothing = try await keepReviewersCommits(at: now, state) }
    guard holdsNothing else {
      throw TaskError.ended(
        TaskEnding(
          status: .failed, message: "its branch '\(branch)' has commits of its own, at \(now.abbreviated)",
          advice: ["move them away, then continue the run: git branch -m \(branch) \(branch)-old"]))
    }
    if state.worktree != nil { try await removeReviewersWorktree() }
    let reference = "refs/heads/\(branch)"
    try await journal.append(
      .effect(
        task: task.id,
        effects: [EffectRecord(.reference, reference, before: now.description, after: tip.description)]))
    let message = "orch: the chosen work of \(task.id)"
    try await context.place.withRepository { repository throws(GitError) in
      try repository.updateReference(reference, to: tip, expecting: now, message: message)
    }
  }

  /// Whether what the branch has is the reviewer's, and saved.
  private func keepReviewersCommits(at tip: ObjectID, _ state: TaskState) async throws -> Bool {
    guard let attempt = state.attempts.last, attempt.number <= state.attemptBeforeChoice, state.worktree != nil else {
      return false
    }
    func isSaved() async throws -> Bool {
      guard let saved = await journal.state[task: task.id]?.saved.last.flatMap({ ObjectID($0.commit) }) else {
        return false
      }
      return try await context.place.inRepository { try $0.isAncestor(tip, of: saved) }
    }
    if try await isSaved() { return true }
    try await context.saveWork(
      of: task.id, attempt: attempt.number, in: place.worktree, branch: task.branch, keeping: [tip])
    return try await isSaved()
  }

  private func removeReviewersWorktree() async throws {
    let (worktrees, name, path) = (context.worktrees, place.worktreeName, place.worktree)
    // An earlier process may have died when it was gone, and not yet struck off git's records.
    if FileSystem.isVacant(path) {
      try await journal.append(effectOfRemoval())
      try? await worktrees.remove(name: name, path: path)
    } else {
      try await saveWork()
      let saved = await journal.state[task: task.id]?.saved.last.flatMap { ObjectID($0.commit) }
      try await journal.append(effectOfRemoval())
      try await worktrees.remove(name: name, path: path, saved: saved, traces: context.traces(of: task.id))
    }
    try await journal.append(.worktreeRemoved(task: task.id))
  }
}
