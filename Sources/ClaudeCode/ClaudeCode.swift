package import Agents
import Basics
package import Processes
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Anthropic's `claude` program in its non-interactive mode.
package struct ClaudeCode: Agent {
  /// From which version on `--session-id`, `--include-partial-messages`, `--setting-sources`, `--strict-mcp-config`,
  /// `--max-budget-usd` and `--json-schema` are all there.
  package static let product = AgentProduct(
    title: "Claude Code", versionWord: "Claude Code", minimumVersion: "2.1.0",
    installation: ("npm install -g @anthropic-ai/claude-code", "https://code.claude.com/docs/en/setup"),
    update: "update", login: "auth login", keyVariable: "ANTHROPIC_API_KEY")
  package static let kind = "claude"

  package let name: String
  /// An absolute path.
  package var executable: FilePath
  /// As the program says it: "2.1.330".
  package let version: String?
  package let command: String
  package let model: String?

  /// - Parameter version: nil where it is not asked for, since only a stream is to be read.
  package init(
    name: String = Self.kind, executable: FilePath, version: String?, command: String = "claude", model: String? = nil
  ) {
    self.name = name
    self.executable = executable
    self.version = version
    self.command = command
    self.model = model
  }

  /// Finds the program and asks it for its version.
  package static func locate(
    name: String = Self.kind, program: AgentProgram, model: String? = nil, environment: [String: String],
    timeLimit: Duration = .seconds(20)
  ) async throws(AgentError) -> ClaudeCode {
    let (path, version) = try await program.locate(
      product, environment: environment, startedWith: agentEnvironment(from: environment), timeLimit: timeLimit)
    return ClaudeCode(name: name, executable: path, version: version, command: program.command, model: model)
  }

  package var kind: String { Self.kind }
  package var state: AgentState? {
    AgentState(folder: ".claude", files: [".claude.json"], variable: "CLAUDE_CONFIG_DIR")
  }

  package var capabilities: AgentCapabilities {
    AgentCapabilities(
      sessions: .ours, permissions: .rules, answersBySchema: .byArgument, tellsCost: true, limitsTurns: true,
      limitsCost: true, takesSystemPrompt: true, takesMCPServers: true, takesNotes: true, isInteractive: true,
      guardsAgainstRepository: true)
  }

  package func makeReader(for options: AgentOptions, session: AgentSession) -> any AgentEventReader {
    ClaudeStreamReader(permissions: options.grantedPermissions)
  }

  package func invocation(for request: AttemptRequest) -> Invocation {
    invocation(
      session: request.session, options: request.options, environment: request.environment,
      directory: request.workingDirectory, mark: request.mark)
  }

  package func invocation(
    session: AgentSession, options: AgentOptions, environment: [String: String], directory: FilePath, mark: RunMark
  ) -> Invocation {
    var arguments = ["-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages"]
    switch session {
    case .new(let id): arguments += ["--session-id", id.uuidString.lowercased()]
    case .resumed(let id, _, _): arguments += ["--resume", id]
    }
    arguments += permissionArguments(options)
    if let turns = options.maxTurns { arguments += ["--max-turns", String(turns)] }
    if let budget = options.maxBudgetUSD { arguments += ["--max-budget-usd", decimal(budget)] }
    if let schema = options.answerSchema { arguments += ["--json-schema", schema] }
    return invocation(arguments, options: options, environment: environment, directory: directory, mark: mark)
  }

  package func interactiveInvocation(
    session: String, options: AgentOptions, environment: [String: String], directory: FilePath
  ) -> Invocation? {
    invocation(
      ["--resume", session] + permissionArguments(options), options: options, environment: environment,
      directory: directory, mark: nil)
  }

  /// What the client may do, and with which model.
  private func permissionArguments(_ options: AgentOptions) -> [String] {
    var arguments: [String] = []
    if !options.trustsRepository { arguments += Self.guards }
    // Lists are one argument each, with "=": given apart, they swallow what follows.
    let permissions = options.grantedPermissions
    arguments.append(
      "--tools="
        + ClientTool.available(version: version ?? Self.product.minimumVersion, allowedTools: permissions.allowedTools)
        .joined(separator: ",")
    )
    let hooks = ClientHooks(forbidsWorktrees: !permissions.allowsWorktrees, noteFile: options.noteFile)
    if let settings = hooks.settings { arguments.append("--settings=" + settings) }
    if permissions.skipPermissions {
      arguments.append("--dangerously-skip-permissions")
    } else {
      arguments += ["--permission-mode", permissions.permissionMode]
    }
    arguments.append("--allowedTools=" + permissions.allowedToolRules.joined(separator: ","))
    let disallowed = permissions.disallowedToolRules
    if !disallowed.isEmpty { arguments.append("--disallowedTools=" + disallowed.joined(separator: ",")) }
    arguments += permissions.addDirectories.map { "--add-dir=\($0.string)" }
    if let model = options.model { arguments += ["--model", model] }
    return arguments
  }

  private func invocation(
    _ arguments: [String], options: AgentOptions, environment: [String: String], directory: FilePath, mark: RunMark?
  ) -> Invocation {
    var arguments = arguments
    if let file = options.systemPromptFile { arguments += ["--append-system-prompt-file", file.string] }
    var environment = agentEnvironment(from: environment, keepsConfiguration: true)
    if !options.mcpServers.isEmpty {
      arguments.append("--mcp-config=" + mcpConfiguration(options.mcpServers))
      for server in options.mcpServers { environment.merge(server.variables) { _, new in new } }
    }
    return Invocation(
      executable: executable, arguments: arguments, environment: environment, directory: directory, mark: mark)
  }

  /// What keeps a repository's settings, hooks, `.mcp.json` and instructions from taking effect.
  static let guards = ["--setting-sources", "user", "--strict-mcp-config"]

  package func shownRules(of permissions: ToolPermissions) -> [String] { permissions.shownToolRules }

  package func rulesWithoutEffect(in permissions: ToolPermissions) -> [String] { permissions.rulesWithoutEffect }

  package func check(_ permissions: ToolPermissions, environment: [String: String]) throws(AgentError) {
    try Self.check(permissions, environment: environment, isRoot: runsAsRoot)
  }

  /// No lifted checks for root outside a sandbox.
  static func check(
    _ permissions: ToolPermissions, environment: [String: String], isRoot: Bool
  ) throws(AgentError) {
    guard permissions.liftsChecks, isRoot, environment["IS_SANDBOX"] != "1" else { return }
    throw .permissionsNotSkippableAsRoot(
      product: product.title,
      remedy: permissions.skipPermissions
        ? "git config orchestrator.tools.skipPermissions false"
        : "git config \(permissions.settingNames.permissionMode) acceptEdits")
  }
}

/// Plain decimals: the client does not take "1e-05".
private func decimal(_ amount: Double) -> String {
  let micros = Int((min(max(amount, 0), 1e12) * 1_000_000).rounded())
  var fraction = String(micros % 1_000_000)
  fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
  while fraction.hasSuffix("0"), fraction.count > 2 { fraction.removeLast() }
  return "\(micros / 1_000_000).\(fraction)"
}
