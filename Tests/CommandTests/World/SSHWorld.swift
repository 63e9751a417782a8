import Foundation
import OrchTestSupport
import SystemPackage

/// A repository whose agents work on hosts of the stand-in for ssh.
struct SSHWorld: Sendable {
  var world: OrchWorld
  let ssh: StandInSSH

  /// Everything that waits goes fifty times as fast.
  static func make(hosts: String = "one,two") async throws -> SSHWorld {
    var world = try await OrchWorld.make()
    let ssh = try StandInSSH(in: world.repository.scratch.path)
    world.environment["PATH"] = "\(ssh.programs):\(world.environment["PATH"] ?? "")"
    world.environment["GIT_ORCH_JOB_PACE"] = "0.05"
    try await world.set("launcher", "ssh")
    try await world.set("ssh.hosts", hosts)
    return SSHWorld(world: world, ssh: ssh)
  }

  var scratch: FilePath { world.repository.scratch.path }

  /// Tasks that each write a file and commit it, after these steps.
  func script(_ steps: String = "", tasks: [String] = ["a"]) throws {
    let entries = tasks.map { task in
      """
      "\(task)": [[{"run": "echo >>\(scratch)/starts-\(task)"}, \(steps)
        {"write": {"path": "\(task).txt", "content": "\(task)\\n"}}, {"commit": "feat: \(task)"}]]
      """
    }
    try world.script("{\(entries.joined(separator: ",\n"))}".replacingOccurrences(of: "SCRATCH", with: scratch.string))
    try world.plan(contentsOf: tasks)
  }

  /// How often a task's agent was started.
  func starts(_ task: String) -> Int {
    let text = FileManager.default.contents(atPath: "\(scratch)/starts-\(task)") ?? Data()
    return String(decoding: text, as: UTF8.self).count { $0 == "\n" }
  }

  /// The hosts that the journal has for a task.
  func hosts(_ task: String) -> [String] {
    let journal = (try? world.journal()) ?? []
    return journal.filter { $0.type == "attempt-job" && $0.fields["task"] as? String == task }
      .compactMap { ($0.fields["job"] as? [String: Any])?["node"] as? String }
  }

  /// The references that keep what is on its way.
  func away() async throws -> [String] {
    try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/away")
      .split(separator: "\n").map(String.init)
  }

  /// What is left on a host. Where nobody waited any more for what was stopped or taken back, the next cleanup removes it.
  func left(on host: String) async throws -> [String] {
    if !ssh.left(on: host).isEmpty { _ = try await world.orch("cleanup", "-y") }
    return ssh.left(on: host)
  }

  func git(_ task: String, _ arguments: String...) async throws -> String {
    try await world.run("git", ["-C", world.worktrees.appending(task).string] + arguments).output
  }
}
