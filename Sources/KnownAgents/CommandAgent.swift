package import Agents
import Basics
package import Processes
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Any command that takes a prompt, works in the folder where it is started, and ends. What it prints is shown; its exit
/// status says whether it thinks that it is done, and git says whether it is.
package struct CommandAgent: Agent {
  package static let kind = "command"
  /// Stands for the file with the prompt in a command line; without it the prompt comes on standard input.
  static let placeholder = "{prompt}"

  package let name: String
  /// A line for the shell.
  package let command: String
  package let model: String?

  package init(name: String, command: String, model: String?) {
    self.name = name
    self.command = command
    self.model = model
  }

  package var kind: String { Self.kind }
  package var version: String? { nil }
  package var capabilities: AgentCapabilities { AgentCapabilities(ending: .exitStatus) }

  package func invocation(for request: AttemptRequest) -> Invocation {
    let line = command.replacing(Self.placeholder, with: shellQuoted(request.files.prompt.string))
    var environment = GitVariables.keepingCommandLineValues(request.environment)
    // Each attempt has a mark of its own.
    environment[RunMark.variable] = nil
    environment["GIT_ORCH_PROMPT"] = request.files.prompt.string
    environment["GIT_ORCH_MODEL"] = request.options.model
    return Invocation(
      executable: "/bin/sh", arguments: ["-c", line], environment: environment, directory: request.workingDirectory,
      mark: request.mark)
  }

  package func makeReader(for options: AgentOptions, session: AgentSession) -> any AgentEventReader { LineReader() }
}

/// Takes each line for something that the agent says.
struct LineReader: AgentEventReader {
  private static let limit = 16 << 10

  mutating func read(line: UnsafeRawBufferPointer, emit: (AgentEvent) -> Void) -> LineKind {
    let text = plainText(String(decoding: line.prefix(Self.limit), as: UTF8.self), limit: Self.limit)
    guard !text.isEmpty else { return .blank }
    emit(.text(text))
    return .event
  }
}
