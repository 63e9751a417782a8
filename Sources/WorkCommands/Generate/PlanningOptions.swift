import Agents
import ArgumentParser
import Basics
import CommandSupport
import Engine
import HTTPClient
import PlanGeneration
import Planning
import Plans
import Processes
import RunViews
import Screens
import Settings
import SystemPackage
import TodoLists

/// The options by which `generate`, `run` and `yolo` make a plan from a to-do list.
struct PlanningOptions: ParsableArguments {
  // Nor is this one, which is the same as the argument.
  @Option(
    name: .customLong("from-todo"),
    help: ArgumentHelp("The to-do list, same as the argument", valueName: "file", visibility: .hidden))
  var fromTodo: String?

  @Option(help: ArgumentHelp("Planner", valueName: "source"))
  var source: PlanSource?

  @Flag(help: "Replace an edited plan, keeping a backup of it")
  var force = false

  // Not in the short help, whose first line names it, and which is to fit on a screen.
  @Argument(help: .hidden)
  var todo: String?

  func validate() throws {
    if todo != nil, fromTodo != nil {
      throw ValidationError("give the to-do list as an argument or with --from-todo, not both")
    }
  }

  var path: String? { todo ?? fromTodo }

  func requireTodo() throws {
    if path == nil { throw ValidationError("no to-do list given: a Markdown file with '- [ ] …' items") }
  }

  /// Makes the plan, telling who made it, why others could not, and what of the list was left out.
  /// - Parameters:
  ///   - facts: what was checked before; nil where nothing was.
  ///   - listsNotes: whether that is told line by line, rather than counted.
  ///   - destination: where it will be written; nil when it will not be.
  ///   - ask: asks on the terminal whether the commands of a list that others committed are trusted; nil without one.
  /// - Throws: what `PlanBuilder.make` throws, and `CancellationError` once `stop` rises.
  func makePlan(
    for destination: FilePath?, in place: RepositoryContext, _ context: CommandContext, stop: StopRequest,
    listsNotes: Bool = false, facts: PlanningView.Facts? = nil,
    ask: (@escaping @Sendable () async -> Bool?) async throws -> Bool?
  ) async throws -> GeneratedPlan {
    let source = source ?? place.settings[.generateSource]
    let making = PlanBuilder(place: place, source: source, askAPI: { try await CurlClient().send($0) })
    let todo = place.absolute(path ?? "")
    let name = todo.relative(to: context.directory).string
    // First what is wrong with the list: it may be no list at all.
    let commands = try await PlanTrust.pending(todo: todo, name: name, in: place)
    if let destination, !force { try making.refuseEdited(destination) }
    try await TrustQuestion.settle(commands, of: name, source: .todo, in: place, context, ask: ask)
    let screen = PlanningScreen(context.console.errors, todo: name, sources: making.sources, facts: facts)
    let generated = try await screen.ticking {
      try await stop.cancelling(at: .graceful) {
        try await making.make(from: todo, name: name) { progress in
          switch progress {
          case .asked(let source): screen.asks(source)
          case .failed(let failure): screen.failed(failure.source, failure.reason)
          case .used(let source, let use):
            screen.used(
              source,
              PlanningView.Use(model: use.model, tokens: use.tokens, cost: use.cost, isFinal: use.isTold))
          }
        }
      }
    }
    tell(generated.notes, of: name, context, listsAll: listsNotes)
    let count = generated.plan.tasks.count
    let cost = generated.spent.map { ": \(planningText($0))" } ?? ""
    context.console.narrate("planned \(count) task\(count == 1 ? "" : "s") with \(generated.source.rawValue)\(cost)")
    let others = try await PlanTrust.pending(generated.plan, madeFrom: todo, name: name, in: place)
    try await TrustQuestion.settle(others, of: name, source: .todo, in: place, context, ask: ask)
    return generated
  }

  private func tell(_ notes: [TodoNote], of name: String, _ context: CommandContext, listsAll: Bool) {
    if listsAll {
      for note in notes { context.console.narrate("\(name):\(note)") }
    } else if let summary = TodoNote.summary(of: notes) {
      context.console.narrate("note: \(summary); 'git orch generate -v' lists the lines")
    }
  }

  func write(_ made: GeneratedPlan, to path: FilePath, in place: RepositoryContext, _ context: CommandContext) throws {
    let making = PlanBuilder(place: place, source: .markdown, askAPI: nil)
    if let backup = try making.write(made.plan, to: path, force: force, planning: made.spent, todo: made.todo) {
      context.console.narrate("the previous plan is now \(backup.relative(to: context.directory))")
    }
    context.console.narrate("wrote \(path.relative(to: context.directory))")
  }
}

extension PlanSource: ExpressibleByArgument {}
