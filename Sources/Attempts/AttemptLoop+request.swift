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
  func request(attempt: Int, session: AgentSession, launcher: (any Launcher)?) async throws -> AttemptRequest {
    let paths = journal.folder.attempt(attempt, of: work.id)
    var options = try work.options()
    options.maxBudgetUSD = await context.budget.cap(options.maxBudgetUSD)
    let environment = context.agentEnvironment(isForeign: work.isForeign)
    let sandbox = try await context.sandboxes.sandbox(
      for: .agent(
        branch: work.branch, directories: options.permissions.addDirectories + notes(options),
        files: [options.systemPromptFile].compactMap(\.self)),
      worktree: work.worktree, environment: environment, scratch: journal.folder.task(work.id))
    return AttemptRequest(
      agent: context.agent, session: session, options: options, workingDirectory: work.worktree,
      files: AttemptFiles(prompt: paths.prompt, stream: paths.stream, errors: paths.errors, log: paths.log),
      limits: context.limits, environment: environment,
      mark: RunMark(run: context.id, task: work.id, attempt: attempt), sandbox: sandbox,
      launcher: launcher.map { self.launcher($0, attempt: attempt) }, streams: context.streams)
  }

  /// How the attempt's agent is started on another machine, or found there.
  @inline(never)
  private func launcher(_ launcher: any Launcher, attempt: Int) -> JobLauncher {
    let (journal, id) = (journal, work.id)
    let key = "\(context.id)/\(id)/\(attempt)"
    let folder = JobFolder(journal.folder.attempt(attempt, of: id).job)
    let pace = JobPace(environment: context.place.environment)
    return JobLauncher(launcher, job: Job(key: key, folder: folder), pace: pace) { [name = launcher.name] status in
      let record = JobRecord(
        launcher: name, key: key, stage: .init(status.stage), id: status.id, reason: status.reason, node: status.node)
      try await journal.append(.attemptJob(task: id, attempt: attempt, job: record))
    }
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
