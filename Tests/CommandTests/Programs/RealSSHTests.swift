import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Agents on hosts with a real sshd and a network of their own, which `make test-ssh` starts. One after the other: they cut
/// the cables of all.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: RealHosts.folder != nil))
struct RealSSHTests {
  private func world(_ tasks: [String], steps: String) async throws -> SSHWorld {
    var world = try await OrchWorld.make()
    let folder = try #require(RealHosts.folder)
    world.environment["PATH"] = "\(folder)/programs:\(world.environment["PATH"] ?? "")"
    try await world.set("launcher", "ssh")
    try await world.set("ssh.hosts", "host1,host2")
    // Its own folder on the hosts for each test.
    try await world.set("ssh.folder", "jobs-\(UInt32.random(in: 0 ... .max))")
    let ssh = SSHWorld(world: world, ssh: try StandInSSH(in: world.repository.scratch.path))
    try ssh.script(steps, tasks: tasks)
    // What agents would not find on another machine is not there.
    try Data("\(world.root)\n\(world.worktrees)\n\(world.remote)\n".utf8).write(to: URL(filePath: "\(folder)/hidden"))
    return ssh
  }

  /// What is left of a test's jobs on the hosts.
  private func left(_ ssh: SSHWorld, on hosts: [String] = ["host1", "host2"]) async throws -> [String] {
    let folder = try await ssh.world.repository.git("config", "orchestrator.ssh.folder")
    return hosts.flatMap { host -> [String] in
      let root = "\(RealHosts.folder ?? "")/\(host)/\(folder)"
      let files = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
      // A folder that was only reserved when we were killed holds nothing, and may stay.
      return files.filter { $0.contains("/jobs/") || $0.hasSuffix("/ready") }
    }
  }

  @Test func `the tests of a landing run on a host`() async throws {
    let ssh = try await world(["a"], steps: "")
    let land = LandWorld(world: ssh.world)
    try await ssh.world.set("project.testCommand", "echo tested at $HOME; test ! -e b.txt")
    try await ssh.world.repository.git("switch", "--quiet", "-c", "elsewhere")
    try await land.branches("a", "b")

    let result = try await ssh.world.gitOrch("land", "a", "b")

    #expect(result.status == 1, "\(result.errors) \(result.output)")
    #expect(try await land.statuses() == ["a": "landed", "b": "tests-failed"])
    let log = try ssh.world.repository.read("tests-1.log", in: try ssh.world.newestRun())
    #expect(log.contains("tested at \(RealHosts.folder ?? "")/host"), "\(log)")
    #expect(try await left(ssh) == [])
    #expect(try await ssh.away() == [])
  }

