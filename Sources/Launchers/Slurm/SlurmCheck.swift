import Basics
import Processes
package import SystemPackage

/// What can be known of the cluster before agents are paid.
extension Slurm {
  /// The oldest version that has all that is asked of it: `squeue --me`, `--export=NIL`.
  package static let minimumVersion = [20, 11]

  /// `slurm-wlm 22.05.8`, as its programs call themselves.
  package func version() async throws(LaunchError) -> String {
    if login == nil {
      for program in ["squeue", "scancel"] where ExecutableSearch(programs.environment).locate(program) == nil {
        throw .refused("'\(program)' is not found on PATH")
      }
    }
    let words = try await ask("sbatch", ["--version"]).trimmed
    let numbers = (words.split(separator: " ").last ?? "").split(separator: ".").prefix(2).map { Int($0) ?? 0 }
    guard !numbers.lexicographicallyPrecedes(Self.minimumVersion) else {
      throw .refused("\(plainText(words, limit: 60)) is too old: it must be 20.11 or newer")
    }
    return plainText(words, limit: 60)
  }

  /// The partition that jobs go to, and what is there: `partition agents, 4 nodes`.
  package func partition() async throws(LaunchError) -> String {
    let arguments = limits.partition.map { ["--partition=\($0)"] } ?? []
    let answer = try await ask("sinfo", ["--noheader", "--format=%P|%a|%D"] + arguments)
    let rows = answer.split(whereSeparator: \.isNewline).map { $0.split(separator: "|").map(String.init) }
      .filter { $0.count == 3 }
    // The default one has a star; there may be a line for each kind of node.
    let name = limits.partition ?? rows.first { $0[0].hasSuffix("*") }.map { String($0[0].dropLast()) }
    guard let name else { throw .refused("there is no default partition; set orchestrator.slurm.partition") }
    let own = rows.filter { $0[0] == name || $0[0] == "\(name)*" }
    guard !own.isEmpty else { throw .refused("there is no partition '\(name)'") }
    guard own.contains(where: { $0[1] == "up" }) else { throw .refused("partition '\(name)' is \(own[0][1])") }
    let nodes = own.compactMap { Int($0[2]) }.reduce(0, +)
    return plainText("partition \(name), \(nodes) \(nodes == 1 ? "node" : "nodes")", limit: 100)
  }

  /// Whether Slurm would take a job as agents' jobs are; submits none.
  package func wouldTake() async throws(LaunchError) {
    _ = try await ask("sbatch", ["--test-only", "--chdir=/"] + limits.arguments + ["--wrap=true"])
  }

  package enum Trial: Sendable, Equatable {
    /// It ran on that node, which lacks these: folders that it does not see, programs that it does not have.
    case ran(node: String, missing: [String])
    /// It has not begun in time; in Slurm's words.
    case pending(String)
    case failed(String)
  }

  /// Runs a job as an agent's would be, which looks for folders and programs.
  /// - Parameter folder: a new folder's path, in a folder that jobs share with us; it is gone afterwards.
  package func trial(
    in folder: FilePath, folders: [FilePath], programs: [String], within limit: Duration
  ) async throws(LaunchError) -> Trial {
    let job = Job(key: "git-orch-\(folder.lastComponent?.string ?? "trial")", folder: JobFolder(folder))
    do {
      try FileSystem.createFolder(folder, permissions: 0o700)
      try FileSystem.create(job.folder.script, containing: script(in: folder, folders, programs))
    } catch {
      throw .refused("cannot write '\(folder)': \(FileSystem.reason(error))")
    }
    let result: Result<Trial, LaunchError>
    do throws(LaunchError) {
      let handle = try await start(job)
      let trial = await follow(handle, folder, within: limit)
      // Whoever does not want to wait any longer leaves no job behind either. One that is over is no error.
      await Task { _ = try? await ask("scancel", [handle.id]) }.value
      result = .success(trial)
    } catch {
      result = .failure(error)
    }
    try? folder.removeTree()
    return try result.get()
  }

  private func script(in folder: FilePath, _ folders: [FilePath], _ programs: [String]) -> String {
    """
    #!/bin/sh
    cd \(shellQuoted(path: folder.string)) || exit 1
    PATH=\(shellQuoted(self.programs.environment["PATH"] ?? "/usr/bin:/bin"))
    export PATH
    {
      echo "${SLURMD_NODENAME:-$(hostname)}"
      for folder in \(folders.map { shellQuoted(path: $0.string) }.joined(separator: " ")); do
        [ -d "$folder" ] && [ -w "$folder" ] || echo "the folder $folder"
      done
      for program in \(programs.map { shellQuoted($0) }.joined(separator: " ")); do
        command -v "$program" >/dev/null || echo "the program $program"
      done
    } >seen.tmp
    mv seen.tmp seen

    """
  }

  private func follow(_ handle: JobHandle, _ folder: FilePath, within limit: Duration) async -> Trial {
    let stopwatch = Stopwatch()
    var reason = ""
    var end: Duration?
    while stopwatch.elapsed < limit, !Task.isCancelled {
      let lines = folder.appending("seen").readTail(limit: 16 << 10).split(whereSeparator: \.isNewline).map {
        plainText(String($0), limit: 300)
      }
      if let node = lines.first { return .ran(node: node, missing: Array(lines.dropFirst())) }
      switch try? await state(handle) {
      case .pending(let words): reason = words
      case .ended:
        // The file may be seen a moment later.
        if let end, stopwatch.elapsed - end > .seconds(3) {
          let words = JobFolder(folder).schedulerErrors.readTail(limit: 400).trimmed
          return .failed(
            "the trial job ended, and nothing of it is seen in '\(folder.removingLastComponent())'"
              + (words.isEmpty ? "" : ": \(plainText(words, limit: 300))"))
        }
        end = end ?? stopwatch.elapsed
      case .running, .unknown, nil: break
      }
      try? await Task.sleep(for: .milliseconds(200))
    }
    return .pending(reason)
  }
}
