import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Runs that are seen from another clone, by their ledgers.
@Suite(.timeLimit(.minutes(3))) struct LedgerCommandTests {
  /// A world in which `a` and `b` succeed, and another clone of its remote.
  private func make(
    _ settings: [String: String] = ["ledger.remote": "origin"]
  ) async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    for (key, value) in settings { try await world.set(key, value) }
    try world.script(
      #"{"a": [[{"say": "hello"}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]], "b": [[{"write": {"path": "b.txt", "content": "b"}}, {"commit": "feat: b with hush-hush-hush"}]]}"#
    )
    try world.plan("a", "b")
    try await world.repository.git(
      "clone", "--quiet", "file://\(world.remote)", "\(world.repository.scratch.path)/other",
      in: world.repository.scratch.path)
    return world
  }

  private func elsewhere(_ world: OrchWorld, _ arguments: String...) async throws -> OrchWorld.Result {
    try await world.orch(arguments, in: FilePath("\(world.repository.scratch.path)/other"))
  }

  @Test func `another clone sees what a run did`() async throws {
    let world = try await make()
    let run = try await world.orch("run", "--execute")
    #expect(run.status == 0, "\(run.errors)")
    let here = try await world.orch("status")
    let there = try await elsewhere(world, "status", "--remote")
    #expect(there.status == 0, "\(there.errors)")
    // But for the command to do next, which is for the clone that has the work.
    #expect(
      there.output
        == here.output.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("Next: ") }
        .joined(separator: "\n"))
    #expect(there.errors.hasPrefix("from the ledger on 'origin', performed on '"))
    let id = try #require(try await world.orch("status", "--json").json()["run"] as? String)
    for arguments in [["--remote", id], ["--remote=origin", id], ["--remote", "origin", id], [id, "--remote"]] {
      let named = try await world.orch(
        ["status", "--json"] + arguments, in: FilePath("\(world.repository.scratch.path)/other"))
      #expect(try named.json()["run"] as? String == id, "\(arguments) \(named.errors)")
    }
    let json = try await elsewhere(world, "status", "--remote", "--json").json()
    #expect(json["phase"] as? String == "ended" && json["success"] as? Bool == true)
    #expect(try await elsewhere(world, "status", "--all", "--remote").output.contains("2 success"))
    let stats = try await elsewhere(world, "stats", "--remote", "--json").json()
    #expect(try await world.orch("stats", "--json").json()["runs"] as? Int == stats["runs"] as? Int)
    let page = try await elsewhere(world, "report", "--remote", "-o", "-")
    #expect(page.status == 0 && page.output.contains("feat: a") && page.output.contains(id))
    #expect(try await elsewhere(world, "status").status == 128)
    let log = try await elsewhere(world, "log", "a", "--remote")
    #expect(log.status == 128)
    #expect(
      log.errors
        == "fatal: the ledger of run \(id) has no logs\nhint: where runs are started: git config orchestrator.ledger.include logs\n"
    )
    #expect(try await elsewhere(world, "log", "--remote").output.contains("no log yet"))
  }

  @Test func `logs are seen where they are included, without secrets`() async throws {
    let world = try await make(["ledger.remote": "origin", "ledger.include": "logs"])
    let run = try await world.orch(["run", "--execute"], environment: ["MY_TOKEN": "hush-hush-hush"])
    #expect(run.status == 0, "\(run.errors)")
    let log = try await elsewhere(world, "log", "a", "--remote=origin")
    #expect(log.status == 0 && log.output.contains("[TEXT] hello"), "\(log.errors)")
    #expect(try await elsewhere(world, "log", "--all", "--remote").output.contains("b | [COMPLETE]"))
    #expect(!(try await elsewhere(world, "log", "--all", "--remote").output.contains("hush")))
    // In all that the remote has of it, and the branch is the agent's own.
    let objects = try await world.repository.git(
      "rev-list", "--objects", "--glob=refs/orchestrator/*", in: world.remote)
    for line in objects.split(separator: "\n") {
      let text = try await world.repository.git("cat-file", "-p", String(line.prefix(40)), in: world.remote)
      #expect(!text.contains("hush") && !text.contains(world.repository.scratch.path.string), "\(line)")
    }
  }

  @Test func `a run in progress is seen`() async throws {
    let world = try await make()
    let (begun, free) = (
      world.repository.scratch.path.appending("begun"), world.repository.scratch.path.appending("free")
    )
    try world.script(
      #"{"a": [[{"touch": "\#(begun)"}, {"wait-for-file": "\#(free)"}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}"#
    )
    try world.plan("a")
    let run = try await world.gitOrch("run", "--execute") { _ in
      try await world.wait(for: begun)
      try await waitUntil("the ledger has the attempt") {
        try await elsewhere(world, "status", "--remote").output.contains("Status: running        Attempts: 1")
      }
      let json = try await elsewhere(world, "status", "--remote", "--json").json()
      #expect(json["phase"] as? String == "running")
      try Data().write(to: URL(filePath: free.string))
    }
    #expect(run.status == 0, "\(run.errors)")
    #expect(try await elsewhere(world, "status", "--remote", "--porcelain").output.contains("\ntask\ta\tsuccess\t"))
    #expect(try await elsewhere(world, "status", "--remote", "--json").json()["phase"] as? String == "ended")
  }

  @Test func `a run that is killed and continued has one whole ledger`() async throws {
    let world = try await make()
    let killed = try await world.gitOrch(
      "run", "--execute", "-j", "1", environment: ["GIT_ORCH_KILL_AT": "after-entry-task-ended:1"])
    #expect(killed.status == 128 + SIGKILL)
    #expect(try await world.orch("run", "--continue").status == 0)
    let json = try await elsewhere(world, "status", "--remote", "--json").json()
    #expect(json["phase"] as? String == "ended" && json["success"] as? Bool == true)
    let parents = try await world.repository.git(
      "log", "--format=%p", "--glob=refs/orchestrator/runs/*", in: world.remote)
    #expect(!parents.contains(" "))
  }

  @Test func `the next run completes the ledger of one that was killed at its very end`() async throws {
    let world = try await make()
    let killed = try await world.gitOrch(
      "run", "--execute", environment: ["GIT_ORCH_KILL_AT": "after-entry-run-ended:1"])
    #expect(killed.status == 128 + SIGKILL)
    let id = try #require(try await world.orch("status", "--json").json()["run"] as? String)
    try world.plan("c")
    try world.script(#"{"c": [[{"write": {"path": "c.txt", "content": "c"}}, {"commit": "feat: c"}]]}"#)
    #expect(try await world.orch("run", "--execute").status == 0)
    let json = try await elsewhere(world, "status", "--remote", id, "--json").json()
    #expect(json["phase"] as? String == "ended")
  }

  @Test func `that a run was taken back is seen`() async throws {
    let world = try await make()
    #expect(try await world.orch("run", "--execute").status == 0)
    let undo = try await world.orch("undo")
    #expect(undo.status == 0, "\(undo.errors)")
    #expect(try await elsewhere(world, "status", "--remote", "--json").json()["undo"] != nil)
  }

  @Test func `there is no ledger unless it is wanted`() async throws {
    let world = try await make([:])
    #expect(try await world.orch("run", "--execute").status == 0)
    for place in [world.root, world.remote] {
      #expect(try await world.repository.git("for-each-ref", "refs/orchestrator/runs", in: place) == "")
    }
    let there = try await elsewhere(world, "status", "--remote")
    #expect(there.status == 128)
    #expect(
      there.errors
        == "fatal: 'origin' has no ledgers of runs\nhint: where runs are started: git config orchestrator.ledger.remote origin\n"
    )
  }

  @Test func `a remote that takes no ledger costs a warning and nothing else`() async throws {
    let world = try await make()
    try await world.repository.git("config", "receive.hideRefs", "refs/orchestrator", in: world.remote)
    let run = try await world.orch("run", "--execute")
    #expect(run.status == 0)
    let warnings = try await world.orch("status", "--json").json()["warnings"] as? [String] ?? []
    #expect(warnings.count == 1)
    #expect(warnings.first?.hasPrefix("'origin' does not take the ledger of this run, which stays local: ") == true)
    #expect(try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/runs") != "")
  }

  @Test func `what was fetched is shown while the remote cannot be reached`() async throws {
    let world = try await make()
    #expect(try await world.orch("run", "--execute").status == 0)
    let before = try await elsewhere(world, "status", "--remote")
    try FileManager.default.moveItem(atPath: world.remote.string, toPath: "\(world.remote).away")
    let after = try await elsewhere(world, "status", "--remote")
    #expect(after.status == 0 && after.output == before.output)
    #expect(after.errors.hasPrefix("warning: as of the last fetch: "))
    #expect(try await elsewhere(world, "status", "--remote", "nowhere").status == 128)
  }

  @Test(arguments: [
    ["status", "--remote", "--watch"], ["status", "--refresh", "--remote"], ["log", "a", "--remote", "-f"],
    ["log", "a", "--raw", "--remote"],
  ])
  func `what follows or asks is for runs of this clone`(_ arguments: [String]) async throws {
    let world = try await OrchWorld.make()
    let result = try await world.orch(arguments)
    #expect(result.status == 129)
    #expect(result.errors.contains("--remote shows what was fetched, and cannot be combined with"))
  }
}

