import Agents
import Basics
import Engine
import Guarding
import Journal
import Launchers
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
    @inline(never) get async { await journal.state[task: work.id]?.lastAttemptHere }
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
    var next: Next
    switch try await begin(after: reason, takingUp: takesUp) {
    case .outcome(let outcome): return outcome
    case .attempt(let first): next = first
    }
    while true {
      switch try await turn(&next) {
      case .outcome(let outcome): return outcome
      case .attempt(let following): next = following
      }
    }
  }

  // What follows is in parts that are not inlined, and what they hand on is kept elsewhere: as long as an agent works,
  // all that its loop needs at any time has its place in memory.

  /// An attempt to come, and what is known of those before.
  private struct Next {
    var number = 1
    var session = AgentSession.new(UUID())
    var prompt: String
    var isFirst = true
    var consumed = 0
    var backoffs = 0
    var last: Life?
  }

  private enum Turn {
    case outcome(Outcome)
    case attempt(Next)
  }

  /// One life of the agent.
  private final class Life: Sendable {
    let outcome: AttemptOutcome
    let tampering: [Tampering]

    init(_ outcome: AttemptOutcome, _ tampering: [Tampering]) { (self.outcome, self.tampering) = (outcome, tampering) }
  }

  @inline(never)
  private func begin(after reason: String, takingUp takesUp: Bool) async throws -> Turn {
    if let earlier = await earlier, takesUp, let outcome = try await takeUp(earlier) {
      // Commits that it has left on no branch, too.
      var isComplete = false
      if case .complete = outcome { isComplete = true }
      try await saveWork(of: earlier.number, isClean: isComplete)
      return .outcome(outcome)
    }
    // Taking it up may have shown how it ended, and under which session.
    guard let earlier = await earlier else {
      let elsewhere = await journal.state[task: work.id]?.lastAttemptElsewhere ?? 0
      return .attempt(Next(number: elsewhere.addingSaturated(1), prompt: work.firstPrompt()))
    }
    var next = Next(number: earlier.number.addingSaturated(1), prompt: "")
    // Its process may have died before it could save anything, also after it had seen the attempt's end.
    try await saveWork(of: earlier.number)
    // Attempts of the earlier process do not count: whoever takes a run up wants it tried again.
    let hasSpoken =
      earlier.result != nil || !FileSystem.isEmpty(journal.folder.attempt(earlier.number, of: work.id).stream)
    if context.retries.useResume, hasSpoken, earlier.holdsConversation, work.mayResume(earlier),
      let id = session(of: earlier)
    {
      next.session = .resumed(
        id: id, costSoFar: earlier.result?.sessionCost ?? 0, usageSoFar: await usage(of: id))
    }
    try await context.stops.waiting(work.id) { try await work.awaitTurn(until: $0) }
    next.prompt = await work.nextPrompt(after: reason, resumed: next.session.isResumed)
    return .attempt(next)
  }

  @inline(never)
  private func turn(_ next: inout Next) async throws -> Turn {
    if let ending = try await refusal(of: next) { return .outcome(.ended(ending)) }
    let text = next.prompt
    // In a file from now on.
    next.prompt = ""
    return try await follow(next, try await live(next.number, next.session, prompt: text))
  }

  /// Why there is no such attempt; nil once it is admitted.
  @inline(never)
  private func refusal(of next: Next) async throws -> TaskEnding? {
    switch try await context.gate.admit(context.stop) {
    case .open: break
    case .halted(let reason):
      return await ending(next.isFirst ? .skipped : .failed, reason, outcome: next.last?.outcome)
    case .overBudget(let reason):
      return TaskEnding(status: .overBudget, message: reason, advice: [RunBudget.advice])
    case .stopped:
      return await ending(
        next.isFirst ? .skipped : .interrupted, context.stopReason(), outcome: next.last?.outcome)
    }
    do {
      guard let obstacle = try await work.obstacle() else { return nil }
      await context.gate.attemptEnded()
      return await ending(.failed, obstacle, outcome: next.last?.outcome)
    } catch {
      await context.gate.attemptEnded()
      throw error
    }
  }

  @inline(never)
  private func live(_ number: Int, _ session: AgentSession, prompt: consuming String) async throws -> Life {
    do {
      let life = try await perform(attempt: number, session: session, prompt: prompt)
      await context.gate.attemptEnded()
      return life
    } catch {
      await context.gate.attemptEnded()
      throw error
    }
  }

  /// What is to be done after a life.
  @inline(never)
  private func follow(_ this: Next, _ life: Life) async throws -> Turn {
    let (outcome, number) = (life.outcome, this.number)
    if outcome.isForWantOfMeans { try await context.gate.reduce() }
    // Whatever it did for its task: no further attempt is paid for, and nothing is pushed.
    if !life.tampering.isEmpty {
      try await saveWork(of: number)
      return .outcome(.ended(tamperedEnding(life.tampering)))
    }
    var step: Step
    do {
      step = try await judge(outcome, consumed: this.consumed, backoffs: this.backoffs)
      if case .retry = step, let ending = await overBudgetEnding() { step = .outcome(.ended(ending)) }
    } catch {
      if !(error is JournalError) { try await saveWork(of: number) }
      throw error
    }
    // Before anything is done to the worktree, whatever comes next.
    try await saveWork(of: number, isClean: step.isComplete)
    switch step {
    case .outcome(let outcome): return .outcome(outcome)
    case .retry(let retry): return .attempt(try await wait(for: retry, after: this, life))
    }
  }

  @inline(never)
  private func wait(for retry: Retry, after this: Next, _ life: Life) async throws -> Next {
    var next = this
    if retry.consumesAttempt { next.consumed += 1 } else { next.backoffs += 1 }
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
    next.session = await nextSession(after: life.outcome, resume: retry.resume)
    next.prompt = await work.nextPrompt(after: retry.reason, resumed: next.session.isResumed)
    next.number += 1
    next.isFirst = false
    next.last = life
    return next
  }

  /// One life of the agent, from its prompt to the record of its end.
  @inline(never)
  private func perform(
    attempt: Int, session: AgentSession, prompt: consuming String
  ) async throws -> Life {
    let (text, journal) = (consume prompt, journal)
    let (request, window) = try await apart { () -> (AttemptRequest, RepositoryWatch.WindowID) in
      let request = try await self.request(
        attempt: attempt, session: session, launcher: context.launcher)
      try await journal.append(
        .attemptStarting(
          task: work.id, attempt: attempt, session: session.id, resumed: session.isResumed,
          sandbox: request.sandbox?.tool.name, agent: AgentRecord(request.agent)))
      try FileSystem.create(request.files.prompt, containing: try introduction(of: request) + text)
      if let file = request.files.schema, let schema = request.options.answerSchema {
        try FileSystem.create(file, containing: request.agent.answerSchema(schema))
      }
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
    return Life(
      outcome, await tampering(in: try await context.watch.end(window), by: request.agent, stream: request.files.stream)
    )
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
  func tampering(
    in seen: RepositoryWatch.Sighting, by agent: any Agent, stream: FilePath
  ) async -> [Tampering] {
    guard !seen.isEmpty || !seen.neighbors.worktrees.isEmpty else { return [] }
    let (place, worktree) = (context.place, work.worktree)
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
}
