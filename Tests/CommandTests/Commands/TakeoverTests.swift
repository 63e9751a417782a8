import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Runs that another clone continues than the one that began them, by their ledgers.
@Suite(.timeLimit(.minutes(5))) struct TakeoverTests {
  static let working =
    #"{"a": [[{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]], "b": [[{"write": {"path": "b.txt", "content": "b"}}, {"commit": "feat: b"}]]}"#
  static let failing =
    #"{"a": [[{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]], "b": [[{"result": {"is_error": true, "error": "authentication_failed"}}]]}"#

  // MARK: - Going on

  @Test func `a run whose clone has died is continued by another, which does what never left it`() async throws {
    let world = try await TakeoverWorld.make(Self.working)
    let gate = world.main.repository.scratch.path.appending("gate")
    try world.main.script(
      #"{"a": [[{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]], "b": [[{"wait-for-file": "\#(gate)"}, {"write": {"path": "b.txt", "content": "b"}}, {"commit": "feat: b"}]]}"#
    )
    let other = try await world.clone("other")
    let id = try await world.begin(killedAt: "after-entry-proven:2") {
      try await waitUntil("the ledger has the second task") {
        let lines = try await other.orch("status", "--remote", "--porcelain").output
        return lines.contains("\ntask\ta\tsuccess\t") && lines.contains("\ntask\tb\trunning\t")
      }
      FileManager.default.createFile(atPath: gate.string, contents: nil)
    }
    // Nobody can know yet that it is dead.
    let early = try await other.orch("run", "--continue", id, "-c", "\(world.plan)")
    #expect(early.status == 128)
    #expect(early.errors.contains("fatal: run \(id) is performed by the clone on '"))
    #expect(early.errors.contains("which wrote its ledger "))
    #expect(early.errors.contains("hint: if it is dead, or is to stop: git orch run --continue \(id) --take-over"))
    // What it needs, and what it would do.
    let planless = try await other.orch("run", "--continue", id, "--take-over")
    #expect(planless.status == 128)
    #expect(planless.errors.contains("without its plan: the ledger has none, as prompts stay out of it"))
    #expect(planless.errors.contains("hint: name it: git orch run --continue \(id) -c PLAN"))
    #expect(planless.errors.contains("git config orchestrator.ledger.include prompts"))
    let look = try await other.orch("run", "--continue", id, "-c", "\(world.plan)", "-n")
    #expect(look.status == 0, "\(look.errors)")
    #expect(look.output.contains("nothing: it is done"))
    #expect(look.output.contains("done again: its work never left the clone on '"))
    #expect(look.output.contains("continue it here only with --take-over"))
    #expect(try other.runs() == [])

    let taken = try await other.orch("run", "--continue", id, "-c", "\(world.plan)", "--take-over")
    #expect(taken.status == 0, "\(taken.errors)")
    #expect(taken.errors.contains("run \(id) is taken over from the clone on '"))
    #expect(taken.errors.contains("done again, as their work never left that clone: b\n"))
    #expect(other.attempts == ["b.2"])
    #expect(try await world.main.remoteTip("feature/a") != nil)
    #expect(try await world.main.remoteTip("feature/b") == other.git("rev-parse", "feature/b"))
    // All that follows a run finds what the other clone has done of it.
    #expect(try await world.main.remoteTip("feature/a") == other.git("rev-parse", "feature/a"))
    let landed = try await other.orch("land", id, "--no-test", "-n")
    #expect(landed.status == 0 && !landed.output.contains("is gone"), "\(landed.output)\(landed.errors)")
    let json = try await other.orch("status", "--json").json()
    #expect(json["run"] as? String == id && json["success"] as? Bool == true)
    // One line of commits by two writers.
    let log = try await world.main.repository.git(
      "log", "--format=%p", "refs/orchestrator/runs/\(id)", in: world.main.remote)
    #expect(!log.contains(" "))

    // The clone that began it is told, and knows then.
    let back = try await world.main.orch("run", "--continue")
    #expect(back.status == 0, "\(back.errors)")
    #expect(back.errors.contains("run \(id) is done, by the clone on '"))
    #expect(try await world.main.statuses() == ["a": "success", "b": "success"])
    try await world.main.killAgents()
  }

  @Test func `what was pushed is only delivered`() async throws {
    let world = try await TakeoverWorld.make(Self.working)
    // The ledger has what was proven before the branch is pushed.
    let id = try await world.begin(killedAt: "after-entry-pushed:1", plan: ["a"])
    let other = try await world.clone("other")
    let taken = try await other.orch("run", "--continue", id, "-c", "\(world.plan)", "--take-over")
    #expect(taken.status == 0, "\(taken.errors)")
    #expect(other.attempts == [])
    #expect(taken.errors.contains("their work was pushed, and is delivered: a\n"))
  }

  @Test func `a run that has ended is anybody's, and its plan comes with the prompts`() async throws {
    let world = try await TakeoverWorld.make(Self.failing, include: "prompts")
    let id = try await world.begin()
    let other = try await world.clone("other", script: Self.working)
    let taken = try await other.orch("run", "--continue", id)
    #expect(taken.status == 0, "\(taken.errors)")
    #expect(other.attempts == ["b.2"])
    #expect(try other.record("b", attempt: 2).contains("Do b"))
    #expect(try await other.orch("run", "--continue", id).errors.contains("is done: there is nothing left to continue"))
  }

  @Test func `commands of a plan that others wrote wait for trust`() async throws {
    let world = try await TakeoverWorld.make(Self.failing, include: "prompts")
    try world.main.repository.write(
      "task_config.yaml",
      """
      tasks:
        - {id: a, branch: feature/a, title: "feat: a", description: Do a}
        - {id: b, branch: feature/b, title: "feat: b", description: Do b, test_command: make evil}
      """)
    let id = try await world.begin(plan: nil)
    let other = try await world.clone("other", script: Self.working)
    let refused = try await other.orch("run", "--continue", id)
    #expect(refused.status == 128)
    #expect(refused.errors.contains("test_command of b"))
    #expect(try other.runs() == [] && other.attempts == [])
  }

  @Test func `another plan is none`() async throws {
    let world = try await TakeoverWorld.make(Self.failing)
    let id = try await world.begin()
    let other = try await world.clone("other")
    for (text, reason) in [
      (#"{id: a, branch: feature/a, title: "feat: a"}"#, "it has no task 'b'"),
      (#"{id: a, branch: feature/x, title: "feat: a"}"#, "its task 'a' has branch 'feature/x'"),
      (#"{id: a, branch: feature/a, title: "feat: other"}"#, "its task 'a' has another title"),
    ] {
      try world.main.repository.write("p.yaml", "tasks:\n  - \(text)\n", in: other.path)
      let result = try await other.orch("run", "--continue", id, "-c", "p.yaml")
      #expect(result.status == 128)
      #expect(result.errors.contains("'p.yaml' is not the plan of run \(id): \(reason)"), "\(result.errors)")
    }
  }

  // MARK: - Who

  @Test func `of clones that continue a run at the same time one does`() async throws {
    let world = try await TakeoverWorld.make(Self.failing)
    let id = try await world.begin()
    var clones: [TakeoverWorld.Clone] = []
    for number in 1...3 { clones.append(try await world.clone("clone-\(number)", script: Self.working)) }
    let results = try await withThrowingTaskGroup(of: (Int, OrchWorld.Result).self) { group in
      for (number, clone) in clones.enumerated() {
        group.addTask {
          (number, try await clone.gitOrch("run", "--continue", id, "-c", "\(world.plan)"))
        }
      }
      return try await group.reduce(into: [Int: OrchWorld.Result]()) { $0[$1.0] = $1.1 }
    }
    let winners = results.filter { $0.value.status == 0 }.keys.sorted()
    #expect(winners.count == 1, "\(results)")
    for (number, result) in results where number != winners.first {
      // It lost the race, or was too late for it.
      #expect(result.status == 128 || result.errors.contains("is done, by the clone on '"))
      #expect(
        result.errors.contains("at the same time, which has it now")
          || result.errors.contains("is performed by the clone on '") || result.errors.contains("is done, by"),
        "\(result.errors)")
      #expect(try clones[number].attempts == [] && clones[number].runs() == [])
    }
    #expect(clones[winners.first ?? 0].attempts == ["b.2"])
  }

  @Test func `of the clone that began a run and another one, one continues it`() async throws {
    let world = try await TakeoverWorld.make(Self.failing)
    let id = try await world.begin()
    try world.main.script(Self.working)
    let other = try await world.clone("other")
    async let first = world.main.gitOrch("run", "--continue", id)
    async let second = other.gitOrch("run", "--continue", id, "-c", "\(world.plan)")
    let (here, there) = (try await first, try await second)
    // Whoever comes when it is done is told so.
    let isDone = { (result: OrchWorld.Result) in result.errors.contains("is done, by the clone on '") }
    #expect([here, there].count { $0.status == 0 && !isDone($0) } == 1, "\(here)\n\(there)")
    let attempts = try [world.main.records, other.records].flatMap { records in
      ((try? FileManager.default.contentsOfDirectory(atPath: records.string)) ?? []).filter { $0.hasPrefix("b.") }
    }
    #expect(attempts.sorted() == ["b.1.json", "b.2.json"])
    #expect(try await world.main.remoteTip("feature/b") != nil)
  }

  @Test func `a run that is taken over ends in order, and pushes nothing more`() async throws {
    let world = try await TakeoverWorld.make(Self.working)
    let scratch = world.main.repository.scratch.path
    let (begun, go, free) = (scratch.appending("begun"), scratch.appending("go"), scratch.appending("free"))
    try world.main.script(
      #"{"a": [[{"write": {"path": "mine.txt", "content": "precious"}}, {"touch": "\#(begun)-a"}, "hang"]], "b": [[{"touch": "\#(begun)-b"}, {"wait-for-file": "\#(go)"}, {"write": {"path": "b.txt", "content": "mine"}}, {"commit": "feat: mine"}]]}"#
    )
    try world.main.plan("a", "b")
    let other = try await world.clone(
      "other",
      script:
        #"{"a": [[{"touch": "\#(begun)-other"}, {"wait-for-file": "\#(free)"}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]], "b": [[{"wait-for-file": "\#(free)"}, {"write": {"path": "b.txt", "content": "b"}}, {"commit": "feat: b"}]]}"#
    )
    let first = try await world.main.gitOrch("run", "--execute", "-j", "2") { _ in
      for task in ["a", "b"] { try await world.main.wait(for: FilePath("\(begun)-\(task)")) }
      let id = try await world.id()
      try await waitUntil("the ledger has both attempts") {
        let json = try await other.orch("status", "--remote", "--json").output
        return json.components(separatedBy: "\"running\"").count > 3
      }
      let second = try await other.gitOrch("run", "--continue", id, "-c", "\(world.plan)", "--take-over") { _ in
        try await world.main.wait(for: FilePath("\(begun)-other"))
        // The first finishes a task, and would push it.
        FileManager.default.createFile(atPath: go.string, contents: nil)
        try await world.main.waitForStatus { $0["phase"] as? String == "ended" }
        FileManager.default.createFile(atPath: free.string, contents: nil)
      }
      #expect(second.status == 0, "\(second.errors)")
    }
    #expect(first.status == 128 + SIGTERM, "\(first.errors)")
    #expect(first.errors.contains("taken over by the clone on '"))
    #expect(try await world.main.statuses() == ["a": "interrupted", "b": "interrupted"])
    // What it had is kept; what is on the remote is the other's.
    let saved = try await world.main.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(saved.contains("/a/1"))
    for branch in ["feature/a", "feature/b"] {
      #expect(try await world.main.remoteTip(branch) == other.git("rev-parse", branch))
    }
    let id = try await world.id()
    let tip = try await world.main.repository.git(
      "rev-parse", "refs/orchestrator/runs/\(id)", in: world.main.remote)
    #expect(try await other.git("rev-parse", "refs/orchestrator/runs/\(id)") == tip)
  }

  // MARK: - What goes wrong

  @Test(
    arguments: [1, 2, 3].flatMap { ["before-git-push:\($0)", "after-git-push:\($0)"] }
      + ["before-reference:1", "after-reference:2", "before-replaced-file:5", "after-replaced-file:5"])
  func `killed over it, the next one goes on`(_ point: String) async throws {
    let world = try await TakeoverWorld.make(Self.failing)
    let id = try await world.begin()
    let other = try await world.clone("other", script: Self.working)
    let command = ["run", "--continue", id, "-c", "\(world.plan)"]
    let killed = try await other.gitOrch(command, environment: ["GIT_ORCH_KILL_AT": point])
    #expect(killed.status == 0 || killed.status == 128 + SIGKILL, "\(killed.errors)")
    var again = try await other.orch(command)
    // The run is this clone's then, and its plan is known.
    if again.errors.contains("is this clone's own") { again = try await other.orch("run", "--continue", id) }
    #expect(again.status == 0, "\(again.errors)")
    #expect(other.attempts.filter { $0.hasPrefix("a.") } == [])
    let json = try await other.orch("status", "--remote", id, "--json").json()
    #expect(json["success"] as? Bool == true && json["phase"] as? String == "ended")
    try await world.main.killAgents()
  }

  @Test func `a remote that refuses lets nobody continue`() async throws {
    let world = try await TakeoverWorld.make(Self.failing)
    let id = try await world.begin()
    try await world.main.repository.git("config", "receive.hideRefs", "refs/orchestrator", in: world.main.remote)
    let other = try await world.clone("other", script: Self.working)
    let result = try await other.orch("run", "--continue", id, "-c", "\(world.plan)")
    #expect(result.status == 128)
    #expect(result.errors.contains("fatal: the remote does not let this clone continue run \(id): "))
    #expect(result.errors.contains("it takes no pushes to 'refs/orchestrator/runs/\(id)'"))
    #expect(try other.runs() == [] && other.attempts == [])
  }

  @Test func `a clone that cannot ask goes on with its own run, and says so`() async throws {
    let world = try await TakeoverWorld.make(Self.failing)
    let id = try await world.begin()
    try world.main.script(Self.working)
    try FileManager.default.moveItem(atPath: world.main.remote.string, toPath: "\(world.main.remote).away")
    let result = try await world.main.orch("run", "--continue", id)
    #expect(result.errors.contains("warning: cannot ask 'origin' whether another clone has taken the run over: "))
    // As without a ledger.
    #expect(result.errors.contains("fatal: "))
  }

  @Test func `runs of this clone, unknown ones and those without a ledger`() async throws {
    let world = try await TakeoverWorld.make(Self.failing)
    let id = try await world.begin()
    let own = try await world.main.orch("run", "--continue", id, "--take-over")
    #expect(own.status == 128)
    #expect(own.errors.hasPrefix("fatal: run \(id) is this clone's own: there is nothing to take over"))
    let look = try await world.main.orch("run", "--continue", "-n")
    #expect(look.status == 0 && look.output.contains("b     feature/b  continued"), "\(look.output)\(look.errors)")
    let other = try await world.clone("other")
    let unknown = try await other.orch("run", "--continue", "20200101-000000-0000")
    #expect(
      unknown.errors.hasPrefix("fatal: there is no run '20200101-000000-0000', neither in this clone nor on 'origin'"))
    try await other.git("config", "--unset", "orchestrator.ledger.remote")
    let unset = try await other.orch("run", "--continue", id)
    #expect(unset.status == 128)
    #expect(unset.errors.contains("git config orchestrator.ledger.remote origin"))
    #expect(try await other.orch("run", "--take-over").status == 129)
    #expect(try await other.orch("run", "--abort", "--take-over").status == 129)
  }
}