extension LedgerCommandTests {
  @Test(arguments: [["undo"], ["run", "--abort"]])
  func `a ledger that cannot be brought up to date is told of`(_ command: [String]) async throws {
    let world = try await OrchWorld.make()
    try await world.set("ledger.remote", "origin")
    try await world.set("agent.maxRetries", "0")
    try world.script(
      #"{"a": [[{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]], "b": [[{"say": "no"}]]}"#)
    try world.plan("a", "b")
    #expect(try await world.orch("run", "--execute").status == 1)
    try FileManager.default.moveItem(atPath: world.remote.string, toPath: "\(world.remote).away")
    let result = try await world.orch(command + (command == ["undo"] ? ["--local"] : []))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("warning: the ledger of this run is not complete on 'origin': "), "\(result.errors)")
    #expect(result.errors.contains("hint: git push origin refs/orchestrator/runs/"))
  }

  @Test(arguments: ["nosuch", "or igin", "../app.git", "file:///x", "-x"])
  func `a ledger that would go nowhere is told before anybody is paid`(remote: String) async throws {
    let world = try await make(["ledger.remote": remote])
    let words = "'\(remote)', which orchestrator.ledger.remote names, is not a remote of this repository"
    let look = try await world.orch("run", "-n")
    #expect(look.status == 0 && look.output.contains("! Ledger: there will be no ledger of a run: \(words)"), "\(look)")
    #expect(try await world.orch("doctor").output.contains(words))
    let run = try await world.orch("run", "--execute")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.components(separatedBy: words).count == 2, "\(run.errors)")
    let references = try await world.repository.git("for-each-ref", "refs/orchestrator")
    #expect(references == "")
  }
}
