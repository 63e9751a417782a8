package import ArgumentParser
import Basics
package import CommandSupport
import Git
import Journal
import SystemPackage

/// `git orch stop`: end a run that another terminal or nobody looks at, or some of its tasks.
package struct StopCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "stop", abstract: "Stop the run in progress, or some of its tasks",
    usage: "git orch stop [--now] [--run <run>] [<task>...]")

  @Flag(help: "Kill the agents instead of asking them to end")
  var now = false

  @Option(help: ArgumentHelp("Stop only this run: its id or its beginning", valueName: "run"))
  var run: String?

  @Argument(help: "The tasks' ids (default: the whole run)")
  var tasks: [String] = []

  package init() {}

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    return try await offPool(awaiting: { try await command.stop(in: context) })
  }

  private func stop(in context: CommandContext) async throws -> ExitStatus {
    let store = RunStore(
      commonDirectory: try Repository.commonDirectory(around: context.directory, environment: context.environment))
    do {
      return try await RunStopper(store: store, context: context, command: "git orch stop")
        .stop(tasks, of: run, now: now)
    } catch let error as NothingToStop {
      context.console.narrate("error: \(error)")
      return .no
    }
  }
}
