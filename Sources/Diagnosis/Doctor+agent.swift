import Agents
import Basics
import Engine
import Forges
import KnownAgents
import MCPServers
import Plans
import Preflight
import Settings
import SystemPackage

/// The agent, what it may do, and what it is to do.
extension Doctor {
  /// The usual agent, as nil, the reviewing one, and those that the plan names.
  var agentNames: [String?] {
    var names: [String?] = [nil]
    let usual = scene.settings[.agentKind].rawValue
    for name in [scene.settings[.reviewAgent]] + (scene.plan?.namedAgents.sorted() ?? [])
    where name != nil && name != usual && !names.contains(name) {
      names.append(name)
    }
    return names
  }

  /// A problem with one says which.
  func checkAgent(_ notes: Findings) async {
    let registry = AgentRegistry(scene.settings)
    for name in agentNames {
      let subject = name.map { "Agent \($0)" } ?? "Agent"
      if name != nil { notes.begin(subject) }
      await check(registry, name, subject: subject, notes)
    }
  }

  private func check(_ registry: AgentRegistry, _ name: String?, subject: String, _ notes: Findings) async {
    let definition: AgentRegistry.Definition
    let agent: any Agent
    do {
      definition = try registry.definition(of: name)
      agent = try await registry.locate(name, environment: scene.environment, timeLimit: .seconds(900))
    } catch {
      if error == .cancelled { return }
      return notes.add(Self.finding(subject, error, product: try? registry.definition(of: name).product))
    }
    notes.ok(subject, "\(agent.label) (\(definition.path(scene.environment)))")
    let login = name.map { "Login of \($0)" } ?? "Agent login"
    notes.begin(login)
    if let fact = await Preflight.login(of: agent, environment: scene.environment, timeLimit: .seconds(900)) {
      switch fact.state {
      case .good: notes.ok(login, fact.message)
      case .fault:
        notes.fault(
          login, fact.message,
          fixes: definition.product.map { ["\(shellQuoted(agent.command)) \($0.login)"] } ?? [],
          hints: definition.product.map { ["or set \($0.keyVariable)"] } ?? [])
      case .warning, .unknown: notes.warn(login, fact.message, hints: fact.advice)
      }
    }
    for gap in preflight?.gaps(of: agent) ?? [] {
      notes.add(DoctorFinding(subject, .warning, gap.message))
    }
    if let claude = agent as? any ToolListing { await checkTools(of: claude, notes) }
  }

  /// A line only where the client has tools that the table does not know, which one that is not newer cannot have.
  private func checkTools(of agent: any ToolListing, _ notes: Findings) async {
    guard agent.isNewerThanTools else { return }
    let name = "Agent tools"
    guard let offered = await agent.unknownTools(environment: scene.environment, timeLimit: .seconds(30)) else {
      return notes.warn(
        name, "\(agent.label) is newer than the list of its tools, which is from \(agent.toolsVersion)",
        hints: ["agents do not get tools that are not in the list"])
    }
    let unknown = offered.filter { tool in
      // What the user allows by name, agents have.
      !scene.settings[.toolsAllowedTools].contains { $0 == tool || $0.hasPrefix("\(tool)(") }
    }
    guard !unknown.isEmpty else { return }
    notes.warn(
      name,
      "\(agent.label) has tools that agents do not get, unknown to git-orch: "
        + unknown.prefix(10).joined(separator: ", "),
      hints: unknown.prefix(3).filter(isPlainWord).map {
        "to let agents use it: git config --add orchestrator.tools.allowedTools \($0)"
      })
  }

  private static func finding(_ name: String, _ error: AgentError, product: AgentProduct?) -> DoctorFinding {
    // What is wrong, then after the semicolon what to do, which commands say better.
    let text = error.description
    let words = text.firstRange(of: "; ").map { String(text[..<$0.lowerBound]) } ?? text
    func other(_ setting: String) -> String { "or name another program: git config \(setting) PATH" }
    switch error {
    case .commandNotFound(_, _, let setting):
      return DoctorFinding(
        name, .fault, words, fixes: product.map { [$0.installation.command] } ?? [],
        hints: (product.map { ["or as \($0.installation.page) says"] } ?? []) + [other(setting)])
    case .commandNotExecutable(let path, let setting):
      return DoctorFinding(
        name, .fault, words, fixes: ["chmod +x \(shellQuoted(path.string))"], hints: [other(setting)])
    case .versionTooOld(let path, _, let product, let setting):
      return DoctorFinding(
        name, .fault, words, fixes: product.update.map { ["\(shellQuoted(path.string)) \($0)"] } ?? [],
        hints: [other(setting)])
    case .versionUnknown(_, _, let setting, _):
      return DoctorFinding(name, .fault, words, fixes: ["git config \(setting) PATH"])
    default:
      return DoctorFinding(name, .fault, text)
    }
  }

  func checkPermissions(_ notes: Findings) async {
    let name = "Permissions"
    guard let place = scene.place else { return notes.skip(name, "not in a repository") }
    let permissions = ToolPermissions(settings: scene.settings, root: place.root)
    let reviewers = ToolPermissions(reviewing: scene.settings, root: place.root)
    for permissions in [permissions, reviewers] {
      do {
        try AgentRegistry.reader(ofKind: scene.settings[.agentKind].rawValue)
          .check(permissions, environment: scene.environment)
      } catch {
        var remedy = "git config orchestrator.tools.skipPermissions false"
        if case .permissionsNotSkippableAsRoot(_, let command) = error { remedy = command }
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
    let facts = preflight?.tests(of: [AgentRegistry.reader(ofKind: scene.settings[.agentKind].rawValue)]) ?? []
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
