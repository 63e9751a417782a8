import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Agents as jobs of a real Slurm, which `make test-slurm` starts on loopback. One after the other: they kill what serves
/// all of them.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: RealCluster.folder != nil))
struct RealSlurmTests {
  private func world(_ tasks: [String], steps: (String) -> String) async throws -> SlurmWorld {
    var world = try await OrchWorld.make()
    let cluster = try #require(RealCluster.folder)
    world.environment["SLURM_CONF"] = "\(cluster)/slurm.conf"
    try await world.set("launcher", "slurm")
    try await world.set("slurm.memory", "200m")
    // Its scripts are not on PATH: the folder is for the counting of agents alone.
    let slurm = SlurmWorld(world: world, slurm: try StandInSlurm(in: world.repository.scratch.path))
    let entries = tasks.map { task in
      """
      "\(task)": [[\(slurm.counted(task)), \(steps(task))
        {"write": {"path": "\(task).txt", "content": "\(task)\\n"}}, {"commit": "feat: \(task)"}]]
      """
    }
    try world.script("{\(entries.joined(separator: ",\n"))}")
    try slurm.placeScratch()
    try world.plan(contentsOf: tasks)
    return slurm
  }

  /// The jobs of a world's run that Slurm has, by their states.
  private func jobs(_ slurm: SlurmWorld) async throws -> [String] {
    let list = try await slurm.world.run("squeue", ["--me", "--noheader", "--states=all", "--format=%T %k"])
    return list.output.split(separator: "\n").map(String.init).filter { $0.contains(slurm.scratch.string) }
  }

  private func node(_ slurm: SlurmWorld) throws -> String {
    let jobs = try slurm.world.journal().filter { $0.type == "attempt-job" }
    return jobs.compactMap { ($0.fields["job"] as? [String: Any])?["node"] as? String }.last ?? ""
  }

