import Agents
import Processes
import Synchronization
import SystemPackage

/// The hosts of the settings, and those of jobs that were sent when the settings named others.
final class HostList: Sendable {
  private let named: [SSHHost]
  private let others = Mutex<[String: SSHHost]>([:])
  private let manner: any Manner
  private let environment: [String: String]

  init(_ hosts: [FarSettings.Host], manner: any Manner, environment: [String: String]) {
    named = hosts.map { SSHHost($0.name, limit: $0.limit, manner: manner, environment: environment) }
    self.manner = manner
    self.environment = environment
  }

  subscript(_ name: String) -> SSHHost {
    if let host = named.first(where: { $0.name == name }) { return host }
    return others.withLock { others in
      let host = others[name] ?? SSHHost(name, limit: nil, manner: manner, environment: environment)
      others[name] = host
      return host
    }
  }

  /// Those with the fewest jobs of ours first, in the order of the settings.
  func byLoad(first: String?) async -> [SSHHost] {
    var loads: [(host: SSHHost, load: Int)] = []
    for host in named { loads.append((host, host.name == first ? -1 : await host.count)) }
    return loads.enumerated().sorted { ($0.element.load, $0.offset) < ($1.element.load, $1.offset) }.map(\.element.host)
  }
}

/// What a host tells of a job, but for its stream.
struct JobSight: Sendable {
  enum State: String, Sendable {
    /// Nothing of it is there.
    case absent
    /// It has not begun.
    case waiting
    /// Its worktree is being set up.
    case begun
    case running
    /// Its script has ended without a word.
    case dead
    case over
  }

  var state: State
  /// The text of its exit file.
  var exit: String?
  /// What a scheduler calls it.
  var number: String?
  /// Where it runs or ran.
  var node: String?
  /// Changes while it lives.
  var sign = "-"
  /// What the scheduler there says of it, which may not know it; nil where there is none.
  var listed: Result<SlurmJob?, LaunchError>?

  init(state: State) { self.state = state }

  /// Whether it has come to work.
  var hasBegun: Bool { [.running, .dead, .over].contains(state) && node != nil }
}

/// What was last seen of each job.
final class JobStates: Sendable {
  private struct Entry {
    var sight: JobSight?
    var ended = 0
    var isEnding = false
    var job: Job?
  }

  private let entries = Mutex<[String: Entry]>([:])
  private let manner: any Manner

  init(_ manner: any Manner) { self.manner = manner }

  subscript(_ key: String) -> JobSight? { entries.withLock { $0[key]?.sight } }

  func set(_ sight: JobSight, of key: String) {
    let manner = manner
    entries.withLock { entries in
      var entry = entries[key] ?? Entry()
      let isNew = entry.sight.map { $0.sign != sight.sign } ?? true
      entry.sight = sight
      entry.ended = manner.end(of: sight, isNew: isNew) == nil ? 0 : entry.ended + 1
      entries[key] = entry
    }
  }

  /// Why a job is over that has not said so; nil as long as it may say so.
  func end(of key: String) -> String? {
    let manner = manner
    return entries.withLock { entries in
      guard let entry = entries[key], let sight = entry.sight, let end = manner.end(of: sight, isNew: false),
        entry.ended >= (entry.isEnding ? min(end.looks, 5) : end.looks)
      else { return nil }
      return end.reason
    }
  }

  /// Whoever wants its end does not wait long.
  func ends(_ key: String) { entries.withLock { $0[key]?.isEnding = true } }

  func keep(_ job: Job) {
    entries.withLock { entries in
      var entry = entries[job.key] ?? Entry()
      entry.job = job
      entries[job.key] = entry
    }
  }

  func job(_ key: String) -> Job? { entries.withLock { $0[key]?.job } }
}

/// Where an attempt's files are in the job's folder there.
struct AttemptFilesThere {
  let files: AttemptFiles

  init(_ files: AttemptFiles) {
    let job = FarPaths.job
    let stream = job.appending("stream")
    // What a program prints goes into one file, in its order.
    self.files = AttemptFiles(
      prompt: job.appending("prompt"), stream: stream,
      errors: files.errors == files.stream ? stream : job.appending("errors"), log: job.appending("log"))
  }
}
