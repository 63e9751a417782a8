import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Agents as jobs of a real Slurm that is reached by a real sshd, whose sessions see nothing of the repository. `make
/// test-slurm` starts both. One after the other: they kill what serves all of them.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: RealLogin.folder != nil && RealCluster.folder != nil))
struct RealSlurmBySSHTests {
  private func world(_ tasks: [String], steps: String) async throws -> SSHWorld {
    var world = try await OrchWorld.make()
    let folder = try #require(RealLogin.folder)
    world.environment["PATH"] = "\(folder)/programs:\(world.environment["PATH"] ?? "")"
    try await world.set("launcher", "slurm")
    try await world.set("slurm.host", "login")
    try await world.set("slurm.memory", "200m")
    // Its own folder there for each test.
    try await world.set("ssh.folder", "jobs-\(UInt32.random(in: 0 ... .max))")
    let far = SSHWorld(world: world, ssh: try StandInSSH(in: world.repository.scratch.path))
    try far.script(steps, tasks: tasks)
    try Data("\(world.root)\n\(world.worktrees)\n\(world.remote)\n".utf8).write(to: URL(filePath: "\(folder)/hidden"))
    return far
  }

  /// The test's folder on the login host, which the nodes see.
  private func home(_ far: SSHWorld) async throws -> String {
    let folder = try await far.world.repository.git("config", "orchestrator.ssh.folder")
    return "\(RealLogin.folder ?? "")/login/\(folder)"
  }

  private func left(_ far: SSHWorld) async throws -> [String] {
    let files = FileManager.default.enumerator(atPath: try await home(far))?.compactMap { $0 as? String } ?? []
    return files.filter { $0.contains("/jobs/") || $0.hasSuffix("/ready") }
  }

  /// The jobs of a test that Slurm has, by their states.
  private func jobs(_ far: SSHWorld) async throws -> [String] {
    var world = far.world
    world.environment["SLURM_CONF"] = "\(RealCluster.folder ?? "")/slurm.conf"
    let list = try await world.run("squeue", ["--me", "--noheader", "--states=all", "--format=%T %k"])
    let home = try await home(far)
    return list.output.split(separator: "\n").map(String.init).filter { $0.contains(home) }
  }

  @Test func `a dry run tries a job, and the tests of a landing are jobs`() async throws {
    let far = try await world(["a"], steps: "")
    let dry = try await far.world.gitOrch("run", "--dry-run")
    #expect(dry.output.contains("which sees the folder of jobs, git and the agent"), "\(dry.output)\(dry.errors)")
    #expect(try await left(far) == [])

    let land = LandWorld(world: far.world)
    try await far.world.set("project.testCommand", "echo tested on $SLURMD_NODENAME; test ! -e b.txt")
    try await far.world.repository.git("switch", "--quiet", "-c", "elsewhere")
    try await land.branches("a", "b")
    let result = try await far.world.gitOrch("land", "a", "b")

    #expect(result.status == 1, "\(result.errors) \(result.output)")
    #expect(try await land.statuses() == ["a": "landed", "b": "tests-failed"])
    let log = try far.world.repository.read("tests-1.log", in: try far.world.newestRun())
    #expect(log.firstMatch(of: /tested on \w+/) != nil, "\(log)")
    #expect(try await left(far) == [])
  }

