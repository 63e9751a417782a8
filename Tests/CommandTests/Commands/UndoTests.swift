import Foundation
import Journal
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Taking a run back: what it does, and each reason to refuse.
@Suite(.timeLimit(.minutes(5))) struct UndoTests {
  @Test func `a run is taken back, and brought back`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a", "b"))
      try world.plan("a", "b: a")
      let before = try await WorldSnapshot(world, scene.forge)
      #expect(try await world.orch("run", "--keep-worktrees").status == 0)
      let after = try await WorldSnapshot(world, scene.forge)
      let tip = try await world.repository.git("rev-parse", "feature/a")

      let plan = try await world.orch("undo", "-n")
      #expect(plan.status == 0, "\(plan.errors)")
      #expect(plan.output.contains("close pull request #1"))
      #expect(plan.output.contains("delete branch feature/a of origin"))
      #expect(plan.output.contains("move worktree \(world.worktrees.appending("a")) to the trash"))
      #expect(plan.output.contains("unset branch.feature/b.remote"))
      expectSame(try await WorldSnapshot(world, scene.forge), after)

      let undone = try await world.orch("undo")
      #expect(undone.status == 0, "\(undone.errors)")
      #expect(undone.errors.contains("to bring it back: git orch undo "))
      expectSame(try await WorldSnapshot(world, scene.forge), before)
      let kept = try await world.repository.git("for-each-ref", "--format=%(objectname)", "refs/orchestrator/undone")
      #expect(kept.contains(tip))
      let closed = try #require(try await scene.forge.pullRequest(1))
      #expect(closed.state == .closed)
      try #require(closed.comments.count == 1)
      #expect(closed.comments[0].body.contains("was taken back"))
      #expect(try await world.orch("status").output.contains("Taken back at "))
      #expect(try await world.orch("run", "--continue").status == 128)

      let redone = try await world.orch("undo", "--json")
      #expect(redone.status == 0, "\(redone.errors)")
      #expect(try redone.json()["action"] as? String == "redo")
      #expect(try redone.json()["done"] as? Bool == true)
      expectSame(try await WorldSnapshot(world, scene.forge), after)
      #expect(try await world.repository.git("status", "--porcelain", in: world.worktrees.appending("b")) == "")

      // And once more.
      #expect(try await world.orch("undo").status == 0)
      expectSame(try await WorldSnapshot(world, scene.forge), before)
      #expect(await scene.forge.surprises == [])
    }
  }

  @Test func `what Bitbucket declined stays so, and the rest is brought back`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      let before = try await WorldSnapshot(world, scene.forge)
      #expect(try await world.orch("run").status == 0)
      var after = try await WorldSnapshot(world, scene.forge)
      #expect(try await world.orch("undo").status == 0)
      expectSame(try await WorldSnapshot(world, scene.forge), before)
      let redone = try await world.orch("undo")
      #expect(redone.status == 0, "\(redone.errors)")
      #expect(redone.output.contains("does not open again what was declined"))
      after.open = []
      expectSame(try await WorldSnapshot(world, scene.forge), after)
    }
  }

  @Test func `an answer that is lost gives no second comment`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      #expect(try await world.orch("run").status == 0)
      await scene.forge.fail(.init("POST", "/comments", .loseAnswer))
      await scene.forge.fail(.init("PATCH", "/pulls/1", .loseAnswer))
      let result = try await world.orch("undo")
      #expect(result.status == 0, "\(result.errors)")
      let pull = try #require(try await scene.forge.pullRequest(1))
      #expect(pull.state == .closed)
      #expect(pull.comments.count == 1)
    }
  }

  @Test func `the plan that was written for the run goes with it`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("add-login"))
    try world.repository.write("todo.md", "- [ ] Add login\n")
    let before = try await WorldSnapshot(world)
    #expect(try await world.orch("yolo", "todo.md").status == 0)
    let after = try await WorldSnapshot(world)
    #expect(try await world.orch("undo").status == 0)
    expectSame(try await WorldSnapshot(world), before)
    #expect(try await world.orch("undo").status == 0)
    expectSame(try await WorldSnapshot(world), after)
  }

  @Test func `branch and worktree that a continued run made once more go, too`() async throws {
    let world = try await OrchWorld.make()
    try world.script(
      #"{"a": [[{"say": "I give up"}], [{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}"#)
    try world.plan("a")
    let before = try await WorldSnapshot(world)
    #expect(try await world.orch("run").status == 1)
    // It left nothing, so that they went at its end.
    expectSame(try await WorldSnapshot(world), before)
    #expect(try await world.orch("run", "--continue", "--keep-worktrees").status == 0)
    let after = try await WorldSnapshot(world)
    let undone = try await world.orch("undo")
    #expect(undone.status == 0, "\(undone.errors)")
    expectSame(try await WorldSnapshot(world), before)
    #expect(try await world.orch("undo").status == 0)
    expectSame(try await WorldSnapshot(world), after)
  }

  @Test func `a run of an older version is taken back as far as its journal tells`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let before = try await WorldSnapshot(world)
    #expect(try await world.orch("run", "--keep-worktrees").status == 0)
    try world.rewriteJournal { lines in lines.filter { !$0.contains(#""type":"effect""#) } }
    let undone = try await world.orch("undo")
    #expect(undone.status == 0, "\(undone.errors)")
    #expect(undone.output.contains("an older version of git-orch"))
    #expect(undone.output.contains("whether 'feature/a' was on origin before the run is not recorded"))
    expectSame(try await WorldSnapshot(world), before)
  }

  // MARK: - Reasons to refuse

  /// A run of one task that is kept with its worktree.
  private func ranWorld(keepsWorktree: Bool = false) async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    #expect(try await world.orch(["run"] + (keepsWorktree ? ["--keep-worktrees"] : [])).status == 0)
    return world
  }

  private func expectRefused(
    _ world: OrchWorld, _ words: String, forge: FakeForge? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let before = try await WorldSnapshot(world, forge)
    let result = try await world.orch("undo")
    #expect(result.status == 1, sourceLocation: sourceLocation)
    #expect(result.errors.contains(words), "\(result.errors)", sourceLocation: sourceLocation)
    #expect(result.errors.contains("nothing was changed"), sourceLocation: sourceLocation)
    expectSame(try await WorldSnapshot(world, forge), before, sourceLocation: sourceLocation)
  }

  @Test func `a branch that moved since is named`() async throws {
    let world = try await ranWorld(keepsWorktree: true)
    try await world.repository.commit("more.txt", "more", message: "more", in: world.worktrees.appending("a"))
    try await expectRefused(world, "error: 'feature/a' has moved since")
  }

  @Test func `a branch that is checked out somewhere else is named`() async throws {
    let world = try await ranWorld()
    try await world.repository.git("switch", "--quiet", "feature/a")
    try await expectRefused(world, "is checked out at '")
  }

  @Test func `a locked worktree is named`() async throws {
    let world = try await ranWorld(keepsWorktree: true)
    try await world.repository.git("worktree", "lock", world.worktrees.appending("a").string)
    try await expectRefused(world, "is locked")
  }

  @Test func `a remote branch that moved since is named, and the local part can be done`() async throws {
    let world = try await ranWorld()
    try await world.repository.git("update-ref", "refs/heads/feature/a", "main", in: world.remote)
    try await expectRefused(world, "error: 'feature/a' of origin has moved since")
    let local = try await world.orch("undo", "--local")
    #expect(local.status == 0, "\(local.errors)")
    #expect(try await world.repository.git("branch", "--list", "feature/a") == "")
    #expect(try await world.remoteTip("feature/a") != nil)
  }

  @Test func `a remote that cannot be reached is named`() async throws {
    let world = try await ranWorld()
    try FileManager.default.moveItem(atPath: world.remote.string, toPath: "\(world.remote)-gone")
    try await expectRefused(world, "error: cannot reach 'origin'")
    #expect(try await world.orch("undo", "--local").status == 0)
    #expect(try await world.repository.git("branch", "--list", "feature/a") == "")
  }

  @Test func `a remote that refuses deletions changes nothing`() async throws {
    let world = try await ranWorld()
    try await world.repository.git("config", "receive.denyDeletes", "true", in: world.remote)
    let before = try await WorldSnapshot(world)
    let result = try await world.orch("undo")
    // A rehearsal does not ask the remote's own rules: the push is the first step that can fail.
    #expect(result.status != 0)
    expectSame(try await WorldSnapshot(world), before)
    try await world.repository.git("config", "receive.denyDeletes", "false", in: world.remote)
    #expect(try await world.orch("undo").status == 0)
    #expect(try await world.remoteTip("feature/a") == nil)
  }

  @Test func `a merged pull request is named`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      #expect(try await world.orch("run").status == 0)
      await scene.forge.change(1) { $0.state = .merged }
      try await expectRefused(world, "error: pull request #1 is merged", forge: scene.forge)
      #expect(try await world.orch("undo").errors.contains("git revert"))
    }
  }

  @Test func `a pull request on which somebody commented stays, with its branch`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a", "b"))
      try world.plan("a", "b")
      #expect(try await world.orch("run", "-j", "1").status == 0)
      await scene.forge.change(1) { $0.comments.append(.init(id: 9, author: "bob", body: "Please do not close this")) }
      let branch = try #require(try await scene.forge.pullRequest(1)).branch
      let result = try await world.orch("undo")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains("bob has said something there"))
      let open = try await scene.forge.pullRequests().filter { $0.state == .open }
      #expect(open.map(\.number) == [1])
      #expect(try await world.remoteTip(branch) != nil)
      #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
    }
  }

  @Test func `a pull request of somebody else onto a branch that would go is named`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      #expect(try await world.orch("run").status == 0)
      try await scene.openPullRequest("theirs", base: "feature/a")
      try await expectRefused(world, "is to be merged into 'feature/a'", forge: scene.forge)
    }
  }

  @Test func `a process of the run that lives is named`() async throws {
    let world = try await ranWorld()
    let run = try #require(try await world.orch("status", "--json").json()["run"] as? String)
    let mark = RunStore(commonDirectory: world.root.appending(".git")).folder(of: run).mark
    try await world.run("sleep", ["60"], environment: ["GIT_ORCH_RUN": "\(mark)/a/1"]) { process in
      try await self.expectRefused(world, "of the run still live")
      world.send(SIGKILL, to: process)
    }
    #expect(try await world.orch("undo").status == 0)
  }

  @Test func `nothing is done while a run is in progress`() async throws {
    let world = try await ranWorld()
    let store = RunStore(commonDirectory: world.root.appending(".git"))
    let holder = LockHolder(pid: 1, run: "other", since: JournalTime(Date()))
    let result = try await RunLock.hold(at: store.lock, as: holder) { try await world.orch("undo") }
    #expect(result.status == 128)
    #expect(result.errors.contains("another run is in progress"))
  }

  @Test func `settings that were changed since stay`() async throws {
    let world = try await ranWorld()
    try await world.repository.git("config", "branch.feature/a.remote", "elsewhere")
    let result = try await world.orch("undo")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.repository.git("config", "branch.feature/a.remote") == "elsewhere")
    #expect(result.output.contains("branch.feature/a.remote, which has another value now: elsewhere"))
  }

  @Test func `a run that was killed is taken back once its agents are gone`() async throws {
    let world = try await OrchWorld.make()
    let mark = world.repository.scratch.path.appending("begun")
    try world.script(
      #"{"a": [[{"write": {"path": "a.txt", "content": "x"}}, {"commit": "feat: a"}, {"write": {"path": "b.txt", "content": "y"}}, {"touch": "\#(mark)"}, "hang"]]}"#
    )
    try world.plan("a")
    let before = try await WorldSnapshot(world)
    try await world.gitOrch("run") { process in
      try await world.wait(for: mark)
      world.send(SIGKILL, to: process)
    }
    let refused = try await world.gitOrch("undo")
    #expect(refused.status == 1)
    let words = try #require(refused.errors.firstMatch(of: /hint: end them: kill ([0-9 ]+)/))
    for pid in words.1.split(separator: " ").compactMap({ Int32($0) }) { kill(pid, SIGKILL) }
    try await waitUntil("no process is left") { try world.survivors().isEmpty }
    let undone = try await world.gitOrch("undo")
    #expect(undone.status == 0, "\(undone.errors)")
    #expect(undone.output.contains("save the uncommitted work in"))
    expectSame(try await WorldSnapshot(world), before)
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(try await world.repository.git("show", "\(saved):b.txt") == "y")
    // The work that only the worktree held is back with it.
    #expect(try await world.gitOrch("undo").status == 0)
    #expect(try world.repository.read("b.txt", in: world.worktrees.appending("a")) == "y")
  }
}

extension OrchWorld {
  /// Changes the lines of the newest run's journal.
  func rewriteJournal(_ change: ([Substring]) -> [Substring]) throws {
    let runs = root.appending(".git/orchestrator/runs")
    let newest = try FileManager.default.contentsOfDirectory(atPath: runs.string).sorted().last ?? ""
    let lines = try repository.read("journal.ndjson", in: runs.appending(newest)).split(separator: "\n")
    let text = change(lines).map { "\($0)\n" }.joined()
    try repository.write("journal.ndjson", text, in: runs.appending(newest))
  }
}
