import Basics
import Processes
import SystemPackage

/// Jobs of a Slurm cluster, by its own programs. Nodes see the folders of runs and worktrees by the same paths.
package struct Slurm: Launcher {
  package let limits: SlurmLimits
  package let maxPending: Duration
  /// By which host the cluster is reached, which then shares no files with us; nil where its programs are here.
  package let login: String?
  let programs: SlurmPrograms
  private let queue: SlurmQueue

  package var name: String { "slurm" }
  package var title: String { "Slurm" }

  package init(_ limits: SlurmLimits, maxPending: Duration, environment: [String: String], login: String? = nil) {
    self.limits = limits
    self.maxPending = maxPending
    self.login = login
    let programs = SlurmPrograms(
      environment: environment, login: login.map { SSHConnection(host: $0, environment: environment) })
    self.programs = programs
    queue = SlurmQueue { () async throws(LaunchError) in
      SlurmJob.list(try await programs.ask(SlurmJob.question[0], Array(SlurmJob.question.dropFirst())))
    }
  }

  package func start(_ job: Job) async throws(LaunchError) -> JobHandle {
    let answer = try await ask("sbatch", arguments(for: job))
    // `17`, or `17;cluster`.
    let id = answer.trimmed.prefix { $0 != ";" && !$0.isWhitespace }
    guard !id.isEmpty, id.allSatisfy(\.isNumber) else {
      throw .unavailable("sbatch answered '\(plainText(answer, limit: 80))'")
    }
    return JobHandle(id: String(id), key: job.key)
  }

  /// What sbatch is asked for an attempt.
  func arguments(for job: Job) -> [String] {
    [
      "--parsable", "--job-name=\(job.key)", "--comment=\(job.folder.path)",
      // Two agents of one attempt must never be at work; and one that has ended is not to be begun again.
      "--dependency=singleton", "--no-requeue",
      // The script hears it a minute before the time is over, and has the agent end.
      "--signal=B:TERM@60",
      // The agent's variables come in a file that only the user can read: Slurm shows its own to everybody.
      "--export=NIL", "--chdir=/", "--input=/dev/null", "--output=/dev/null", "--open-mode=append",
      "--error=\(job.folder.schedulerErrors.string.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%"))",
    ] + limits.arguments + [job.folder.script.string]
  }

  package func find(_ job: Job) async throws(LaunchError) -> [JobHandle] {
    // Another repository may have a run of the same id.
    try await queue.jobs(isFresh: true)
      .filter { $0.name == job.key && $0.comment == job.folder.path.string }
      .map { JobHandle(id: $0.id, key: $0.name) }
  }

  package func state(_ handle: JobHandle) async throws(LaunchError) -> JobState {
    if let job = try await queue.jobs().first(where: { $0.id == handle.id && $0.name == handle.key }) {
      return job.jobState
    }
    // Many clusters keep no accounts; then nothing is known.
    guard
      let answer = try? await ask("sacct", ["-j", handle.id, "-X", "--noheader", "--parsable2", "--format=State"]),
      let state = answer.split(whereSeparator: \.isNewline).first.map(String.init),
      !["PENDING", "RUNNING"].contains(state)
    else { return .unknown }
    return .ended(SlurmJob.end(state))
  }

  package func stop(_ handle: JobHandle, isPending: Bool) async throws(LaunchError) {
    try await cancel(handle, Self.cancellations(killing: false, isPending: isPending))
  }

  package func kill(_ handle: JobHandle, isPending: Bool) async throws(LaunchError) {
    try await cancel(handle, Self.cancellations(killing: true, isPending: isPending))
  }

  /// The options of scancel, one time after the other.
  static func cancellations(killing: Bool, isPending: Bool) -> [[String]] {
    // For a job that waits, scancel would try to send a signal for a minute.
    if isPending { return [[]] }
    // The script alone, which hands it on: all else would end under the agent's hands.
    guard killing else { return [["--batch", "--signal=TERM"]] }
    // The one kills at once what there is, the other takes the job away, and kills what is left after KillWait.
    return [["--full", "--signal=KILL"], []]
  }

  private func cancel(_ handle: JobHandle, _ cancellations: [[String]]) async throws(LaunchError) {
    for options in cancellations {
      do throws(LaunchError) {
        _ = try await ask("scancel", options + ["--name=\(handle.key)", handle.id])
      } catch {
        guard SlurmAnswers.isHarmless(error) else { throw error }
      }
    }
  }

  package func reason(for exit: JobExit, of handle: JobHandle?, in folder: JobFolder) async -> String? {
    if exit.wasAsked {
      // It is asked a minute before its end, and Slurm looks every half minute.
      if exit.seconds >= limits.minutes * 60 - 120 { return "reached its time limit of \(limits.minutes) min" }
      return "was told to end by Slurm or by somebody else, after \(exit.seconds) s"
    }
    guard exit.exit == .signal(9) || folder.saysMemory else { return nil }
    if folder.saysMemory { return memoryReason }
    // The kernel killed the agent; Slurm tells of it a moment later.
    for _ in 0..<5 {
      if let handle, case .ended(let end)? = try? await state(handle) {
        return end.reason == SlurmJob.end("OUT_OF_MEMORY").reason || folder.saysMemory ? memoryReason : nil
      }
      await sleepUncancelled(for: .seconds(1))
    }
    return folder.saysMemory ? memoryReason : nil
  }

  package func reason(in folder: JobFolder) -> String? { folder.saysMemory ? memoryReason : nil }

  private var memoryReason: String {
    "exceeded its memory limit" + (limits.memory.map { " of \(byteText($0))" } ?? "")
  }

  func ask(_ program: String, _ arguments: [String]) async throws(LaunchError) -> String {
    try await programs.ask(program, arguments)
  }
}

extension JobFolder {
  /// Whether Slurm has written of memory to the job's standard error: `exceeded memory limit`, `oom_kill event`.
  var saysMemory: Bool {
    let words = schedulerErrors.readTail(limit: 4096).lowercased()
    return words.contains("memory limit") || words.contains("oom") || words.contains("out of memory")
  }
}
