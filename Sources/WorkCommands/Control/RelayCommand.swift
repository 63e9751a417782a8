import ACP
package import ArgumentParser
import Basics
package import CommandSupport
import Engine
import Processes
import SystemPackage

/// `git-orch acp-relay`: stands between a run and an agent that speaks the Agent Client Protocol. Started by runs alone.
package struct RelayCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "acp-relay", abstract: "Lead a conversation with an agent (started by runs alone)",
    usage: "git orch acp-relay --stream <file> --permissions <json> --servers <json> [--session <id>] -- <command>")

  @Option(help: "The file that standard output is")
  var stream: String

  @Option(help: "What the agent is allowed")
  var permissions: String

  @Option(help: "The MCP servers")
  var servers = "[]"

  @Option(help: "The conversation to be taken up")
  var session: String?

  @Argument(help: "A line for the shell that starts the agent")
  var command: String

  package init() {}

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    guard
      let relay = ACPRelay(
        command: command, session: session, permissions: permissions, servers: servers, stream: FilePath(stream),
        directory: context.directory, environment: context.environment)
    else { throw RunError(.preflight, "'acp-relay' is started by runs alone") }
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    let prompt = String(decoding: try await offPool { try FileDescriptor.standardInput.readToEnd() }, as: UTF8.self)
    let status = try await relay.perform(prompt: prompt, stop: stop)
    return signals.signal.map { .interrupted(signal: $0) } ?? (status == 0 ? .done : .no)
  }
}
