package import ArgumentParser
import Basics
package import CommandSupport
import Engine
import Journal
import Leftovers
import Processes
import Settings
import TerminalUI
import Upkeep

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `git orch cleanup`: remove what runs left behind.
package struct CleanupCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "cleanup", abstract: "Remove what runs left behind, as far as nothing is lost",
    usage: "git orch cleanup [-n | -y] [<options>] [<run>...]")

  @Flag(name: [.customShort("n"), .long], help: "Show what would be removed and what stays, and do nothing")
  var dryRun = false

  @Flag(name: [.customShort("y"), .long], help: "Remove it without asking")
  var autoApprove = false

  @Option(help: ArgumentHelp("Only what is older: 12h, 30d, 2w or a date", valueName: "age"))
  var olderThan: String?

  @Option(help: ArgumentHelp("How many of the newest runs keep their records and saved work", valueName: "n"))
  var keep = LeftoverSelection.keptRuns

  @Option(help: ArgumentHelp("Also remove old ledgers from this remote", valueName: "remote"))
  var remote: String?

  @Flag(help: "Also of runs that could still be continued")
  var unfinished = false

  @Flag(help: "Print JSON (schema 1), and do not ask")
  var json = false

  @Argument(help: ArgumentHelp("Ids of runs, or their beginnings (default: all)", valueName: "run"))
  var runs: [String] = []

  package init() {}

  package func validate() throws {
    if keep < 0 { throw ValidationError("--keep must be 0 or more") }
    if dryRun, autoApprove { throw ValidationError("--dry-run and --auto-approve cannot be used together") }
    if let olderThan, AgeOption.parse(olderThan, now: Date()) == nil {
      throw ValidationError("--older-than takes an age such as 12h, 30d or 2w, or a past date such as 2026-01-31")
    }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    return try await offPool(awaiting: { try await command.cleanUp(in: context) })
  }

  private func cleanUp(in context: CommandContext) async throws -> ExitStatus {
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    do {
      let place = try await RepositoryContext.find(from: context.directory, environment: context.environment)
      let now = Date()
      let chosen = try runs.map { try place.store.run($0).id }
      var selection = LeftoverSelection(
        runs: chosen.isEmpty ? nil : Set(chosen), age: olderThan.flatMap { AgeOption.parse($0, now: now) },
        keptRuns: keep, includesUnfinished: unfinished, now: now)
      selection.ledgersOf = remote
      let cleanup = Cleanup(place, selection)
      if !dryRun {
        try await cleanup.finishInterrupted()
        // What agents did elsewhere, before it is judged what their worktrees hold.
        for note in await FarRemains(place).clear() { context.console.narrate(note) }
      }
      let plan = try await stop.cancelling(at: .graceful) { try await cleanup.plan() }
      if let signal = signals.signal { return .interrupted(signal: signal) }
      var report = CleanupReport(plan: plan, isDryRun: dryRun, trash: cleanup.trash.folder)
      if !json { report.linesOfPlan.forEach { context.console.answer($0) } }
      if plan.isEmpty, olderThan == nil {
        context.console.narrate("what is younger than a day is left alone; to see that, too: --older-than 0h")
      }
      if !dryRun, !plan.isEmpty {
        if !json, !autoApprove, try await !isWanted(plan, context, stop) {
          if let signal = signals.signal { return .interrupted(signal: signal) }
          context.console.narrate("nothing was removed")
          return .done
        }
        try await cleanup.perform(plan, stop: stop) { step in
          report.add(step)
          if !json, let line = CleanupReport.line(of: step) { context.console.narrate(line) }
        }
      }
      if json {
        context.console.answer(try report.json())
      } else {
        report.closingLines.forEach { context.console.narrate($0) }
      }
      if let signal = signals.signal { return .interrupted(signal: signal) }
      return report.hasFailed ? .no : .done
    } catch {
      guard let status = signals.status(after: error) else { throw error }
      return status
    }
  }

  /// Asks on a terminal; without one, the command itself is the word: everything can be put back.
  private func isWanted(_ plan: Cleanup.Plan, _ context: CommandContext, _ stop: StopRequest) async throws -> Bool {
    let count = plan.going.count + plan.expired.count
    let question = count == 1 ? "Remove this?" : "Remove these \(count)?"
    let answer = try await stop.cancelling(at: .graceful) {
      await context.console.prompt.confirm(question)
    }
    return answer ?? (stop.level == .none)
  }
}
