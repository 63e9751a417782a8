import Agents
import Basics
import ClaudeCode
import Engine
import Forges
import MCPServers
import Plans
import Preflight
import Settings
import SystemPackage

/// The agent, what it may do, and what it is to do.
extension Doctor {
  func checkAgent(_ notes: Findings) async {
    let name = "Agent"
    let command = scene.settings[.agentCommand]
    let claude: ClaudeCode
    do {
      claude = try await ClaudeCode.locate(command: command, environment: scene.environment, timeLimit: .seconds(900))
    } catch {
      if error == .cancelled { return }
      return notes.add(Self.finding(name, error, command: command))
    }
    notes.ok(name, "claude \(claude.version) (\(claude.executable))")
    let login = "Agent login"
    notes.begin(login)
    let fact = await Preflight.login(of: claude, environment: scene.environment, timeLimit: .seconds(900))
    switch fact.state {
    case .good: notes.ok(login, fact.message)
    case .fault:
      notes.fault(
        login, fact.message, fixes: ["\(shellQuoted(claude.command)) auth login"],
        hints: ["or set ANTHROPIC_API_KEY"])
    case .warning, .unknown: notes.warn(login, fact.message, hints: fact.advice)
    }
    await checkTools(of: claude, notes)
  }

  /// A line only where the client has tools that the table does not know, which one that is not newer cannot have.
  private func checkTools(of claude: ClaudeCode, _ notes: Findings) async {
    guard ClientTool.isNewer(claude.version) else { return }
    let name = "Agent tools"
    guard let offered = await claude.offeredTools(environment: scene.environment, timeLimit: .seconds(30)) else {
      return notes.warn(
        name, "claude \(claude.version) is newer than the list of its tools, which is from \(ClientTool.tableVersion)",
        hints: ["agents do not get tools that are not in the list"])
    }
    let unknown = ClientTool.unknown(among: offered).filter { tool in
      // What the user allows by name, agents have.
      !scene.settings[.toolsAllowedTools].contains { $0 == tool || $0.hasPrefix("\(tool)(") }
    }
    guard !unknown.isEmpty else { return }
    notes.warn(
      name,
      "claude \(claude.version) has tools that agents do not get, unknown to git-orch: "
        + unknown.prefix(10).joined(separator: ", "),
      hints: unknown.prefix(3).filter(isPlainWord).map {
        "to let agents use it: git config --add orchestrator.tools.allowedTools \($0)"
      })
  }

  private static func finding(_ name: String, _ error: AgentError, command: String) -> DoctorFinding {
    // What is wrong, then after the semicolon what to do, which commands say better.
    let text = error.description
    let words = text.firstRange(of: "; ").map { String(text[..<$0.lowerBound]) } ?? text
    let other = "or name another program: git config orchestrator.agent.command PATH"
    switch error {
    case .commandNotFound:
      return DoctorFinding(
        name, .fault, words, fixes: ["npm install -g @anthropic-ai/claude-code"],
        hints: ["or as https://code.claude.com/docs/en/setup says", other])
    case .commandNotExecutable(let path):
      return DoctorFinding(name, .fault, words, fixes: ["chmod +x \(shellQuoted(path.string))"], hints: [other])
    case .versionTooOld(let path, _, _):
      return DoctorFinding(name, .fault, words, fixes: ["\(shellQuoted(path.string)) update"], hints: [other])
    default:
      return DoctorFinding(name, .fault, words, fixes: ["git config orchestrator.agent.command PATH"])
    }
  }

