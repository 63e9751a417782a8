import Basics
import Processes
import SystemPackage

/// A job that is submitted to the Slurm cluster of the host that it was sent to. That host's files are those of the
/// cluster's nodes, and none of this machine's.
struct SlurmManner: Manner {
  let limits: SlurmLimits
  let maxPending: Duration
  let environment: [String: String]

  /// What journals call it: not what has its jobs' files here.
  static let name = "slurm-ssh"

  var name: String { Self.name }
  var title: String { "Slurm" }
  var setting: String { "orchestrator.slurm.host" }
  var programs: [String] { ["sbatch", "squeue", "scancel", "sinfo", "timeout", "flock"] }

  /// Its programs, as they answer on that host.
  private func slurm(on host: String) -> Slurm {
    Slurm(limits, maxPending: maxPending, environment: environment, login: host)
  }

  private func words(_ words: [String]) -> String { words.map { shellQuoted($0) }.joined(separator: " ") }

  /// Shell functions: those of all its programs, and `find_number`, which finds out what Slurm calls the job of the folder.
  /// One may have been submitted by whoever died, or lost the connection, before its number was written down.
  private func functions(_ job: Job) -> String {
    #"""
    \#(SlurmPrograms.functions)
    find_number() {
      number=$(cat number 2>/dev/null)
      [ -z "$number" ] || return 0
      slurm \#(words(SlurmJob.question)) || return 1
      number=$(printf '%s\n' "$answer" | awk -F '|' -v name=\#(shellQuoted(job.key)) -v folder="$PWD" \
        '$5 == name && $6 == folder { number = $1 } END { print number }')
      [ -z "$number" ] || put_number
    }
    put_number() { printf '%s\n' "$number" >number.tmp && mv -f number.tmp number; }
    """#
  }

  func launching(_ job: Job) -> String {
    let slurm = Slurm(limits, maxPending: maxPending, environment: [:])
    return #"""
      \#(functions(job))
      launch() {
        find_number || { tell; exit 0; }
        if [ -z "$number" ]; then
          slurm \#(words(["sbatch"] + slurm.arguments(for: job))) || { tell; exit 0; }
          number=${answer%%[!0-9]*}
          [ -n "$number" ] || fail "sbatch answered '$answer'"
          put_number
        fi
        printf 'id %s\n' "$number"
      }
      """#
  }

  /// Who is on the host is on none of the nodes.
  var watching: String { "lives() { :; }" }

  func ending(_ job: Job, isPending: Bool) -> String {
    func lines(killing: Bool) -> String {
      Slurm.cancellations(killing: killing, isPending: isPending).map { options in
        "  slurm \(words(["scancel"] + options + ["--name=\(job.key)"])) \"$number\"\n  tell\n"
      }.joined()
    }
    return """
      \(functions(job))
      stop_job() {
        find_number || { tell; return; }
        [ -n "$number" ] || return
      \(lines(killing: false))}
      kill_job() {
        find_number || { tell; return; }
        [ -n "$number" ] || return
      \(lines(killing: true))}
      """
  }

  func check(_ answer: [(word: String, value: String)], of host: String) throws(LaunchError) {
    for answer in SlurmPrograms.Answer.all(in: answer, of: host) {
      do throws(LaunchError) {
        _ = try answer.text()
      } catch {
        if SlurmAnswers.isHarmless(error) { continue }
        throw error.ofAnsweringHost
      }
    }
  }

  // MARK: - What is there

  var question: String? { "\(SlurmPrograms.functions)\nslurm \(words(SlurmJob.question))\ntell" }

  func id(of sight: JobSight, on host: String) -> String? {
    if case .success(let job?)? = sight.listed { sight.number ?? job.id } else { sight.number }
  }

  func state(of sight: JobSight, on host: String) throws(LaunchError) -> JobState {
    switch sight.state {
    case .absent: return .unknown
    case .begun: return .pending(reason: "its worktree is being set up")
    case .waiting, .running, .dead, .over: break
    }
    switch sight.listed {
    case .success(let job?)?:
      // The end of one that has not said so is brought home first.
      if case .ended = job.jobState { return .running(node: sight.node ?? "") }
      return job.jobState
    case .success(nil)?, nil:
      return sight.state == .waiting ? .unknown : .running(node: sight.node ?? "")
    case .failure(let error)?:
      throw error.ofAnsweringHost
    }
  }

  func node(of sight: JobSight, on host: String) -> String { sight.node ?? host }

  func end(of sight: JobSight, isNew: Bool) -> SilentEnd? {
    guard sight.number != nil, sight.state != .absent, sight.state != .over,
      case .success(let job)? = sight.listed
    else { return nil }
    guard let job else {
      // It may be at work where the controller has forgotten it.
      return isNew ? nil : SilentEnd(reason: "is gone: Slurm does not know it any more", looks: Self.manyLooks)
    }
    guard case .ended(let end) = job.jobState else { return nil }
    guard let reason = end.reason else {
      return SilentEnd(reason: "ended without telling how", looks: Self.manyLooks)
    }
    return SilentEnd(reason: reason, looks: 5)
  }

  /// A look is a second.
  private static let manyLooks = 60

  var resultScript: String { "" }
  var unitProbe: String? { nil }

  // MARK: - Words

  func name(of id: String?, on host: String?, _ key: String) -> String { "job \(id ?? key)" }

  func reason(in folder: JobFolder) -> String? {
    Slurm(limits, maxPending: maxPending, environment: [:]).reason(in: folder)
  }

  func reason(for exit: JobExit, of handle: JobHandle?, in folder: JobFolder, on host: SSHHost) async -> String? {
    await slurm(on: host.name).reason(for: exit, of: handle, in: folder)
  }
}
