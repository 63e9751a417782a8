import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Candidates for a task that a reviewer compares, and what comes after the choice.
@Suite(.timeLimit(.minutes(5))) struct CandidateReviewTests {
  private static let two = #""a@1": [\#(CandidateTests.lines(2))], "a@2": [\#(CandidateTests.lines(5))]"#

  private static func make(_ reviewer: String) async throws -> OrchWorld {
    try await CandidateTests.make(#"{\#(two), "a": [\#(reviewer)]}"#, review: true)
  }

  private func attempts(_ world: OrchWorld) throws -> [String] {
    try world.journal().filter { $0.type == "attempt-starting" }.compactMap { $0.fields["task"] as? String }.sorted()
  }

  @Test func `the reviewer's verdict counts for more than size`() async throws {
    let world = try await Self.make(CandidateTests.verdicts([1: 60, 2: 80]))
    let result = try await world.orch("run", "-N", "2")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.statuses() == ["a": "success", "a@1": "not-chosen", "a@2": "chosen"])
    #expect(
      try await CandidateTests.choice(world)["reason"] as? String == "the reviewer gives it 80 of 100, and a@1 60")
    #expect(result.output.contains("  Reviewer: 80 of 100: It is worth 80."), "\(result.output)")
    #expect(try await world.repository.git("rev-list", "--count", "main..feature/a") == "1")
    // It saw both, under the branch's start, and what it may do is what reviewers may.
    let record = try world.record("a", attempt: 1)
    let prompt = try #require(record["prompt"] as? String)
    #expect(prompt.hasPrefix("# Which of 2 candidates does this task best"))
    #expect(prompt.contains("## Candidate 1") && prompt.contains("## Candidate 2") && prompt.contains("Do a"))
    #expect(prompt.contains("+line") && !prompt.contains("claude"), "\(prompt)")
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    let document = try await world.orch("status", "--json").json()["tasks"] as? [[String: Any]]
    let reviews = document?.first?["candidateReviews"] as? [[String: Any]]
    #expect(reviews?.map { $0["score"] as? Int } == [60, 80])
  }

  @Test func `it is asked about those alone that the tests do not tell apart`() async throws {
    let three = #"\#(Self.two), "a@3": [\#(CandidateTests.lines(5, "other"))]"#
    let world = try await CandidateTests.make(
      #"{\#(three), "a": [\#(CandidateTests.verdicts([2: 10, 3: 20]))]}"#, review: true)
    try await world.set("project.testCommand", "test $(wc -l <a.txt) = 5")
    #expect(try await world.orch("run", "-N", "3").status == 0)
    #expect(try await world.statuses()["a@3"] == "chosen")
    let prompt = try #require(try world.record("a", attempt: 1)["prompt"] as? String)
    #expect(!prompt.contains("## Candidate 1") && prompt.contains("passed."))

    let alone = try await CandidateTests.make("{\(Self.two)}", review: true)
    try await alone.set("project.testCommand", "test $(wc -l <a.txt) = 5")
    #expect(try await alone.orch("run", "-N", "2").status == 0)
    #expect(try attempts(alone) == ["a@1", "a@2"])
  }

  @Test func `what starts from a merge of several goes the same way`() async throws {
    let world = try await OrchWorld.make()
    let tasks = ["a", "b"].flatMap { id in
      (1...2).map { number in
        let steps = #"{"write": {"path": "\#(id).txt", "content": "\#(number)"}}, {"commit": "feat: \#(id)"}"#
        return #""\#(id)@\#(number)": [[\#(steps)]]"#
      } + [#""\#(id)": [\#(CandidateTests.verdicts([1: 5, 2: 7]))]"#]
    }
    let last = (1...2).map { number in
      #""c@\#(number)": [[{"write": {"path": "c.txt", "content": "\#(number)"}}, {"commit": "feat: c"}]]"#
    }
    try world.script(
      "{\((tasks + last).joined(separator: ", ")), \"c\": [\(CandidateTests.verdicts([1: 60, 2: 80]))]}")
    try world.plan("a", "b", "c: a, b")
    let result = try await world.orch("run", "-N", "2", "-j", "1")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.statuses()["c@2"] == "chosen")
    #expect(try await world.repository.git("show", "feature/c:a.txt", "feature/c:b.txt", "feature/c:c.txt") == "222")
  }

  @Test func `an answer that cannot be used is asked for again; without one, the rest decides`() async throws {
    let world = try await Self.make("\(CandidateTests.verdicts([1: 1])), \(CandidateTests.verdicts([1: 1, 2: 2]))")
    #expect(try await world.orch("run", "-N", "2").status == 0)
    #expect(try await world.statuses()["a@2"] == "chosen")
    let prompt = try #require(try world.record("a", attempt: 2)["prompt"] as? String)
    #expect(prompt.contains("it has no verdict on candidate 2"), "\(prompt)")

    let none = try await Self.make(#"[{"say": "I cannot say."}]"#)
    try await none.set("agent.maxRetries", "1")
    let result = try await none.orch("run", "-N", "2")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    let choice = try await CandidateTests.choice(none)
    #expect(choice["candidate"] as? String == "a@1")
    #expect(
      (choice["note"] as? String)?.hasPrefix("the reviewer gave no verdict: it came without") == true, "\(choice)")
    #expect(result.output.contains("  Note: the reviewer gave no verdict"))
  }

  @Test func `what a reviewer commits is saved, and keeps nothing from being chosen`() async throws {
    let commit = #"[{"write": {"path": "mine.txt", "content": "mine"}}, {"commit": "feat: by the reviewer"}]"#
    let world = try await CandidateTests.make(
      #"{"a@1": [\#(CandidateTests.lines(3))], "a@2": [\#(CandidateTests.lines(1))], "a": [\#(commit)]}"#, review: true)
    let result = try await world.orch("run", "-N", "2")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.statuses() == ["a": "success", "a@1": "not-chosen", "a@2": "chosen"])
    let note = try await CandidateTests.choice(world)["note"] as? String
    #expect(note == "the reviewer gave no verdict: it committed something, and was to change nothing")
    let tip = try await world.repository.git("rev-parse", "feature/a@2")
    #expect(try await world.remoteTip("feature/a") == tip)
    #expect(try await world.repository.git("rev-parse", "feature/a") == tip)
    let restored = try await world.orch("restore", "a", "--into", "\(world.repository.scratch.path)/back")
    #expect(restored.status == 0, "\(restored.errors)")
    let log = try await world.repository.git("log", "--all", "--format=%s", "--", "mine.txt")
    #expect(log.contains("feat: by the reviewer"))
  }

  @Test func `an agent that gives no verdict is not asked, and one that is named is`() async throws {
    let world = try await Self.make(CandidateTests.verdicts([1: 1, 2: 2]))
    try await world.set("agents.tool.kind", "command")
    try await world.set("agents.tool.command", "true")
    try await world.set("review.agent", "tool")
    #expect(try await world.orch("run", "-N", "2").status == 0)
    let choice = try await CandidateTests.choice(world)
    #expect(
      choice["note"] as? String == "no reviewer was asked: the agent 'tool' gives no verdict that could be read")
    #expect(try attempts(world) == ["a@1", "a@2"])
  }

  private static func work(_ count: Int, cost: Double) -> String {
    CandidateTests.lines(count).dropLast() + #", {"result": {"cost": \#(cost)}}]"#
  }

  @Test func `where the budget is spent, what is done is chosen without a reviewer`() async throws {
    let world = try await OrchWorld.make()
    try world.script(#"{"a@1": [\#(Self.work(2, cost: 0.6))], "a@2": [\#(Self.work(1, cost: 0.6))]}"#)
    try world.plan("a")
    try await world.set("run.maxBudgetUsd", "1")
    let result = try await world.orch("run", "-N", "2", "-j", "1")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.statuses() == ["a": "success", "a@1": "not-chosen", "a@2": "chosen"])
    let note = try await CandidateTests.choice(world)["note"] as? String
    #expect(note == "no reviewer was asked: over budget: $1.20 of $1.00 are spent", "\(note ?? "")")
  }

  @Test func `all of them count for the budget, and for their task`() async throws {
    let world = try await OrchWorld.make()
    let work = (1...3).map { #""a@\#($0)": [\#(Self.work($0 == 1 ? 2 : 1, cost: 0.6))]"# }
    try world.script("{\(work.joined(separator: ", "))}")
    try world.plan("a")
    try await world.set("run.maxBudgetUsd", "1")
    let result = try await world.orch("run", "-N", "3", "-j", "1")
    #expect(result.status == 1, "\(result.errors)\(result.output)")
    #expect(
      try await world.statuses() == ["a": "over-budget", "a@1": "proven", "a@2": "proven", "a@3": "over-budget"])
    try await world.set("run.maxBudgetUsd", "1.5")
    try await world.set("run.reviewCandidates", "false")
    #expect(try await world.orch("run", "--continue").status == 0)
    #expect(try attempts(world) == ["a@1", "a@2", "a@3"])
    let report = try await world.orch("status", "--json").json()
    #expect(abs((report["costUSD"] as? Double ?? 0) - 1.8) < 0.001)
    let stats = try await world.orch("stats", "--json", "--by", "task").json()
    #expect(stats["tasks"] as? Int == 1, "\(stats)")
  }

  @Test(arguments: [
    "after-entry-proven:2", "before-entry-candidates-reviewed", "after-entry-candidates-reviewed",
    "after-entry-candidate-chosen", "before-entry-proven:3",
  ])
  func `nobody is paid again after a kill`(_ point: String) async throws {
    let world = try await Self.make(CandidateTests.verdicts([1: 60, 2: 80]))
    let killed = try await world.run(
      "git-orch", ["run", "-N", "2", "-j", "1"], environment: ["GIT_ORCH_KILL_AT": point])
    #expect(killed.status == 137, "\(killed.errors)")
    let result = try await world.orch("run", "--continue", "-j", "1")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.statuses() == ["a": "success", "a@1": "not-chosen", "a@2": "chosen"])
    #expect(try attempts(world) == ["a", "a@1", "a@2"])
    #expect(try await world.remoteTip("feature/a") == world.repository.git("rev-parse", "feature/a@2"))
  }

  @Test func `the pull request says which was chosen, and why`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try world.script(#"{\#(Self.two), "a": [\#(CandidateTests.verdicts([1: 60, 2: 80]))]}"#)
      try world.plan("a")
      let result = try await world.orch("run", "-N", "2")
      #expect(result.status == 0, "\(result.errors)")
      let opened = try await scene.forge.pullRequests()
      #expect(opened.map(\.branch) == ["feature/a"])
      let body = try #require(opened.first?.body)
      #expect(body.contains("## Chosen from several attempts"), "\(body)")
      #expect(
        body.contains("**`a@2`** by claude 2.1.330: chosen: the reviewer gives it 80 of 100, and a@1 60"), "\(body)")
      #expect(body.contains("- `a@1` by claude 2.1.330: the reviewer gives it 60 of 100"), "\(body)")
      #expect(body.contains("It is worth 80.") && body.contains("Task `a`, done by claude 2.1.330"), "\(body)")
    }
  }

  @Test func `undo takes all branches back, and brings them again`() async throws {
    let world = try await Self.make(CandidateTests.verdicts([1: 60, 2: 80]))
    #expect(try await world.orch("run", "-N", "2").status == 0)
    let branches = { try await world.repository.git("for-each-ref", "refs/heads") }
    let before = try await branches()
    let undone = try await world.orch("undo")
    #expect(undone.status == 0, "\(undone.errors)\(undone.output)")
    #expect(try await !branches().contains("feature/"))
    #expect(try await world.remoteTip("feature/a") == nil)
    #expect(try await world.orch("undo").status == 0)
    #expect(try await branches() == before)
    #expect(try await world.remoteTip("feature/a") != nil)
  }

  @Test func `land takes the task's branch alone, and cleanup the others' once it has landed`() async throws {
    let world = try await Self.make(CandidateTests.verdicts([1: 60, 2: 80]))
    #expect(try await world.orch("run", "-N", "2").status == 0)
    let conflicts = try await world.orch("conflicts")
    #expect(conflicts.status == 0 && !conflicts.output.contains("@"), "\(conflicts.output)")
    let early = try await world.orch("cleanup", "-n", "--older-than", "0h")
    #expect(
      early.output.contains("keep branch 'feature/a@1': 'a@2', which was chosen instead, has not landed"),
      "\(early.output)")
    try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
    try await world.set("project.testCommand", "test -e a.txt")
    let landed = try await world.orch("land")
    #expect(landed.status == 0, "\(landed.errors)\(landed.output)")
    #expect(try await world.statuses() == ["a": "landed"])
    let cleanup = try await world.orch("cleanup", "--older-than", "0h")
    #expect(cleanup.status == 0, "\(cleanup.errors)")
    #expect(
      cleanup.output.contains("remove branch 'feature/a@1': 'main' has the work of 'a@2', which was chosen instead"),
      "\(cleanup.output)")
    #expect(try await !world.repository.git("for-each-ref", "refs/heads").contains("feature/"))
  }

  @Test func `what does not land goes back to the agent that did the chosen work, not to the reviewer`() async throws {
    let world = try await Self.make(
      "\(CandidateTests.verdicts([1: 60, 2: 80])), [{\"run\": \"git merge -q --no-edit main\"}, "
        + #"{"write": {"path": "fixed.txt", "content": "x"}}, {"commit": "fix: a"}]"#)
    #expect(try await world.orch("run", "-N", "2").status == 0)
    try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
    try await world.set("project.testCommand", "test ! -e a.txt || test -e fixed.txt")
    let landed = try await world.orch("land", "--fix")
    #expect(landed.status == 0, "\(landed.errors)\(landed.output)")
    #expect(try await world.repository.git("show", "main:fixed.txt") == "x")
    let record = try world.record("a", attempt: 2)
    let prompt = try #require(record["prompt"] as? String)
    #expect(prompt.hasPrefix("# Task: feat: a") && prompt.contains("# Fix the task: feat: a"), "\(prompt)")
    #expect((record["arguments"] as? [String])?.contains("--resume") != true, "\(record["arguments"] ?? "")")
  }

  @Test func `without a reviewer the task that is given back is described to its agent as well`() async throws {
    let world = try await CandidateTests.make(
      "{\(Self.two), \"a\": [[{\"run\": \"git merge -q --no-edit main\"}, "
        + #"{"write": {"path": "fixed.txt", "content": "x"}}, {"commit": "fix: a"}]]}"#)
    #expect(try await world.orch("run", "-N", "2").status == 0)
    try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
    try await world.set("project.testCommand", "test ! -e a.txt || test -e fixed.txt")
    let landed = try await world.orch("land", "--fix")
    #expect(landed.status == 0, "\(landed.errors)\(landed.output)")
    let prompt = try #require(try world.record("a", attempt: 1)["prompt"] as? String)
    #expect(prompt.hasPrefix("# Task: feat: a") && prompt.contains("# Fix the task: feat: a"), "\(prompt)")
  }

  @Test func `another clone sees the choice in the ledger, and the page has it`() async throws {
    let world = try await Self.make(CandidateTests.verdicts([1: 60, 2: 80]))
    try await world.set("ledger.remote", "origin")
    let scratch = world.repository.scratch.path
    try await world.repository.git("clone", "--quiet", "file://\(world.remote)", "\(scratch)/other", in: scratch)
    #expect(try await world.orch("run", "-N", "2").status == 0)
    let there = try await world.orch("status", "--remote", in: scratch.appending("other"))
    #expect(there.status == 0, "\(there.errors)")
    #expect(there.output.contains("  Chosen: a@2 of 2 candidates: the reviewer gives it 80 of 100, and a@1 60"))
    let page = try await world.orch("report", "-o", "-")
    #expect(page.status == 0 && page.output.contains("a@2 of 2 candidates: the reviewer gives it 80 of 100"))
    #expect(page.output.contains("1 task in "), "\(page.output.prefix(3000))")
  }

  @Test(arguments: [nil, "prompts"])
  func `another clone makes as many attempts, and chooses among its own`(include: String?) async throws {
    let world = try await TakeoverWorld.make(
      #"{"a@1": [[{"say": "no"}]], "a@2": [[{"say": "no"}]]}"#, include: include)
    try await world.main.set("run.candidates", "2")
    let id = try await world.begin(plan: ["a"])
    let other = try await world.clone("other", script: "{\(Self.two)}")
    try await other.git("config", "orchestrator.run.reviewCandidates", "false")
    let plan = include == nil ? ["-c", "\(world.plan)"] : []
    let taken = try await other.orch(["run", "--continue", id] + plan)
    #expect(taken.status == 0, "\(taken.errors)\(taken.output)")
    #expect(other.attempts == ["a@1.2", "a@2.2"])
    #expect(try await other.git("rev-parse", "feature/a") == other.git("rev-parse", "feature/a@1"))
    #expect(try await world.main.remoteTip("feature/a") == other.git("rev-parse", "feature/a@1"))
  }

  @Test func `the work of a candidate that failed is saved, and is put back by its name`() async throws {
    let world = try await CandidateTests.make(
      #"{"a@1": [[{"write": {"path": "half.txt", "content": "half"}}]], "a@2": [\#(CandidateTests.lines(1))]}"#)
    try await world.set("agent.maxRetries", "0")
    #expect(try await world.orch("run", "-N", "2").status == 0)
    #expect(try await world.statuses()["a@1"] == "not-chosen")
    let restored = try await world.orch("restore", "a@1", "--into", "../back")
    #expect(restored.status == 0, "\(restored.errors)")
    #expect(try world.repository.read("half.txt", in: world.repository.scratch.path.appending("back")) == "half")
    #expect(try await world.orch("log", "a@1").status == 0)
    let attach = try await world.orch("attach", "a@2")
    #expect(!attach.errors.contains("no task"), "\(attach.errors)")
  }
}
