package import ArgumentParser
import Basics
package import CommandSupport
import Engine
import Journal
import Processes
import Upkeep

/// `git orch undo`: take a run back, or bring it back after that.
package struct UndoCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "undo", abstract: "Take a run back, and bring it back again",
    usage: "git orch undo [-n] [--local] [--json] [<run>]")

  @Flag(name: [.customShort("n"), .long], help: "Show what would be done, and do nothing")
  var dryRun = false

  @Flag(help: "Leave remotes and pull requests as they are")
  var local = false

  @Flag(help: "Print JSON (schema 1)")
  var json = false

  @Argument(help: "A run's id or its beginning (default: the newest)")
  var run: String?

  package init() {}

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    do {
      return try await command.perform(in: context, stop: stop)
    } catch {
      guard let status = signals.status(after: error) else { throw error }
      return status
    }
  }

  private func perform(in context: CommandContext, stop: StopRequest) async throws -> ExitStatus {
    let place = try await RepositoryContext.find(from: context.directory, environment: context.environment)
    let (store, id) = (place.store, run)
    let folder = try await offPool { () throws(JournalError) in try store.run(id) }
    let undo = Undo(
      of: folder, in: place, isLocal: local, isRehearsal: dryRun, version: Basics.version, send: LiveSession.send)
    let (json, console) = (json, context.console)
    let outcome = try await undo.perform(stop: stop) { plan in
      guard !json else { return }
      for line in UndoText.lines(of: plan) { console.answer(line) }
    }
    let plan = outcome.plan
    if json {
      console.answer(UndoText.json(outcome, isRehearsal: dryRun))
    }
    for note in outcome.notes { console.narrate("warning: \(note)") }
    for refusal in plan.refusals {
      console.narrate((["error: \(refusal.reason)"] + refusal.hints.map { "hint: \($0)" }).joined(separator: "\n"))
    }
    guard plan.refusals.isEmpty else {
      console.narrate("nothing was changed")
      return .no
    }
    if outcome.isDone {
      console.narrate(
        plan.isRedo
          ? "run \(plan.run) is brought back; to take it back once more: git orch undo \(plan.run)"
          : "run \(plan.run) is taken back; to bring it back: git orch undo \(plan.run)")
    } else if plan.changes.isEmpty {
      console.narrate("there is nothing to \(plan.isRedo ? "bring" : "take") back of run \(plan.run)")
    }
    return .done
  }
}
