import Foundation
import OrchTestSupport
import Platform
import SystemPackage

/// A repository whose agents run as jobs of the stand-in cluster behind the stand-in for ssh, host `login`.
struct SlurmBySSHWorld: Sendable {
  var far: SSHWorld
  let slurm: StandInSlurm

  static func make() async throws -> SlurmBySSHWorld {
    let far = try await SSHWorld.make()
    let slurm = try StandInSlurm(in: far.scratch)
    try far.ssh.set("path-login", slurm.programs.string)
    try await far.world.set("launcher", "slurm")
    try await far.world.set("slurm.host", "login")
    return SlurmBySSHWorld(far: far, slurm: slurm)
  }

  var world: OrchWorld { far.world }
  var ssh: StandInSSH { far.ssh }
  var scratch: FilePath { far.scratch }

  /// The stages that the journal has of a task's jobs.
  func stages(_ task: String) -> [String] {
    let journal = (try? world.journal()) ?? []
    return journal.filter { $0.type == "attempt-job" && $0.fields["task"] as? String == task }
      .compactMap { ($0.fields["job"] as? [String: Any])?["stage"] as? String }
  }

  func left() async throws -> [String] { try await far.left(on: "login") }

  /// Of a job of the stand-in.
  func killScript(ofJob number: Int, endingAs state: String) throws {
    try slurm.set("job-\(number)/end", state)
    let script = try world.repository.read("pid", in: slurm.state.appending("job-\(number)"))
    kill(Int32(script.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0, SIGKILL)
  }
}
