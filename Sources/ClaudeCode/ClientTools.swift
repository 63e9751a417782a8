/// The tools that Claude Code has, and what we do about each.
///
/// Only what is allowed here is named in `--tools`; what is not named does not exist in a session, for subagents
/// neither, in whatever mode. So a tool that a later client brings is not there until it is in this table. Tools of MCP
/// servers (`mcp__…`) are not affected.
///
/// Source: the `tools` of `init` from client 2.1.330, with an API key, with a subscription's token and with
/// `--permission-prompt-tool`; and for those that it offers only under conditions, the names that it accepts.
package struct ClientTool: Sendable, Equatable {
  package enum Rule: Sendable, Equatable {
    case allowed
    /// Only for clients older than the table: newer ones have it only when it is asked for.
    case allowedInOlder
    case denied
  }

  package var name: String
  package var rule: Rule
  package var reason: String

  init(_ name: String, _ rule: Rule, _ reason: String) {
    self.name = name
    self.rule = rule
    self.reason = reason
  }
}

extension ClientTool {
  /// The client from which the table was made.
  package static let tableVersion = "2.1.330"

  package static let table: [ClientTool] = [
    ClientTool("Agent", .allowed, "starts a subagent with the same tools; elsewhere: denied by a rule"),
    ClientTool("Task", .allowed, "what older clients call Agent"),
    ClientTool("Bash", .allowed, "runs what the rules allow"),
    ClientTool("Edit", .allowed, "changes files in the worktree"),
    ClientTool("Glob", .allowedInOlder, "finds files in the worktree"),
    ClientTool("Grep", .allowedInOlder, "searches files in the worktree"),
    ClientTool("ListMcpResourcesTool", .allowed, "of the MCP servers that the run gives to the agent"),
    ClientTool("MultiEdit", .allowedInOlder, "changes files in the worktree"),
    ClientTool("NotebookEdit", .allowed, "changes files in the worktree"),
    ClientTool("NotebookRead", .allowedInOlder, "reads files in the worktree"),
    ClientTool("Read", .allowed, "reads files in the worktree"),
    ClientTool("ReadMcpResourceDirTool", .allowed, "of the MCP servers that the run gives to the agent"),
    ClientTool("ReadMcpResourceTool", .allowed, "of the MCP servers that the run gives to the agent"),
    ClientTool("ReportFindings", .allowed, "says something"),
    ClientTool("Skill", .allowed, "loads instructions of the user's; what they say is done with these tools"),
    ClientTool("StructuredOutput", .allowed, "gives the answer by a schema"),
    ClientTool("SubagentHandback", .allowed, "gives a subagent's answer"),
    ClientTool("TaskCreate", .allowedInOlder, "the agent's own list of what is to be done"),
    ClientTool("TaskGet", .allowedInOlder, "the agent's own list of what is to be done"),
    ClientTool("TaskList", .allowedInOlder, "the agent's own list of what is to be done"),
    ClientTool("TaskStop", .allowed, "stops what the agent itself has started"),
    ClientTool("TaskUpdate", .allowedInOlder, "the agent's own list of what is to be done"),
    ClientTool("TodoWrite", .allowedInOlder, "the agent's own list of what is to be done"),
    ClientTool("ToolSearch", .allowed, "loads the descriptions of these tools"),
    ClientTool("WaitForMcpServers", .allowed, "waits"),
    ClientTool("WebFetch", .allowed, "asks for permission for each host"),
    ClientTool("WebSearch", .allowed, "asks for permission"),
    ClientTool("Write", .allowed, "changes files in the worktree"),

    ClientTool("EnterWorktree", .denied, "leaves the worktree: makes another, and a branch, in the user's checkout"),
    ClientTool("ExitWorktree", .denied, "leaves the worktree"),
    ClientTool("LSP", .denied, "starts language servers, which stay"),
    ClientTool("PowerShell", .denied, "a second shell, for which no rule is made"),

    ClientTool("CronCreate", .denied, "schedules, and writes it into the repository's .claude folder"),
    ClientTool("CronDelete", .denied, "schedules"),
    ClientTool("CronList", .denied, "schedules"),
    ClientTool("ScheduleWakeup", .denied, "schedules: the session would not end"),
    ClientTool("SetGoal", .denied, "keeps the session from ending"),

    ClientTool("Monitor", .denied, "runs commands in the background"),
    ClientTool("Workflow", .denied, "runs scripts that start agents in the background"),
    ClientTool("TaskOutput", .denied, "of work in the background, which is off"),
    ClientTool("BashOutput", .denied, "of work in the background, which is off"),
    ClientTool("KillShell", .denied, "of work in the background, which is off"),
    ClientTool("RemoteTrigger", .denied, "schedules agents in the cloud"),
    ClientTool("AutofixPr", .denied, "starts agents in the cloud"),
    ClientTool("SuggestBackgroundPR", .denied, "starts work in the background"),
    ClientTool("TeamCreate", .denied, "starts sessions that stay"),
    ClientTool("TeamDelete", .denied, "of sessions that stay"),

    ClientTool("ListAgents", .denied, "looks at the user's other sessions"),
    ClientTool("SendMessage", .denied, "sends messages to the user's other sessions"),
    ClientTool("PushNotification", .denied, "sends messages"),
    ClientTool("ReadNotifications", .denied, "reads the user's messages"),
    ClientTool("SendFeedback", .denied, "sends messages"),
    ClientTool("SendUserFile", .denied, "sends files"),
    ClientTool("SendUserMessage", .denied, "sends messages"),
    ClientTool("ShareOnboardingGuide", .denied, "publishes"),
    ClientTool("Artifact", .denied, "publishes"),
    ClientTool("ArtifactCheck", .denied, "publishes"),
    ClientTool("ArtifactComments", .denied, "publishes"),
    ClientTool("ArtifactData", .denied, "publishes"),
    ClientTool("ClaudeDesign", .denied, "publishes"),
    ClientTool("Projects", .denied, "reads and writes what is in the user's account"),

    ClientTool("AskUserQuestion", .denied, "nobody answers"),
    ClientTool("EnterPlanMode", .denied, "nobody approves the plan"),
    ClientTool("ExitPlanMode", .denied, "nobody approves the plan"),
    ClientTool("EndConversation", .denied, "ends the session"),
    ClientTool("OfferChromeSetup", .denied, "nobody answers"),
    ClientTool("ShowOnboardingRolePicker", .denied, "nobody answers"),
    ClientTool("propose_skills", .denied, "writes instructions for later sessions"),
  ]

