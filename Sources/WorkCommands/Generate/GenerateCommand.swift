import Agents
package import ArgumentParser
import Basics
package import CommandSupport
import Engine
import PlanGeneration
import Plans
import Processes
import RunViews
import Settings
import SystemPackage

/// `git orch generate`: turn a to-do list into a plan.
package struct GenerateCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "generate", abstract: "Turn a to-do list into a plan of tasks",
    usage: "git orch generate [<options>] <todo>")

  @Option(
    name: [.customShort("o", allowingJoined: true), .long],
    help: ArgumentHelp("Write the plan there instead of task_config.yaml", valueName: "file"))
  var output: String?

  @OptionGroup var planning: PlanningOptions

  @Flag(name: .shortAndLong, help: "List what of the list is left out, or read otherwise")
  var verbose = false

  @Flag(help: "Print JSON (schema 1)")
  var json = false

  package init() {}

  package func validate() throws { try planning.requireTodo() }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    func ask(_ question: @escaping @Sendable () async -> Bool?) async throws -> Bool? {
      let answer = try await stop.cancelling(at: .graceful, question)
      if stop.level > .none { throw CancellationError() }
      return answer
    }
    let place: RepositoryContext
    do {
      place = try await RepositoryContext.trusted(context, ask: ask)
    } catch {
      guard let status = signals.status(after: error) else { throw error }
      return status
    }
    for warning in place.settings.warnings { context.console.narrate("warning: \(warning)") }
    let path = output.map(place.absolute) ?? place.defaultPlan
    let made: GeneratedPlan
    do {
      made = try await planning.makePlan(
        for: path, in: place, context, stop: stop, listsNotes: verbose, ask: ask)
    } catch {
      guard let status = signals.status(after: error) else { throw error }
      return status
    }
    try planning.write(made, to: path, in: place, context)
    let decided = try made.plan.deciding(candidates: place.settings[.runCandidates])
    if json {
      context.console.answer(try PlanDocument(made, decided, path: path).json())
    } else {
      for line in PlanTable.lines(decided, terminal: context.console.output) { context.console.answer(line) }
    }
    context.console.narrate(
      "\nReview \(path.relative(to: context.directory)), then execute it: git orch run\(output.map { " -c \(shellQuoted($0))" } ?? "")"
    )
    return .done
  }
}
