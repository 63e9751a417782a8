package import Agents
package import Basics
package import Processes
package import SystemPackage

/// A program of the project that runs as a job to its end, such as its tests.
package struct ProgramJob: Sendable {
  private let launcher: any Launcher
  private let job: Job
  private let pace: JobPace

  package init(_ launcher: any Launcher, job: Job, pace: JobPace) {
    self.launcher = launcher
    self.job = job
    self.pace = pace
  }

  package struct Ending: Equatable, Sendable {
    package let exit: ExitDescription
    /// Why the scheduler ended it: `job 17 exceeded its memory limit`; nil where it did not.
    package let reason: String?
  }

  /// - Parameters:
  ///   - repository: the one that the worktree in which it runs belongs to.
  ///   - branch: of that worktree, whether it is checked out or not.
  ///   - log: gets all that it prints.
  ///   - timeout: how long it may run; the wait for its turn does not count.
  ///   - stop: takes the job out of the queue, or kills it, as the task's cancellation does.
  /// - Throws: `timedOut`, `cancelled`; `notStarted` where it was never at work, and where nobody knows how it ended.
  package func run(
    _ invocation: Invocation, in repository: AgentRepository, branch: String, to log: FilePath, timeout: Duration,
    stop: StopRequest
  ) async throws(ProcessFailure) -> Ending {
    let wakeup = AsyncSignal()
    let cancellation = StopRequest()
    let stops = [stop, cancellation]
    for stop in stops { stop.notify(wakeup) }
    defer { for stop in stops { stop.stopNotifying(wakeup) } }
    let files = AttemptFiles(prompt: job.folder.path.appending("input"), stream: log, errors: log, log: log)
    do {
      // Should we be killed, it is found by this: nothing of it is in the journal.
      try job.folder.claim(for: launcher, key: job.key)
      try FileSystem.create(files.prompt, containing: "")
    } catch {
      throw .notStarted("cannot write '\(job.folder.path)': \(FileSystem.reason(error))")
    }
    let work = JobWork(
      files: files, repository: repository, worktree: invocation.directory ?? "/", branch: branch, isProgram: true)
    let process = try JobLauncher(launcher, job: job, work: work, pace: pace) { _ in }
      .launch(invocation, files: files, wakeup: wakeup)
    // A task of its own, awaited here: the work of ending a job must not itself be cancelled.
    let course = Task { await follow(process, timeout: timeout, stops: stops, wakeup) }
    let ending = await withTaskCancellationHandler {
      await course.value
    } onCancel: {
      cancellation.raise(to: .immediate)
    }
    return try ending.get()
  }

  private func follow(
    _ process: any AgentProcess, timeout: Duration, stops: [StopRequest], _ wakeup: AsyncSignal
  ) async -> Result<Ending, ProcessFailure> {
    let stopwatch = Stopwatch()
    var deadline: Duration?
    var failure: ProcessFailure?
    while process.exit == nil {
      if deadline == nil, process.hasBegun { deadline = stopwatch.elapsed + timeout }
      if failure == nil {
        if stops.contains(where: { $0.level > .none }) {
          failure = .cancelled
        } else if let deadline, stopwatch.elapsed >= deadline {
          failure = .timedOut(timeout)
        }
        if failure != nil { await process.killTree() }
      }
      await wakeup.wait(until: failure == nil ? deadline : nil, on: stopwatch)
    }
    _ = await process.endRemains(marked: .run(job.key), grace: .zero)
    if let failure { return .failure(failure) }
    if let words = process.launchFailure { return .failure(.notStarted(words)) }
    let far = FarJob(folder: job.folder)
    let obstacle = far.unready.readTail(limit: 500).trimmed
    if !obstacle.isEmpty { return .failure(.notStarted(plainText(obstacle, limit: 300))) }
    // Whoever was given up, or did not tell its end itself, has said nothing of it.
    guard let exit = process.exit, exit != .unknown, !job.folder.isOpen, !far.silent.exists else {
      return .failure(.notStarted(process.endReason ?? "nobody knows how it ended"))
    }
    return .success(Ending(exit: exit, reason: process.endReason))
  }
}