  /// What `--tools` gets: what the table allows, and what the user allows by name.
  ///
  /// - `version`: the client's.
  static func available(version: String, allowedTools rules: [String]) -> [String] {
    let isOlder = Self.isOlder(version)
    var names = table.filter { $0.rule == .allowed || $0.rule == .allowedInOlder && isOlder }.map(\.name)
    // It comes with `--json-schema`, and only then.
    names.removeAll { $0 == "StructuredOutput" }
    for rule in rules {
      let name = PermissionRule(rule).tool
      if !name.isEmpty, !name.hasPrefix("mcp__"), !names.contains(name) { names.append(name) }
    }
    return names
  }

  /// Those of the tools that a client offers which the table does not know.
  package static func unknown(among offered: [String]) -> [String] {
    let known = Set(table.map(\.name))
    return offered.filter { !known.contains($0) && !$0.hasPrefix("mcp__") }
  }

  package static func isOlder(_ version: String) -> Bool {
    parts(version).lexicographicallyPrecedes(parts(tableVersion))
  }
  package static func isNewer(_ version: String) -> Bool {
    parts(tableVersion).lexicographicallyPrecedes(parts(version))
  }

  private static func parts(_ version: String) -> [Int] { version.split(separator: ".").compactMap { Int($0) } }

  /// A subagent can be given a worktree or a machine of its own.
  static let subagentsElsewhere = "Agent(isolation:*)"
}
