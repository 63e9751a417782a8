import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Agents as jobs of a cluster, here of a stand-in. `make test-slurm` has the real one.
@Suite(.timeLimit(.minutes(5)), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/environ")))
struct SlurmTests {
  private func world(_ steps: String = "", tasks: [String] = ["a"]) async throws -> SlurmWorld {
    let slurm = try await SlurmWorld.make()
    let entries = tasks.map { task in
      """
      "\(task)": [[\(slurm.counted(task)), \(steps)
        {"write": {"path": "\(task).txt", "content": "\(task)\\n"}}, {"commit": "feat: \(task)"}]]
      """
    }
    try slurm.world.script("{\(entries.joined(separator: ",\n"))}")
    try slurm.world.plan(contentsOf: tasks)
    return slurm
  }

  @Test func `tasks run as jobs, and are proven as those of this machine`() async throws {
    let slurm = try await world(tasks: ["a", "b"])
    let world = slurm.world
    try await world.set("slurm.memory", "2g")
    try await world.set("slurm.cpus", "2")
    try await world.set("slurm.partition", "agents")
    try await world.set("slurm.account", "team")
    try await world.set("slurm.options", "--qos=low --constraint=fast")

    let result = try await world.orch("run", environment: ["SECRET_OF_MINE": "hush"])

    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.statuses() == ["a": "success", "b": "success"])
    #expect(try await world.remoteTip("feature/a") != nil)
    #expect(slurm.slurm.submissions.count == 2)
    let line = try #require(slurm.slurm.submissions.first)
    for part in [
      "--dependency=singleton", "--no-requeue", "--signal=B:TERM@60", "--export=NIL", "--time=65", "--mem=2048M",
      "--cpus-per-task=2", "--partition=agents", "--account=team", "--qos=low --constraint=fast",
    ] { #expect(line.contains(part), "\(part) in \(line)") }
    #expect(!line.contains("hush"))
    let record = try world.record("a", attempt: 1)
    #expect((record["environment"] as? [String: String])?["SECRET_OF_MINE"] == "hush")
    #expect(slurm.stages("a").first == "submitting")
    #expect(slurm.stages("a").last == "running")
    let report = try await world.orch("status", "--json").json()
    let task = (report["tasks"] as? [[String: any Sendable]])?.first { $0["id"] as? String == "a" }
    let job = (task?["attempts"] as? [[String: any Sendable]])?.first?["job"] as? [String: any Sendable]
    #expect(job?["launcher"] as? String == "slurm")
    #expect((job?["key"] as? String)?.hasSuffix("/a/1") == true)
    // What the agent could log in with is gone with it.
    #expect(slurm.environments().isEmpty)
    #expect(try world.survivors().isEmpty)
  }

  @Test func `status has why a job waits, and the node once it runs`() async throws {
    let scratch = try await world(#"{"wait-for-file": "SCRATCH/go"},"#)
    let world = scratch.world
    try scratch.placeScratch()
    try scratch.slurm.set("hold", "Resources")

    let run = Task { try await world.orch("run") }
    try await waitUntil("it is pending") {
      try await world.orch("status").output.contains("Job: pending as slurm job 1: Resources")
    }
    scratch.slurm.unset("hold")
    try await waitUntil("it runs") { try await world.orch("status").output.contains("Job: on node1, as slurm job 1") }
    try world.repository.write("go", "", in: scratch.scratch)

    #expect(try await run.value.status == 0)
  }

  @Test func `a submission whose answer is lost is found, and not repeated`() async throws {
    let slurm = try await world()
    try slurm.slurm.set("lost")

    let result = try await slurm.world.orch("run")

    #expect(result.status == 0, "\(result.errors)")
    #expect(slurm.starts("a") == 1)
    #expect(slurm.slurm.submissions.count == 1)
  }

  @Test func `while nobody answers, nothing is dead: the exit file says the end`() async throws {
    let slurm = try await world(#"{"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"#)
    let world = slurm.world
    try slurm.placeScratch()

    let run = Task { try await world.orch("run") }
    try await world.wait(for: slurm.scratch.appending("begun"))
    try slurm.slurm.set("down")
    try await waitUntil("it is said that nobody answers") {
      try await world.orch("status").output.contains("Unable to contact slurm controller")
    }
    try world.repository.write("go", "", in: slurm.scratch)

    #expect(try await run.value.status == 0)
    #expect(slurm.starts("a") == 1)
    #expect(try await world.tasks()["a"]?[4] == "1")
  }

  @Test func `a cluster that has no room is asked again`() async throws {
    let slurm = try await world()
    // Looked at before the run, too, where it is asked without a job.
    try slurm.slurm.set("full", "QOSMaxSubmitJobPerUserLimit: too many jobs, submit limit")
    let run = Task { try await slurm.world.orch("run") }
    try await waitUntil("it is said why") {
      try await slurm.world.orch("status").output.contains("to be submitted as a slurm job: ")
    }
    slurm.slurm.unset("full")
    #expect(try await run.value.status == 0)
    #expect(slurm.starts("a") == 1)
  }

  @Test func `a job that stays pending is taken back in the end`() async throws {
    let slurm = try await world()
    try await slurm.world.set("slurm.maxPending", "1s")
    try await slurm.world.set("agent.maxRetries", "0")
    try slurm.slurm.set("hold", "PartitionNodeLimit")

    let result = try await slurm.world.orch("run")

    #expect(result.status == 1)
    #expect(
      result.output.contains("job 1 of Slurm was still pending after 1 s (PartitionNodeLimit), and was taken back"),
      "\(result.output)")
    #expect(slurm.starts("a") == 0)
    try await waitUntil("the job is canceled") { slurm.slurm.state(of: 1) == "CANCELLED" }
  }

  @Test func `a job that waits is stopped as an agent is`() async throws {
    let slurm = try await world()
    try slurm.slurm.set("hold", "Priority")
    let run = Task { try await slurm.world.orch("run") }
    try await waitUntil("it is pending") { slurm.stages("a").last == "pending" }

    let stop = try await slurm.world.orch("stop")

    #expect(stop.status == 0, "\(stop.errors)")
    #expect(try await run.value.status == 143)
    #expect(try await slurm.world.statuses() == ["a": "interrupted"])
    #expect(slurm.starts("a") == 0)
    #expect(slurm.environments().isEmpty)
  }

  @Test func `an agent that ended while neither we nor the controller were there is proven, not started again`()
    async throws
  {
    let slurm = try await world(#"{"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"#)
    try slurm.placeScratch()
    try await slurm.world.gitOrch("run") { process in
      try await slurm.world.wait(for: slurm.scratch.appending("begun"))
      slurm.world.send(SIGKILL, to: process)
    }
    let run = Task { try await slurm.world.orch("run", "--continue") }
    try await slurm.world.waitForStatus { ($0["phase"] as? String) == "running" }
    // Whether it has asked by then or not.
    try slurm.slurm.set("down")
    try slurm.world.repository.write("go", "", in: slurm.scratch)

    #expect(try await run.value.status == 0)
    #expect(slurm.starts("a") == 1)
    #expect(slurm.slurm.submissions.count == 1)
  }

  @Test func `an agent that is deaf to SIGTERM is killed with what it started`() async throws {
    let slurm = try await world(
      #""ignore-term", {"spawn-orphan": {"pid-file": "SCRATCH/orphan", "seconds": 600}}, {"touch": "SCRATCH/begun"}, "hang","#
    )
    try slurm.placeScratch()
    let run = Task { try await slurm.world.orch("run") }
    try await slurm.world.wait(for: slurm.scratch.appending("begun"))

    try await slurm.world.orch("stop", "--now")

    #expect(try await run.value.status == 143)
    #expect(try await slurm.world.statuses() == ["a": "interrupted"])
    try await waitUntil("nothing of it is left") { try slurm.world.survivors().isEmpty }
  }

  @Test func `a job that exceeds its memory says so`() async throws {
    let slurm = try await world(#"{"touch": "SCRATCH/begun"}, "hang","#)
    try slurm.placeScratch()
    try await slurm.world.set("slurm.memory", "200m")
    try await slurm.world.set("agent.maxRetries", "0")
    let run = Task { try await slurm.world.orch("run") }
    try await slurm.world.wait(for: slurm.scratch.appending("begun"))

    try slurm.slurm.set("job-1/end", "OUT_OF_MEMORY")
    try await slurm.world.killAgents()

    let result = try await run.value
    #expect(result.status == 1)
    #expect(result.output.contains("job 1 exceeded its memory limit of 200 MiB"), "\(result.output)")
  }

  @Test func `a job that is lost with its node counts as lost`() async throws {
    let slurm = try await world(#"{"touch": "SCRATCH/begun"}, "hang","#)
    try slurm.placeScratch()
    try await slurm.world.set("agent.maxRetries", "0")
    let run = Task { try await slurm.world.orch("run") }
    try await slurm.world.wait(for: slurm.scratch.appending("begun"))

    try slurm.slurm.set("job-1/end", "NODE_FAIL")
    let script = try slurm.world.repository.read("pid", in: slurm.slurm.state.appending("job-1"))
    kill(Int32(script.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0, SIGKILL)

    let result = try await run.value
    #expect(result.status == 1)
    #expect(result.output.contains("job 1 lost its node on "), "\(result.output)")
    try await slurm.world.killAgents()
  }

  @Test(arguments: [
    "before-entry-attempt-job", "after-entry-attempt-job", "before-job-submission", "after-job-submission",
    "before-entry-attempt-job:2", "after-entry-attempt-job:2", "after-entry-attempt-job:3",
  ])
  func `killed at each step of a launch, the run is continued with one agent`(point: String) async throws {
    let slurm = try await world(#"{"wait-for-file": "SCRATCH/go"},"#)
    try slurm.placeScratch()
    let killed = try await slurm.world.gitOrch("run", environment: ["GIT_ORCH_KILL_AT": point])
    #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")
    try slurm.world.repository.write("go", "", in: slurm.scratch)

    let result = try await slurm.world.gitOrch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)")
    #expect(try await slurm.world.statuses() == ["a": "success"])
    #expect(slurm.starts("a") == 1)
    #expect(try slurm.world.survivors().isEmpty)
  }

  @Test func `what nobody continues is canceled by the next run, and by giving it up`() async throws {
    for command in [["run", "--tasks", "b"], ["run", "--abort"]] {
      let slurm = try await world(#"{"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"#)
      try slurm.placeScratch()
      try await slurm.world.gitOrch("run") { process in
        try await slurm.world.wait(for: slurm.scratch.appending("begun"))
        slurm.world.send(SIGKILL, to: process)
      }
      #expect(slurm.slurm.state(of: 1) == "RUNNING")
      let attach = try await slurm.world.orch("attach", "a")
      #expect(attach.errors.contains("the agent of 'a' may be at work, "), "\(attach.errors)")

      try slurm.world.plan("a", "b")
      try slurm.world.script(#"{"b": [[{"write": {"path": "b.txt", "content": "b"}}, {"commit": "feat: b"}]]}"#)
      let result = try await slurm.world.orch(command)

      #expect(result.status == 0, "\(result.errors)")
      try await waitUntil("the job is over") { slurm.slurm.state(of: 1) != "RUNNING" }
      try await waitUntil("nothing of it is left") { try slurm.world.survivors().isEmpty }
    }
  }

  @Test func `a run does not begin where the cluster would refuse its jobs`() async throws {
    let slurm = try await world()
    try slurm.slurm.set("refuse", "Invalid account or account/partition combination specified")
    let result = try await slurm.world.orch("run")
    #expect(result.status == 128)
    #expect(result.errors.contains("agents cannot run as jobs: sbatch: error"), "\(result.errors)")
    #expect(result.errors.contains("Invalid account"), "\(result.errors)")

    slurm.slurm.unset("refuse")
    try await slurm.world.set("sandbox.agents", "true")
    let sandbox = try await slurm.world.orch("run")
    #expect(sandbox.status == 128)
    #expect(
      sandbox.errors.contains("a sandbox of this machine does not reach to a cluster's nodes"), "\(sandbox.errors)")
  }

  @Test func `a dry run and the doctor try a job`() async throws {
    let slurm = try await world()
    let dry = try await slurm.world.orch("run", "--dry-run")
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(dry.output.contains("✓ Slurm: slurm-wlm 22.05.8, partition agents, 1 node"), "\(dry.output)")
    #expect(dry.output.contains("✓ Slurm job: a trial job ran on "), "\(dry.output)")
    let doctor = try await slurm.world.orch("doctor")
    #expect(doctor.output.contains("a trial job ran on "), "\(doctor.output)")
    let left = try FileManager.default.contentsOfDirectory(
      atPath: slurm.world.root.appending(".git/orchestrator").string)
    #expect(!left.contains { $0.hasPrefix("trial") })
  }

  @Test func `options that are git-orch's own are refused`() async throws {
    let slurm = try await world()
    for (value, words) in [
      ("--export=ALL", "git-orch sets --export itself"), ("--mem=4G", "set orchestrator.slurm.memory instead"),
      ("-p fast", "write it as --name or --name=value"),
    ] {
      try await slurm.world.set("slurm.options", value)
      let result = try await slurm.world.orch("run", "--dry-run")
      #expect(result.status == 128)
      #expect(result.errors.contains(words), "\(result.errors)")
    }
  }
}

extension OrchWorld {
  func plan(contentsOf tasks: [String]) throws {
    let entries = tasks.map {
      "  - id: \($0)\n    branch: feature/\($0)\n    title: \"feat: \($0)\"\n    description: Do \($0)"
    }
    try repository.write("task_config.yaml", "tasks:\n\(entries.joined(separator: "\n"))\n")
  }
}

extension SlurmWorld {
  /// Puts the path of the scratch folder into the agents' script.
  func placeScratch() throws {
    let script = try world.repository.read("agents.json", in: scratch)
    try world.repository.write(
      "agents.json", script.replacingOccurrences(of: "SCRATCH", with: scratch.string), in: scratch)
  }
}
