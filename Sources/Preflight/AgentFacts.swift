package import Agents
import Basics
import Engine
package import MCPServers
import Settings

extension Preflight {
  /// How long the client may take to say whether it is logged in.
  private static let limit = Duration.seconds(20)

  /// Whether the agents' clients have a login; nothing is asked online.
  func logins(of agents: [any Agent]) async -> [Fact] {
    var facts: [Fact] = []
    for agent in agents {
      if let fact = await Self.login(
        of: agent, amongMany: agents.count > 1, environment: place.environment, timeLimit: Self.limit)
      {
        facts.append(fact)
      }
    }
    return facts
  }

  /// nil of an agent whose login is its own affair.
  package static func login(
    of agent: any Agent, amongMany: Bool = false, environment: [String: String], timeLimit: Duration
  ) async -> Fact? {
    let name = amongMany ? "Login of \(agent.name)" : "Agent login"
    switch await agent.login(environment: environment, timeLimit: timeLimit) {
    case .itsOwn: return nil
    case .variable(let variable): return Fact(name, .good, "\(variable) is set")
    case .kept(let method): return Fact(name, .good, "logged in\(method.map { " (\($0))" } ?? "")")
    case .missing:
      return Fact(
        name, .fault, "the agent's client is not logged in",
        advice: agent.loginAdvice)
    case .unknown(let reason):
      return Fact(
        name, .unknown, "cannot tell whether it is logged in: \(reason)",
        advice: agent.loginAdvice)
    }
  }

  /// What the settings ask for and the agent cannot do, so that nobody relies on it.
  package func gaps(of agent: any Agent, mcp: MCPSelection = .none) -> [Fact] {
    let (can, settings) = (agent.capabilities, place.settings)
    var gaps: [String] = []
    func note(_ isWanted: Bool, _ words: String) { if isWanted { gaps.append(words) } }
    if !can.tellsCost {
      note(
        settings[.runMaxBudgetUsd] != nil,
        "does not tell what it costs: orchestrator.run.maxBudgetUsd holds only as far as prices are known")
    }
    if !can.limitsCost {
      note(
        settings[.agentMaxBudgetUsd] != nil, "knows no limit in dollars: orchestrator.agent.maxBudgetUsd has no effect")
    }
    if !can.limitsTurns {
      note(settings[.agentMaxTurns] != nil, "knows no limit of turns: orchestrator.agent.maxTurns has no effect")
    }
    if !can.takesMCPServers {
      note(!settings[.mcpsEnabled].isEmpty, "gets no MCP servers: orchestrator.mcps.enabled has no effect")
    }
    if can.takesMCPServers {
      for server in mcp.servers {
        if let obstacle = agent.obstacle(to: server) {
          gaps.append("does not get MCP server '\(server.name)': it \(obstacle)")
        }
      }
    }
    note(
      !can.guardsAgainstRepository,
      "may follow what the repository brings along for it: instructions, settings and programs")
    switch can.permissions {
    case .rules: break
    case .sandbox:
      note(
        !settings[.toolsAllowedTools].isEmpty || !settings[.toolsDisallowedTools].isEmpty
          || !settings[.toolsAllowedCli].isEmpty,
        "is held by its own sandbox, not by the rules of orchestrator.tools")
    case .none:
      note(
        !settings[.sandboxAgents],
        "is held by nothing: it may do all that you may; orchestrator.sandbox.agents puts it into a sandbox")
    }
    return gaps.map {
      Fact("Agent \(agent.name)", .warning, "\(agent.name) \($0)")
    }
  }

  /// Test commands that agents cannot run.
  package func tests(of agents: [any Agent]) -> [Fact] {
    let name = "Test command"
    let areAsked = agents.contains { $0.capabilities.permissions == .rules }
    let permissions = ToolPermissions(settings: place.settings, root: place.root)
    return testCommands.compactMap { command in
      if areAsked, !permissions.liftsChecks, Self.hasSubshell(command) {
        return Fact(
          name, .warning, "agents cannot run '\(command)': their client refuses commands in brackets",
          advice: ["put it into a script, and name that: git config orchestrator.project.testCommand ./test.sh"])
      }
      guard place.settings[.worktreeSetup] == nil, let program = Self.program(of: command),
        ExecutableSearch(place.environment).locate(program) == nil
      else { return nil }
      return Fact(name, .warning, "'\(program)' of the test command '\(command)' is not found on PATH")
    }
  }

  /// Whether a shell would start another for a part of the command.
  static func hasSubshell(_ command: String) -> Bool {
    var quote: Character?
    var previous: Character = " "
    for character in command {
      if let open = quote {
        if character == open, previous != "\\" { quote = nil }
      } else if character == "'" || character == "\"" {
        if previous != "\\" { quote = character }
      } else if character == "(", previous != "$", previous != "\\" {
        return true
      }
      previous = character
    }
    return false
  }

  /// The program that the command starts first; nil for one of the shell's own, a path and all that is not plain.
  private static func program(of command: String) -> String? {
    guard let word = command.split(whereSeparator: \.isWhitespace).first.map(String.init), isPlainWord(word),
      !word.contains("/"), !word.contains("=")
    else { return nil }
    let ours: Set = [
      "test", "cd", "set", "export", "exec", "source", "true", "false", "if", "for", "while", "echo", "printf", "time",
      "eval", "command", "unset", "ulimit", "umask", "exit", "[",
    ]
    return ours.contains(word) ? nil : word
  }
}
