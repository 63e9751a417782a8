import Agents
import Git
import Journal
import Planning
import Settings
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Lets an agent work on a task until git proves the work, or no attempt is left.
struct AttemptLoop: Sendable {
  let context: RunContext
  let task: AgentTask
  let worktree: FilePath
  let start: ObjectID

  enum Outcome {
    case complete(CompletionProof)
    case ended(TaskRunner.Ending)
  }

  /// What leads to the next attempt.
  private struct Retry {
    let reason: String
    let delay: Duration
    let resume: Bool
    /// Whether the attempt before counts against the limit; being turned away by a busy provider does not.
    let consumesAttempt: Bool
  }

  private enum Step {
    case outcome(Outcome)
    case retry(Retry)
  }

  private var journal: RunJournal { context.journal }

  func run() async throws -> Outcome {
    var session = AgentSession.new(UUID())
    var prompt = taskPrompt.first()
    var number = 1
    var consumed = 0
    var backoffs = 0
    var last: AttemptOutcome?
    while true {
      switch try await context.gate.pass() {
      case .open: break
      case .halted(let reason):
        return .ended(await ending(number == 1 ? .skipped : .failed, reason, outcome: last))
      case .stopped:
        return .ended(
          await ending(number == 1 ? .skipped : .interrupted, "the run was interrupted", outcome: last))
      }
      let outcome = try await perform(attempt: number, session: session, prompt: prompt)
      last = outcome
      let step = try await judge(outcome, consumed: consumed, backoffs: backoffs)
      switch step {
      case .outcome(let outcome):
        return outcome
      case .retry(let retry):
        if retry.consumesAttempt { consumed += 1 } else { backoffs += 1 }
        let notBefore = Date(timeIntervalSinceNow: retry.delay / .seconds(1))
        try await journal.append(
          .retryPlanned(task: task.id, notBefore: JournalTime(notBefore), reason: retry.reason))
        await context.stop.sleep(for: retry.delay)
        session = nextSession(after: outcome, resume: retry.resume)
        let state = try? await examine()
        prompt = taskPrompt.next(after: retry.reason, state: state, resumed: session.isResumed)
        number += 1
      }
    }
  }

  /// One life of the agent, from its prompt to the record of its end.
  private func perform(attempt: Int, session: AgentSession, prompt: String) async throws -> AttemptOutcome {
    let paths = journal.folder.attempt(attempt, of: task.id)
    try FileSystem.create(paths.prompt, containing: prompt)
    try await journal.append(
      .attemptStarting(task: task.id, attempt: attempt, session: session.id, resumed: session.isResumed))
    let request = AttemptRequest(
      agent: context.agent, session: session, options: try options(),
      workingDirectory: worktree,
      files: AttemptFiles(prompt: paths.prompt, stream: paths.stream, errors: paths.errors, log: paths.log),
      limits: context.limits, environment: context.place.environment,
      mark: RunMark(run: context.id, task: task.id, attempt: attempt))
    let journal = journal
    let id = task.id
    let observe = context.observe
    let outcome = await performAttempt(
      request, stop: context.stop,
      launched: { process in
        // A journal that fails here fails at the attempt's end too, where it can be thrown.
        try? await journal.append(
          .attemptLaunched(
            task: id, attempt: attempt, process: ProcessRecord(pid: process.pid, startTime: process.startTime)))
      },
      observe: { observe(id, $0) })
    try await journal.append(.attemptEnded(task: task.id, attempt: attempt, result: AttemptRecord(outcome)))
    return outcome
  }

  // MARK: - Judging

  private func judge(_ outcome: AttemptOutcome, consumed: Int, backoffs: Int) async throws -> Step {
    if outcome.end == .stopped || context.stop.level > .none {
      if outcome.end == .succeeded {
        let proof = try await examine()
        if proof.faults.isEmpty { return .outcome(.complete(proof)) }
      }
      return .outcome(.ended(await ending(.interrupted, "stopped by you", outcome: outcome)))
    }
    guard outcome.end == .succeeded else {
      return try await afterFailure(outcome, consumed: consumed, backoffs: backoffs)
    }
    let proof = try await examine()
    if proof.faults.isEmpty { return .outcome(.complete(proof)) }
    let reason = proof.faults.map(\.description).joined(separator: "; ")
    let hasWork = proof.faults != [.noCommits] && proof.faults != [.noChanges]
    if hasWork, consumed < context.retries.maxRetries {
      return .retry(
        Retry(
          reason: "it was reported as done, but \(reason)", delay: .zero, resume: context.retries.useResume,
          consumesAttempt: true))
    }
    return .outcome(.ended(await ending(status(of: proof), reason, outcome: outcome)))
  }

