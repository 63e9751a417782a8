import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What is set aside is given back to the agent of its task, and then lands.
@Suite(.timeLimit(.minutes(5))) struct LandFixTests {
  /// Three tasks: the second conflicts with the first, and the third fails the tests.
  private static func ran(fixes: [String: String], tests: String = "! grep -qs bad *.txt") async throws -> LandWorld {
    let land = try await LandWorld.make(tests: tests)
    func steps(_ file: String, _ text: String) -> String {
      #"{"write": {"path": "\#(file)", "content": "\#(text)\n"}}, {"commit": "feat: \#(text)"}"#
    }
    let first = ["a": steps("same.txt", "a"), "b": steps("same.txt", "b"), "c": steps("c.txt", "bad")]
    let tasks = first.map { id, steps in #""\#(id)": [[\#(steps)]\#(fixes[id].map { ", [\($0)]" } ?? "")]"# }
    try land.world.script("{\(tasks.sorted().joined(separator: ", "))}")
    try land.world.plan("a", "b", "c")
    try #require(try await land.world.orch("run", "--no-push").status == 0)
    return land
  }

  /// Merges the base, and settles the file with this text.
  private static let resolution =
    #"{"run": "git merge main || { echo 'a and b' > same.txt; git add same.txt; git commit -q --no-edit; }"}"#
  private static let repair =
    #"{"run": "git merge -q --no-edit main"}, {"write": {"path": "c.txt", "content": "good\n"}}, {"commit": "fix: c"}"#

  @Test func `a conflict and failing tests are fixed by their agents, in their sessions, and land`() async throws {
    let land = try await Self.ran(fixes: ["b": Self.resolution, "c": Self.repair])
    let world = land.world
    let result = try await world.orch("land", "--fix")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await land.statuses() == ["a": "landed", "b": "landed", "c": "landed"])
    #expect(try await world.repository.git("show", "main:same.txt") == "a and b")
    #expect(try await world.repository.git("show", "main:c.txt") == "good")
    #expect(try await world.repository.git("rev-list", "--count", "--merges", "main") == "0")
    #expect(result.errors.contains("given back to its agent"), "\(result.errors)")
    let conflict = try #require(try world.record("b", attempt: 2)["prompt"] as? String)
    #expect(conflict.hasPrefix("# Fix the task: "), "\(conflict)")
    #expect(conflict.contains("- `same.txt`") && conflict.contains("the work of task `a`"), "\(conflict)")
    let failure = try #require(try world.record("c", attempt: 2)["prompt"] as? String)
    #expect(failure.contains("grep -qs bad") && failure.contains("exit status 1"), "\(failure)")
    // They are attempts of the run, whose tasks are done again.
    let runs = try await world.orch("status", "--all").output
    let run = try #require(runs.split(separator: "\n").last { !$0.contains("landing") && $0.contains("-") })
    let id = String(run.split(separator: " ")[0])
    let document = try await world.orch("status", id, "--json").json()
    let tasks = document["tasks"] as? [[String: any Sendable]] ?? []
    #expect(tasks.map { $0["status"] as? String } == ["success", "success", "success"])
    #expect(tasks.map { ($0["attempts"] as? [Any])?.count } == [1, 2, 2])
    // What they took is part of the run, and told of the landing.
    #expect(result.output.contains("  Fixed by its agent: 1 attempt, <$0.01, "), "\(result.output)")
    #expect(result.output.contains(" · fixes: 2 attempts, <$0.01, "), "\(result.output)")
    let landing = try await world.orch("status", "--json").json()["tasks"] as? [[String: any Sendable]] ?? []
    let fixes = landing.map { ($0["fixes"] as? [[String: any Sendable]])?.map { $0["attempts"] as? Int } }
    #expect(fixes == [nil, [1], [1]])
    #expect(try await world.orch("stats").output.contains(" of that, in 2 attempts for branches"))
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(try await world.orch("land", "--continue").status == 128)
  }

  @Test func `what its agent does not fix is set aside with that, and what is nobody's is reported as such`()
    async throws
  {
    let land = try await Self.ran(fixes: ["b": #"{"say": "no"}"#, "c": Self.repair])
    let world = land.world
    try await land.branches([(name: "stray", file: "stray.txt", text: "bad\n")])
    let result = try await world.orch("land", "a", "b", "c", "stray", "--fix=2")
    #expect(result.status == 1, "\(result.errors)\(result.output)")
    #expect(
      try await land.statuses() == ["a": "landed", "b": "conflict", "c": "landed", "stray": "tests-failed"],
      "\(result.output)")
    #expect(result.output.contains("its agent did not fix it: it ended as no-changes"), "\(result.output)")
    #expect(result.errors.contains("'stray' is the branch of no task"), "\(result.errors)")
  }

  @Test func `one that is killed over a fix is resumed where it was`() async throws {
    let land = try await Self.ran(fixes: ["b": Self.resolution, "c": Self.repair])
    let world = land.world
    let killed = try await world.gitOrch(
      "land", "--fix", environment: ["GIT_ORCH_KILL_AT": "before-entry-proven:1"])
    #expect(killed.status != 0)
    let result = try await world.orch("land", "--continue")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await land.statuses() == ["a": "landed", "b": "landed", "c": "landed"])
    #expect(try await world.repository.git("show", "main:same.txt") == "a and b")
  }

  @Test func `what builds on a branch that was fixed lands without its agent`() async throws {
    let land = try await LandWorld.make()
    let world = land.world
    func steps(_ file: String, _ text: String) -> String {
      #"{"write": {"path": "\#(file)", "content": "\#(text)\n"}}, {"commit": "feat: \#(text)"}"#
    }
    try world.script(
      #"{"b": [[\#(steps("same.txt", "b"))], [\#(Self.resolution)]], "c": [[\#(steps("c.txt", "c"))]]}"#
    )
    try world.plan("b", "c: b")
    try #require(try await world.orch("run", "--no-push").status == 0)
    try await land.branches([(name: "main", file: "same.txt", text: "theirs\n")])
    let result = try await world.orch("land", "--fix")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await land.statuses() == ["b": "landed", "c": "landed"])
    #expect(try await world.repository.git("show", "main:same.txt") == "a and b")
    #expect(try await land.files() == ["README.md", "c.txt", "same.txt"])
  }

  @Test func `commits that conflict in a restack go to the task's agent`() async throws {
    let land = try await LandWorld.make()
    let world = land.world
    func steps(_ file: String, _ text: String) -> String {
      #"{"write": {"path": "\#(file)", "content": "\#(text)\n"}}, {"commit": "feat: \#(text)"}"#
    }
    let rebase =
      #"{"run": "set -- $(git rev-parse main HEAD~1); git rebase --onto $1 $2 || { echo b > same.txt; git add same.txt; GIT_EDITOR=true git rebase --continue; }"}"#
    try world.script(#"{"a": [[\#(steps("a.txt", "a"))]], "b": [[\#(steps("same.txt", "b"))], [\#(rebase)]]}"#)
    try world.plan("a", "b: a")
    try #require(try await world.orch("run", "--no-push").status == 0)
    // Somebody else's, where the second adds its own.
    try await land.branches([(name: "main", file: "same.txt", text: "theirs\n")])
    let aside = try await world.orch("land", "a")
    #expect(aside.status == 1, "\(aside.errors)\(aside.output)")
    #expect(try await land.statuses() == ["a": "landed", "b": "restack-conflict"], "\(aside.output)")
    #expect(aside.output.contains("same.txt") && aside.output.contains("git rebase --onto main"), "\(aside.output)")
    let undone = try await world.orch("undo")
    #expect(undone.status == 0, "\(undone.errors)")

    let result = try await world.orch("land", "a", "--fix")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await land.statuses() == ["a": "landed", "b": "success"], "\(result.output)")
    let tip = try await world.repository.git("rev-parse", "main")
    #expect(try await world.repository.git("rev-parse", "feature/b~1") == tip)
    #expect(try await world.orch("land").status == 0)
    #expect(try await world.repository.git("show", "main:same.txt") == "b")
  }

  @Test func `what builds on a branch that landed before is put on top of the base, by its agent where it conflicts`()
    async throws
  {
    let land = try await LandWorld.make()
    let world = land.world
    func steps(_ file: String, _ texts: String...) -> String {
      texts.map { #"{"write": {"path": "\#(file)", "content": "\#($0)\n"}}, {"commit": "feat: \#($0)"}"# }
        .joined(separator: ", ")
    }
    let rebase =
      #"{"run": "set -- $(git rev-parse main HEAD~1); git rebase --onto $1 $2 || { echo b > same.txt; git add same.txt; GIT_EDITOR=true git rebase --continue; }"}"#
    try world.script(
      #"{"a": [[\#(steps("a.txt", "one", "two"))]], "b": [[\#(steps("same.txt", "b"))], [\#(rebase)]], "c": [[\#(steps("a.txt", "three"))]]}"#
    )
    try world.plan("a", "b: a", "c: a")
    try #require(try await world.orch("run", "--no-push", "-j", "1").status == 0)
    let old = try await world.repository.git("rev-parse", "feature/c")
    try await land.branches([(name: "main", file: "same.txt", text: "theirs\n")])
    try #require(try await world.orch("land", "a").status == 1)
    // As if nobody had put it there.
    try await world.repository.git("update-ref", "refs/heads/feature/c", old)
    try await world.repository.git("branch", "-D", "feature/a")

    let plain = try await world.orch("land", "c")
    #expect(plain.status == 0, "\(plain.errors)\(plain.output)")
    #expect(try await world.repository.git("show", "main:a.txt") == "three")
    let result = try await world.orch("land", "b", "--fix")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.repository.git("show", "main:same.txt") == "b")
    let prompt = try #require(try world.record("b", attempt: 2)["prompt"] as? String)
    #expect(prompt.contains("git rebase") && !prompt.contains("- `a.txt`"), "\(prompt)")
  }

  @Test func `what a killed landing's tests leave is cleaned up, and what tests change of the repository is reported`()
    async throws
  {
    let land = try await LandWorld.make(tests: "echo x >>README.md; echo y >built; git branch made-by-tests")
    let world = land.world
    try await land.branches("a")
    let killed = try await world.gitOrch(
      "land", "a", environment: ["GIT_ORCH_KILL_AT": "before-entry-train-tested:1"])
    #expect(killed.status != 0)
    let path = world.worktrees.appending("landing-tests-1")
    #expect(!world.isVacant(path))
    let cleaned = try await world.orch("cleanup", "--older-than", "0h")
    #expect(cleaned.status == 0, "\(cleaned.errors)")
    #expect(world.isVacant(path), "\(cleaned.output)")
    #expect(cleaned.output.contains("what was changed in it is in the trash"), "\(cleaned.output)")
    #expect(try await world.repository.git("branch", "--list", "orch/*") == "", "\(cleaned.output)")
    try await world.repository.git("branch", "-D", "made-by-tests")

    try await world.repository.git("branch", "other", "main")
    let result = try await world.orch("land", "--onto", "other", "a")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(result.output.contains("made-by-tests"), "\(result.output)")
    #expect(try await land.files("other").contains("a.txt"))
    #expect(try await land.files() == ["README.md"])
  }
}
