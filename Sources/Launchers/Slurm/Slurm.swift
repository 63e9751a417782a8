import Basics
import Processes
import SystemPackage

/// Jobs of a Slurm cluster, by its own programs. Nodes see the folders of runs and worktrees by the same paths.
package struct Slurm: Launcher {
  package let limits: SlurmLimits
  package let maxPending: Duration
  let environment: [String: String]
  private let queue: SlurmQueue

  /// How long one of its programs may take: without a controller they wait for minutes.
  static let patience = Duration.seconds(10)

  package var name: String { "slurm" }
  package var title: String { "Slurm" }

  package init(_ limits: SlurmLimits, maxPending: Duration, environment: [String: String]) {
    self.limits = limits
    self.maxPending = maxPending
    // Variables by which its programs would answer otherwise, or wait.
    let environment = environment.filter { name, _ in
      !["SQUEUE_", "SCANCEL_", "SINFO_", "SACCT_"].contains { name.hasPrefix($0) }
        && !["SBATCH_WAIT", "SBATCH_ARRAY_INX", "SBATCH_TEST_ONLY", "SBATCH_GET_USER_ENV"].contains(name)
    }
    self.environment = environment
    queue = SlurmQueue { () async throws(LaunchError) in
      let answer = try await Self.ask(
        "squeue", ["--me", "--noheader", "--states=all", "--format=\(SlurmJob.format)"], environment)
      return answer.split(whereSeparator: \.isNewline).compactMap { SlurmJob($0) }
    }
  }

  package func start(_ job: Job) async throws(LaunchError) -> JobHandle {
    let answer = try await ask("sbatch", arguments(for: job) + [job.folder.script.string])
    // `17`, or `17;cluster`.
    let id = answer.trimmed.prefix { $0 != ";" && !$0.isWhitespace }
    guard !id.isEmpty, id.allSatisfy(\.isNumber) else {
      throw .unavailable("sbatch answered '\(plainText(answer, limit: 80))'")
    }
    return JobHandle(id: String(id), key: job.key)
  }

  /// What is asked for an attempt, but for its script.
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
    ] + limits.arguments
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
    // The script alone, which hands it on: all else would end under the agent's hands. For a job that waits, scancel would
    // try that for a minute.
    try await cancel(handle, isPending ? [] : ["--batch", "--signal=TERM"])
  }

  package func kill(_ handle: JobHandle, isPending: Bool) async throws(LaunchError) {
    // The one kills at once what there is, the other takes the job away, and kills what is left after KillWait.
    if !isPending { try await cancel(handle, ["--full", "--signal=KILL"]) }
    try await cancel(handle, [])
  }

  /// A job that is over, or has not begun, is no failure.
  private func cancel(_ handle: JobHandle, _ options: [String]) async throws(LaunchError) {
    do throws(LaunchError) {
      _ = try await ask("scancel", options + ["--name=\(handle.key)", handle.id])
    } catch {
      let words = error.description.lowercased()
      let harmless = ["invalid job id", "already completing", "can not be altered now"]
      guard case .refused = error, harmless.contains(where: words.contains) else { throw error }
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

  // MARK: - Its programs

  func ask(_ program: String, _ arguments: [String]) async throws(LaunchError) -> String {
    try await Self.ask(program, arguments, environment)
  }

  private static func ask(
    _ program: String, _ arguments: [String], _ environment: [String: String]
  ) async throws(LaunchError) -> String {
    guard let executable = ExecutableSearch(environment).locate(program) else {
      throw .refused("'\(program)' is not found on PATH")
    }
    let output: ProcessOutput
    do throws(ProcessFailure) {
      output = try await Invocation(executable: executable, arguments: arguments, environment: environment)
        .run(outputLimit: 64 << 20, timeout: patience)
    } catch {
      guard case .timedOut = error else { throw .unavailable("\(program): \(error)") }
      throw .unavailable("Slurm does not answer (\(program): nothing within \(patience.components.seconds) s)")
    }
    guard output.exit.isSuccess else {
      throw SlurmAnswers.failure(program, String(decoding: output.standardError, as: UTF8.self))
    }
    return String(decoding: output.standardOutput, as: UTF8.self)
  }
}

extension JobFolder {
  /// Whether Slurm has written of memory to the job's standard error: `exceeded memory limit`, `oom_kill event`.
  var saysMemory: Bool {
    let words = schedulerErrors.readTail(limit: 4096).lowercased()
    return words.contains("memory limit") || words.contains("oom") || words.contains("out of memory")
  }
}
