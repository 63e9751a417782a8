import Agents
import Processes
import Synchronization
import SystemPackage

/// The hosts of the settings, and those of jobs that were sent when the settings named others.
final class HostList: Sendable {
  private let named: [SSHHost]
  private let others = Mutex<[String: SSHHost]>([:])
  private let environment: [String: String]

  init(_ hosts: [FarSettings.Host], environment: [String: String]) {
    named = hosts.map { SSHHost($0.name, limit: $0.limit, environment: environment) }
    self.environment = environment
  }

  subscript(_ name: String) -> SSHHost {
    if let host = named.first(where: { $0.name == name }) { return host }
    return others.withLock { others in
      let host = others[name] ?? SSHHost(name, limit: nil, environment: environment)
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

/// What was last seen of each job.
final class JobStates: Sendable {
  private struct Entry {
    var state: SSHHost.Sight.State?
    var dead = 0
    var job: Job?
  }

  private let entries = Mutex<[String: Entry]>([:])

  subscript(_ key: String) -> SSHHost.Sight.State? { entries.withLock { $0[key]?.state } }

  func set(_ state: SSHHost.Sight.State, of key: String) {
    entries.withLock { entries in
      var entry = entries[key] ?? Entry()
      entry.state = state
      entry.dead = state == .dead ? entry.dead + 1 : 0
      entries[key] = entry
    }
  }

  /// How often in a row it was seen without a process and without an end.
  func countDead(_ key: String) -> Int { entries.withLock { $0[key]?.dead ?? 0 } }

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
    self.files = AttemptFiles(
      prompt: job.appending("prompt"), stream: job.appending("stream"), errors: job.appending("errors"),
      log: job.appending("log"))
  }
}
