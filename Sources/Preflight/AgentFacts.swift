import Agents
import Basics
package import ClaudeCode
import Engine
import MCPServers
import Settings

extension Preflight {
  /// How long the client may take to say whether it is logged in.
  private static let limit = Duration.seconds(20)

  /// Whether the agent's client has a login; nothing is asked online. nil without a client.
  func login(of claude: ClaudeCode?) async -> Fact? {
    guard let claude else { return nil }
    return await Self.login(of: claude, environment: place.environment, timeLimit: Self.limit)
  }

  package static func login(
    of claude: ClaudeCode, environment: [String: String], timeLimit: Duration
  ) async -> Fact {
    let name = "Agent login"
    switch await claude.login(environment: environment, timeLimit: timeLimit) {
    case .variable(let variable): return Fact(name, .good, "\(variable) is set")
    case .kept(let method): return Fact(name, .good, "logged in\(method.map { " (\($0))" } ?? "")")
    case .missing:
      return Fact(
        name, .fault, "the agent's client is not logged in",
        advice: ["log in: \(shellQuoted(claude.command)) auth login", "or set ANTHROPIC_API_KEY"])
    case .unknown(let reason):
      return Fact(
        name, .unknown, "cannot tell whether it is logged in: \(reason)",
        advice: ["try it: \(shellQuoted(claude.command)) -p 'Say hello'"])
    }
  }

  /// Test commands that agents cannot run.
  package func tests() -> [Fact] {
    let name = "Test command"
    let permissions = ToolPermissions(settings: place.settings, root: place.root)
    return testCommands.compactMap { command in
      if !permissions.liftsChecks, Self.hasSubshell(command) {
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
