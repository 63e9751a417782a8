package import Basics
package import HTTP
package import Plans
package import TodoLists

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Turns a to-do list into a plan.
package struct PlanGenerator: Sendable {
  /// Asks an agent's client for JSON of the given schema; throws what went wrong, described in one line.
  package typealias AskClient =
    @Sendable (_ client: PlanSource, _ prompt: String, _ jsonSchema: String) async throws -> Data

  private let source: PlanSource
  private let client: PlanSource?
  private let askClient: AskClient?
  private let askAPI: HTTPSend?
  private let environment: [String: String]
  private let sleep: @Sendable (Duration) async throws -> Void
  /// Hears which source is asked, and why one could not plan.
  private let progress: @Sendable (PlanningProgress) -> Void

  /// A generator for one source, or for `auto`.
  ///
  /// `client` is that of the usual agent, `nil` where that makes no plans; `askClient` is `nil` where there is no client, `askAPI` where the program has no HTTP client. The environment is
  /// looked at for `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL` and `ANTHROPIC_MODEL`. `sleep` waits between tries of the
  /// API, and is replaced in tests.
  package init(
    source: PlanSource, client: PlanSource? = .claude, askClient: AskClient?, askAPI: HTTPSend?,
    environment: [String: String],
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    progress: @escaping @Sendable (PlanningProgress) -> Void = { _ in }
  ) {
    self.source = source
    self.client = client
    self.askClient = askClient
    self.askAPI = askAPI
    self.environment = environment
    self.sleep = sleep
    self.progress = progress
  }

  /// A valid plan for the open items of a to-do list.
  ///
  /// `todo` is the list as read, `text` the Markdown it was read from, which is what a model sees. The settings go
  /// into the plan as they are. Cancelling the task throws a ``PlanGenerationError`` of kind `cancelled`.
  package func generate(
    todo: TodoList, text: String, context: ProjectContext, settings: PlanSettings
  ) async throws(PlanGenerationError) -> GeneratedPlan {
    let sources = source.tried(client: client)
    var failures: [SourceFailure] = []
    for source in sources {
      progress(.asked(source))
      do {
        let (plan, notes, origins) = try await plan(from: source, todo, text, context, settings)
        return GeneratedPlan(plan: plan, source: source, failures: failures, notes: notes, origins: origins)
      } catch {
        // A user who signals does not want the next source.
        if error is CancellationError || Task.isCancelled { throw PlanGenerationError(.cancelled, failures) }
        let failure = SourceFailure(source: source, reason: Self.reason(error))
        failures.append(failure)
        // Why no plan could be made at all, the error says.
        if source != sources.last { progress(.failed(failure)) }
      }
    }
    throw PlanGenerationError(.failed, failures)
  }

  private struct Unavailable: Error {
    let reason: String
  }

  private func plan(
    from source: PlanSource, _ todo: TodoList, _ text: String, _ context: ProjectContext, _ settings: PlanSettings
  ) async throws -> (TaskPlan, notes: [TodoNote], origins: [PlanOrigin]) {
    switch source {
    case .auto, .markdown:
      guard !todo.items.isEmpty else { throw Unavailable(reason: "the to-do list \(todo.nothingToDo.words)") }
      let planner = MarkdownPlanner(
        todo, trackedFiles: context.files,
        reservedBranches: [settings.baseBranch, settings.destinationBranch, context.baseBranch].compactMap(\.self))
      return (
        try TaskPlan(settings: settings, tasks: planner.tasks), planner.notes,
        zip(todo.items, planner.tasks).map { PlanOrigin(line: $0.line, tasks: [$1.id]) }
      )
    case .api:
      guard let askAPI else { throw Unavailable(reason: "this command has no HTTP client") }
      let api = try MessagesAPI(environment: environment, send: askAPI, sleep: sleep)
      let answer = try await api.ask(try prompt(text, context), schema: PlanAnswer.schema) {
        progress(.used(.api, $0))
      }
      let parsed = try PlanAnswer.decode(answer)
      return (try parsed.plan(settings: settings), [], parsed.origins(in: todo))
    case .claude, .codex:
      guard let askClient else { throw Unavailable(reason: "the '\(source.rawValue)' client is not available") }
      let schema = PlanAnswer.schema.text
      let answer = try await askClient(source, try prompt(text, context), schema)
      let parsed = try PlanAnswer.decode(answer)
      return (try parsed.plan(settings: settings), [], parsed.origins(in: todo))
    }
  }

  private func prompt(_ text: String, _ context: ProjectContext) throws -> String {
    guard text.utf8.count <= PlanPrompt.longestTodo else {
      throw Unavailable(
        reason: "the to-do list is longer than \(PlanPrompt.longestTodo / 1_000) kB, too long for a model")
    }
    return PlanPrompt.text(todo: text, context: context)
  }

  private static func reason(_ error: any Error) -> String {
    let reason =
      switch error {
      case let error as Unavailable: error.reason
      case let error as MessagesAPI.Failure: error.reason
      case let error as PlanAnswerError: error.reason
      case let error as PlanError: error.problems.map(\.message).joined(separator: "; ")
      default: "\(error)"
      }
    return reason.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
