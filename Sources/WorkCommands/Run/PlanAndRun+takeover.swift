import Basics
import CommandSupport
import Engine
import Git
import Journal
import Planning
import Plans
import Preparing
import Processes
import Runs
import Settings
import TerminalUI

/// Which run is continued, wherever it was performed so far.
extension PlanAndRun {
  enum Resolved {
    /// A run of this clone.
    case run(RunFolder)
    case ended(ExitStatus)
  }

  /// Finds the run that is meant, and takes it over from another clone where that has it.
  func resolve(_ id: String?, takesOver: Bool, in place: RepositoryContext) async throws -> Resolved {
    let local = try await offPool { try Self.local(id, in: place) }
    let note: @Sendable (String) -> Void = { [context] in context.console.narrate("warning: \($0)") }
    let wishes = RunTakeover.Wishes(
      plan: options.config.map(place.absolute), isForced: takesOver, isRehearsal: options.dryRun)
    let finding = try await work.stop.cancelling(at: .graceful) {
      try await RunTakeover.find(id ?? local?.id ?? "", local: local, wishes: wishes, in: place, note: note)
    }
    switch finding {
    case nil:
      guard let local else { throw JournalError.noRuns }
      if takesOver || options.config != nil {
        throw RunError(
          .nothingToContinue,
          "run \(local.id) is this clone's own: there is \(takesOver ? "nothing to take over" : "a plan for it")",
          hints: ["continue it: git orch run --continue \(local.id)"])
      }
      return options.dryRun ? .ended(try await preview(local, in: place)) : .run(local)
    case .done(let state, let host)?:
      context.console.narrate(
        "run \(state.header.id) is done, by the clone on '\(host)': there is nothing left to continue")
      return .ended(try work.conclude([state]))
    case .unfinished(let run)?:
      return try await takeOver(run, in: place)
    }
  }

  private func takeOver(_ run: RunContinuation, in place: RepositoryContext) async throws -> Resolved {
    guard let takeover = run.takeover else { return .run(run.folder) }
    let agents = try await agents(of: run.plan, usual: options.agent, in: place)
    if !options.dryRun { try await settleTrust(takeover.plan, in: place) }
    let waits = ForgeRetryNotices(stop: work.stop, note: work.note)
    let notes = try await work.stop.cancelling(at: .graceful) {
      try await RunTakeover.check(
        run, in: place, agents: agents.working, send: LiveSession.send, retryPolicy: waits.retryPolicy)
    }
    if options.dryRun {
      for note in notes { context.console.narrate("warning: \(note)") }
      show(run)
      if takeover.mayBeAlive {
        context.console.answer(
          "The clone on '\(takeover.host)' may be at work: continue it here only with --take-over")
      }
      context.console.answer("Nothing was done: --dry-run")
      return .ended(.done)
    }
    try await takeover.perform(run, in: place)
    for line in Self.lines(of: takeover, run) { context.console.narrate(line) }
    return .run(run.folder)
  }

  private func settleTrust(_ plan: FoundPlan, in place: RepositoryContext) async throws {
    if let path = plan.path {
      return try await TrustQuestion.settle(plan.plan, at: path, name: plan.name, in: place, context, ask: work.ask)
    }
    try await TrustQuestion.settle(
      await PlanTrust.pending(plan.plan, ofOthers: plan.name, in: place), of: plan.name, source: .plan, in: place,
      context, ask: work.ask)
  }

  /// Whose run it was, and what of it is paid for once more.
  private static func lines(of takeover: RunTakeover, _ run: RunContinuation) -> [String] {
    var lines = [
      "run \(run.folder.id) is taken over from the clone on '\(takeover.host)', which wrote its ledger last at "
        + "\(takeover.lastSign)"
    ]
    if !takeover.delivered.isEmpty {
      lines.append("their work was pushed, and is delivered: \(takeover.delivered.joined(separator: ", "))")
    }
    if !takeover.again.isEmpty {
      lines.append("done again, as their work never left that clone: \(takeover.again.joined(separator: ", "))")
    }
    return lines
  }

  // MARK: - Looking

  private func preview(_ folder: RunFolder, in place: RepositoryContext) async throws -> ExitStatus {
    switch try await offPool({ try RunContinuation.find(folder.id, in: place) }) {
    case .done(let state):
      context.console.answer("run \(state.header.id) is done: there is nothing left to continue")
    case .unfinished(let run): show(run)
    }
    context.console.answer("Nothing was done: --dry-run")
    return .done
  }

  private func show(_ run: RunContinuation) {
    var table = Table(columns: [
      Table.Column("TASK", isFlexible: true), Table.Column("BRANCH", isFlexible: true),
      Table.Column("NEXT", isFlexible: true),
    ])
    table.rows = run.state.tasks.map { task in
      [Table.Cell(task.header.id, .bold), Table.Cell(task.header.branch), Table.Cell(Self.next(task, of: run))]
    }
    let terminal = context.console.output
    for line in table.lines(
      width: terminal.isInteractive ? terminal.size().columns : nil, palette: terminal.palette)
    { context.console.answer(line) }
    let base = run.state.header.base
    context.console.answer("")
    context.console.answer("Run \(run.folder.id), based on \(base.branch) at \(base.commit.prefix(10))")
    guard let takeover = run.takeover else { return }
    context.console.answer(
      "It was performed by the clone on '\(takeover.host)', which wrote its ledger last at \(takeover.lastSign)")
    context.console.answer("Its plan is that of \(takeover.plan.name)")
  }

  /// What becomes of a task.
  private static func next(_ task: TaskState, of run: RunContinuation) -> String {
    let id = task.header.id
    if let takeover = run.takeover {
      if takeover.again.contains(id) { return "done again: its work never left the clone on '\(takeover.host)'" }
      if takeover.delivered.contains(id) { return "delivered: its work was pushed" }
    }
    if task.status.isGood { return "nothing: it is done" }
    if task.tip != nil { return "delivered: its work is proven" }
    if run.state.spentCandidates.contains(id) { return "nothing: another candidate's work is proven" }
    let candidates = run.state.candidates(of: id).map(\.header.id)
    if !candidates.isEmpty, task.openReturn == nil {
      return task.choice.map { "gets the work of \($0.candidate)" }
        ?? "the best of \(candidates.joined(separator: ", "))"
    }
    return task.attempts.isEmpty || run.takeover != nil ? "done" : "continued"
  }

  /// The run of this clone that is meant; nil where it has none of that id.
  private static func local(_ id: String?, in place: RepositoryContext) throws -> RunFolder? {
    do {
      switch try RunContinuation.find(id, in: place) {
      case .unfinished(let run): return run.folder
      case .done(let state): return try place.store.run(state.header.id)
      }
    } catch let error as JournalError {
      guard id != nil else { throw error }
      switch error {
      case .noSuchRun, .noRuns: return nil
      default: throw error
      }
    }
  }
}
