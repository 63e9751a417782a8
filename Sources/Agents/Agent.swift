package import Processes
package import SystemPackage

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A program that does the work of a task, and how to talk to it.
package protocol Agent: Sendable {
  /// Its kind, as `orchestrator.agent.kind` names it: decides how its stream is read.
  var kind: String { get }
  /// What users call it: the name that the settings give it, or its kind.
  var name: String { get }
  /// nil where its program does not say.
  var version: String? { get }
  /// How users call its program, for hints.
  var command: String { get }
  /// The model that the settings choose for it; nil for its own default.
  var model: String? { get }
  var capabilities: AgentCapabilities { get }
  /// What its client keeps, which it must be able to write to; nil where nothing is known of that.
  var state: AgentState? { get }

  /// The command line of one attempt. The prompt is not part of it: it comes on standard input.
  func invocation(for request: AttemptRequest) -> Invocation

  /// A reader for the standard output of one process, which was started with these options on this session.
  func makeReader(for options: AgentOptions, session: AgentSession) -> any AgentEventReader

  /// The agent's own client on a session, for a person at a terminal, held to the same permissions as in a run; nil for
  /// an agent that has none.
  func interactiveInvocation(
    session: String, options: AgentOptions, environment: [String: String], directory: FilePath
  ) -> Invocation?

  /// The tool calls in a process's standard output that could change something; blocks.
  func calls(inStream stream: FilePath) -> [AgentCall]

  /// Looks for a login; no secret is read, and nothing is asked online.
  func login(environment: [String: String], timeLimit: Duration) async -> AgentLogin

  /// The command that logs in, and the variable that holds a key instead; nil of an agent whose login is its own affair.
  var loginWays: (command: String, keyVariable: String)? { get }

  /// Whether its client may renew the login that it uses, so that one refusal by the API does not end the attempt.
  func mayRenewLogin(_ environment: [String: String]) -> Bool

  /// Why it cannot be given an MCP server, as a clause about the server; nil where it can.
  func obstacle(to server: AgentMCPServer) -> String?

  /// Says before a run what the client would say in each task.
  func check(_ permissions: ToolPermissions, environment: [String: String]) throws(AgentError)

  /// What permissions come to as rules of its client, as users should see them; empty where it knows none.
  func shownRules(of permissions: ToolPermissions) -> [String]

  /// What its client would silently take for rules that match nothing, told with the setting and what to write.
  func rulesWithoutEffect(in permissions: ToolPermissions) -> [String]

  /// Asks one question, without tools, and returns the answer as JSON of the given shape.
  ///
  /// Nothing of the repository takes effect, and no session is kept. On time-out or cancellation the client and all its
  /// descendants are ended.
  ///
  /// - `prompt`: goes in on standard input; must not begin with "/".
  /// - `schema`: a JSON schema whose root is an object, under 100 KB.
  /// - `directory`: where the client stands.
  /// - `observe`: hears what the client tells meanwhile: its model, the tokens as they are used, and what it cost.
  func structuredAnswer(
    prompt: String, schema: String, directory: FilePath, environment: [String: String], timeout: Duration,
    observe: @escaping @Sendable (AgentEvent) -> Void
  ) async throws(AgentError) -> Data

  /// A schema as its client takes it.
  func answerSchema(_ schema: String) -> String

  /// Why a process failed that ended without a result, by the end of what it printed on standard error; nil where that
  /// does not say.
  func failure(inErrors errors: String) -> AgentFailure?

  /// What users can do about a failure, as a line; nil where there is nothing to say.
  func remedy(for failure: AgentFailure.Kind) -> String?

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
  /// Its name with its version, as far as it is known: "claude 2.1.330".
  package var label: String { version.map { "\(name) \($0)" } ?? name }

  package var state: AgentState? { nil }

  package func obstacle(to server: AgentMCPServer) -> String? { nil }

  package func interactiveInvocation(
    session: String, options: AgentOptions, environment: [String: String], directory: FilePath
  ) -> Invocation? { nil }

  package func calls(inStream stream: FilePath) -> [AgentCall] { [] }

  package func login(environment: [String: String], timeLimit: Duration) async -> AgentLogin { .itsOwn }

  package var loginWays: (command: String, keyVariable: String)? { nil }

  /// What users can do about a missing login, a line each.
  package var loginAdvice: [String] {
    loginWays.map { ["log in: \($0.command)", "or set \($0.keyVariable)"] } ?? []
  }

  package func mayRenewLogin(_ environment: [String: String]) -> Bool { false }

  package func check(_ permissions: ToolPermissions, environment: [String: String]) throws(AgentError) {}

  package func shownRules(of permissions: ToolPermissions) -> [String] { [] }

  package func rulesWithoutEffect(in permissions: ToolPermissions) -> [String] { [] }

  package func structuredAnswer(
    prompt: String, schema: String, directory: FilePath, environment: [String: String], timeout: Duration,
    observe: @escaping @Sendable (AgentEvent) -> Void
  ) async throws(AgentError) -> Data {
    throw .noStructuredAnswer("'\(name)' does not answer by a schema")
  }

  package func answerSchema(_ schema: String) -> String { schema }

  package func failure(inErrors errors: String) -> AgentFailure? { nil }

  package func remedy(for failure: AgentFailure.Kind) -> String? {
    switch failure {
    case .notLoggedIn: loginWays.map { "log in: \($0.command), or set \($0.keyVariable)" }
    case .invalidKey: loginWays.map { "log in: \($0.command), or set another \($0.keyVariable)" }
    case .unknownModel: "choose another model: git config orchestrator.agent.model MODEL"
    default: nil
    }
  }

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
  /// An earlier one, and what it had cost (USD) and used when that was last reported: agents count on from there.
  case resumed(id: String, costSoFar: Double, usageSoFar: TokenUsage = TokenUsage())

  package var costSoFar: Double {
    switch self {
    case .new: 0
    case .resumed(_, let cost, _): cost
    }
  }

  package var usageSoFar: TokenUsage {
    switch self {
    case .new: TokenUsage()
    case .resumed(_, _, let usage): usage
    }
  }
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
  /// Where it works; nil outside a repository.
  package var repository: AgentRepository?

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

/// The repository that an agent's worktree belongs to; see gitrepository-layout(5).
package struct AgentRepository: Sendable, Equatable {
  package var commonDirectory: FilePath
  /// The worktree's own folder in it.
  package var worktreeRecord: FilePath?
  /// The main checkout; nil of a bare repository.
  package var checkout: FilePath?

  package init(commonDirectory: FilePath, worktreeRecord: FilePath?, checkout: FilePath?) {
    self.commonDirectory = commonDirectory
    self.worktreeRecord = worktreeRecord
    self.checkout = checkout
  }

  /// What a commit in the worktree writes to, and no more of the repository.
  package var commitFolders: [FilePath] {
    [worktreeRecord].compactMap(\.self) + ["objects", "refs", "logs"].map { commonDirectory.appending($0) }
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