  @Test func `thirty tasks on four nodes, killed in the middle, and continued`() async throws {
    let tasks = (1...30).map { "t\($0)" }
    let far = try await world(tasks, steps: #"{"say": "I begin."}, {"sleep": 3},"#)
    try await far.world.gitOrch("run", "-j", "30") { process in
      try await waitUntil("some are at work") { tasks.count { far.starts($0) > 0 } >= 20 }
      far.world.send(SIGKILL, to: process)
    }

    let result = try await far.world.gitOrch("run", "--continue", "-j", "30")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    let statuses = try await far.world.statuses()
    #expect(statuses.count == 30 && statuses.values.allSatisfy { $0 == "success" }, "\(statuses)")
    for task in tasks { #expect(far.starts(task) == 1, "\(task)") }
    #expect(try await jobs(far).count == 30)
    #expect(Set(tasks.flatMap { far.hosts($0) }).isSubset(of: ["n0", "n1", "n2", "n3"]))
    try await far.world.orch("cleanup", "-y")
    #expect(try await left(far) == [])
  }

  @Test(arguments: [
    "before-job-submission", "after-git-bundle", "after-job-submission", "after-entry-attempt-job:2",
    "after-entry-attempt-job:3", "after-git-read-tree:2", "before-entry-attempt-ended",
  ])
  func `killed at each step, the run is continued with one job and one agent`(point: String) async throws {
    let far = try await world(["a"], steps: #"{"sleep": 1},"#)
    let killed = try await far.world.gitOrch("run", environment: ["GIT_ORCH_KILL_AT": point])
    #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")

    let result = try await far.world.gitOrch("run", "--continue")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(far.starts("a") == 1)
    #expect(try await jobs(far).count == 1)
    #expect(try far.world.survivors().isEmpty)
  }

  @Test func `the controller dies, and no agent with it`() async throws {
    let far = try await world(["a"], steps: #"{"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"#)
    let run = Task { try await far.world.orch("run") }
    try await far.world.wait(for: far.scratch.appending("begun"))
    try await RealCluster.killController(knowing: FilePath(try await home(far)))
    try await waitUntil("it is said that nobody answers") {
      let text = try await far.world.orch("status").output
      return text.contains("Slurm does not answer") || text.contains("Unable to contact")
    }
    try far.world.repository.write("go", "", in: far.scratch)
    let result = try await run.value
    try await RealCluster.tool(far.world, "controller")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await far.world.tasks()["a"]?[4] == "1")
  }

  @Test func `a node dies, and its task is done by another with what was there`() async throws {
    let far = try await world(
      ["a"],
      steps:
        #"{"run": "[ ! -e half.txt ] || cp half.txt SCRATCH/seen"}, {"write": {"path": "half.txt", "content": "x"}}, {"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"}, {"run": "rm -f half.txt"},"#
    )
    try await far.world.set("agent.maxRetries", "2")
    let run = Task { try await far.world.orch("run") }
    try await far.world.wait(for: far.scratch.appending("begun"))
    try await waitUntil("the node is known") { far.hosts("a").last?.hasPrefix("n") == true }
    let name = far.hosts("a").last ?? ""
    kill(try RealCluster.pid("slurmd.\(name).pid"), SIGKILL)
    try RealCluster.killScripts(below: FilePath(try await home(far)))
    try await far.world.killAgents()
    try far.world.repository.write("go", "", in: far.scratch)

    let result = try await run.value
    try await RealCluster.tool(far.world, "node", name)
    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(far.starts("a") == 2)
    #expect(FileManager.default.fileExists(atPath: "\(far.scratch)/seen"))
    #expect(try await left(far) == [])
  }

  @Test func `an agent that is deaf to SIGTERM is killed with what it started`() async throws {
    let far = try await world(
      ["a"],
      steps:
        #""ignore-term", {"spawn-orphan": {"pid-file": "SCRATCH/orphan", "seconds": 600}}, {"touch": "SCRATCH/begun"}, "hang","#
    )
    let run = Task { try await far.world.orch("run") }
    try await far.world.wait(for: far.scratch.appending("begun"))

    try await far.world.orch("stop")

    #expect(try await run.value.status == 143)
    try await waitUntil("nothing of it is left") { try far.world.survivors().isEmpty }
    #expect(try await left(far) == [])
  }

  @Test func `limits of memory and time are told`() async throws {
    let far = try await world(["a", "b"], steps: "")
    try far.world.script(
      #"""
      {"a": [[{"run": "python3 -c 'import time; x = bytearray(600 << 20); time.sleep(30)'"}]],
       "b": [[{"say": "I wait."}, "hang"]]}
      """#)
    try await far.world.set("agent.maxRetries", "0")
    try await far.world.set("slurm.timeLimit", "1m")

    let result = try await far.world.orch("run")

    #expect(result.status == 1)
    #expect(result.output.contains("exceeded its memory limit"), "\(result.output)")
    #expect(result.output.contains("reached its time limit of 1 min"), "\(result.output)")
  }

  @Test func `a job that cannot start is taken back, and so is one that is stopped`() async throws {
    for isStopped in [false, true] {
      let far = try await world(["a"], steps: "")
      try await far.world.set("slurm.options", "--begin=now+1hour")
      if !isStopped { try await far.world.set("slurm.maxPending", "4s") }
      try await far.world.set("agent.maxRetries", "0")
      let run = Task { try await far.world.orch("run") }
      if isStopped {
        try await waitUntil("it waits") { try await far.world.orch("status").output.contains(": BeginTime") }
        try await far.world.orch("stop")
      }
      let result = try await run.value
      #expect(result.status == (isStopped ? 143 : 1))
      if !isStopped {
        #expect(
          result.output.contains("was still pending after 4 s (BeginTime), and was taken back"), "\(result.output)")
      }
      try await waitUntil("it is canceled") { try await jobs(far).allSatisfy { $0.hasPrefix("CANCELLED") } }
      #expect(try await left(far) == [])
    }
  }

  @Test func `a dry run looks at the cluster by the host`() async throws {
    let far = try await world(["a"], steps: "")
    let result = try await far.world.orch("run", "--dry-run")
    #expect(result.output.contains("partition agents, 4 nodes, by login"), "\(result.output)")
    try await far.world.set("slurm.partition", "nope")
    let wrong = try await far.world.orch("run", "--dry-run")
    #expect(wrong.status == 128)
    #expect(wrong.output.contains("there is no partition 'nope'"), "\(wrong.output)")
  }
}

/// The login host of `Tools/ssh-hosts`, from which jobs of the cluster of `Tools/slurm-cluster` are submitted.
private enum RealLogin {
  static let folder = ProcessInfo.processInfo.environment["GIT_ORCH_SLURM_LOGIN"].flatMap { $0.isEmpty ? nil : $0 }
}
