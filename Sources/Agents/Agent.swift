package import Processes
package import SystemPackage

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A program that does the work of a task, and how to talk to it.
package protocol Agent: Sendable {
  /// The command line of one attempt. The prompt is not part of it: it comes on standard input.
  func invocation(
    session: AgentSession, options: AgentOptions, environment: [String: String], directory: FilePath, mark: RunMark
  ) -> Invocation

  /// A reader for the standard output of one process, which was started with these options.
  func makeReader(for options: AgentOptions) -> any AgentEventReader

  /// The agent's own client on a session, for a person at a terminal, held to the same permissions as in a run; nil for
  /// an agent that has none.
  func interactiveInvocation(
    session: String, options: AgentOptions, environment: [String: String], directory: FilePath
  ) -> Invocation?

  /// The tool calls in a process's standard output that could change something; blocks. See ``ClaudeCode``.
  func calls(inStream stream: FilePath) -> [AgentCall]

  /// Whether its client may renew the login that it uses, so that one refusal by the API does not end the attempt.
  func mayRenewLogin(_ environment: [String: String]) -> Bool

  /// The rest of an attempt whose supervisor has died; see ``adoptAttempt(_:process:stop:observe:)``.
  func adopt(
    _ request: AttemptRequest, process: ProcessIdentity?, stop: StopRequest,
    observe: @escaping @Sendable (AgentEvent) async -> Void
  ) async -> AttemptOutcome

  /// One attempt from its start to its end; see ``performAttempt(_:stop:launched:observe:)``.
  func perform(
    _ request: AttemptRequest, stop: StopRequest, launched: @escaping @Sendable (ProcessIdentity) async -> Void,
    observe: @escaping @Sendable (AgentEvent) async -> Void
  ) async -> AttemptOutcome
}

extension Agent {
  package func interactiveInvocation(
    session: String, options: AgentOptions, environment: [String: String], directory: FilePath
  ) -> Invocation? { nil }

  package func calls(inStream stream: FilePath) -> [AgentCall] { [] }

  package func mayRenewLogin(_ environment: [String: String]) -> Bool { false }

  package func adopt(
    _ request: AttemptRequest, process: ProcessIdentity?, stop: StopRequest,
    observe: @escaping @Sendable (AgentEvent) async -> Void
  ) async -> AttemptOutcome {
    await adoptAttempt(request, process: process, stop: stop, observe: observe)
  }

  package func perform(
    _ request: AttemptRequest, stop: StopRequest, launched: @escaping @Sendable (ProcessIdentity) async -> Void,
    observe: @escaping @Sendable (AgentEvent) async -> Void
  ) async -> AttemptOutcome {
    await performAttempt(request, stop: stop, launched: launched, observe: observe)
  }
}

/// The conversation that an attempt begins or resumes.
package enum AgentSession: Sendable, Equatable {
  /// A new one, under an id we chose so that it is known before the agent says a word.
  case new(UUID)
  /// An earlier one, and what it had cost (USD) when it was last reported: agents count on from there.
  case resumed(id: String, costSoFar: Double)
}

package struct AgentOptions: Sendable, Equatable {
  /// `nil`: the agent's own default.
  package var model: String?
  package var permissions: ToolPermissions
  package var maxTurns: Int?
  /// For this process alone; checked after each answer, so that one answer may overshoot it.
  package var maxBudgetUSD: Double?
  /// A file whose text is appended to the system prompt. On a resume the client ignores a changed one.
  package var systemPromptFile: FilePath?
  /// Whether the repository's own settings, hooks and MCP servers may take effect. They run at once, can redirect the
  /// user's key to another host, and are off until the user vouches for the repository.
  package var trustsRepository: Bool
  /// A JSON schema, whose root is an object, of the answer that the agent gives at its end in addition to its words; under
  /// 100 KB.
  package var answerSchema: String?
  /// A file in which a note may be put while the agent works, in a folder that it may write to: the agent is told what
  /// stands in `hookSpecificOutput.additionalContext` with the result of its next tool call, and the file then is named
  /// `….taken`.
  package var noteFile: FilePath?
  /// The only MCP servers that the agent gets; their tools it may use unasked.
  package var mcpServers: [AgentMCPServer]

  package init(
    model: String? = nil, permissions: ToolPermissions = ToolPermissions(), maxTurns: Int? = nil,
    maxBudgetUSD: Double? = nil, systemPromptFile: FilePath? = nil, trustsRepository: Bool = false,
    answerSchema: String? = nil, mcpServers: [AgentMCPServer] = [], noteFile: FilePath? = nil
  ) {
    self.noteFile = noteFile
    self.mcpServers = mcpServers
    self.answerSchema = answerSchema
    self.model = model
    self.permissions = permissions
    self.maxTurns = maxTurns
    self.maxBudgetUSD = maxBudgetUSD
    self.systemPromptFile = systemPromptFile
    self.trustsRepository = trustsRepository
  }
}

extension AgentOptions {
  /// What is allowed in all: the tools of the MCP servers, too.
  package var grantedPermissions: ToolPermissions {
    var permissions = permissions
    permissions.allowedTools += mcpServers.map(\.permissionRule)
    return permissions
  }
}

/// Turns the lines of one agent process into events. Keeps what it must remember between lines, in bounded memory.
package protocol AgentEventReader: Sendable {
  /// Reads one line without its newline, and hands on the events in it.
  ///
  /// Returns what kind of line it was, for ``StreamCounts``.
  mutating func read(line: UnsafeRawBufferPointer, emit: (AgentEvent) -> Void) -> LineKind
}

package enum LineKind: Sendable, Equatable {
  case event
  case unknownType
  /// No JSON, no UTF-8, or no object with a type.
  case bad
  case blank
}
