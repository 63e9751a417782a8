import Agents
package import Basics
package import Processes
import Settings
import Synchronization
package import SystemPackage

/// Jobs on hosts that are reached by ssh and share no files with us: the work travels there as a bundle of commits, and
/// back. How they are started there is a matter of their ``Manner``.
///
/// What happens there is only looked at, never waited for: a connection that breaks takes nothing with it, and one process
/// of ssh a second and host serves all jobs, whose streams grow by what is new.
package struct SSH: Launcher {
  let settings: FarSettings
  let manner: any Manner
  let environment: [String: String]
  let hosts: HostList
  private let states: JobStates

  package var name: String { manner.name }
  package var title: String { manner.title }
  package var maxPending: Duration { manner.maxPending }
  package var maxSilence: Duration? { settings.maxSilence }
  package var travels: Bool { true }
  /// The setting that names its hosts.
  package var setting: String { manner.setting }
  package var hasHosts: Bool { !settings.hosts.isEmpty }

  init(_ settings: FarSettings, manner: any Manner, environment: [String: String]) {
    self.settings = settings
    self.manner = manner
    self.environment = environment
    hosts = HostList(settings.hosts, manner: manner, environment: environment)
    states = JobStates(manner)
  }

  package func name(of handle: JobHandle?, _ job: Job) -> String {
    manner.name(of: handle?.id, on: FarJob(folder: job.folder).departed?.host, job.key)
  }

  // MARK: - Beginning

  package func prepare(_ job: Job, _ invocation: Invocation, _ work: JobWork) throws {
    guard let repository = work.repository, let branch = work.branch else {
      throw LaunchError.refused("agents without a branch of their own work on this machine only")
    }
    let paths = FarPaths(work)
    var there = Invocation(
      executable: "/bin/sh",
      // A program by its path here, or by its name on the host's own PATH.
      arguments: [
        "-c", #"program=$1; shift; [ -x "$program" ] || program=${program##*/}; exec "$program" "$@""#, "agent",
        invocation.executable.string,
      ] + invocation.arguments.map(paths.translated),
      environment: invocation.environment, directory: FarPaths.tree, mark: invocation.mark)
    there.environment["PATH"] = nil
    let files = AttemptFilesThere(work.files)
    let far = FarJob(folder: job.folder)
    try FileSystem.createFolder(job.folder.path, permissions: 0o700)
    try FileSystem.create(
      job.folder.environment,
      containing: JobScript.environment(paths.environment(there.finalEnvironment)) + FarPaths.path)
    try FileSystem.create(
      job.folder.script,
      containing: JobScript.text(
        there, files.files, in: JobFolder(FarPaths.job),
        far: JobScript.Far(setup: settings.setup, setupSeconds: Int(settings.setupLimit.components.seconds))))
    try FarJob.write(
      FarJob.Travel(
        key: job.key, mark: invocation.mark.map { "\(RunMark.variable)=\($0.value)" } ?? "",
        worktree: work.worktree.string, commonDirectory: repository.commonDirectory.string, branch: branch,
        prompt: work.files.prompt.string, stream: work.files.stream.string, errors: work.files.errors.string,
        files: paths.files(in: invocation.arguments), paths: paths.table, earlierHost: work.earlierNode,
        isProgram: work.isProgram ? true : nil),
      to: far.travelFile)
  }

  package func start(_ job: Job) async throws(LaunchError) -> JobHandle {
    let far = FarJob(folder: job.folder)
    states.keep(job)
    // Sent once, it may be there, whatever we know.
    if let known = far.departed?.host {
      let host = hosts[known]
      await host.note(job.key)
      return try await depart(job, host)
    }
    guard hasHosts else { throw .refused("\(manner.setting) names no host") }
    var failure: LaunchError?
    var isFull = false
    for host in await hosts.byLoad(first: far.travel?.earlierHost) {
      guard await host.take(job.key) else {
        isFull = true
        // A conversation is continued where it is, or not at all.
        if host.name == far.travel?.earlierHost { break }
        continue
      }
      do throws(LaunchError) {
        return try await depart(job, host)
      } catch {
        // It may have come all the same.
        if far.departed?.host == host.name { throw error }
        await host.release(job.key)
        if case .refused = failure ?? error { failure = error }
        failure = failure ?? error
      }
    }
    if isFull { throw .full("all hosts have as many jobs as they may have") }
    throw failure ?? .unavailable("no host answers")
  }

  private func depart(_ job: Job, _ host: SSHHost) async throws(LaunchError) -> JobHandle {
    let departure = Departure(job: job, host: host, manner: manner, settings: settings, environment: environment)
    let id = try await host.alone { () async throws(LaunchError) in try await departure.begin() }
    return JobHandle(id: id ?? host.name, key: job.key)
  }

  // MARK: - What is there

  private func look(
    _ job: Job, isFresh: Bool = false
  ) async throws(LaunchError) -> (
    travel: FarJob.Travel, departed: FarJob.Departed, host: SSHHost, sight: SSHHost.Sight
  )? {
    let far = FarJob(folder: job.folder)
    states.keep(job)
    guard let travel = far.travel, let departed = far.departed else { return nil }
    let host = hosts[departed.host]
    let sight = try await host.look(
      SSHHost.Look(
        key: job.key, job: departed.job(travel), streamSize: FileStamp(FilePath(travel.stream))?.size ?? 0,
        errorSize: FileStamp(FilePath(travel.errors))?.size ?? 0, isFresh: isFresh))
    states.set(sight.job, of: job.key)
    return (travel, departed, host, sight)
  }

  package func find(_ job: Job) async throws(LaunchError) -> [JobHandle] {
    guard let there = try await look(job, isFresh: true), there.sight.job.state != .absent else { return [] }
    await there.host.note(job.key)
    if let id = manner.id(of: there.sight.job, on: there.host.name) { return [JobHandle(id: id, key: job.key)] }
    // Nobody knows whether it was handed on.
    if case .failure(let error)? = there.sight.job.listed { throw .postponed(error.description) }
    return []
  }

  /// As of the last look, which ``fetch(_:)`` repeats all the time.
  package func state(_ handle: JobHandle) async throws(LaunchError) -> JobState {
    guard let sight = states[handle.key] else { return .unknown }
    let host = states.job(handle.key).flatMap { FarJob(folder: $0.folder).departed?.host } ?? handle.id
    return try manner.state(of: sight, on: host)
  }

  package func fetch(_ job: Job) async throws(LaunchError) {
    let far = FarJob(folder: job.folder)
    while let (travel, departed, host, sight) = try await look(job) {
      do {
        try await offPool {
          try Self.append(sight.stream, to: FilePath(travel.stream))
          try Self.append(sight.errors, to: FilePath(travel.errors))
          if sight.job.hasBegun, !far.started.exists {
            try FileSystem.createFolder(far.folder.claim)
            try FileSystem.replace(far.started, with: "\(manner.node(of: sight.job, on: departed.host))\n")
          }
        }
      } catch {
        throw .unavailable("cannot write to '\(far.folder.path)': \(FileSystem.reason(error))")
      }
      if sight.isPartial { continue }
      if sight.job.state == .over {
        try await bringHome(job, travel, departed, host, exit: sight.job.exit ?? "")
      } else if let reason = states.end(of: job.key) {
        try? FileSystem.replace(far.silent, with: reason + "\n")
        try await tell(host, departed, travel, "bury", isPending: false)
      }
      return
    }
  }

  private static func append(_ bytes: [UInt8], to file: FilePath) throws {
    guard !bytes.isEmpty else { return }
    let descriptor = try FileDescriptor.open(
      file, .writeOnly, options: [.append, .create, .closeOnExec], permissions: .ownerReadWrite)
    try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
  }

  private func bringHome(
    _ job: Job, _ travel: FarJob.Travel, _ departed: FarJob.Departed, _ host: SSHHost, exit: String
  ) async throws(LaunchError) {
    let far = FarJob(folder: job.folder)
    let homecoming = Homecoming(
      travel: travel, departed: departed, far: far, host: host, manner: manner, environment: environment)
    let obstacle = try await homecoming.bring()
    do {
      // The end of an agent whose work is not where it belongs is no success.
      let text = far.trouble.exists ? "125 none 0" : exit
      try FileSystem.replace(far.exit, with: text + "\n")
    } catch {
      throw .unavailable("cannot write '\(far.exit)': \(FileSystem.reason(error))")
    }
    await host.release(job.key)
    if let obstacle {
      try? FileSystem.replace(far.folder.path.appending("left"), with: "\(departed.job(travel)): \(obstacle)\n")
    } else {
      // What stays is removed by `cleanup`. Whoever sees the exit file waits for nothing any more: it is not cut short.
      await Task { try? await remove(travel, departed, host, far) }.value
    }
  }

  func remove(
    _ travel: FarJob.Travel, _ departed: FarJob.Departed, _ host: SSHHost, _ far: FarJob
  ) async throws(LaunchError) {
    _ = try await host.connection.lines(
      FarScript.text(FarScript.remove, ["base": departed.base, "key": travel.name]))
    try? FileSystem.replace(far.removed, with: "")
  }

  // MARK: - Ending

  package func stop(_ handle: JobHandle, isPending: Bool) async throws(LaunchError) {
    try await deed(handle.key, isPending ? "kill" : "stop", isPending: isPending)
  }

  package func kill(_ handle: JobHandle, isPending: Bool) async throws(LaunchError) {
    try await deed(handle.key, "kill", isPending: isPending)
  }

  package func forbid(_ job: Job) async {
    states.keep(job)
    guard (try? await deed(job.key, "kill", isPending: true)) != nil else { return }
    try? await fetch(job)
  }

  /// Kills a job of which nobody knows how it is; false where nothing of it is there.
  func endThere(_ job: Job) async throws(LaunchError) -> Bool {
    guard let state = try await look(job, isFresh: true)?.sight.job.state, state != .absent else { return false }
    try await deed(job.key, "kill", isPending: state == .waiting)
    return true
  }

  private func deed(_ key: String, _ deed: String, isPending: Bool) async throws(LaunchError) {
    guard let job = states.job(key), case let far = FarJob(folder: job.folder), let travel = far.travel,
      let departed = far.departed
    else { return }
    states.ends(key)
    try await tell(hosts[departed.host], departed, travel, deed, isPending: isPending)
  }

  private func tell(
    _ host: SSHHost, _ departed: FarJob.Departed, _ travel: FarJob.Travel, _ deed: String, isPending: Bool
  ) async throws(LaunchError) {
    let there = Job(key: travel.key, folder: JobFolder(FilePath(departed.job(travel))))
    let answer = try await host.connection.lines(
      manner.ending(there, isPending: isPending) + "\n"
        + FarScript.text(
          FarScript.stop,
          ["base": departed.base, "work": departed.work, "key": travel.name, "mark": travel.mark, "deed": deed]))
    try manner.check(answer, of: host.name)
  }

  // MARK: - Why it ended

  package func reason(in folder: JobFolder) -> String? { nil }

  package func reason(for exit: JobExit, of handle: JobHandle?, in folder: JobFolder) async -> String? {
    let far = FarJob(folder: folder)
    let trouble = far.trouble.readTail(limit: 2000).trimmed
    if !trouble.isEmpty { return "did not come home: \(trouble)" }
    let silent = far.silent.readTail(limit: 400).trimmed
    if exit.exit == .signal(9), !exit.wasAsked, exit.seconds == 0, !silent.isEmpty {
      return (manner.reason(in: folder) ?? silent)
        + (folder.node.map { $0 == far.departed?.host ? "" : " on \($0)" } ?? "")
    }
    guard let host = far.departed?.host else { return nil }
    return await manner.reason(for: exit, of: handle, in: folder, on: hosts[host])
  }
}
