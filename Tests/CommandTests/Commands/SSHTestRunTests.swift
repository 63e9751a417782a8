import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Tests and reviewers on hosts that share no files with us, here of a stand-in for ssh.
@Suite(.timeLimit(.minutes(5)), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/environ")))
struct SSHTestRunTests {
  /// Passes on a host alone.
  private static let onHost = "case $HOME in */ssh-state/*) ;; *) exit 9 ;; esac"

  private func land(tests: String) async throws -> (ssh: SSHWorld, land: LandWorld) {
    let ssh = try await SSHWorld.make(hosts: "one")
    let land = LandWorld(world: ssh.world)
    try await ssh.world.set("project.testCommand", "echo run >> '\(land.runs)'; \(tests)")
    try await ssh.world.repository.git("switch", "--quiet", "-c", "elsewhere")
    return (ssh, land)
  }

  private func outcomes(_ world: OrchWorld) throws -> Set<String> {
    Set(
      try world.journal().filter { $0.type == "train-tested" }
        .compactMap { ($0.fields["result"] as? [String: Any])?["outcome"] as? String })
  }

  @Test func `the tests of a landing run on a host, and nothing but their words comes home`() async throws {
    let (ssh, land) = try await land(
      tests: "\(Self.onHost); test -d .git; echo more >new.txt; rm -f README.md; ! { test -e b.txt && echo b is bad; }")
    try await ssh.world.set("worktree.setup", "echo set up in $PWD >setup.txt")
    try await land.branches("a", "b")

    let result = try await ssh.world.orch("land", "a", "b", environment: ["OF_MINE": "hush"])

    #expect(result.status == 1, "\(result.errors)\(result.output)")
    #expect(try await land.statuses() == ["a": "landed", "b": "tests-failed"])
    #expect(try await land.files() == ["README.md", "a.txt"])
    let run = try ssh.world.newestRun()
    let logs = try FileManager.default.contentsOfDirectory(atPath: run.string).filter {
      $0.hasPrefix("tests-") && $0.hasSuffix(".log")
    }
    #expect(logs.count == land.count)
    #expect(try logs.contains { try ssh.world.repository.read($0, in: run) == "b is bad\n" })
    #expect(!ssh.ssh.questions.contains { $0.contains("hush") })
    #expect(ssh.ssh.left(on: "one") == [])
    #expect(try await ssh.away() == [])
    #expect(try await ssh.world.repository.git("for-each-ref", "refs/orchestrator/saved").isEmpty)
    #expect(try ssh.world.survivors().isEmpty)

    // What failed there is tested anew here.
    let count = land.count
    try await ssh.world.set("launcher", "local")
    let here = try await ssh.world.orch("land", "b")
    #expect(here.status == 1 && land.count > count, "\(here.errors)\(here.output)")
  }

  @Test func `tests that are killed have failed, and those that never began have said nothing`() async throws {
    let (ssh, land) = try await land(tests: "kill -9 $$")
    try await land.branches("a")
    let result = try await ssh.world.orch("land", "a")
    #expect(result.status == 1)
    #expect(try outcomes(ssh.world) == ["killed by signal 9"])

    try await ssh.world.set("worktree.setup", "case $HOME in */ssh-state/*) echo no such tool; exit 3 ;; esac")
    try await land.branches("b")
    let unready = try await ssh.world.orch("land", "b")
    #expect(unready.status != 0)
    let words = "\(unready.errors)\(unready.output)"
    #expect(words.contains("the set-up command failed there (exit status 3)"), "\(words)")
    #expect(words.contains("no such tool"), "\(words)")
    #expect(try outcomes(ssh.world).isEmpty)

    try await ssh.world.repository.git("config", "--unset", "orchestrator.worktree.setup")
    try await ssh.world.set("ssh.maxSilence", "1s")
    try ssh.ssh.set("away-one")
    try await land.branches("c")
    let silent = try await ssh.world.orch("land", "c")
    #expect(silent.status != 0)
    #expect("\(silent.errors)\(silent.output)".contains("Connection refused"), "\(silent.errors)\(silent.output)")
    #expect(try outcomes(ssh.world).isEmpty)
    #expect(try await land.files() == ["README.md"])
  }

  @Test func `a host that falls silent in the middle of tests has said nothing of them`() async throws {
    let (ssh, land) = try await land(tests: "sleep 600")
    try await ssh.world.set("ssh.maxSilence", "1s")
    try await land.branches("a")
    let result = try await ssh.world.gitOrch("land", "a") { _ in
      try await waitUntil("the tests run") { land.count == 1 }
      try ssh.ssh.set("away-one")
    }
    #expect(result.status != 0)
    #expect("\(result.errors)\(result.output)".contains("nothing is known of the job on one"), "\(result.errors)")
    #expect(try outcomes(ssh.world).isEmpty)

    // What is there is for the next cleanup, which ends it.
    ssh.ssh.unset("away-one")
    let cleanup = try await ssh.world.orch("cleanup", "-y")
    #expect(cleanup.status == 0, "\(cleanup.errors)")
    #expect(!"\(cleanup.errors)\(cleanup.output)".contains("was brought"), "\(cleanup.errors)\(cleanup.output)")
    #expect(ssh.ssh.left(on: "one") == [])
    try await waitUntil("nothing of it is left") { try ssh.world.survivors().isEmpty }
  }

  @Test func `Ctrl-C ends tests on a host, and what a kill leaves of them is ended by the next landing`() async throws {
    let (ssh, land) = try await land(tests: "sleep 600")
    try await land.branches("a")
    try await ssh.world.gitOrch("land", "a") { process in
      try await waitUntil("the tests run") { land.count == 1 }
      ssh.world.send(SIGINT, to: process)
    }
    try await waitUntil("nothing of it is left") { try ssh.world.survivors().isEmpty }

    try await ssh.world.gitOrch("land", "a") { process in
      try await waitUntil("the tests run again") { land.count == 2 }
      ssh.world.send(SIGKILL, to: process)
    }
    #expect(try !ssh.world.survivors().isEmpty)
    try await ssh.world.set("project.testCommand", Self.onHost)
    let result = try await ssh.world.orch("land", "a")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    try await waitUntil("nothing of it is left") { try ssh.world.survivors().isEmpty }
    #expect(try await ssh.left(on: "one") == [])
    #expect(try await ssh.away() == [])
  }

  @Test func `candidates are tested on hosts`() async throws {
    let ssh = try await SSHWorld.make()
    let land = LandWorld(world: ssh.world)
    let good = #"[[{"write": {"path": "a.txt", "content": "good"}}, {"commit": "feat: a"}]]"#
    let bad = #"[[{"write": {"path": "a.txt", "content": "bad"}}, {"commit": "feat: a"}]]"#
    try ssh.world.script(#"{"a@1": \#(bad), "a@2": \#(good)}"#)
    try ssh.world.repository.write(
      "task_config.yaml", "tasks:\n  - id: a\n    title: \"feat: a\"\n    candidates: 2\n")
    try await ssh.world.set("run.reviewCandidates", "false")
    try await ssh.world.set(
      "project.testCommand", "\(Self.onHost); echo run >>'\(land.runs)'; grep good a.txt")

    let result = try await ssh.world.orch("run")

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await ssh.world.statuses() == ["a": "success", "a@1": "not-chosen", "a@2": "chosen"])
    #expect(land.count == 2)
    #expect(ssh.ssh.left(on: "one") == [] && ssh.ssh.left(on: "two") == [])
    #expect(try await ssh.away() == [])
  }

  @Test(arguments: ["ssh", "slurm"])
  func `a review has its agent and its tests on a host`(launcher: String) async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      try await scene.openPullRequest("feature/a", title: "feat: a")
      try scene.world.script("{\"pr-1\": [[{\"run\": \"\(Self.onHost)\"}, \(ReviewTests.approval)]]}")
      try await scene.world.set("project.testCommand", Self.onHost)
      try await scene.world.set("launcher", launcher)
      try await scene.world.set("ssh.hosts", "one")
      try await scene.world.set("slurm.host", "one")
      var bob = try await scene.asUser("bob")
      let ssh = try StandInSSH(in: bob.repository.scratch.path)
      let slurm = try StandInSlurm(in: bob.repository.scratch.path)
      try ssh.set("path-one", slurm.programs.string)
      bob.environment["PATH"] = "\(ssh.programs):\(bob.environment["PATH"] ?? "")"
      bob.environment["GIT_ORCH_JOB_PACE"] = "0.02"

      let result = try await bob.orch("review", "--pr", "1")

      #expect(result.status == 0, "\(result.errors)\(result.output)")
      #expect(try await bob.statuses() == ["pr-1": "approved"])
      let names = slurm.submissions.compactMap { $0.firstMatch(of: /--job-name=\S+?\/(\S+)/).map { String($0.1) } }
      #expect(names == (launcher == "slurm" ? ["pr-1/1", "pr-1-tests-1"] : []))
      #expect(ssh.left(on: "one") == [])
      #expect(try bob.survivors().isEmpty)
    }
  }

  @Test func `where the work cannot travel, a landing tests here and says so`() async throws {
    let (ssh, land) = try await land(tests: "case $HOME in */ssh-state/*) exit 9 ;; esac")
    try await land.branches("a")
    try ssh.world.repository.write(".gitmodules", "", in: ssh.world.root)

    let result = try await ssh.world.orch("land", "a")

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(
      "\(result.errors)\(result.output)".contains("tests run on this machine: it has submodules"), "\(result.errors)")
    #expect(land.count == 1)
  }
}
