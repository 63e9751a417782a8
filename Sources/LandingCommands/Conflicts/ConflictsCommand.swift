package import ArgumentParser
import Basics
package import CommandSupport
import Conflicts
import Engine
import Git
import Journal
import Merging
import Processes
import TerminalUI

/// `git orch conflicts`: which branches conflict with the base and with each other.
package struct ConflictsCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "conflicts", abstract: "Show which branches conflict, before they are merged",
    usage: "git orch conflicts [--watch] [--json] [<run> | <branch>...]")

  @Flag(help: "Show it again whenever it changes")
  var watch = false

  @Flag(help: "Print JSON (schema 1); with --watch a line each")
  var json = false

  @Argument(help: "A run's id or its beginning, or branches (default: the newest run)")
  var names: [String] = []

  package init() {}

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    do {
      let status = try await command.show(in: context, stop: stop)
      return signals.signal.map { .interrupted(signal: $0) } ?? status
    } catch {
      guard let status = signals.status(after: error) else { throw error }
      return status
    }
  }

  private func show(in context: CommandContext, stop: StopRequest) async throws -> ExitStatus {
    let place = try await RepositoryContext.find(from: context.directory, environment: context.environment)
    let choice = try await BranchChoice(names, in: place)
    let judge = try await BranchJudge(choice, in: place)
    if watch { return try await ConflictsWatch(judge, in: place, json: json, context: context).follow(stop: stop) }
    let found = try await judge.look()
    if json {
      context.console.answer(verbatim: ConflictsDocument.json(found).text)
    } else {
      for line in ConflictsText.lines(found, terminal: context.console.output) { context.console.answer(line) }
    }
    return found.report.isClean ? .done : .no
  }
}
