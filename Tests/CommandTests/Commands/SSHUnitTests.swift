import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Agents on hosts of ssh as units of systemd's, here of stand-ins. `make test-ssh` has the real one.
@Suite(.timeLimit(.minutes(5)), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/environ")))
struct SSHUnitTests {
  private func world(_ steps: String = "") async throws -> SSHWorld {
    let ssh = try await SSHWorld.make(hosts: "one")
    try ssh.ssh.set("units-one")
    try await ssh.world.set("agent.maxRetries", "0")
    try ssh.script(steps)
    return ssh
  }

  @Test func `a job is a unit where its host has systemd for the user, with its limits`() async throws {
    let ssh = try await world()
    try await ssh.world.set("ssh.memory", "2g")
    try await ssh.world.set("ssh.cpus", "2")
    try await ssh.world.set("ssh.timeLimit", "90m")

    let result = try await ssh.world.orch("run")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(ssh.ssh.units.count == 1)
    let line = try #require(ssh.ssh.units.first)
    for part in [
      "--user", "--collect", ".a.1-", "KillMode=mixed", "MemoryMax=2147483648", "CPUQuota=200%", "RuntimeMaxSec=5400",
    ] { #expect(line.contains(part), "\(part) in \(line)") }
    #expect(ssh.ssh.left(on: "one") == [])
    #expect(try ssh.world.survivors().isEmpty)
  }

  @Test(arguments: [
    ("oom-kill", "the job on one exceeded its memory limit of 200 MiB"),
    ("timeout", "the job on one reached its time limit of 90 min"),
  ])
  func `why systemd ended a unit is told`(ending: String, words: String) async throws {
    let ssh = try await world(#"{"touch": "SCRATCH/begun"}, "hang","#)
    try await ssh.world.set("ssh.memory", "200m")
    try await ssh.world.set("ssh.timeLimit", "90m")
    try ssh.ssh.set("units-result", "\(ending)\n")
    let run = Task { try await ssh.world.orch("run") }
    try await ssh.world.wait(for: ssh.scratch.appending("begun"))
    try await ssh.world.killAgents()

    let result = try await run.value

    #expect(result.status == 1)
    #expect(result.output.contains(words), "\(result.output)")
  }

  @Test func `a unit is stopped, and killed with all that it has started`() async throws {
    for deaf in [false, true] {
      let ssh = try await world(
        (deaf ? #""ignore-term", "# : "")
          + #"{"write": {"path": "half.txt", "content": "x"}}, {"touch": "SCRATCH/begun"}, "hang","#)
      let run = Task { try await ssh.world.orch("run") }
      try await ssh.world.wait(for: ssh.scratch.appending("begun"))

      try await ssh.world.orch(deaf ? ["stop", "--now"] : ["stop"])

      #expect(try await run.value.status == 143)
      try await waitUntil("nothing of it is left") { try ssh.world.survivors().isEmpty }
      #expect(try await ssh.left(on: "one") == [])
      #expect(try await ssh.git("a", "status", "--porcelain") == "?? half.txt\n")
    }
  }

  @Test(arguments: [
    "before-job-submission", "after-job-submission", "before-entry-attempt-job:2", "after-entry-attempt-job:3",
  ])
  func `killed at each step, the run is continued with one unit`(point: String) async throws {
    let ssh = try await world()
    let killed = try await ssh.world.gitOrch("run", environment: ["GIT_ORCH_KILL_AT": point])
    #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")

    let result = try await ssh.world.gitOrch("run", "--continue")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(ssh.starts("a") == 1)
    #expect(ssh.ssh.units.count == 1)
  }

  @Test func `a limit that does not hold on a host is said before a run`() async throws {
    let ssh = try await world()
    try await ssh.world.set("ssh.memory", "2g")
    // The stand-in's units have none.
    for (words, hasUnits) in [
      ("your units have no limits of memory", true), ("it has no systemd for your jobs", false),
    ] {
      if !hasUnits { ssh.ssh.unset("units-one") }
      let dry = try await ssh.world.orch("run", "--dry-run")
      #expect(dry.output.contains("ssh one: orchestrator.ssh.memory has no effect on one: \(words)"), "\(dry.output)")
    }
    let result = try await ssh.world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("orchestrator.ssh.memory has no effect on one"), "\(result.errors)")
    #expect(ssh.ssh.units.isEmpty)
  }
}
