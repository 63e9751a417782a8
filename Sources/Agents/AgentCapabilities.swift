/// What an agent's client keeps in the user's home: settings, its login, conversations.
package struct AgentState: Sendable, Equatable {
  /// The name of its folder there.
  package let folder: String
  /// The names of files beside it.
  package let files: [String]
  /// The variable that names another folder, if there is one.
  package let variable: String?

  package init(folder: String, files: [String] = [], variable: String?) {
    self.folder = folder
    self.files = files
    self.variable = variable
  }
}

/// What an agent's client can do. Features ask for what they need, and never by which name the agent goes; what one cannot
/// is said before a run.
package struct AgentCapabilities: Sendable, Equatable {
  /// Who chooses the id of a conversation.
  package enum Sessions: Sendable, Equatable {
    /// We do, so that it is known before the agent says a word.
    case ours
    /// The client does, and tells it with its first words.
    case theirs
    /// There are no conversations that could be taken up.
    case none
  }

  /// What holds an agent to what it may do.
  package enum Permissions: Sendable, Equatable {
    /// The client asks for each tool, by the rules of `orchestrator.tools.*`.
    case rules
    /// The client's own sandbox: its worktree and what commits need are all that it may write to, without a network.
    case sandbox
    /// Nothing.
    case none
  }

  /// How the end of an attempt is told.
  package enum Ending: Sendable, Equatable {
    /// By a last event.
    case result
    /// By the exit status alone.
    case exitStatus
  }

  package enum SchemaAnswers: Sendable, Equatable {
    case none, byArgument
    /// By the file ``AttemptFiles/schema``.
    case byFile
  }

  package var sessions: Sessions
  package var permissions: Permissions
  package var ending: Ending
  /// Whether it answers in the form of a JSON schema, which reviews and plans need, and how it gets the schema.
  package var answersBySchema: SchemaAnswers
  /// Tells what it has cost, in US dollars.
  package var tellsCost: Bool
  package var limitsTurns: Bool
  /// Ends by itself at an amount of US dollars.
  package var limitsCost: Bool
  /// Takes a text for its system prompt.
  package var takesSystemPrompt: Bool
  /// Takes MCP servers that are named to it.
  package var takesMCPServers: Bool
  /// Hears of notes while it works (``AgentOptions/noteFile``).
  package var takesNotes: Bool
  /// Has a client of its own in which a person can go on with a conversation.
  package var isInteractive: Bool
  /// Keeps what a repository brings along for it from taking effect, where the user has not vouched for it.
  package var guardsAgainstRepository: Bool
  /// Speaks with us through a program of ours, which must be where it runs.
  package var needsRelay: Bool

  package init(
    sessions: Sessions = .none, permissions: Permissions = .none, ending: Ending = .result,
    answersBySchema: SchemaAnswers = .none, tellsCost: Bool = false, limitsTurns: Bool = false,
    limitsCost: Bool = false,
    takesSystemPrompt: Bool = false, takesMCPServers: Bool = false, takesNotes: Bool = false,
    isInteractive: Bool = false, guardsAgainstRepository: Bool = false, needsRelay: Bool = false
  ) {
    self.sessions = sessions
    self.permissions = permissions
    self.ending = ending
    self.answersBySchema = answersBySchema
    self.tellsCost = tellsCost
    self.limitsTurns = limitsTurns
    self.limitsCost = limitsCost
    self.takesSystemPrompt = takesSystemPrompt
    self.takesMCPServers = takesMCPServers
    self.takesNotes = takesNotes
    self.isInteractive = isInteractive
    self.guardsAgainstRepository = guardsAgainstRepository
    self.needsRelay = needsRelay
  }
}
