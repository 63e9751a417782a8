import Agents
import Basics
import Engine
import Guarding
import Journal
import Launchers
package import Processes
import Trace

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What an earlier process of the run began and did not see the end of. Nobody pays a second time for work that is done,
/// and none that is being done is thrown away.
extension AttemptLoop {
  /// Stays with the last attempt if it still runs, reads how it ended if it ended unseen, and examines what is there.
  /// - Returns: nil when another attempt is needed.
  func takeUp(_ attempt: AttemptState) async throws -> Outcome? {
    if let result = attempt.result {
      // It said that it was done; the earlier process died before the proof, or somebody finished by hand since.
      guard result.end == .succeeded else { return nil }
      return try await proven(try await read(attempt, process: nil))
    }
    let process = await attempt.livingProcess(mark: mark(of: attempt))
    let hasSpoken = !FileSystem.isEmpty(journal.folder.attempt(attempt.number, of: work.id).stream)
    // The files of a job say whether it still runs.
    guard process != nil || hasSpoken || attempt.job != nil else { return nil }
    Trace.note(
      .decision,
      "attempt \(attempt.number) of \(work.id): \(attempt.job?.description ?? (process == nil ? "ended unseen" : "still running"))"
    )
    let window = try await context.watch.begin(work.id)
    await context.gate.attemptAdopted()
    let outcome: AttemptOutcome
    do {
      outcome = try await read(attempt, process: process)
      await context.gate.attemptEnded()
    } catch {
      await context.gate.attemptEnded()
      throw error
    }
    try await journal.append(.attemptEnded(task: work.id, attempt: attempt.number, result: await record(outcome)))
    try await context.budget.end(work.id)
    let sighting = try await context.watch.end(window)
    let tampering = await tampering(
      in: sighting, by: agent(of: attempt), stream: journal.folder.attempt(attempt.number, of: work.id).stream)
    if !tampering.isEmpty { return .ended(tamperedEnding(tampering)) }
    if context.stop.level > .none, outcome.end != .succeeded {
      return .ended(await ending(.interrupted, "stopped by you", outcome: outcome))
    }
    return outcome.end == .succeeded ? try await proven(outcome) : nil
  }

  private func proven(_ outcome: AttemptOutcome) async throws -> Outcome? {
    guard case .complete(let product) = try await examine(outcome) else { return nil }
    return .complete(product)
  }

  /// The attempt's outcome, from all that it has printed and prints yet.
  private func read(_ attempt: AttemptState, process: ProcessIdentity?) async throws -> AttemptOutcome {
    let costSoFar = await cost(before: attempt)
    let usageSoFar = await usage(of: attempt.session, before: attempt.number)
    let session: AgentSession =
      attempt.resumed
      ? .resumed(id: attempt.session, costSoFar: costSoFar, usageSoFar: usageSoFar)
      : .new(UUID(uuidString: attempt.session) ?? UUID())
    let agent = agent(of: attempt)
    var request = try await request(
      attempt: attempt.number, session: session, agent: agent, launcher: try attempt.job.map(launcher(of:)))
    // Part of its time is gone. Where somebody has set the clock since, the process itself knows better.
    let began = attempt.job == nil ? attempt.startedAt.date : attempt.jobStartedAt?.date ?? Date()
    let told = Duration.seconds(max(0, Date().timeIntervalSince(began)))
    let elapsed = process?.age.map { min($0, told) } ?? told
    request.limits.maxRuntime = max(.seconds(1), request.limits.maxRuntime - elapsed)
    let (id, observe, budget) = (work.id, context.observe, context.budget)
    return await agent.adopt(
      request, process: process, stop: await attemptStop(),
      observe: {
        if process != nil || attempt.job != nil { observe(id, $0) }
        if budget.limit != nil, case .usage(let part) = $0 { await budget.note(part, of: id) }
      })
  }

  /// The settings may name another by now.
  private func launcher(of job: JobRecord) throws -> any Launcher {
    guard let launcher = context.launchers?.named(job.launcher) else {
      throw RunError(.nothingToContinue, "job \(job.key) was started by '\(job.launcher)', which is not known here")
    }
    return launcher
  }

  /// What the session that the attempt resumed had cost by then.
  private func cost(before attempt: AttemptState) async -> Double {
    let attempts = await journal.state[task: work.id]?.attempts ?? []
    return attempts.last { $0.number < attempt.number && $0.result?.session == attempt.session }?.result?.sessionCost
      ?? 0
  }

  /// Who reads what an attempt has printed: the task's agent now may be of another kind.
  func agent(of attempt: AttemptState) -> any Agent {
    attempt.agent.kind == context.agent.kind ? context.agent : context.agents.reading(attempt.agent.kind)
  }

  /// The session of an earlier attempt that the task's agent can take up; nil where it cannot.
  func session(of attempt: AttemptState) -> String? {
    if attempt.agent.kind != context.agent.kind { return nil }
    switch context.agent.capabilities.sessions {
    case .ours: return attempt.result?.session ?? attempt.session
    case .theirs: return attempt.result?.session
    case .none: return nil
    }
  }

  private func mark(of attempt: AttemptState) -> RunMark {
    RunMark(run: journal.folder.mark, task: work.id, attempt: attempt.number)
  }
}

extension AttemptState {
  /// The process of an attempt whose end is not known, if it runs: the one that was written down, or, if the orchestrator
  /// died before it could write, the one that carries the mark.
  package func livingProcess(mark: RunMark) async -> ProcessIdentity? {
    guard result == nil else { return nil }
    if let process { return process.isAlive ? process : nil }
    return await ProcessWatch.shared.snapshot().root(marked: mark.pattern)
  }
}
