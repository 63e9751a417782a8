import Attempts
import Basics
import Engine
import Git
import Guarding
import Journal
import Plans
import Preparing
import Processes
import SystemPackage

/// Takes one task all the way. The steps are in the files next to this one: `TaskRunner+worktree`, `TaskWork` with its
/// prompts, `TaskDelivery`, and `TaskRunner+leftovers`.
struct TaskRunner: Sendable {
  let context: RunContext
  let terms: TaskOptions
  let place: WorktreePlan

  var task: AgentTask { place.task }
  var journal: RunJournal { context.journal }

  private func perform() async throws -> TaskEnding {
    if let fault = place.fault { throw fault }
    if context.stop.level > .none {
      throw TaskError.ended(TaskEnding(status: .skipped, message: context.stopReason()))
    }
    if let proof = try await earlierProof() { return try await finish(proof) }
    if try await isToChoose { return try await deliver(try await choose()) }
    switch try await context.gate.awaitMeans(context.stop) {
    case .open: break
    case .halted(let reason): throw TaskError.ended(TaskEnding(status: .skipped, message: reason))
    case .overBudget(let reason): throw TaskError.ended(TaskEnding(status: .overBudget, message: reason))
    case .stopped: throw TaskError.ended(TaskEnding(status: .skipped, message: context.stopReason()))
    }
    let start = try await apart {
      let start = try await prepareWorktree()
      try await setUpWorktree()
      return start
    }
    let proof = try await work(from: start)
    return try await finish(proof)
  }

  /// What follows the proof: a task's work is delivered, and a candidate's is tested.
  private func finish(_ proof: CompletionProof) async throws -> TaskEnding {
    task.candidateOf == nil ? try await deliver(proof) : try await testCandidate(proof)
  }

  /// Does the task and records how it ended.
  /// - Throws: only what the journal throws: without its record a run must not continue.
  func run() async throws -> TaskStatus {
    try await StopRequest.$current.withValue(context.stop) {
      try await context.watch.owning(property) { try await runToEnd() }
    }
  }

  private var property: TaskProperty {
    TaskProperty(
      task: task.id, branches: [task.branch], remote: terms.delivery.route.remote, worktrees: [place.worktree.string])
  }

  private func runToEnd() async throws -> TaskStatus {
    var ending: TaskEnding
    do {
      ending = try await perform()
    } catch let error as JournalError {
      throw error
    } catch TaskError.ended(let early) {
      ending = early
    } catch let error as RunError {
      ending = TaskEnding(status: .failed, message: error.fault, advice: error.hints)
    } catch {
      ending =
        context.stop.level > .none
        ? TaskEnding(status: .interrupted, message: context.stopReason(hiding: error))
        : TaskEnding(status: .failed, message: "\(error)")
    }
    // A candidate's work is kept on its branch as a task's is.
    let isProven = ending.status == .success || ending.status == .proven
    if !isProven {
      try await noteCommits()
      try await saveWork(into: &ending)
    }
    var events = [
      JournalEvent.taskEnded(
        task: task.id, status: ending.status, message: ending.message, advice: ending.advice)
    ]
    if isProven, !terms.keepsWorktrees { events.append(effectOfRemoval()) }
    try await journal.append(events)
    try await tidyUp(after: isProven ? .success : ending.status)
    return ending.status
  }

  /// The proof of an earlier process of this run, if only the delivery is left: the branch still is where it was then.
  @inline(never)
  private func earlierProof() async throws -> CompletionProof? {
    guard let state = await journal.state[task: task.id], let tip = state.tip.flatMap(ObjectID.init) else { return nil }
    // Whoever opened the agent's session since then may have left something that is in no commit.
    if state.attached != nil {
      guard let start = state.startCommit.flatMap(ObjectID.init),
        let now = try? await CompletionProof.examine(
          worktree: place.worktree, branch: task.branch, start: start, environment: context.place.environment,
          rules: terms.rules, traces: context.traces(of: task.id)),
        now.faults.isEmpty
      else { return nil }
    }
    let (branch, commits) = (task.branch, state.commits)
    return try await context.place.withRepository { repository throws(GitError) in
      guard try repository.branch(branch) == tip else { return nil }
      return CompletionProof(
        tip: tip,
        commits: commits.compactMap { commit in
          ObjectID(commit.id).map { Commit(id: $0, summary: commit.summary) }
        }, faults: [])
    }
  }

  /// Lets the agent work until git proves that the task is done. In parts that are not inlined, as in `AttemptLoop`.
  private func work(from start: ObjectID) async throws -> CompletionProof {
    try await proof(of: try await outcome(from: start, after: await interruption))
  }

  @inline(never)
  private func outcome(from start: ObjectID, after reason: String) async throws -> AttemptLoop<TaskWork>.Outcome {
    let (returned, isBegun) = await beginning
    let (worker, reviews) = await worker
    return try await AttemptLoop(
      context: worker,
      work: TaskWork(
        context: worker, terms: terms, task: task, check: check, start: start, returned: returned, reviews: reviews)
    ).run(after: isBegun ? reason : returned?.reason ?? reason, takingUp: isBegun)
  }

  /// Whose agent works at it, and how many of its attempts were a reviewer's: what is given back of a candidate's work is
  /// for the agent that did it.
  private var worker: (context: RunContext, reviews: Int) {
    @inline(never) get async {
      let state = await journal.state
      guard let choice = state[task: task.id]?.choice else { return (context, 0) }
      let agent = state[task: choice.candidate]?.attempts.last?.agent.name
      return (
        context.of(task: task.id, agent: agent, launcher: task.launcher), state[task: task.id]?.attemptBeforeChoice ?? 0
      )
    }
  }

  /// Whether the task was given back, and whether its last attempt was begun after that.
  private var beginning: (returned: ReturnRecord?, isBegun: Bool) {
    @inline(never) get async {
      let state = await journal.state[task: task.id]
      let returned = state?.openReturn
      // What was there before it was given back is done, and not enough.
      return (
        returned,
        returned == nil || state?.attempts.last.map { $0.number > state?.attemptBeforeReturn ?? 0 } ?? false
      )
    }
  }

  @inline(never)
  private func proof(of outcome: AttemptLoop<TaskWork>.Outcome) async throws -> CompletionProof {
    switch outcome {
    case .ended(let ending): throw TaskError.ended(ending)
    case .complete(let proof):
      try await journal.append(
        .proven(task: task.id, tip: proof.tip.description, commits: proof.commits.map(CommitRecord.init)))
      return proof
    }
  }

  /// Why an attempt of an earlier process needs another one, as a clause.
  private var interruption: String {
    @inline(never) get async {
      await journal.state[task: task.id]?.attached == nil
        ? "the run was cut short"
        : "the run was cut short, and since then somebody has worked in this conversation and this worktree by hand"
    }
  }

  @inline(never)
  func deliver(_ proof: CompletionProof) async throws -> TaskEnding {
    try await TaskDelivery(
      context: context, delivery: terms.delivery, task: task, place: place,
      externalDependencies: terms.externalDependencies[task.id] ?? [], proof: proof,
      replaced: await journal.state[task: task.id]?.openReturn.flatMap { ObjectID($0.tip) },
      landedOn: task.needs.isEmpty ? nil : try await landingBase()
    ).deliver()
  }
}

/// Why a task goes no further.
enum TaskError: Error {
  case ended(TaskEnding)
}

extension CommitRecord {
  init(_ commit: Commit) { self.init(id: commit.id.description, summary: commit.summary) }
}
