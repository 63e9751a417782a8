package import Agents
import Attempts
import Basics
package import Engine
import Git
package import Journal
import MCPServers
import Plans
package import Processes
import Settings
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Opens the session of a task's agent in the agent's own client, for a person at a terminal.
package struct SessionAttachment: Sendable {
  package let folder: RunFolder
  package let place: RepositoryContext
  package let task: TaskState
  package let isReview: Bool
  package let session: String
  /// The name of the agent whose session it is.
  package let agentName: String

  /// Looks whether the task's session can be opened.
  /// - Parameter isAlive: whether the process of the run is still there.
  /// - Throws: `RunError`, with what to do about it.
  package init(_ id: String, of folder: RunFolder, _ state: RunState, isAlive: Bool, in place: RepositoryContext) throws
  {
    guard state[task: id] != nil else {
      throw RunError(
        .noSession,
        "run \(folder.id) has no task '\(id)'; it has: "
          + state.tasks.map(\.header.id).joined(separator: ", "))
    }
    guard let task = state.author(of: id) else {
      throw RunError(
        .noSession, "none of the candidates of '\(id)' is chosen",
        hints: [
          "open the session of one: "
            + state.candidates(of: id).map { "git orch attach \($0.header.id)" }.joined(separator: ", ")
        ])
    }
    let id = task.header.id
    self.folder = folder
    self.place = place
    self.task = task
    isReview = state.header.review != nil
    if isAlive, !task.status.isFinal, !task.attempts.isEmpty {
      throw RunError(
        .sessionInUse, "'\(id)' is being worked on by its agent (\(task.status.rawValue))",
        hints: ["to stop it first: git orch attach --stop \(id)"])
    }
    if !isAlive, let job = DeadJobs.open(in: state, folder).first(where: { $0.task == id }) {
      throw RunError(
        .sessionInUse, "the agent of '\(id)' may be at work, \(job.record.description)",
        hints: [
          "to watch it again: git orch run --continue \(folder.id)",
          "to end it: git orch run --abort \(folder.id)",
        ])
    }
    if let client = task.attached?.process, client.isAlive {
      throw RunError(.sessionInUse, "the session of '\(id)' is already open in process \(client.pid)")
    }
    guard let session = task.session, task.attempts.contains(where: \.holdsConversation) else {
      throw RunError(
        .noSession,
        "'\(id)' has no session: "
          + (task.attempts.isEmpty ? "its agent has not started" : "its agent has not said a word")
          + " (\(task.status.rawValue)\(task.message.map { ": \($0)" } ?? ""))")
    }
    let attempt = task.attempts.last { $0.result?.session != nil } ?? task.attempts.last
    if let job = attempt?.job, job.isFar {
      throw RunError(
        .noSession, "the conversation of '\(id)' is on \(job.node ?? "another host"), where its agent worked",
        hints: ["to have it continued there: git orch run --continue \(folder.id)"])
    }
    agentName = (attempt?.agent ?? .ofOlderJournals).name
    self.session = session
  }

  /// The session by the id that the agent knows: where it chooses that itself, an attempt whose end nobody saw has it in
  /// its stream.
  private func session(for agent: any Agent) throws -> String {
    guard agent.capabilities.sessions == .theirs, !task.attempts.contains(where: { $0.result?.session != nil }),
      let attempt = task.attempts.last
    else { return session }
    let reader = agent.makeReader(for: AgentOptions(), session: .new(UUID()))
    let path = folder.attempt(attempt.number, of: task.header.id).stream
    var stream = AgentStream(reader: reader)
    var told: String?
    let bytes = (try? path.readBytes(limit: 1 << 20, .regularOnly)) ?? []
    bytes.withUnsafeBytes { stream.feed($0) { if case .initialised(let start) = $0 { told = start.sessionID } } }
    guard let told else {
      throw RunError(.noSession, "'\(task.header.id)' has no session: its agent has not said a word")
    }
    return told
  }

  /// What of the last attempt still runs although the process of its run is gone.
  package func survivors() async -> Set<ProcessIdentity> {
    guard let attempt = task.attempts.last else { return [] }
    let mark = RunMark(run: folder.mark, task: task.header.id, attempt: attempt.number)
    // By the mark alone: in a copy of the clone, the process that is written down is the other one's.
    return await ProcessWatch.shared.snapshot().marked(mark.pattern)
  }

  /// Ends those.
  package func endSurvivors() async {
    guard let attempt = task.attempts.last else { return }
    let mark = RunMark(run: folder.mark, task: task.header.id, attempt: attempt.number)
    _ = await endProcesses(known: await survivors(), marked: mark.pattern, grace: .seconds(10))
  }

  /// The client as it is to be started: where the agent worked, with what it was allowed, and what it got.
  /// - Throws: `RunError` where the worktree is gone, or is not ours.
  package func invocation(of agent: any Agent) async throws -> Invocation {
    let id = task.header.id
    let (worktree, branch) = try await worktree()
    let identity = try await place.requireIdentity()
    let environment = EnvironmentPolicy(place.settings).agents(
      place.environment, by: identity, guarding: place.gitGuard, isForeign: isReview)
    let options = try await options(of: agent, worktree)
    let sandbox = try await SandboxPolicy(place).sandbox(
      for: .agent(
        branch: branch, directories: options.permissions.addDirectories,
        files: [options.systemPromptFile].compactMap(\.self), state: agent.state),
      worktree: worktree, environment: environment, scratch: folder.task(id))
    guard
      var invocation = agent.interactiveInvocation(
        session: try session(for: agent), options: options, environment: environment, directory: worktree)
    else { throw RunError(.noSession, "the agent '\(agent.name)' has no client to open a session in") }
    invocation.sandbox = sandbox
    return invocation
  }

  private func options(of agent: any Agent, _ worktree: FilePath) async throws -> AgentOptions {
    let settings = place.settings
    let planned = try? await offPool { [folder, task] in
      try TaskPlan.read(folder.plan, displayName: folder.plan.string).workItems.first { $0.id == task.header.id }
    }
    var permissions =
      isReview
      ? ToolPermissions(reviewing: settings, root: place.root) : ToolPermissions(settings: settings, root: place.root)
    // A fork's tests are a fork's code, and the journal does not say whose the tree is.
    permissions.testCommand = isReview ? nil : planned?.testCommand ?? settings[.projectTestCommand]
    let mcp = try await MCPSelection(place, site: nil)
    let rules = FilePath("\(folder.task(task.header.id))/project-rules.md")
    var options = AgentOptions(
      model: planned?.model ?? agent.model, permissions: permissions,
      systemPromptFile: FileSystem.isAbsent(rules) ? nil : rules,
      mcpServers: isReview ? mcp.servers(withholding: ForgeLogins.contains) : mcp.servers)
    options.repository = AgentRepository(place, worktree: worktree)
    return options
  }

  /// The task's worktree and the branch in it.
  private func worktree() async throws -> (path: FilePath, branch: String?) {
    let id = task.header.id
    guard let record = task.worktree ?? task.lastWorktree else {
      throw RunError(.noSession, "'\(id)' never had a worktree")
    }
    let path = FilePath(record.path)
    if FileSystem.isVacant(path) {
      throw RunError(
        .noSession, "the worktree of '\(id)' is gone: '\(path)'",
        hints: isReview
          ? ["the review can be repeated: git orch review"]
          : [
            "to get it back: git worktree add \(shellQuoted(path.string)) \(shellQuoted(task.header.branch))",
            "what was uncommitted in it, if anything: git orch status \(folder.id)",
          ])
    }
    let found = try await place.inRepository { repository in
      try repository.worktrees().first { $0.path == path || $0.path.realPath == path.realPath }
    }
    // A folder without its `.git` belongs to whatever repository is around it.
    guard let found, !found.isPrunable else {
      throw RunError(.worktreeInTheWay, "'\(path)' is not a worktree of this repository any more")
    }
    return (path, found.branch)
  }
}
