import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Agents as jobs of a cluster that shares no folder with us, here of stand-ins for ssh and Slurm. `make test-slurm` has
/// the real ones.
@Suite(.timeLimit(.minutes(5)), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/environ")))
struct SlurmBySSHTests {
  private let waiting = #"{"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"#

  @Test func `tasks travel to the login host, run as jobs, and come home`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    let world = cluster.world
    try cluster.far.script(tasks: ["a", "b"])
    try await world.set("slurm.memory", "2g")
    try await world.set("slurm.cpus", "2")
    try await world.set("slurm.partition", "agents")
    try await world.set("slurm.account", "team")
    try await world.set("slurm.options", "--qos=low --constraint=fast")

    let result = try await world.orch("run", environment: ["SECRET_OF_MINE": "hush"])

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(try await world.statuses() == ["a": "success", "b": "success"])
    #expect(try await world.remoteTip("feature/a") != nil)
    #expect(cluster.slurm.submissions.count == 2)
    let line = try #require(cluster.slurm.submissions.first)
    for part in [
      "--dependency=singleton", "--no-requeue", "--signal=B:TERM@60", "--export=NIL", "--time=65", "--mem=2048M",
      "--cpus-per-task=2", "--partition=agents", "--account=team", "--qos=low --constraint=fast",
      "--comment=\(cluster.ssh.state)/login/.cache/git-orch/app-",
    ] { #expect(line.contains(part), "\(part) in \(line)") }
    #expect(!line.contains("hush"))
    let record = try world.record("a", attempt: 1)
    let environment = try #require(record["environment"] as? [String: String])
    #expect(environment["SECRET_OF_MINE"] == "hush")
    // The job has it from the user's session on the login host: Slurm hands nothing on.
    #expect(environment["HOME"]?.hasSuffix("ssh-state/login") == true)
    #expect((record["directory"] as? String)?.contains("/login/.cache/git-orch/app-") == true, "\(record)")
    #expect(cluster.stages("a").first == "submitting")
    #expect(cluster.stages("a").last == "running")
    let report = try await world.orch("status", "--json").json()
    let task = (report["tasks"] as? [[String: any Sendable]])?.first { $0["id"] as? String == "a" }
    let job = (task?["attempts"] as? [[String: any Sendable]])?.first?["job"] as? [String: any Sendable]
    #expect(job?["launcher"] as? String == "slurm-ssh")
    #expect(job?["node"] as? String == "node1")
    // Nothing is left there, nor here.
    #expect(cluster.ssh.left(on: "login") == [])
    #expect(try await cluster.far.away() == [])
    #expect(try world.survivors().isEmpty)
  }

  @Test func `status has why a job waits, and the node once it runs`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script(waiting)
    try cluster.slurm.set("hold", "Resources")

    let run = Task { try await cluster.world.orch("run") }
    try await waitUntil("it is pending") {
      try await cluster.world.orch("status").output.contains("Job: pending as slurm job 1: Resources")
    }
    cluster.slurm.unset("hold")
    try await waitUntil("it runs") {
      try await cluster.world.orch("status").output.contains("Job: on node1, as slurm job 1")
    }
    try cluster.world.repository.write("go", "", in: cluster.scratch)

    #expect(try await run.value.status == 0)
  }

  @Test(arguments: [true, false])
  func `a submission whose answer is lost is found, and not repeated`(isSlurms: Bool) async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script()
    // Slurm's, or that of ssh.
    if isSlurms { try cluster.slurm.set("lost") } else { try cluster.ssh.set("lost-login") }

    let result = try await cluster.world.orch("run")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(cluster.far.starts("a") == 1)
    #expect(cluster.slurm.submissions.count == 1)
  }

  @Test func `while Slurm does not answer, nothing is dead: the exit file says the end`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script(waiting)
    // That says nothing of the host.
    try await cluster.world.set("ssh.maxSilence", "1s")

    let run = Task { try await cluster.world.orch("run") }
    try await cluster.world.wait(for: cluster.scratch.appending("begun"))
    try cluster.slurm.set("down")
    try await waitUntil("it is said that nobody answers") {
      try await cluster.world.orch("status").output.contains("Unable to contact slurm controller")
    }
    try cluster.world.repository.write("go", "", in: cluster.scratch)

    #expect(try await run.value.status == 0)
    #expect(cluster.far.starts("a") == 1)
    #expect(try await cluster.world.tasks()["a"]?[4] == "1")
  }

  @Test func `a cluster that has no room is asked again, and the work is not sent again`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script()
    try await cluster.world.set("ssh.maxSilence", "1s")
    try cluster.slurm.set("full", "QOSMaxSubmitJobPerUserLimit: too many jobs, submit limit")
    let run = Task { try await cluster.world.orch("run") }
    try await waitUntil("it is said why") {
      try await cluster.world.orch("status").output.contains("to be submitted as a slurm job: ")
    }
    cluster.slurm.unset("full")
    #expect(try await run.value.status == 0)
    #expect(cluster.far.starts("a") == 1)
    #expect(cluster.slurm.submissions.count == 1)
  }

  @Test func `a job that stays pending is taken back in the end, with its folders`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script()
    try await cluster.world.set("slurm.maxPending", "5s")
    try await cluster.world.set("agent.maxRetries", "0")
    try cluster.slurm.set("hold", "PartitionNodeLimit")

    let result = try await cluster.world.orch("run")

    #expect(result.status == 1)
    // Why it waits may not have been heard by then.
    #expect(
      result.output.contains(
        #/job 1 of Slurm was still pending after 5 s( \(PartitionNodeLimit\))?, and was taken back/#),
      "\(result.output)")
    #expect(cluster.far.starts("a") == 0)
    try await waitUntil("the job is canceled") { cluster.slurm.state(of: 1) == "CANCELLED" }
    #expect(try await cluster.left() == [])
    #expect(try await cluster.far.away() == [])
  }

  @Test func `a job that waits is stopped as an agent is`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script()
    try cluster.slurm.set("hold", "Priority")
    let run = Task { try await cluster.world.orch("run") }
    try await waitUntil("it is pending") { cluster.stages("a").last == "pending" }

    let stop = try await cluster.world.orch("stop")

    #expect(stop.status == 0, "\(stop.errors)")
    #expect(try await run.value.status == 143)
    #expect(try await cluster.world.statuses() == ["a": "interrupted"])
    #expect(cluster.far.starts("a") == 0)
    try await waitUntil("the job is canceled") { cluster.slurm.state(of: 1) == "CANCELLED" }
    #expect(try await cluster.left() == [])
  }

  @Test func `an agent is stopped, and one that is deaf is killed with what it started`() async throws {
    for deaf in [false, true] {
      let cluster = try await SlurmBySSHWorld.make()
      try cluster.far.script(
        (deaf ? #""ignore-term", "# : "")
          + #"{"spawn-orphan": {"pid-file": "SCRATCH/orphan", "seconds": 600}}, {"write": {"path": "half.txt", "content": "x"}}, {"touch": "SCRATCH/begun"}, "hang","#
      )
      let run = Task { try await cluster.world.orch("run") }
      try await cluster.world.wait(for: cluster.scratch.appending("begun"))

      try await cluster.world.orch(deaf ? ["stop", "--now"] : ["stop"])

      let result = try await run.value
      #expect(result.status == 143)
      #expect(try await cluster.world.statuses() == ["a": "interrupted"])
      try await waitUntil("nothing of it is left") { try cluster.world.survivors().isEmpty }
      #expect(try await cluster.left() == [])
      #expect(try await cluster.far.git("a", "status", "--porcelain") == "?? half.txt\n", "\(result.output)")
    }
  }

  @Test(arguments: [
    ("NODE_FAIL", "job 1 lost its node on node1"), ("TIMEOUT", "job 1 reached its time limit on node1"),
    ("OUT_OF_MEMORY", "job 1 exceeded its memory limit on node1"), ("CANCELLED", "job 1 was canceled on node1"),
  ])
  func `what Slurm ended without a word is told in its words, and its work comes home`(
    state: String, words: String
  ) async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script(
      #"{"write": {"path": "half.txt", "content": "x"}}, {"touch": "SCRATCH/begun"}, "hang","#)
    try await cluster.world.set("agent.maxRetries", "0")
    let run = Task { try await cluster.world.orch("run") }
    try await cluster.world.wait(for: cluster.scratch.appending("begun"))
    try await waitUntil("it is seen") { cluster.far.hosts("a").last == "node1" }
    try cluster.killScript(ofJob: 1, endingAs: state)

    let result = try await run.value

    #expect(result.status == 1)
    #expect(result.output.contains(words), "\(result.output)")
    try await cluster.world.killAgents()
    #expect(try await cluster.left() == [])
    #expect(try await cluster.far.git("a", "status", "--porcelain") == "?? half.txt\n", "\(result.output)")
  }

  @Test func `a job that somebody cancels before it begins has not run`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script()
    try await cluster.world.set("agent.maxRetries", "0")
    try cluster.slurm.set("hold", "Priority")
    let run = Task { try await cluster.world.orch("run") }
    try await waitUntil("it is pending") { cluster.stages("a").last == "pending" }
    try cluster.slurm.set("job-1/canceled")

    let result = try await run.value

    #expect(result.status == 1)
    #expect(result.output.contains("job 1 was canceled"), "\(result.output)")
    #expect(cluster.far.starts("a") == 0)
    #expect(try await cluster.left() == [])
  }

  @Test func `a job that exceeds its memory says so`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script(#"{"touch": "SCRATCH/begun"}, "hang","#)
    try await cluster.world.set("slurm.memory", "200m")
    try await cluster.world.set("agent.maxRetries", "0")
    let run = Task { try await cluster.world.orch("run") }
    try await cluster.world.wait(for: cluster.scratch.appending("begun"))

    try cluster.slurm.set("job-1/end", "OUT_OF_MEMORY")
    try await cluster.world.killAgents()

    let result = try await run.value
    #expect(result.status == 1)
    #expect(result.output.contains("job 1 exceeded its memory limit of 200 MiB"), "\(result.output)")
  }

  @Test(arguments: [
    "before-entry-attempt-job", "after-entry-attempt-job", "before-job-submission", "after-job-submission",
    "after-git-bundle", "before-entry-attempt-job:2", "after-entry-attempt-job:2", "after-entry-attempt-job:3",
    "before-git-bundle:2", "after-git-read-tree:2", "before-entry-attempt-ended",
  ])
  func `killed at each step, the run is continued with one job and one agent`(point: String) async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script(#"{"run": "echo x >left.txt; git add -A; git commit -q -m left"},"#)
    let killed = try await cluster.world.gitOrch("run", environment: ["GIT_ORCH_KILL_AT": point])
    #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")

    let result = try await cluster.world.gitOrch("run", "--continue")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(try await cluster.world.statuses() == ["a": "success"])
    #expect(cluster.far.starts("a") == 1)
    #expect(cluster.slurm.submissions.count == 1)
    let files = try await cluster.world.repository.git("ls-tree", "--name-only", "feature/a").split(separator: "\n")
    #expect(files.contains("a.txt") && files.contains("left.txt"), "\(files)")
    #expect(try cluster.world.survivors().isEmpty)
    try await cluster.world.orch("cleanup", "-y")
    #expect(cluster.ssh.left(on: "login") == [])
  }

  @Test func `killed between submission and its answer, the job is found by its name`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script(waiting)
    try cluster.ssh.set("lost-login")
    // It dies with the answer on its way; what it had written down of the job is gone with it.
    let killed = try await cluster.world.gitOrch("run", environment: ["GIT_ORCH_KILL_AT": "after-job-submission"]) {
      process in
      try await cluster.world.wait(for: cluster.scratch.appending("begun"))
      cluster.world.send(SIGKILL, to: process)
    }
    #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")
    let numbers =
      FileManager.default.enumerator(atPath: "\(cluster.ssh.state)/login")?.compactMap { $0 as? String } ?? []
    for file in numbers where file.hasSuffix("/number") {
      try FileManager.default.removeItem(atPath: "\(cluster.ssh.state)/login/\(file)")
    }
    try cluster.world.repository.write("go", "", in: cluster.scratch)

    let result = try await cluster.world.gitOrch("run", "--continue")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(cluster.far.starts("a") == 1)
    #expect(cluster.slurm.submissions.count == 1)
  }

  @Test func `what nobody continues is canceled by giving the run up, and its work comes home`() async throws {
    for isPending in [false, true] {
      let cluster = try await SlurmBySSHWorld.make()
      try cluster.far.script(waiting)
      if isPending { try cluster.slurm.set("hold", "Priority") }
      try await cluster.world.gitOrch("run") { process in
        if isPending {
          try await waitUntil("it is pending") { cluster.stages("a").last == "pending" }
        } else {
          try await cluster.world.wait(for: cluster.scratch.appending("begun"))
        }
        cluster.world.send(SIGKILL, to: process)
      }
      let result = try await cluster.world.orch("run", "--abort")
      #expect(result.status == 0, "\(result.errors)")
      try await waitUntil("the job is over") { !["RUNNING", "PENDING"].contains(cluster.slurm.state(of: 1)) }
      try await waitUntil("nothing of it is left") { try cluster.world.survivors().isEmpty }
      #expect(try await cluster.left() == [])
    }
  }

  @Test func `a run does not begin where the cluster would refuse its jobs`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script()
    try cluster.slurm.set("refuse", "Invalid account or account/partition combination specified")
    let result = try await cluster.world.orch("run")
    #expect(result.status == 128)
    #expect(result.errors.contains("agents cannot run as jobs: sbatch: error"), "\(result.errors)")
    cluster.slurm.unset("refuse")

    try cluster.ssh.set("denied-login")
    let denied = try await cluster.world.orch("run")
    #expect(denied.status == 128)
    #expect(denied.errors.contains("Permission denied"), "\(denied.errors)")
  }

  @Test func `a dry run and the doctor look at the cluster by the host`() async throws {
    let cluster = try await SlurmBySSHWorld.make()
    try cluster.far.script()
    for command in [["run", "--dry-run"], ["doctor"]] {
      let result = try await cluster.world.orch(command)
      #expect(result.output.contains("slurm-wlm 22.05.8, partition agents, 1 node, by login"), "\(result.output)")
      #expect(result.output.contains("ssh login"), "\(result.output)")
      #expect(
        result.output.contains("a trial job ran on node1, which sees the folder of jobs, git and the agent"),
        "\(result.output)")
    }
    let folder = cluster.ssh.state.appending("login/.cache/git-orch")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == [])
    #expect(try cluster.world.survivors().isEmpty)

    // What a killed one has left goes with the next, an hour later.
    let manager = FileManager.default
    for (name, age) in [("trial-1", 7200.0), ("trial-2", 0), ("other", 7200)] {
      try manager.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      try manager.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: "\(folder)/\(name)")
    }
    try cluster.slurm.set("blind")
    let blind = try await cluster.world.orch("doctor")
    #expect(
      blind.output.contains("the trial job ended, and nothing of it is seen in '\(folder)'"), "\(blind.output)")
    #expect(blind.output.contains("a folder that the cluster's nodes share with login"), "\(blind.output)")
    #expect(try manager.contentsOfDirectory(atPath: folder.string).sorted() == ["other", "trial-2"])
    cluster.slurm.unset("blind")

    // A host that is away is one fault; a controller that is down is no more than a delay.
    try cluster.slurm.set("down")
    let down = try await cluster.world.orch("doctor")
    #expect(down.output.contains("jobs are submitted once it answers"), "\(down.output)")
    cluster.slurm.unset("down")
    try cluster.ssh.set("away-login")
    let away = try await cluster.world.orch("doctor")
    #expect(away.output.contains("ssh login: "), "\(away.output)")
    #expect(!away.output.contains("once it answers"), "\(away.output)")
    cluster.ssh.unset("away-login")

    try await cluster.world.set("slurm.host", "-oProxyCommand=x")
    let bad = try await cluster.world.orch("run", "--dry-run")
    #expect(bad.status == 128 && bad.errors.contains("write it as ssh takes it"), "\(bad.errors)")
  }
}
