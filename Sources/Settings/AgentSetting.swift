/// The kinds of agents that can be told apart: whose client it is, and so how it is spoken to.
package enum AgentKind: String, CaseIterable, Sendable {
  /// Anthropic's Claude Code.
  case claude
  /// OpenAI's Codex CLI.
  case codex
  /// Any that speaks the Agent Client Protocol.
  case acp
  /// Any command that takes a prompt and works in the current folder.
  case command

  /// The program that is called where no setting names one.
  package var defaultCommand: String? { self == .command || self == .acp ? nil : rawValue }
}

extension Settings {
  /// How the client is called in which MCP servers are set up and signed in to.
  package var claudeCommand: String {
    agents.first { $0.name == AgentKind.claude.rawValue }?.command
      ?? (self[.agentKind] == .claude ? self[.agentCommand] : nil) ?? AgentKind.claude.rawValue
  }
}

/// What the settings `orchestrator.agents.<name>.*` say of one agent beside the usual one.
package struct AgentSetting: Sendable, Equatable, SettingFamily {
  static let prefix = "agents"

  /// Letters, digits, `_` and `-`, in the case in which it is written.
  package let name: String
  /// nil where none of the settings says: the name may be a kind's.
  package var kind: AgentKind?
  /// Its program, or of the kind `command` a command line for the shell.
  package var command: String?
  package var model: String?
  /// Where the last of these stands.
  package var origin: SettingOrigin

  package init(name: String, origin: SettingOrigin = .builtIn) {
    self.name = name
    self.origin = origin
  }

  /// All of them need trust: agents are programs, and cost money.
  package enum Field: String, SettingField {
    case kind, command, model

    var typeName: String { self == .kind ? "choice" : "string" }
    var allowedValues: [String]? { self == .kind ? AgentKind.allCases.map(\.rawValue) : nil }
    var isList: Bool { false }
    var needsTrust: Bool { true }

    var defaultText: String {
      switch self {
      case .kind: "the name, if it is a kind's"
      case .command: "the kind's name"
      case .model: "the agent's own"
      }
    }

    var summary: String {
      switch self {
      case .kind: "kind of an agent with a name of its own, for a task's agent: or run --agent"
      case .command: "its program; for acp and command a line for the shell; in command's, {prompt} is a file"
      case .model: "model it uses"
      }
    }
  }

  static func nameFault(_ name: String) -> ValueFault? {
    wordFault(name, of: "agent name", mayRepeatUnderscore: true)
  }

  mutating func set(_ field: Field, to values: [String?]) throws(ValueFault) {
    let text = SettingType<String?>.optional(.text)
    switch field {
    case .kind: kind = try SettingType<AgentKind?>.optional(.choice).parse(values)
    case .command: command = try text.parse(values)
    case .model: model = try text.parse(values)
    }
  }

  func texts(of field: Field) -> [String] {
    switch field {
    case .kind: kind.map { [$0.rawValue] } ?? []
    case .command: command.map { [$0] } ?? []
    case .model: model.map { [$0] } ?? []
    }
  }
}