  private func afterFailure(_ outcome: AttemptOutcome, consumed: Int, backoffs: Int) async throws -> Step {
    let reason = outcome.end.reason(limits: context.limits)
    let decision = context.retries.decision(
      after: outcome, attempt: consumed + 1, backoffs: backoffs, jitter: .random(in: 0..<1))
    switch decision {
    case .retry(let delay, let resume, let consumesAttempt):
      return .retry(Retry(reason: reason, delay: delay, resume: resume, consumesAttempt: consumesAttempt))
    case .pauseRun(let until):
      try await context.gate.pause(until: until, reason: reason)
      return .retry(Retry(reason: reason, delay: .zero, resume: context.retries.useResume, consumesAttempt: false))
    case .stopRun(let why):
      try await context.gate.halt(reason: why)
      return .outcome(.ended(await ending(.failed, why, outcome: outcome)))
    case .giveUp:
      let attempts = await journal.state[task: task.id]?.attempts.count ?? 1
      let status: TaskStatus = if case .timedOut = outcome.end { .timeout } else { .failed }
      let times = attempts == 1 ? "" : ", \(attempts) attempts"
      let clause = reason.hasSuffix(".") && !times.isEmpty ? String(reason.dropLast()) : reason
      return .outcome(.ended(await ending(status, clause + times, outcome: outcome)))
    }
  }

  private func status(of proof: CompletionProof) -> TaskStatus {
    if proof.faults.contains(where: { if case .uncommitted = $0 { true } else { false } }) { return .uncommitted }
    if proof.faults == [.noCommits] || proof.faults == [.noChanges] { return .noChanges }
    return .failed
  }

  private func examine() async throws -> CompletionProof {
    try await CompletionProof.examine(
      worktree: worktree, branch: task.branch, start: start, environment: context.place.environment)
  }

  /// An ending with the advice that fits it.
  private func ending(
    _ status: TaskStatus, _ message: String, outcome: AttemptOutcome? = nil
  ) async -> TaskRunner.Ending {
    var advice = outcome.flatMap(remedy).map { [$0] } ?? []
    switch status {
    case .noChanges:
      advice.append("see what the agent said: git orch log \(task.id)")
      if let words = outcome?.finalMessage?.split(separator: "\n").first { advice.append("its last words: \(words)") }
    case .uncommitted:
      advice.append("look at it and commit it: git -C \(shellQuoted(worktree.string)) status")
    case .failed, .timeout:
      advice.append("see what happened: git orch log \(task.id)")
    default:
      break
    }
    let attempts = await journal.state[task: task.id]?.attempts ?? []
    if let session = outcome?.sessionID, status != .noChanges, attempts.contains(where: \.holdsConversation) {
      advice.append("resume by hand: \(context.agent.resumeHint(sessionID: session, worktree: worktree.string))")
    }
    return TaskRunner.Ending(status: status, message: message, advice: advice)
  }

  /// What to do about a failure that no further attempt can mend.
  private func remedy(_ outcome: AttemptOutcome) -> String? {
    guard case .failed(let failure) = outcome.end else { return nil }
    let command = shellQuoted(context.place.settings[.agentCommand])
    switch failure.kind {
    case .notLoggedIn: return "log in: start \(command) and say /login, or set ANTHROPIC_API_KEY"
    case .invalidKey: return "set another ANTHROPIC_API_KEY, or log in: start \(command) and say /login"
    case .unknownModel: return "choose another model: git config orchestrator.agent.model MODEL"
    default: return nil
    }
  }

  // MARK: - What the agent is given

  private func nextSession(after outcome: AttemptOutcome, resume: Bool) -> AgentSession {
    guard resume, let id = outcome.sessionID else { return .new(UUID()) }
    return .resumed(id: id, costSoFar: outcome.sessionCostUSD)
  }

  private func options() throws -> AgentOptions {
    let settings = context.place.settings
    var permissions = context.permissions
    permissions.testCommand = task.testCommand ?? context.prompts.testCommand
    return AgentOptions(
      model: task.model ?? settings[.agentModel], permissions: permissions, maxTurns: settings[.agentMaxTurns],
      maxBudgetUSD: settings[.agentMaxBudgetUsd], systemPromptFile: try projectRules())
  }

  /// The repository's CLAUDE.md as a file of the run, nil when it has none: the client itself reads no file of a
  /// repository that nobody has vetted, but its text may be told.
  private func projectRules() throws -> FilePath? {
    let copy = journal.folder.task(task.id).appending("project-rules.md")
    if FileSystem.text(of: copy, limit: 1 << 20) != nil { return copy }
    guard let text = FileSystem.text(of: worktree.appending("CLAUDE.md"), limit: 256 << 10), !text.isEmpty else {
      return nil
    }
    try FileSystem.create(copy, containing: "The project's own rules, from its CLAUDE.md:\n\n\(text)\n")
    return copy
  }

  private var taskPrompt: TaskPrompt {
    TaskPrompt(
      task: task, branch: task.branch, baseBranch: context.base.branch, worktree: worktree.string,
      testCommand: task.testCommand ?? context.prompts.testCommand,
      testInstructions: context.prompts.testInstructions, agentInstructions: context.prompts.agentInstructions,
      keyFiles: context.prompts.keyFiles)
  }
}
