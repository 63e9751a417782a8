import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Tests and reviewers as jobs of the stand-in cluster; and tasks that say themselves where their agents run.
@Suite(.timeLimit(.minutes(5)), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/environ")))
struct SlurmTestRunTests {
  /// Passes on the cluster's node alone.
  private static let onNode = #"test "$SLURMD_NODENAME" = node1"#

  private func land(tests: String) async throws -> (slurm: SlurmWorld, land: LandWorld) {
    let slurm = try await SlurmWorld.make()
    let land = LandWorld(world: slurm.world)
    try await slurm.world.set("project.testCommand", "echo run >> '\(land.runs)'; \(tests)")
    try await slurm.world.repository.git("switch", "--quiet", "-c", "elsewhere")
    return (slurm, land)
  }

  @Test func `the tests of a landing are jobs, with what they print and how they end`() async throws {
    let (slurm, land) = try await land(tests: "\(Self.onNode) && ! { test -e b.txt && echo b is bad; }")
    try await land.branches("a", "b")

    let result = try await slurm.world.orch("land", "a", "b")

    #expect(result.status == 1, "\(result.errors)\(result.output)")
    #expect(try await land.statuses() == ["a": "landed", "b": "tests-failed"])
    #expect(slurm.slurm.submissions.count == land.count)
    #expect(slurm.slurm.submissions.first?.contains("/landing-tests-1-1") == true)
    let runs = try slurm.world.newestRun()
    let logs = try FileManager.default.contentsOfDirectory(atPath: runs.string).filter { $0.hasSuffix(".log") }
    #expect(try logs.contains { try slurm.world.repository.read($0, in: runs).contains("b is bad") })
    #expect(slurm.environments().isEmpty)
    #expect(try slurm.world.survivors().isEmpty)
  }

  @Test func `tests that are killed have failed, and those that never began have said nothing`() async throws {
    let (slurm, land) = try await land(tests: "kill -9 $$")
    try await land.branches("a")
    let result = try await slurm.world.orch("land", "a")
    #expect(result.status == 1)
    let tests = try slurm.world.journal().filter { $0.type == "train-tested" }
      .compactMap { ($0.fields["result"] as? [String: Any])?["outcome"] as? String }
    #expect(Set(tests) == ["killed by signal 9"])

    try await slurm.world.set("slurm.maxPending", "1s")
    try slurm.slurm.set("hold", "Priority")
    try await land.branches("b")
    let pending = try await slurm.world.orch("land", "b")
    #expect(pending.status != 0)
    #expect("\(pending.errors)\(pending.output)".contains("of Slurm was still pending after 1 s (Priority)"))
    #expect(try await land.files() == ["README.md"])
  }

  @Test func `Ctrl-C ends the tests' job, and what a kill leaves of it is ended by the next landing`() async throws {
    let (slurm, land) = try await land(tests: "sleep 600")
    try await land.branches("a")
    try await slurm.world.gitOrch("land", "a") { process in
      try await waitUntil("the tests run") { land.count == 1 }
      slurm.world.send(SIGINT, to: process)
    }
    try await waitUntil("the job is over") { slurm.slurm.state(of: 1) != "RUNNING" }

    try await slurm.world.gitOrch("land", "a") { process in
      try await waitUntil("the tests run again") { land.count == 2 }
      slurm.world.send(SIGKILL, to: process)
    }
    #expect(slurm.slurm.state(of: 2) == "RUNNING")
    try await slurm.world.set("project.testCommand", Self.onNode)
    let result = try await slurm.world.orch("land", "a")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    try await waitUntil("that job is over, too") { slurm.slurm.state(of: 2) != "RUNNING" }
    #expect(slurm.environments().isEmpty)
    try await waitUntil("nothing of it is left") { try slurm.world.survivors().isEmpty }
  }

  @Test func `what a kill leaves of candidates' tests is ended, and they run again`() async throws {
    let slurm = try await SlurmWorld.make()
    let world = slurm.world
    let land = LandWorld(world: world)
    let work = #"[[{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]"#
    try world.script(#"{"a@1": \#(work), "a@2": \#(work)}"#)
    try world.repository.write(
      "task_config.yaml", "tasks:\n  - id: a\n    title: \"feat: a\"\n    candidates: 2\n")
    try await world.set("run.reviewCandidates", "false")
    try await world.set("project.testCommand", "echo run >>'\(land.runs)'; sleep 600")
    try await world.gitOrch("run") { process in
      try await waitUntil("both are tested") { land.count == 2 }
      world.send(SIGKILL, to: process)
    }
    try await world.set("project.testCommand", Self.onNode)

    let result = try await world.gitOrch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.statuses() == ["a": "success", "a@1": "chosen", "a@2": "not-chosen"])
    #expect(result.errors.contains("end 1 of 1 done, "), "\(result.errors)")
    let jobs = slurm.slurm.submissions.indices.map { slurm.slurm.state(of: $0 + 1) }
    #expect(jobs.count == 6 && !jobs.contains("RUNNING"), "\(jobs)")
    try await waitUntil("nothing of it is left") { try world.survivors().isEmpty }
  }

  @Test func `a review has its agent and its tests on the cluster`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      try await scene.openPullRequest("feature/a", title: "feat: a")
      try scene.world.script("{\"pr-1\": [[{\"run\": \(Self.onNode.jsonText)}, \(ReviewTests.approval)]]}")
      try await scene.world.set("project.testCommand", Self.onNode)
      try await scene.world.set("launcher", "slurm")
      var bob = try await scene.asUser("bob")
      let slurm = try StandInSlurm(in: bob.repository.scratch.path)
      bob.environment["PATH"] = "\(slurm.programs):\(bob.environment["PATH"] ?? "")"
      bob.environment["GIT_ORCH_JOB_PACE"] = "0.02"

      let result = try await bob.orch("review", "--pr", "1")

      #expect(result.status == 0, "\(result.errors)\(result.output)")
      #expect(try await bob.statuses() == ["pr-1": "approved"])
      let names = slurm.submissions.compactMap { $0.firstMatch(of: /--job-name=\S+?\/(\S+)/).map { String($0.1) } }
      #expect(names == ["pr-1/1", "pr-1-tests-1"])
      #expect(try bob.survivors().isEmpty)
    }
  }

  @Test func `a task of the plan says where its agent runs`() async throws {
    let slurm = try await SlurmWorld.make()
    let world = slurm.world
    try world.script(
      #"""
      {"a": [[{"run": "test -z \"$SLURMD_NODENAME\""}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]],
       "b": [[{"run": "test \"$SLURMD_NODENAME\" = node1"}, {"write": {"path": "b.txt", "content": "b"}}, {"commit": "feat: b"}]]}
      """#)
    try world.repository.write(
      "task_config.yaml",
      """
      tasks:
        - id: a
          title: "feat: a"
          launcher: local
        - id: b
          title: "feat: b"
      """)
    let dry = try await world.orch("run", "--dry-run")
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(dry.output.contains("Launcher local: a\n"), "\(dry.output)")

    let result = try await world.orch("run")

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.statuses() == ["a": "success", "b": "success"])
    #expect(slurm.slurm.submissions.count { !$0.contains("trial") } == 1)
  }
}

extension String {
  /// As a string of JSON.
  fileprivate var jsonText: String {
    "\"" + replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"") + "\""
  }
}
