package import Agents
import Basics
import ClaudeCode
import Codex
package import Settings
import SystemPackage

/// The agents that the settings know: one of each kind, and those with a name of the user's own
/// (`orchestrator.agents.<name>.*`).
package struct AgentRegistry: Sendable {
  /// How long a client may take to say its version.
  package static let locatingLimit = Duration.seconds(20)

  private let usualKind: AgentKind
  private let usualCommand: String?
  private let usualModel: String?
  private let own: [AgentSetting]

  package init(_ settings: Settings) {
    usualKind = settings[.agentKind]
    usualCommand = settings[.agentCommand]
    usualModel = settings[.agentModel]
    own = settings.agents
  }

  /// What is known of one agent before its program is looked for.
  package struct Definition: Sendable, Equatable {
    package let name: String
    package let kind: AgentKind
    package let program: AgentProgram
    package let model: String?

    /// What its client is called, and how it is come by; nil of any command.
    package var product: AgentProduct? {
      switch kind {
      case .claude: ClaudeCode.product
      case .codex: Codex.product
      case .command: nil
      }
    }

    /// Its program as it is found, or as it is called.
    package func path(_ environment: [String: String]) -> String {
      guard let product, let path = try? program.resolve(product.title, environment) else { return program.command }
      return path.string
    }
  }

  /// All names that tasks and options may use.
  package var names: [String] {
    let own = own.map(\.name)
    return own + AgentKind.allCases.filter { $0 != .command }.map(\.rawValue).filter { !own.contains($0) }
  }

  /// - Parameter name: nil for the usual one.
  /// - Throws: `AgentError.misconfigured`.
  package func definition(of name: String? = nil) throws(AgentError) -> Definition {
    let called = name ?? usualKind.rawValue
    let isUsual = called == usualKind.rawValue
    let setting = own.first { $0.name == called }
    guard let kind = isUsual ? usualKind : setting?.kind ?? AgentKind(rawValue: called) else {
      guard setting == nil else {
        throw .misconfigured(
          "the agent '\(called)' has no kind; set it with 'git config orchestrator.agents.\(called).kind KIND', one of "
            + AgentKind.allCases.map(\.rawValue).joined(separator: ", "))
      }
      throw .misconfigured(
        "there is no agent '\(plainText(called, limit: 100))'; "
          + (likelyMeant(called, among: names).first.map { "did you mean '\($0)'?" }
            ?? "there are: \(names.joined(separator: ", "))"))
    }
    let key =
      isUsual && setting?.command == nil ? "orchestrator.agent.command" : "orchestrator.agents.\(called).command"
    guard let command = setting?.command ?? (isUsual ? usualCommand : nil) ?? kind.defaultCommand else {
      throw .misconfigured(
        "the agent '\(called)' has no command; set it with 'git config \(key) COMMAND', a line for the shell")
    }
    return Definition(
      name: called, kind: kind, program: AgentProgram(command: command, setting: key),
      model: setting?.model ?? (isUsual ? usualModel : nil))
  }

  /// Finds an agent's program, and asks a client for its version.
  /// - Parameter name: nil for the usual one.
  package func locate(
    _ name: String? = nil, environment: [String: String], timeLimit: Duration = Self.locatingLimit
  ) async throws(AgentError) -> any Agent {
    let known = try definition(of: name)
    switch known.kind {
    case .claude:
      return try await ClaudeCode.locate(
        name: known.name, program: known.program, model: known.model, environment: environment, timeLimit: timeLimit)
    case .codex:
      return try await Codex.locate(
        name: known.name, program: known.program, model: known.model, environment: environment, timeLimit: timeLimit)
    case .command:
      return CommandAgent(name: known.name, command: known.program.command, model: known.model)
    }
  }

  /// The agents of a run whose tasks name these.
  package func locate(
    usual: String?, named names: Set<String>, environment: [String: String]
  ) async throws(AgentError) -> AgentSet {
    let agent = try await locate(usual, environment: environment)
    var named = [agent.name: agent]
    for name in names.sorted() where named[name] == nil {
      named[name] = try await locate(name, environment: environment)
    }
    return AgentSet(usual: agent, named: named, reader: Self.reader(ofKind:))
  }

  /// An agent of a kind that is only asked to read streams.
  @Sendable package static func reader(ofKind kind: String) -> any Agent {
    switch AgentKind(rawValue: kind) {
    case .codex: Codex(executable: "codex", version: nil)
    case .command: CommandAgent(name: kind, command: "", model: nil)
    case .claude, nil: ClaudeCode(executable: "claude", version: nil)
    }
  }
}