  func checkPermissions(_ notes: Findings) async {
    let name = "Permissions"
    guard let place = scene.place else { return notes.skip(name, "not in a repository") }
    let permissions = ToolPermissions(settings: scene.settings, root: place.root)
    let reviewers = ToolPermissions(reviewing: scene.settings, root: place.root)
    for permissions in [permissions, reviewers] {
      do {
        try ClaudeCode.checkPermissions(permissions, environment: scene.environment)
      } catch {
        var remedy = "git config orchestrator.tools.skipPermissions false"
        if case .permissionsNotSkippableAsRoot(let command) = error { remedy = command }
        return notes.fault(
          name, "the agent refuses to skip permissions as root", fixes: [remedy],
          hints: ["or run as another user; or, inside a sandbox, set IS_SANDBOX=1"])
      }
    }
    if permissions.skipPermissions {
      return notes.warn(
        name, "agents do everything without asking ('orchestrator.tools.skipPermissions')",
        fixes: ["git config orchestrator.tools.skipPermissions false"], hints: ["unless this is a sandbox"])
    }
    if let lifted = [permissions, reviewers].first(where: \.liftsChecks) {
      let setting = lifted.settingNames.permissionMode
      return notes.warn(
        name, "agents do everything without asking ('\(setting)')", fixes: ["git config \(setting) acceptEdits"],
        hints: ["unless this is a sandbox"])
    }
    if scene.settings[.toolsPermissionMode] == .plan {
      return notes.warn(
        name, "in 'plan' mode agents change nothing",
        fixes: ["git config orchestrator.tools.permissionMode acceptEdits"])
    }
    let programs = ["git"] + permissions.allowedCLI
    notes.ok(name, "\(permissions.permissionMode); programs: \(programs.joined(separator: ", "))")
  }

  /// A line for each that is enabled, or named on the command line.
  func checkMCPs(_ notes: Findings) async {
    let user = UserMCPServers.read(environment: scene.environment, project: scene.place?.checkout)
    for check in MCPCheck.checkAll(
      scene.namedMCPs, settings: scene.settings, user: user, environment: scene.environment)
    {
      notes.add(
        DoctorFinding(
          "MCP \(check.name)", check.isGood ? .ok : .fault, check.words, fixes: check.remedy.map { [$0] } ?? []))
    }
    // One that nobody asked for is left out of a run where it is not there: no fault.
    guard scene.namedMCPs == nil, await isBitbucketServerAutomatic() else { return }
    for check in MCPCheck.checkAll(
      ["bitbucket"], settings: scene.settings, user: user, environment: scene.environment)
    {
      notes.add(
        DoctorFinding(
          "MCP \(check.name)", check.isGood ? .ok : .warning, "\(check.words) (enabled automatically on Bitbucket)",
          fixes: check.remedy.map { [$0] } ?? []))
    }
  }

  private func isBitbucketServerAutomatic() async -> Bool {
    guard let place = scene.place, !scene.settings[.mcpsEnabled].contains("bitbucket"),
      MCPSelection.hasBitbucketVariables(scene.environment),
      case .found(let site)? = try? await ForgeLookup.finding(in: place, slug: scene.plan?.settings.repoSlug)
    else { return false }
    return site.kind == .bitbucket
  }

  func checkTests(_ notes: Findings) async {
    let name = "Test command"
    let facts = preflight?.tests() ?? []
    for fact in facts { notes.add(DoctorFinding(fact)) }
    if let command = scene.settings[.projectTestCommand] {
      if facts.isEmpty { notes.ok(name, command) }
      return
    }
    notes.warn(
      name, "not set: agents cannot test their work, and reviews cannot merge",
      fixes: ["git config orchestrator.project.testCommand 'COMMAND'"])
  }

  func checkPlan(_ notes: Findings) async {
    let name = "Plan"
    guard let place = scene.place else { return notes.skip(name, "not in a repository") }
    let file = place.defaultPlan
    if let plan = scene.plan {
      return notes.ok(name, "task_config.yaml (\(plan.tasks.count == 1 ? "1 task" : "\(plan.tasks.count) tasks"))")
    }
    if FileSystem.isAbsent(file) {
      return notes.skip(name, "no task_config.yaml yet; 'git orch run TODO' makes one from a to-do list")
    }
    do {
      _ = try await offPool { try TaskPlan.read(file, displayName: "task_config.yaml") }
    } catch {
      notes.add(
        DoctorFinding(
          name, .warning, "'git orch run' cannot use it: \(error)".replacing("\n", with: "; "),
          hints: ["fix it, or make a new one from your to-do list: git orch run --force TODO"]))
    }
  }
}
