import Basics
import Processes
import SystemPackage

/// How jobs are started on hosts that are reached by ssh, and who knows there how they are. All else is the same for all:
/// how they travel, how their streams are read, and that the exit file is the truth.
protocol Manner: Sendable {
  /// As journals call the launcher.
  var name: String { get }
  /// As people call it.
  var title: String { get }
  /// The setting that names the hosts.
  var setting: String { get }
  /// How long a job may wait for its turn.
  var maxPending: Duration { get }
  /// Programs that a host needs for it.
  var programs: [String] { get }

  /// A shell function `launch`, called once or again in the folder of a job there: starts its script, unless it was
  /// started. May print `id` and how the job is called from then on.
  func launching(_ job: Job) -> String
  /// A shell function `lives`: fails in the folder of a job whose script is known to have ended.
  var watching: String { get }
  /// Shell functions `stop_job` and `kill_job`, called in the folder of a job.
  func ending(_ job: Job, isPending: Bool) -> String
  /// What `launch`, `stop_job` and `kill_job` printed, where it tells of a failure.
  func check(_ answer: [(word: String, value: String)], of host: String) throws(LaunchError)

  /// What tells, in the folder of a job that is over, what there is to tell of its end besides: `result …`.
  var resultScript: String { get }
  /// What can be known before of the limits of jobs: `units …`; nil where they are not the host's own.
  var unitProbe: String? { get }

  /// What a look asks besides, of all jobs together, as a script.
  var question: String? { get }
  /// How the journal and the screens call a job that was seen; nil where it has not been handed to anybody.
  func id(of sight: JobSight, on host: String) -> String?
  func state(of sight: JobSight, on host: String) throws(LaunchError) -> JobState
  /// Where people find it.
  func node(of sight: JobSight, on host: String) -> String
  /// Why a job is over that has not said so itself; nil where it is not.
  /// - Parameter isNew: whether it has given a sign of life since the last look.
  func end(of sight: JobSight, isNew: Bool) -> SilentEnd?
  /// `job 17`.
  func name(of id: String?, on host: String?, _ key: String) -> String
  /// The same by what has come home of it, where that tells more.
  func reason(in folder: JobFolder) -> String?
  /// Why the job ended as its exit file says, if that was not its own doing.
  func reason(for exit: JobExit, of handle: JobHandle?, in folder: JobFolder, on host: SSHHost) async -> String?
}

/// How a job ended that has left no exit file.
struct SilentEnd: Sendable, Equatable {
  /// A clause about the job: `lost its node`.
  let reason: String
  /// How many looks in a row must find it so: files of a node may be seen late.
  let looks: Int
}

/// A job whose script is a process of the host that it was sent to: as a unit of systemd's where it has one for the user,
/// and else in a session of its own.
struct ProcessManner: Manner {
  let maxPending: Duration
  let limits: FarLimits

  var name: String { "ssh" }
  var title: String { "ssh" }
  var setting: String { "orchestrator.ssh.hosts" }
  var programs: [String] { ["setsid"] }

  func launching(_ job: Job) -> String {
    let words = limits.properties.map { shellQuoted($0) }.joined(separator: " ")
    // No agent gets more than it may have since a unit could not be made.
    let failure = limits.settings.isEmpty ? "" : #"fail "systemd-run: $said""#
    return #"""
      \#(UnitScript.functions)
      launch() {
        if units; then
          as_unit \#(words) && return
          \#(failure)
        fi
        setsid sh job.sh </dev/null >/dev/null 2>scheduler.err 9>&- &
      }
      """#
  }

  let watching = #"""
    lives() {
      read -r process began boot <process 2>/dev/null || return 0
      now=$(sed 's/.*) //' "/proc/$process/stat" 2>/dev/null | cut -d ' ' -f 20)
      [ "$now $boot" = "$began $(cat /proc/sys/kernel/random/boot_id)" ]
    }
    """#

  func ending(_ job: Job, isPending: Bool) -> String {
    #"""
    \#(UnitScript.functions)
    stop_job() { read -r process began boot <process && kill -TERM "$process" 2>/dev/null; }
    kill_job() {
      for file in $(grep -lszxF "$mark" /proc/[0-9]*/environ 2>/dev/null); do
        process=${file#/proc/}
        kill -KILL "${process%/environ}" 2>/dev/null
      done
      kill_unit
    }
    """#
  }

  func check(_ answer: [(word: String, value: String)], of host: String) throws(LaunchError) {}

  var question: String? { nil }
  func id(of sight: JobSight, on host: String) -> String? { sight.state == .absent ? nil : host }

  func state(of sight: JobSight, on host: String) throws(LaunchError) -> JobState {
    switch sight.state {
    case .waiting: .pending(reason: "")
    case .begun: .pending(reason: "its worktree is being set up")
    // Its end is brought home first.
    case .running, .dead, .over: .running(node: host)
    case .absent: .unknown
    }
  }

  func node(of sight: JobSight, on host: String) -> String { host }

  func end(of sight: JobSight, isNew: Bool) -> SilentEnd? {
    // Its host was restarted, or somebody killed its script, and the agent may be alive.
    sight.state == .dead ? SilentEnd(reason: "ended without telling how", looks: 3) : nil
  }

  func name(of id: String?, on host: String?, _ key: String) -> String {
    (id ?? host).map { "the job on \($0)" } ?? "job \(key)"
  }

  var unitProbe: String? { "\(UnitScript.functions)\n\(UnitScript.probe)" }
  var resultScript: String { UnitScript.result }

  func reason(in folder: JobFolder) -> String? {
    switch FarJob(folder: folder).result.readTail(limit: 100).trimmed {
    case "oom-kill": "exceeded its memory limit" + (limits.memory.map { " of \(byteText($0))" } ?? "")
    case "timeout":
      "reached its time limit" + (limits.seconds.map { " of \($0 % 60 == 0 ? "\($0 / 60) min" : "\($0) s")" } ?? "")
    default: nil
    }
  }

  func reason(for exit: JobExit, of handle: JobHandle?, in folder: JobFolder, on host: SSHHost) async -> String? {
    reason(in: folder) ?? (exit.wasAsked ? "was told to end by somebody else, after \(exit.seconds) s" : nil)
  }
}