  @Test func `thirty tasks on four nodes, killed in the middle, and continued`() async throws {
    let tasks = (1...30).map { "t\($0)" }
    let slurm = try await world(tasks) { _ in #"{"say": "I begin."}, {"sleep": 3},"# }
    try await slurm.world.gitOrch("run", "-j", "30") { process in
      try await waitUntil("some are at work") { tasks.count { slurm.starts($0) > 0 } >= 20 }
      slurm.world.send(SIGKILL, to: process)
    }

    let result = try await slurm.world.gitOrch("run", "--continue", "-j", "30")

    #expect(result.status == 0, "\(result.errors)")
    let statuses = try await slurm.world.statuses()
    #expect(statuses.count == 30 && statuses.values.allSatisfy { $0 == "success" }, "\(statuses)")
    for task in tasks { #expect(slurm.starts(task) == 1, "\(task)") }
    #expect(try await jobs(slurm).count == 30)
  }

  @Test(arguments: [
    "before-entry-attempt-job", "after-entry-attempt-job", "before-job-submission", "after-job-submission",
    "after-entry-attempt-job:2", "after-entry-attempt-job:3", "before-entry-attempt-ended",
  ])
  func `killed at each step of a launch, the run is continued with one agent`(point: String) async throws {
    let slurm = try await world(["a"]) { _ in #"{"sleep": 1},"# }
    let killed = try await slurm.world.gitOrch("run", environment: ["GIT_ORCH_KILL_AT": point])
    #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")

    let result = try await slurm.world.gitOrch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)")
    #expect(slurm.starts("a") == 1)
    #expect(try slurm.world.survivors().isEmpty)
  }

  @Test func `the tests of a landing run on the nodes, and what a kill leaves of them is ended`() async throws {
    let slurm = try await world([]) { _ in "" }
    let land = LandWorld(world: slurm.world)
    try await slurm.world.set("project.testCommand", "echo run >>'\(land.runs)'; sleep 600")
    try await slurm.world.repository.git("switch", "--quiet", "-c", "elsewhere")
    try await land.branches("b")
    try await slurm.world.gitOrch("land", "b") { process in
      try await waitUntil("the tests run") { land.count == 1 }
      slurm.world.send(SIGKILL, to: process)
    }
    try await slurm.world.set("project.testCommand", "test -n \"$SLURM_JOB_ID\"")

    let result = try await slurm.world.orch("land", "b")

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await land.files() == ["README.md", "b.txt"])
    let jobs = try await jobs(slurm)
    #expect(jobs.count == 2 && jobs.allSatisfy { !$0.hasPrefix("RUNNING") && !$0.hasPrefix("PENDING") }, "\(jobs)")
    #expect(try slurm.world.survivors().isEmpty)
  }

  @Test func `the controller dies, and no agent with it`() async throws {
    let slurm = try await world(["a"]) { _ in #"{"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"# }
    let run = Task { try await slurm.world.orch("run") }
    try await slurm.world.wait(for: slurm.scratch.appending("begun"))
    try await RealCluster.killController(knowing: slurm.scratch)
    try await waitUntil("it is said that nobody answers") {
      let text = try await slurm.world.orch("status").output
      return text.contains("Slurm does not answer") || text.contains("Unable to contact")
    }
    try slurm.world.repository.write("go", "", in: slurm.scratch)
    let result = try await run.value
    try await RealCluster.tool(slurm.world, "controller")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await slurm.world.tasks()["a"]?[4] == "1")
  }

  @Test func `an agent is stopped without a controller`() async throws {
    let slurm = try await world(["a"]) { _ in #""ignore-term", {"touch": "SCRATCH/begun"}, "hang","# }
    let run = Task { try await slurm.world.orch("run") }
    try await slurm.world.wait(for: slurm.scratch.appending("begun"))
    try await RealCluster.killController(knowing: slurm.scratch)

    try await slurm.world.orch("stop", "--now")

    #expect(try await run.value.status == 143)
    try await RealCluster.tool(slurm.world, "controller")
    #expect(try slurm.world.survivors().isEmpty)
  }

  @Test func `a node dies, and its task is done by another`() async throws {
    let slurm = try await world(["a"]) { _ in #"{"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"# }
    try await slurm.world.set("agent.maxRetries", "2")
    let run = Task { try await slurm.world.orch("run") }
    try await slurm.world.wait(for: slurm.scratch.appending("begun"))
    try await waitUntil("the node is known") { try node(slurm).hasPrefix("n") }
    let name = try node(slurm)
    // With its machine all that runs there ends: its daemon, the job's script, and the agent.
    kill(try RealCluster.pid("slurmd.\(name).pid"), SIGKILL)
    try RealCluster.killScripts(below: slurm.scratch)
    try await slurm.world.killAgents()
    try slurm.world.repository.write("go", "", in: slurm.scratch)

    let result = try await run.value
    try await RealCluster.tool(slurm.world, "node", name)
    #expect(result.status == 0, "\(result.errors)")
    #expect(slurm.starts("a") == 2)
    #expect(try await slurm.world.tasks()["a"]?[4] == "2")
  }

  @Test func `an agent that is deaf to SIGTERM is killed with what it started`() async throws {
    let slurm = try await world(["a"]) { _ in
      #"""
      "ignore-term", {"spawn-orphan": {"pid-file": "SCRATCH/orphan", "seconds": 600}}, {"touch": "SCRATCH/begun"}, "hang",
      """#
    }
    let run = Task { try await slurm.world.orch("run") }
    try await slurm.world.wait(for: slurm.scratch.appending("begun"))

    try await slurm.world.orch("stop")

    #expect(try await run.value.status == 143)
    try await waitUntil("nothing of it is left") { try slurm.world.survivors().isEmpty }
  }

  @Test func `limits of memory and time are told`() async throws {
    let slurm = try await world(["a", "b"]) { task in
      task == "a"
        ? #"{"run": "python3 -c 'import time; x = bytearray(600 << 20); time.sleep(30)'"},"#
        : #"{"say": "I wait."}, "hang","#
    }
    try await slurm.world.set("agent.maxRetries", "0")
    try await slurm.world.set("slurm.timeLimit", "1m")

    let result = try await slurm.world.orch("run")

    #expect(result.status == 1)
    #expect(result.output.contains("exceeded its memory limit"), "\(result.output)")
    #expect(result.output.contains("reached its time limit of 1 min"), "\(result.output)")
  }

  @Test func `a job that cannot start is taken back in the end`() async throws {
    let slurm = try await world(["a"]) { _ in "" }
    try await slurm.world.set("slurm.options", "--begin=now+1hour")
    try await slurm.world.set("slurm.maxPending", "4s")
    try await slurm.world.set("agent.maxRetries", "0")

    let result = try await slurm.world.orch("run")

    #expect(result.status == 1)
    #expect(result.output.contains("was still pending after 4 s (BeginTime), and was taken back"), "\(result.output)")
    try await waitUntil("it is canceled") { try await jobs(slurm).allSatisfy { $0.hasPrefix("CANCELLED") } }
  }

  @Test func `a dry run tries a job`() async throws {
    let slurm = try await world(["a"]) { _ in "" }
    let result = try await slurm.world.orch("run", "--dry-run")
    #expect(result.output.contains("partition agents, 4 nodes"), "\(result.output)")
    #expect(result.output.contains("✓ Slurm job: a trial job ran on n"), "\(result.output)")
    try await slurm.world.set("slurm.partition", "nope")
    let wrong = try await slurm.world.orch("run", "--dry-run")
    #expect(wrong.status == 128)
    #expect(wrong.output.contains("there is no partition 'nope'"), "\(wrong.output)")
  }
}

/// The cluster of `Tools/slurm-cluster`.
enum RealCluster {
  static let folder = ProcessInfo.processInfo.environment["GIT_ORCH_SLURM"]

  static func pid(_ file: String) throws -> Int32 {
    let text = try String(contentsOfFile: "\(folder ?? "")/\(file)", encoding: .utf8)
    return try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  /// Once it has written down what it knows: else it would give the numbers of jobs a second time.
  static func killController(knowing scratch: FilePath) async throws {
    try await waitUntil("the controller has written down the job") {
      let state = FileManager.default.contents(atPath: "\(folder ?? "")/state/job_state") ?? Data()
      return state.range(of: Data(scratch.string.utf8)) != nil
    }
    kill(try pid("slurmctld.pid"), SIGKILL)
  }

  static func tool(_ world: OrchWorld, _ command: String, _ more: String...) async throws {
    let tool = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
      .removingLastComponent().appending("Tools/slurm-cluster")
    let result = try await world.run(tool.string, [command, folder ?? ""] + more)
    #expect(result.status == 0, "\(result.errors)")
  }

  /// The scripts of jobs whose folders are there, and Slurm's own processes that wait for them.
  static func killScripts(below folder: FilePath) throws {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.string)
    for name in names where name.hasSuffix("/started") {
      let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      guard let script = text.split(separator: " ").dropFirst().first.flatMap({ Int32($0) }) else { continue }
      let status = try String(contentsOfFile: "/proc/\(script)/stat", encoding: .utf8)
      if let parent = status.split(separator: " ").dropFirst(3).first.flatMap({ Int32($0) }), parent > 1 {
        kill(parent, SIGKILL)
      }
      kill(script, SIGKILL)
    }
  }
}
