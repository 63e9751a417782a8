import Foundation
import OrchTestSupport
import SystemPackage

/// A repository whose agents run as jobs of the stand-in cluster.
struct SlurmWorld: Sendable {
  var world: OrchWorld
  let slurm: StandInSlurm

  /// Everything that waits goes fifty times as fast.
  static func make() async throws -> SlurmWorld {
    var world = try await OrchWorld.make()
    let slurm = try StandInSlurm(in: world.repository.scratch.path)
    world.environment["PATH"] = "\(slurm.programs):\(world.environment["PATH"] ?? "")"
    world.environment["GIT_ORCH_JOB_PACE"] = "0.02"
    try await world.set("launcher", "slurm")
    return SlurmWorld(world: world, slurm: slurm)
  }

  var scratch: FilePath { world.repository.scratch.path }

  /// The stages that the journal has of a task's jobs.
  func stages(_ task: String) -> [String] {
    // A run that has only just begun has none.
    let journal = (try? world.journal()) ?? []
    return journal.filter { $0.type == "attempt-job" && $0.fields["task"] as? String == task }
      .compactMap { ($0.fields["job"] as? [String: Any])?["stage"] as? String }
  }

  /// The files with agents' variables that are there.
  func environments() -> [String] {
    let runs = world.root.appending(".git/orchestrator/runs").string
    let files = FileManager.default.enumerator(atPath: runs)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix("/environment") }
  }

  /// How often a task's agent was started.
  func starts(_ task: String) -> Int {
    let text = FileManager.default.contents(atPath: "\(scratch)/starts-\(task)") ?? Data()
    return String(decoding: text, as: UTF8.self).count { $0 == "\n" }
  }

  /// Steps by which each start of a task's agent leaves a line.
  func counted(_ task: String) -> String { #"{"run": "echo >>\#(scratch)/starts-\#(task)"}"# }
}
