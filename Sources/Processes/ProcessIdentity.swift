import Basics
import Platform

/// One process for all time: pids are given out again, start times are not.
package struct ProcessIdentity: Sendable, Codable, Hashable {
  package var pid: Int32
  /// Linux: clock ticks since boot, field 22 of `/proc/<pid>/stat`. macOS: microseconds since 1970.
  package var startTime: UInt64

  /// The boot of the system that the start time counts from; nil where it counts from elsewhere, and in older journals.
  package var boot: String?

  package init(pid: Int32, startTime: UInt64, boot: String? = nil) {
    self.pid = pid
    self.startTime = startTime
    self.boot = boot
  }

  /// See `/proc/sys/kernel/random/boot_id` in proc(5); nil on macOS, whose start times are of all time.
  package static let currentBoot: String? = shortText(at: "/proc/sys/kernel/random/boot_id")

  package static func == (one: ProcessIdentity, other: ProcessIdentity) -> Bool {
    one.pid == other.pid && one.startTime == other.startTime
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(pid)
    hasher.combine(startTime)
  }

  /// The process that has this pid now; `nil` when none has. A zombie counts: it still has it.
  package static func of(pid: Int32) -> ProcessIdentity? {
    guard var identity = ProcessEntry.read(pid: pid)?.identity else { return nil }
    identity.boot = currentBoot
    return identity
  }

  /// Whether it still runs. A zombie does not.
  package var isAlive: Bool {
    guard boot == nil || boot == Self.currentBoot, let record = ProcessEntry.read(pid: pid) else { return false }
    return record.identity == self && !record.isZombie
  }

  /// How long ago it began, by a clock that nobody can set; nil where the system does not tell.
  package var age: Duration? {
    #if os(Linux)
      var now = timespec()
      let ticks = sysconf(Int32(_SC_CLK_TCK))
      guard ticks > 0, clock_gettime(CLOCK_BOOTTIME, &now) == 0 else { return nil }
      let began =
        Duration.seconds(startTime / UInt64(ticks)) + .milliseconds(startTime % UInt64(ticks) * 1000 / UInt64(ticks))
      return max(.zero, .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec) - began)
    #else
      return nil
    #endif
  }

  /// Sends `signal` if the pid still belongs to this process.
  package func send(_ signal: Int32) {
    // Between the look and the kill the pid could change hands only if somebody reaped it and 2^22 others came and went.
    guard pid > 1, isAlive else { return }
    _ = kill(pid, signal)
  }
}

/// What the system says of a process.
package struct ProcessEntry: Sendable {
  package var identity: ProcessIdentity
  package var parent: Int32
  package var session: Int32
  package var isZombie: Bool
  /// The value of ``RunMark/variable`` in its environment, where that was looked at.
  package var mark: String?

  package var pid: Int32 { identity.pid }
}

/// The mark by which every descendant of an attempt is known, wherever it went: `GIT_ORCH_RUN=<run>/<task>/<attempt>`
/// in its environment. Ids hold no "/".
///
/// What a run starts for itself (git, gh) has the run's id alone. It is ended by whoever waits for it, and what it leaves
/// behind on purpose stays (git's credential cache, the master of ssh connections); only after a run that died is it
/// looked for, since then nobody waits for it any more.
package struct RunMark: Sendable, Hashable {
  package static let variable = "GIT_ORCH_RUN"

  /// The id of the run that this task works for.
  @TaskLocal package static var run: String?

  package let value: String

  package init(run: String, task: String, attempt: Int) {
    value = "\(run)/\(task)/\(attempt)"
  }

  package var pattern: MarkPattern { .exactly(value) }
}

/// Which marks are meant.
package enum MarkPattern: Sendable {
  /// One attempt.
  case exactly(String)
  /// All attempts, set-ups and tests of a run.
  case run(String)
  /// These, and what the run started for itself; but not the attempts with these marks.
  case deadRun(String, sparing: Set<String> = [])

  package func matches(_ mark: String) -> Bool {
    switch self {
    case .exactly(let value): mark == value
    case .run(let run): mark.hasPrefix("\(run)/")
    case .deadRun(let run, let spared): (mark == run || mark.hasPrefix("\(run)/")) && !spared.contains(mark)
    }
  }
}
