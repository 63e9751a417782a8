package import Agents
import Basics
package import ClaudeCode
package import Processes
package import SystemPackage

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Any agent that speaks the Agent Client Protocol, version 1 (https://agentclientprotocol.com).
///
/// It wants to be answered while it works, which nobody could who has died. A relay of ours stands between: it asks and
/// answers, and all that either side says is in the stream's file, as with every other agent. See ``ACPRelay``.
package struct ACPAgent: Agent {
  package static let kind = "acp"

  package let name: String
  /// A line for the shell.
  package let command: String
  package let model: String?
  /// Our own program, which is the relay, too; nil where only a stream is to be read.
  private let relay: FilePath?

  package init(name: String, command: String, model: String?, relay: FilePath?) {
    self.name = name
    self.command = command
    self.model = model
    self.relay = relay
  }

  package var kind: String { Self.kind }
  package var version: String? { nil }

  package var capabilities: AgentCapabilities {
    AgentCapabilities(
      sessions: .theirs, permissions: .rules, ending: .result, takesMCPServers: true, needsRelay: true)
  }

  package func makeReader(for options: AgentOptions, session: AgentSession) -> any AgentEventReader {
    ACPStreamReader(model: options.model)
  }

  package func invocation(for request: AttemptRequest) -> Invocation {
    var arguments = [
      "acp-relay", "--stream", request.files.stream.string, "--permissions",
      ACPPermissions(request.options.grantedPermissions, worktree: request.workingDirectory).text,
      "--servers", ACPServers(request.options.mcpServers).text,
    ]
    if case .resumed(let id, _, _) = request.session { arguments += ["--session", id] }
    var environment = GitVariables.keepingCommandLineValues(request.environment)
    // Each attempt has a mark of its own.
    environment[RunMark.variable] = nil
    environment["GIT_ORCH_MODEL"] = request.options.model
    for server in request.options.mcpServers { environment.merge(server.variables) { _, new in new } }
    return Invocation(
      executable: relay ?? "git-orch", arguments: arguments + ["--", command], environment: environment,
      directory: request.workingDirectory, mark: request.mark)
  }

  package func rulesWithoutEffect(in permissions: ToolPermissions) -> [String] { permissions.rulesWithoutEffect }

  package func shownRules(of permissions: ToolPermissions) -> [String] { permissions.shownToolRules }
}
