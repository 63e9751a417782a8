package import ArgumentParser
import Basics
package import CommandSupport
import Engine
import Journal
import KnownAgents
import Platform
import Processes
import RunViews
import Runs
import Settings
import SystemPackage

/// `git orch attach`: step into the session of a task's agent.
package struct AttachCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "attach", abstract: "Open an agent's session in its own client, in its worktree",
    usage: "git orch attach [--stop] [--run <run>] <task>")

  @Flag(help: "Stop the task first if its agent is at work")
  var stop = false

  @Option(
    help: ArgumentHelp("A run's id or its beginning (default: the newest with this task)", valueName: "run"))
  var run: String?

  @Argument(help: "The task's id, of a review pr-<n>")
  var task: String

  package init() {}

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    let place = try await RepositoryContext.trusted(context) { await $0() }
    let attachment = try await command.attachment(in: place, context)
    let agent = try await AgentRegistry(place.settings).locate(attachment.agentName, environment: place.environment)
    let invocation = try await attachment.invocation(of: agent)
    guard context.ownsProcess, let ourselves = ProcessIdentity.of(pid: getpid()) else {
      throw RunError(.noSession, "the client can only be opened in the place of a process of its own")
    }
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      throw RunError(.noSession, "a session can only be opened on a terminal")
    }
    try await note(attachment, ourselves, in: place, context)
    let id = attachment.task.header.id
    context.console.narrate(
      attachment.isReview
        ? "session \(attachment.session) of '\(id)'"
        : id == task
          ? "session \(attachment.session) of '\(id)'; afterwards: git orch run --continue"
          : "session \(attachment.session) of '\(id)', which was chosen for '\(task)'; what it commits is on branch "
            + "'\(attachment.task.header.branch)'")
    try invocation.replaceProcess()
  }

  /// Looks whether the session can be opened, and ends who leads it if that is wanted.
  private func attachment(in place: RepositoryContext, _ context: CommandContext) async throws -> SessionAttachment {
    var (attachment, isAlive) = try await find(in: place, stopping: stop, context)
    guard !isAlive else { return attachment }
    let survivors = await attachment.survivors()
    if !survivors.isEmpty {
      guard stop else {
        throw RunError(
          .sessionInUse,
          "the agent of '\(task)' is still at work (process \(survivors.map(\.pid).min() ?? 0)), "
            + "although its run's process is gone",
          hints: ["to stop it first: git orch attach --stop \(task)"])
      }
      await attachment.endSurvivors()
      (attachment, isAlive) = try await find(in: place, stopping: false, context)
    }
    return attachment
  }

  private func find(
    in place: RepositoryContext, stopping: Bool, _ context: CommandContext
  ) async throws -> (SessionAttachment, isAlive: Bool) {
    let (store, run, task) = (place.store, run, task)
    let (folder, state, isAlive) = try await offPool { () throws(JournalError) in
      let holder = RunLock.currentHolder(at: store.lock)
      let (folder, state) = try store.run(run, having: task)
      return (folder, state, holder?.run == folder.id)
    }
    if stopping, isAlive, let found = state[task: task], !found.status.isFinal {
      let stopper = RunStopper(store: store, context: context, command: "git orch attach --stop")
      try folder.send(
        ControlRequest(.stop, of: state, tasks: [task], by: .ourselves(stopper.command)))
      guard try await stopper.wait(for: [task], of: folder) != nil else { throw CancellationError() }
      return try await find(in: place, stopping: false, context)
    }
    let attachment = try SessionAttachment(task, of: folder, state, isAlive: isAlive, in: place)
    return (attachment, isAlive)
  }

  /// Writes down who opens the session: by the run's own process where that is there, else by ourselves.
  private func note(
    _ attachment: SessionAttachment, _ ourselves: ProcessIdentity, in place: RepositoryContext,
    _ context: CommandContext
  ) async throws {
    let (folder, lock, task) = (attachment.folder, place.store.lock, attachment.task.header.id)
    let origin = RequestOrigin.ourselves("git orch attach")
    let event = JournalEvent.attached(
      task: task, session: attachment.session, process: ourselves, by: origin)
    @Sendable func append() async throws {
      let journal = try await RunJournal(continuing: folder, with: event) { _, _ in }
      try await journal.close()
      folder.writeSummary(of: await journal.state)
    }
    if let holder = RunLock.currentHolder(at: lock), holder.run == folder.id {
      let state = try await offPool { () throws(JournalError) in try folder.state() }
      try folder.send(
        ControlRequest(
          .attach, of: state, tasks: [task], by: origin, session: attachment.session, client: ourselves))
      let wakeup = AsyncSignal()
      let follower = try RunFollower(folder, in: place.store, wakeup: wakeup)
      while case let view = try follower.view(), view.phase != .ended, view.phase != .died {
        if view.rows.contains(where: { $0.id == task && $0.task.attached?.process == ourselves }) { return }
        await wakeup.wait(for: RunFollower.longestWait)
      }
      if try folder.state()[task: task]?.attached?.process == ourselves { return }
      await RunStopper(store: place.store, context: context, command: origin.command).release(of: folder)
    }
    do {
      let holder = LockHolder(pid: getpid(), run: folder.id, since: .now)
      try await RunLock.hold(at: lock, as: holder) { try await append() }
    } catch JournalError.locked(_, let holder) where holder?.run != folder.id {
      // Another run holds it: this one's journal is nobody's meanwhile.
      try await append()
    }
  }
}