  @Test func `thirty tasks on two hosts, killed in the middle, and continued`() async throws {
    let tasks = (1...30).map { "t\($0)" }
    let ssh = try await world(tasks, steps: #"{"say": "I begin."}, {"sleep": 3},"#)
    try await ssh.world.gitOrch("run", "-j", "30") { process in
      try await waitUntil("some are at work") { tasks.count { ssh.starts($0) > 0 } >= 20 }
      ssh.world.send(SIGKILL, to: process)
    }

    let result = try await ssh.world.gitOrch("run", "--continue", "-j", "30")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    let statuses = try await ssh.world.statuses()
    #expect(statuses.count == 30 && statuses.values.allSatisfy { $0 == "success" }, "\(statuses)")
    for task in tasks { #expect(ssh.starts(task) == 1, "\(task)") }
    #expect(Set(tasks.flatMap { ssh.hosts($0) }) == ["host1", "host2"])
    try await ssh.world.orch("cleanup", "-y")
    #expect(try await left(ssh) == [])
  }

  @Test(arguments: [
    "before-job-submission", "after-git-bundle", "after-job-submission", "after-entry-attempt-job:3",
    "after-git-read-tree:2", "before-entry-attempt-ended",
  ])
  func `killed at each step, the run is continued with one agent`(point: String) async throws {
    let ssh = try await world(["a"], steps: #"{"sleep": 1},"#)
    let killed = try await ssh.world.gitOrch("run", environment: ["GIT_ORCH_KILL_AT": point])
    #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")

    let result = try await ssh.world.gitOrch("run", "--continue")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(ssh.starts("a") == 1)
    #expect(try ssh.world.survivors().isEmpty)
  }

  @Test func `a cable is taken out and put in again, and the agent works on`() async throws {
    let ssh = try await world(
      ["a"], steps: #"{"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"}, {"say": "after the cut"},"#)
    try await ssh.world.set("ssh.hosts", "host1")
    let run = Task { try await ssh.world.orch("run") }
    try await ssh.world.wait(for: ssh.scratch.appending("begun"))
    try await RealHosts.tool(ssh, "cut", "host1")
    try await waitUntil("it is said that nobody answers") {
      try await ssh.world.orch("status", "--json").output.contains("\"reason\"")
    }
    try ssh.world.repository.write("go", "", in: ssh.scratch)
    try await RealHosts.tool(ssh, "join", "host1")

    let result = try await run.value
    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(ssh.starts("a") == 1)
    #expect(try await ssh.world.orch("log", "a").output.contains("after the cut"))
    #expect(try await left(ssh) == [])
  }

  @Test func `an agent that is deaf to SIGTERM is killed with what it started`() async throws {
    let ssh = try await world(
      ["a"],
      steps:
        #""ignore-term", {"spawn-orphan": {"pid-file": "SCRATCH/orphan", "seconds": 600}}, {"touch": "SCRATCH/begun"}, "hang","#
    )
    let run = Task { try await ssh.world.orch("run") }
    try await ssh.world.wait(for: ssh.scratch.appending("begun"))

    try await ssh.world.orch("stop")

    #expect(try await run.value.status == 143)
    try await waitUntil("nothing of it is left") { try ssh.world.survivors().isEmpty }
    #expect(try await left(ssh) == [])
  }

  @Test(.enabled(if: RealHosts.hasUnits))
  func `a unit does its task, and its time limit and its kill take all of it away`() async throws {
    let ssh = try await world(["a"], steps: #"{"run": "cat /proc/self/cgroup >SCRATCH/group"},"#)
    try await ssh.world.set("ssh.hosts", "units")
    let done = try await ssh.world.orch("run")
    #expect(done.status == 0, "\(done.errors) \(done.output)")
    #expect(try ssh.world.repository.read("group", in: ssh.scratch).contains("/app.slice/git-orch-"))

    // Its child has nothing by which it could be known.
    let orphan =
      #"{"run": ": >SCRATCH/orphan; env -i /usr/bin/setsid /bin/sh -c 'echo $$ >SCRATCH/orphan; exec sleep 600' </dev/null >/dev/null 2>&1 &"}, "#
    for isKilled in [false, true] {
      let ssh = try await world(["a"], steps: #""ignore-term", \#(orphan){"touch": "SCRATCH/begun"}, "hang","#)
      try await ssh.world.set("ssh.hosts", "units")
      try await ssh.world.set("agent.maxRetries", "0")
      if !isKilled { try await ssh.world.set("ssh.timeLimit", "3s") }
      let run = Task { try await ssh.world.orch("run") }
      try await ssh.world.wait(for: ssh.scratch.appending("begun"))
      try await waitUntil("its child is there") {
        try ssh.world.repository.read("orphan", in: ssh.scratch).hasSuffix("\n")
      }
      let child = try #require(
        Int32(try ssh.world.repository.read("orphan", in: ssh.scratch).trimmingCharacters(in: .newlines)))
      if isKilled { try await ssh.world.orch("stop", "--now") }
      let result = try await run.value
      #expect(result.status == (isKilled ? 143 : 1))
      if !isKilled {
        #expect(result.output.contains("the job on units reached its time limit of 3 s"), "\(result.output)")
      }
      try await waitUntil("nothing of it is left") { try ssh.world.survivors().isEmpty && kill(child, 0) != 0 }
      #expect(try await left(ssh, on: ["units"]) == [])
    }
  }

  @Test func `a dry run tells what the hosts have`() async throws {
    let ssh = try await world(["a"], steps: "")
    let result = try await ssh.world.orch("run", "--dry-run")
    #expect(result.output.contains("✓ ssh host1: git "), "\(result.output)")
    try await ssh.world.set("ssh.hosts", "host1,elsewhere.invalid")
    let wrong = try await ssh.world.orch("run", "--dry-run")
    #expect(wrong.output.contains("✗ ssh elsewhere.invalid"), "\(wrong.output)")
  }
}

/// The hosts of `Tools/ssh-hosts`.
private enum RealHosts {
  static let folder = ProcessInfo.processInfo.environment["GIT_ORCH_SSH_HOSTS"]
  /// Whether there is one with systemd.
  static let hasUnits = FileManager.default.fileExists(atPath: "\(folder ?? "")/units.pid")

  static func tool(_ ssh: SSHWorld, _ command: String, _ host: String) async throws {
    let tool = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
      .removingLastComponent().appending("Tools/ssh-hosts")
    let result = try await ssh.world.run(tool.string, [command, folder ?? "", host])
    #expect(result.status == 0, "\(result.errors)")
  }
}
