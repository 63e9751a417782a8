import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct LandTests {
  @Test func `of twenty branches two bad ones, the later of a bad pair are set aside, and the rest lands`() async throws
  {
    let land = try await LandWorld.make()
    let world = land.world
    // Red for nothing once in a while, too: the third run.
    try await world.set(
      "project.testCommand",
      """
      echo run >> '\(land.runs)'
      test "$(wc -l < '\(land.runs)')" != 3 && ! grep -qs bad *.txt && ! { test -e b02.txt && test -e b15.txt; }
      """)
    let names = (1...20).map { String(format: "b%02d", $0) }
    try await land.branches(
      names.map { (name: $0, file: "\($0).txt", text: ["b05", "b11"].contains($0) ? "bad\n" : "good\n") })
    let result = try await world.orch(["land"] + names)
    #expect(result.status == 1, "\(result.errors)\(result.output)")
    let statuses = try await land.statuses()
    let aside = statuses.filter { $0.value == "tests-failed" }.map(\.key).sorted()
    #expect(aside == ["b05", "b11", "b15"], "\(statuses)")
    #expect(statuses.values.count { $0 == "landed" } == 17)
    let files = try await land.files()
    #expect(files == Set(names.filter { !aside.contains($0) }.map { "\($0).txt" } + ["README.md"]))
    #expect(land.count <= 25, "\(land.count) runs")
    #expect(result.output.contains("see what they say") || result.output.contains("See what they say"))
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(try await world.repository.git("branch", "--list", "orch/*") == "")

    // All that landed is known to have.
    let before = land.count
    let again = try await world.orch(["land"] + names.filter { !aside.contains($0) })
    #expect(again.status == 0, "\(again.errors)\(again.output)")
    #expect(land.count == before)
  }

  @Test func `a run lands with its stack as squashes, a second time costs nothing, and undo takes it back`()
    async throws
  {
    let land = try await LandWorld.make()
    let world = land.world
    let change = #"[{"write": {"path": "a.txt", "content": "a, and b\n"}}, {"commit": "feat: b\n\nCloses #7"}]"#
    let tasks =
      #"{"a": [[{"write": {"path": "a.txt", "content": "half\n"}}, {"commit": "feat: half"}, {"write": {"path": "a.txt", "content": "a\n"}}, {"commit": "feat: a\n\nCo-authored-by: Bob <bob@example.com>"}]], "b": [\#(change)], "c": [[{"write": {"path": "c.txt", "content": "c\n"}}, {"commit": "feat: c"}]]}"#
    try world.script(tasks)
    try world.plan("a", "b: a", "c")
    try #require(try await world.orch("run", "--no-push").status == 0)
    let start = try await world.repository.git("rev-parse", "main")

    let rehearsal = try await world.orch("land", "-n")
    #expect(rehearsal.status == 0, "\(rehearsal.errors)")
    #expect(rehearsal.output.contains("needs a"), "\(rehearsal.output)")
    #expect(land.count == 0)
    #expect(try await world.repository.git("rev-parse", "main") == start)

    let result = try await world.orch("land")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(land.count == 1)
    #expect(try await world.repository.git("show", "main:a.txt") == "a, and b")
    let log = try await world.repository.git("log", "--format=%s|%(trailers:only,unfold)", "\(start)..main")
    #expect(try await world.repository.git("rev-list", "--count", "\(start)..main") == "3")
    #expect(log.contains("Co-authored-by: Bob <bob@example.com>"), "\(log)")
    #expect(try await world.repository.git("log", "--format=%b", "main").contains("Closes #7"))
    let tip = try await world.repository.git("rev-parse", "main")

    let again = try await world.orch("land", "--json")
    #expect(again.status == 0, "\(again.errors)")
    #expect(land.count == 1)
    #expect(try again.json()["kind"] as? String == "landing")

    // The second has changed nothing.
    let runs = try await world.orch("status", "--all").output.split(separator: "\n").filter { $0.contains("landing") }
    #expect(runs.count == 2, "\(runs)")
    let first = try #require(runs.map { $0.split(separator: " ")[0] }.min())
    let undone = try await world.orch("undo", String(first))
    #expect(undone.status == 0, "\(undone.errors)")
    #expect(try await world.repository.git("rev-parse", "main") == start)
    #expect(try await world.orch("undo", String(first)).status == 0)
    #expect(try await world.repository.git("rev-parse", "main") == tip)
    // What is on top is nobody's to take back.
    try await world.repository.git("switch", "--quiet", "main")
    try await world.repository.commit("more.txt", "more\n", message: "more")
    try await world.repository.git("switch", "--quiet", "elsewhere")
    let refused = try await world.orch("undo", String(first))
    #expect(refused.status == 1)
    #expect(refused.errors.contains("has moved since"), "\(refused.errors)")
  }

  @Test func `a checkout is moved only with the user's word, and only a clean one`() async throws {
    let land = try await LandWorld.make(isAway: false)
    let world = land.world
    try await land.branches("a")
    let start = try await world.repository.git("rev-parse", "main")
    let refused = try await world.orch("land", "a")
    #expect(refused.status == 128)
    #expect(refused.errors.contains("--update-checkout"), "\(refused.errors)")
    try world.repository.write("README.md", "changed\n")
    let dirty = try await world.orch("land", "a", "--update-checkout")
    #expect(dirty.status == 128)
    #expect(dirty.errors.contains("'README.md'"), "\(dirty.errors)")
    #expect(land.count == 0)
    #expect(try await world.repository.git("rev-parse", "main") == start)
    try await world.repository.git("checkout", "--quiet", "README.md")

    let landed = try await world.orch("land", "a", "--update-checkout")
    #expect(landed.status == 0, "\(landed.errors)\(landed.output)")
    #expect(try await world.repository.git("status", "--porcelain") == "")
    #expect(try world.repository.read("a.txt") == "a\n")
    let tip = try await world.repository.git("rev-parse", "main")

    try world.repository.write("a.txt", "changed\n")
    #expect(try await world.orch("undo").status == 1)
    try await world.repository.git("checkout", "--quiet", "a.txt")
    let undone = try await world.orch("undo")
    #expect(undone.status == 0, "\(undone.errors)")
    #expect(try await world.repository.git("rev-parse", "main") == start)
    #expect(try await world.repository.git("status", "--porcelain") == "")
    #expect(!FileManager.default.fileExists(atPath: "\(world.root)/a.txt"))
    #expect(try await world.orch("undo").status == 0)
    #expect(try await world.repository.git("rev-parse", "main") == tip)
    #expect(try await world.repository.git("status", "--porcelain") == "")
  }

  @Test func `a base that moves between the tests and the push is built on again`() async throws {
    let land = try await LandWorld.make()
    let world = land.world
    let other = world.repository.scratch.path.appending("other")
    try await world.repository.git("clone", "--quiet", world.remote.string, other.string)
    // Somebody pushes while the first tests run; then the same tree is found tested.
    try await world.set(
      "project.testCommand",
      """
      echo run >> '\(land.runs)'
      test "$(wc -l < '\(land.runs)')" != 1 || { cd '\(other)' && echo x > theirs.txt && git add . && \
      git -c user.name=o -c user.email=o@example.com commit -qm theirs && git push -q; }
      """)
    try await land.branches("a", "b")
    let result = try await world.orch("land", "a", "b", "--push")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(land.count == 2)
    let files = try await world.repository.git("ls-tree", "-r", "--name-only", "main", in: world.remote)
    #expect(Set(files.split(separator: "\n")) == ["README.md", "a.txt", "b.txt", "theirs.txt"])
    // The local one comes along, as nobody is on it.
    #expect(try await land.files() == ["README.md", "a.txt", "b.txt", "theirs.txt"])
    let before = try await world.repository.git("rev-parse", "main~2")
    let undone = try await world.orch("undo")
    #expect(undone.status == 0, "\(undone.errors)")
    #expect(try await world.repository.git("rev-parse", "main", in: world.remote) == before)
  }

  @Test func `what conflicts is set aside with its paths, what needs it waits, and the rest lands`() async throws {
    let land = try await LandWorld.make()
    let world = land.world
    // The more others a branch conflicts with, the later it lands.
    try await land.branches([
      (name: "a", file: "same.txt", text: "a\n"), (name: "b", file: "same.txt", text: "b\n"),
      (name: "d", file: "d.txt", text: "d\n"), (name: "e", file: "README.md", text: "e\n"),
    ])
    try await land.branches([(name: "c", file: "c.txt", text: "c\n")], from: "b")
    try await land.branches([(name: "f", file: "f.txt", text: "f\n")], from: "e")
    try await land.branches([(name: "main", file: "README.md", text: "main\n")])
    let result = try await world.orch("land", "a", "b", "c", "d", "e", "f")
    #expect(result.status == 1)
    let statuses = try await land.statuses()
    #expect(
      statuses == ["a": "conflict", "b": "landed", "c": "landed", "d": "landed", "e": "conflict", "f": "blocked"])
    #expect(result.output.contains("it conflicts with 'b', which lands before it, in same.txt"))
    #expect(result.output.contains("it conflicts with 'main', in README.md"), "\(result.output)")
    #expect(try await land.files() == ["README.md", "c.txt", "d.txt", "same.txt"])
  }

  @Test func `what conflicts with a bad branch alone lands in its place`() async throws {
    let land = try await LandWorld.make(tests: "! grep -qs bad *.txt")
    try await land.branches([
      (name: "a", file: "same.txt", text: "bad\n"), (name: "b", file: "same.txt", text: "b\n"),
    ])
    // What builds on them has the same lot.
    try await land.branches([(name: "c", file: "c.txt", text: "c\n")], from: "b")
    try await land.branches([(name: "d", file: "d.txt", text: "d\n")], from: "a")
    let result = try await land.world.orch("land", "a", "d", "b", "c")
    #expect(result.status == 1)
    #expect(
      try await land.statuses() == ["a": "tests-failed", "b": "landed", "c": "landed", "d": "blocked"],
      "\(result.output)")
  }

  @Test func `what somebody did in the worktree of a killed landing's tests is saved before it goes`() async throws {
    let land = try await LandWorld.make()
    let world = land.world
    try await land.branches("a")
    let killed = try await world.gitOrch(
      "land", "a", environment: ["GIT_ORCH_KILL_AT": "before-entry-train-tested:1"])
    #expect(killed.status != 0)
    let path = world.worktrees.appending("landing-tests-1")
    try world.repository.write("a.txt", "looked into\n", in: path)
    try world.repository.write("mine.txt", "mine\n", in: path)
    let result = try await world.orch("land", "--continue")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await land.statuses() == ["a": "landed"])
    let saved = try await world.repository.git(
      "for-each-ref", "--format=%(refname)", "refs/orchestrator/saved/**")
    #expect(!saved.isEmpty)
    #expect(result.errors.contains(saved), "\(result.errors)")
    let text = try await world.repository.git("grep", "-h", "-e", "mine", "-e", "looked", saved)
    #expect(Set(text.split(separator: "\n")) == ["looked into", "mine"])
    #expect(world.isVacant(path))
  }

  @Test func `several workers test apart from each other`() async throws {
    let land = try await LandWorld.make(tests: "! grep -qs bad *.txt")
    let names = (1...9).map { "b\($0)" }
    try await land.branches(names.map { (name: $0, file: "\($0).txt", text: $0 == "b4" ? "bad\n" : "good\n") })
    let result = try await land.world.orch(["land", "--jobs", "3"] + names)
    #expect(result.status == 1, "\(result.errors)")
    #expect(try await land.statuses().filter { $0.value != "landed" } == ["b4": "tests-failed"])
    #expect(try await land.world.repository.git("worktree", "list").split(separator: "\n").count == 1)
  }

  @Test func `nobody is blamed where the base itself is red`() async throws {
    let land = try await LandWorld.make(tests: "false")
    try await land.branches("a", "b")
    let result = try await land.world.orch("land", "a", "b")
    #expect(result.status == 1)
    #expect(result.output.contains("the tests fail on 'main' itself"), "\(result.output)")
    #expect(try await land.statuses() == ["a": "failed", "b": "failed"])
    #expect(try await land.files() == ["README.md"])
  }

  @Test(arguments: ["merge", "rebase"]) func `the other modes keep the branches' commits`(mode: String) async throws {
    let land = try await LandWorld.make()
    let git = land.world.repository
    try await land.branches("a", "b")
    let result = try await land.world.orch("land", "a", "b", "--mode", mode, "-j", "2")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await land.files() == ["README.md", "a.txt", "b.txt"])
    #expect(try await git.git("log", "-1", "--format=%an", "main", "--", "a.txt") == "A U Thor")
    let merges = try await git.git("rev-list", "--count", "--merges", "main")
    #expect(merges == (mode == "merge" ? "2" : "0"))
  }

  @Test func `what builds on a branch that landed is put on top of the base, in its worktree, too`() async throws {
    let land = try await LandWorld.make()
    let world = land.world
    func steps(_ file: String, _ text: String) -> String {
      #"{"write": {"path": "\#(file)", "content": "\#(text)\n"}}, {"commit": "feat: \#(text)"}"#
    }
    // The second changes the line of the first.
    try world.script(
      #"{"a": [[\#(steps("a.txt", "one")), \#(steps("a.txt", "two"))]], "b": [[\#(steps("a.txt", "three"))]], "c": [[\#(steps("c.txt", "c"))]]}"#
    )
    try world.plan("a", "b: a", "c: b")
    try #require(try await world.orch("run", "--keep-worktrees").status == 0)
    let before = try await world.repository.git("rev-parse", "feature/b", "feature/c")
    let result = try await world.orch("land", "a", "--push")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    let base = try await world.repository.git("rev-parse", "origin/main")
    #expect(try await world.repository.git("rev-parse", "feature/b~1") == base)
    #expect(
      try await world.repository.git("rev-parse", "feature/c~1") == world.repository.git("rev-parse", "feature/b"))
    #expect(try await world.repository.git("show", "feature/c:a.txt") == "three")
    for branch in ["feature/b", "feature/c"] {
      let tip = try await world.repository.git("rev-parse", branch)
      #expect(try await world.repository.git("rev-parse", branch, in: world.remote) == tip)
    }
    #expect(try await world.repository.git("status", "--porcelain", in: world.worktrees.appending("c")) == "")

    let undone = try await world.orch("undo")
    #expect(undone.status == 0, "\(undone.errors)")
    #expect(try await world.repository.git("rev-parse", "feature/b", "feature/c") == before)
    #expect(try await world.repository.git("rev-parse", "feature/b", "feature/c", in: world.remote) == before)
    #expect(try await world.repository.git("status", "--porcelain", in: world.worktrees.appending("c")) == "")
    #expect(try await world.orch("undo").status == 0)
    let rest = try await world.orch("land", "--push")
    #expect(rest.status == 0, "\(rest.errors)\(rest.output)")
    #expect(try await world.repository.git("show", "main:a.txt", in: world.remote) == "three")
  }

  @Test func `what was set aside is tried again only once it has changed, or is named`() async throws {
    let land = try await LandWorld.make(tests: "! grep -qs bad *.txt")
    let world = land.world
    try world.script(
      #"{"a": [[{"write": {"path": "a.txt", "content": "bad\n"}}, {"commit": "feat: a"}]], "b": [[{"write": {"path": "b.txt", "content": "b\n"}}, {"commit": "feat: b"}]]}"#
    )
    try world.plan("a", "b")
    try #require(try await world.orch("run", "--no-push").status == 0)
    #expect(try await world.orch("land").status == 1)
    #expect(try await land.statuses() == ["a": "tests-failed", "b": "landed"])
    let count = land.count
    let again = try await world.orch("land")
    #expect(again.status == 1)
    #expect(land.count == count)
    #expect(again.output.contains("set aside before"), "\(again.output)")
    #expect(try await world.orch("land", "feature/a").status == 1)
    #expect(land.count > count)
  }

  @Test func `an option that would say nothing is refused`() async throws {
    let land = try await LandWorld.make()
    for arguments in [["--mode", "octopus"], ["--jobs", "0"], ["--continue", "--push"], ["--continue", "a"]] {
      #expect(try await land.world.orch(["land"] + arguments).status == 129, "\(arguments)")
    }
    #expect(try await land.world.orch("land", "--continue").status == 128)
    let unknown = try await land.world.orch("land", "nothing")
    #expect(unknown.status == 128)
    #expect(unknown.errors.contains("'nothing' is not a run, a task or a branch"), "\(unknown.errors)")
    try await land.world.repository.git("config", "--unset", "orchestrator.project.testCommand")
    try await land.branches("a")
    #expect(try await land.world.orch("land", "a").status == 128)
    #expect(try await land.world.orch("land", "a", "--no-test").status == 0)
  }
}
