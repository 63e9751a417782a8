import Agents
import Basics
import Engine
import Guarding
import Journal
import Processes
import Settings
import SystemPackage
import Trace

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Lets an agent work until the work is complete by our own examination, or no attempt is left.
///
/// What only comes before or after an agent's work is in functions that are not inlined: what they need would take memory
/// for as long as an agent works, ten kilobytes for each.
package struct AttemptLoop<Work: AgentWork>: Sendable {
  package let context: RunContext
  package let work: Work

  package init(context: RunContext, work: Work) {
    self.context = context
    self.work = work
  }

  package enum Outcome {
    case complete(Work.Product)
    case ended(TaskEnding)
  }

  /// What leads to the next attempt.
  struct Retry {
    let reason: String
    let delay: Duration
    let resume: Bool
    /// Whether the attempt before counts against the limit; being turned away by a busy provider does not.
    let consumesAttempt: Bool
  }

  private var earlier: AttemptState? {
    @inline(never) get async { await journal.state[task: work.id]?.attempts.last }
  }

  enum Step {
    case outcome(Outcome)
    case retry(Retry)

    /// Then git has just said that everything is committed.
    var isComplete: Bool { if case .outcome(.complete) = self { true } else { false } }
  }

  var journal: RunJournal { context.journal }

  /// Begins, or continues where an earlier process left off.
  /// - Parameters:
  ///   - reason: why there is more to do although there were attempts, as a clause.
  ///   - takesUp: whether the last attempt may have been an earlier process's, whose work may be done.
  package func run(
    after reason: String = "the run was cut short", takingUp takesUp: Bool = false
  ) async throws -> Outcome {
    let earlier = await earlier
    if let earlier, takesUp, let outcome = try await takeUp(earlier) {
      // Commits that it has left on no branch, too.
      var isComplete = false
      if case .complete = outcome { isComplete = true }
      try await saveWork(of: earlier.number, isClean: isComplete)
      return outcome
    }
    var session = AgentSession.new(UUID())
    var prompt = work.firstPrompt()
    var number = 1
    var consumed = 0
    var backoffs = 0
    var last: AttemptOutcome?
    if let earlier {
      number = earlier.number.addingSaturated(1)
      // Its process may have died before it could save anything, also after it had seen the attempt's end.
      try await saveWork(of: earlier.number)
      // Attempts of the earlier process do not count: whoever takes a run up wants it tried again.
      let hasSpoken =
        earlier.result != nil || !FileSystem.isEmpty(journal.folder.attempt(earlier.number, of: work.id).stream)
      if context.retries.useResume, hasSpoken, earlier.holdsConversation {
        session = .resumed(id: earlier.result?.session ?? earlier.session, costSoFar: earlier.result?.sessionCost ?? 0)
      }
      try await context.stops.waiting(work.id) { try await work.awaitTurn(until: $0) }
      prompt = await work.nextPrompt(after: reason, resumed: session.isResumed)
    }
    let first = number
    while true {
      switch try await context.gate.admit(context.stop) {
      case .open: break
      case .halted(let reason):
        return .ended(await ending(number == first ? .skipped : .failed, reason, outcome: last))
      case .overBudget(let reason):
        return .ended(TaskEnding(status: .overBudget, message: reason, advice: [RunBudget.advice]))
      case .stopped:
        return .ended(
          await ending(number == first ? .skipped : .interrupted, context.stopReason(), outcome: last))
      }
      let attempt: (outcome: AttemptOutcome, tampering: [Tampering])
      do {
        if let obstacle = try await work.obstacle() {
          await context.gate.attemptEnded()
          return .ended(await ending(.failed, obstacle, outcome: last))
        }
        let text = prompt
        // In a file from now on.
        prompt = ""
        attempt = try await perform(attempt: number, session: session, prompt: text)
        await context.gate.attemptEnded()
      } catch {
        await context.gate.attemptEnded()
        throw error
      }
      let (outcome, tampering) = attempt
      last = outcome
      if outcome.isForWantOfMeans { try await context.gate.reduce() }
      // Whatever it did for its task: no further attempt is paid for, and nothing is pushed.
      if !tampering.isEmpty {
        try await saveWork(of: number)
        return .ended(tamperedEnding(tampering))
      }
      var step: Step
      do {
        step = try await judge(outcome, consumed: consumed, backoffs: backoffs)
        if case .retry = step, let ending = await overBudgetEnding() { step = .outcome(.ended(ending)) }
      } catch {
        if !(error is JournalError) { try await saveWork(of: number) }
        throw error
      }
      // Before anything is done to the worktree, whatever comes next.
      try await saveWork(of: number, isClean: step.isComplete)
      switch step {
      case .outcome(let outcome):
        return outcome
      case .retry(let retry):
        if retry.consumesAttempt { consumed += 1 } else { backoffs += 1 }
        Trace.note(
          .decision,
          "retry of \(work.id) in \(retry.delay.components.seconds) s, \(retry.resume ? "resuming" : "from scratch"), "
            + "\(retry.consumesAttempt ? "counted" : "not counted"): \(retry.reason)")
        let notBefore = Date(timeIntervalSinceNow: retry.delay / .seconds(1))
        try await journal.append(
          .retryPlanned(task: work.id, notBefore: JournalTime(notBefore), reason: retry.reason))
        await context.watch.leave(work.worktree, of: work.id)
        try await context.stops.waiting(work.id) { early in
          await context.gate.sleep(for: retry.delay, early)
          try await work.awaitTurn(until: early)
        }
        session = nextSession(after: outcome, resume: retry.resume)
        prompt = await work.nextPrompt(after: retry.reason, resumed: session.isResumed)
        number += 1
      }
    }
  }

  /// One life of the agent, from its prompt to the record of its end.
  @inline(never)
  private func perform(
    attempt: Int, session: AgentSession, prompt: consuming String
  ) async throws -> (AttemptOutcome, [Tampering]) {
    let (text, journal) = (consume prompt, journal)
    let (request, window) = try await apart { () -> (AttemptRequest, RepositoryWatch.WindowID) in
      let request = try await self.request(attempt: attempt, session: session)
      try await journal.append(
        .attemptStarting(
          task: work.id, attempt: attempt, session: session.id, resumed: session.isResumed,
          sandbox: request.sandbox?.tool.name))
      try FileSystem.create(request.files.prompt, containing: text)
      return (request, try await context.watch.begin(work.id))
    }
    let id = work.id
    let observe = context.observe
    let budget = context.budget
    let outcome = await context.agent.perform(
      request, stop: await attemptStop(),
      launched: { process in
        // A journal that fails here fails at the attempt's end too, where it can be thrown.
        try? await apart {
          try await journal.append(.attemptLaunched(task: id, attempt: attempt, process: process))
        }
      },
      observe: {
        observe(id, $0)
        if budget.limit != nil, case .usage(let part) = $0 { await budget.note(part, of: id) }
      })
    try await journal.append(.attemptEnded(task: work.id, attempt: attempt, result: await record(outcome)))
    try await budget.end(work.id)
    for note in context.streams.takeNotes() { try await journal.append(.warned(message: note)) }
    return (outcome, await tampering(in: try await context.watch.end(window), stream: request.files.stream))
  }

  /// Keeps what nothing but the worktree holds: the next attempt, or the user, may clean it away.
  @inline(never)
  private func saveWork(of attempt: Int, isClean: Bool = false) async throws(JournalError) {
    try await context.saveWork(
      of: work.id, attempt: attempt, in: work.worktree, branch: work.branch, isClean: isClean)
  }

  // MARK: - Tampering

  /// What of the changes the agent's own tool calls show to be its doing. The stream is read again only where there is
  /// something that it could show.
  @inline(never)
  func tampering(in seen: RepositoryWatch.Sighting, stream: FilePath) async -> [Tampering] {
    guard !seen.isEmpty || !seen.neighbors.worktrees.isEmpty else { return [] }
    let (agent, place, worktree) = (context.agent, context.place, work.worktree)
    return await offPool {
      let calls = agent.calls(inStream: stream)
      let home = place.environment["HOME"]
      return Tampering.shown(
        by: calls, for: seen.changes + seen.others, worktree: worktree, commonDirectory: place.commonDirectory,
        checkout: place.checkout, home: home)
        + Tampering.shown(by: calls, in: seen.neighbors, worktree: worktree, home: home)
    }
  }

  @inline(never)
  func tamperedEnding(_ tampering: [Tampering]) -> TaskEnding {
    let names = tampering.map(\.change.name)
    let more = names.count > 3 ? " and \(names.count - 3) more" : ""
    let call = tampering[0].call
    let what = call.command ?? call.path.map { "\(call.tool) \($0)" } ?? call.tool
    return TaskEnding(
      status: .tampered,
      message: "the agent changed what is not its task's: \(names.prefix(3).joined(separator: ", "))\(more) "
        + "(\(context.secrets.masking(plainText(what, limit: 200))))",
      advice: tampering.compactMap(\.change.restore).filter { context.secrets.masking($0) == $0 }.prefix(10).map {
        "to put it back: \($0)"
      } + ["see what it did: git orch log \(work.id)"])
  }

  private func nextSession(after outcome: AttemptOutcome, resume: Bool) -> AgentSession {
    guard resume, let id = outcome.sessionID else { return .new(UUID()) }
    return .resumed(id: id, costSoFar: outcome.sessionCostUSD)
  }
}
