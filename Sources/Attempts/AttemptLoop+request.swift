import Agents
import Basics
import Engine
import Journal
import Launchers
import Processes
import SystemPackage

extension AttemptLoop {
  /// What an attempt is started with, and what it leaves its files in.
  @inline(never)
  /// - Parameter agent: the agent of an attempt that an earlier process began, which may be of another kind than the task's
  ///   is now.
  func request(
    attempt: Int, session: AgentSession, agent: (any Agent)? = nil, launcher: (any Launcher)?
  ) async throws -> AttemptRequest {
    let agent = agent ?? context.agent
    let paths = journal.folder.attempt(attempt, of: work.id)
    var options = try work.options()
    options.maxBudgetUSD = await context.budget.cap(options.maxBudgetUSD)
    options.repository = AgentRepository(context.place, worktree: work.worktree)
    let wantsSchema = options.answerSchema != nil && agent.capabilities.answersBySchema == .byFile
    let schema = wantsSchema ? paths.schema : nil
    // Others get it on standard input.
    let promptFile = agent.capabilities.ending == .exitStatus ? paths.prompt : nil
    let environment = context.agentEnvironment(isForeign: work.isForeign)
    let sandbox = try await context.sandboxes.sandbox(
      for: .agent(
        branch: work.branch, directories: options.permissions.addDirectories + notes(options),
        files: [options.systemPromptFile, schema, promptFile].compactMap(\.self), state: agent.state),
      worktree: work.worktree, environment: environment, scratch: journal.folder.task(work.id))
    let files = AttemptFiles(
      prompt: paths.prompt, schema: schema, stream: paths.stream, errors: paths.errors, log: paths.log)
    var job: JobWork?
    // What a stranger wrote is not taken to other machines.
    if let launcher, !work.isForeign {
      job = JobWork(
        files: files, repository: options.repository, worktree: work.worktree, branch: work.branch,
        earlierNode: session.isResumed ? await node(of: launcher, before: attempt) : nil)
    }
    return AttemptRequest(
      agent: agent, session: session, options: options, workingDirectory: work.worktree, files: files,
      limits: context.limits, environment: environment,
      mark: RunMark(run: journal.folder.mark, task: work.id, attempt: attempt), sandbox: sandbox,
      launcher: launcher.flatMap { launcher in job.map { self.launcher(launcher, $0, attempt: attempt) } },
      streams: context.streams)
  }

  /// Where the attempts before had their conversation.
  private func node(of launcher: any Launcher, before attempt: Int) async -> String? {
    let attempts = await journal.state[task: work.id]?.attempts ?? []
    return attempts.last { $0.number < attempt && $0.job?.launcher == launcher.name }?.job?.node
  }

  /// How the attempt's agent is started on another machine, or found there.
  @inline(never)
  private func launcher(_ launcher: any Launcher, _ work: JobWork, attempt: Int) -> JobLauncher {
    let (journal, id) = (journal, self.work.id)
    let key = "\(context.id)/\(id)/\(attempt)"
    let folder = JobFolder(journal.folder.attempt(attempt, of: id).job)
    let pace = JobPace(environment: context.place.environment)
    return JobLauncher(launcher, job: Job(key: key, folder: folder), work: work, pace: pace) {
      [name = launcher.name] status in
      let record = JobRecord(
        launcher: name, key: key, stage: .init(status.stage), id: status.id, reason: status.reason, node: status.node)
      try await journal.append(.attemptJob(task: id, attempt: attempt, job: record))
    }
  }

  /// What stands before the prompt of a new conversation: the text that others get as a part of their system prompt.
  func introduction(of request: AttemptRequest) throws -> String {
    guard !request.agent.capabilities.takesSystemPrompt, !request.session.isResumed,
      let file = request.options.systemPromptFile
    else { return "" }
    return try file.readText(limit: 4 << 20, .plainFile) + "\n\n"
  }

  /// The folder of notes for an agent, which a sandbox can show only where it is there.
  private func notes(_ options: AgentOptions) throws -> [FilePath] {
    guard context.sandboxes.coversAgents, let file = options.noteFile else { return [] }
    let folder = file.removingLastComponent()
    try FileSystem.createFolder(folder, permissions: 0o700)
    return [folder]
  }
}

extension JobRecord.Stage {
  init(_ stage: JobStatus.Stage) {
    self =
      switch stage {
      case .submitting: .submitting
      case .pending: .pending
      case .running: .running
      }
  }
}
