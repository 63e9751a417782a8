import Platform
import Synchronization

/// How many files this process may have open (`ulimit -n`), and how many agents that is enough for.
package struct FileLimit: Sendable, Equatable {
  /// An agent holds six: its streams, its log and its process. A git of ours takes about as many, for a moment.
  package static let perJob = 8
  /// What is open for a moment, whatever the number of jobs: a journal, locks, the files of libgit2.
  package static let reserve = 24

  /// The limit, and how much of it is in use.
  package let limit: Int
  package let open: Int

  package init(limit: Int, open: Int) {
    self.limit = limit
    self.open = open
  }

  /// How many agents it is enough for; 0 when it is too low for a single one.
  package var mostJobs: Int { max(0, (limit - open - Self.reserve) / Self.perJob) }

  /// The lowest limit that lets one agent run.
  package var least: Int { open + Self.reserve + Self.perJob }

  /// What holds for this process now; nil where the system does not tell, or sets no limit.
  package static var current: FileLimit? {
    var present: UInt64 = 0
    var highest: UInt64 = 0
    guard platform_file_limit(&present, &highest), present < Int32.max else { return nil }
    let limit = Int(present)
    // Our own are the low numbers.
    let open = (0..<min(limit, 4096)).count { number in
      var status = stat()
      return fstat(Int32(number), &status) == 0
    }
    return FileLimit(limit: limit, open: open)
  }

  /// The limit of this process, where not even a command that only looks could work with it; nil otherwise. Cheap: asked
  /// before anything else.
  package static var tooLowForAnything: Int? {
    var present: UInt64 = 0
    var highest: UInt64 = 0
    guard platform_file_limit(&present, &highest), present < 64, let current else { return nil }
    return current.limit - current.open < 12 ? current.limit : nil
  }

  /// The limit that we were started with, if it was raised: what we start gets it back.
  private static let original = Mutex<UInt64?>(nil)

  /// Lets this process have as many open files as the system allows it, up to 65,536.
  package static func raise() {
    var present: UInt64 = 0
    var highest: UInt64 = 0
    guard platform_file_limit(&present, &highest) else { return }
    let wanted = min(highest, 65_536)
    guard present < wanted, platform_set_file_limit(wanted) else { return }
    original.withLock { $0 = $0 ?? present }
  }

  /// Programs may have reasons for the limit that their user set: some close every number below it.
  static func giveBack(to pid: pid_t) {
    if let original = original.withLock({ $0 }) { _ = platform_set_file_limit_of(pid, original) }
  }
}
