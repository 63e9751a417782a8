import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What builds on a pull request that somebody merged on the forge.
@Suite(.timeLimit(.minutes(5))) struct ForeignMergeTests {
  @Test(arguments: ForgeWorld.Kind.allCases)
  func `a chain goes on top of the base once its first is merged, and waits for a worktree with changes`(
    kind: ForgeWorld.Kind
  ) async throws {
    try await ForgeWorld.with(kind) { scene in
      let (world, forge) = (scene.world, scene.forge)
      let git = world.repository
      try await scene.stack("--keep-worktrees")
      let before = try await git.git("rev-parse", "feature/b", "feature/c")
      try await forge.mergeByHand(try await scene.number(of: "feature/a"))
      let worktree = world.worktrees.appending("b")
      try git.write("README.md", "changed\n", in: worktree)
      let waiting = try await world.orch("status", "--refresh")
      #expect(waiting.status == 0, "\(waiting.errors)")
      #expect(try await git.git("rev-parse", "feature/b", "feature/c") == before)
      #expect(waiting.errors.contains("not committed"), "\(waiting.errors)")
      try await git.git("checkout", "--quiet", "README.md", in: worktree)

      let refreshed = try await world.orch("status", "--refresh")
      #expect(refreshed.status == 0, "\(refreshed.errors)")
      let main = try await scene.tip("main")
      #expect(try await git.git("rev-parse", "feature/b~1") == main)
      #expect(try await git.git("rev-parse", "feature/c~1") == git.git("rev-parse", "feature/b"))
      for branch in ["feature/b", "feature/c"] {
        #expect(try await scene.tip(branch) == git.git("rev-parse", branch))
        #expect(try await git.git("status", "--porcelain", in: world.worktrees.appending(String(branch.last!))) == "")
      }
      let (b, c) = (try await scene.number(of: "feature/b"), try await scene.number(of: "feature/c"))
      #expect(try await forge.pullRequest(b)?.base == "main")
      #expect(try await forge.pullRequest(c)?.base == "feature/b")
      #expect(try await scene.text("a.txt", at: "feature/c") == "four")

      // It is done: nothing is moved or said again.
      let tips = try await git.git("rev-parse", "feature/b", "feature/c")
      let again = try await world.orch("status", "--refresh")
      #expect(again.status == 0 && again.errors == "", "\(again.errors)")
      #expect(try await git.git("rev-parse", "feature/b", "feature/c") == tips)
      let task = try #require(
        (try await world.orch("status", "--json").json()["tasks"] as? [[String: Any]])?.first {
          $0["id"] as? String == "b"
        })
      #expect(task["pushedCommit"] as? String == task["tip"] as? String)
      // Once more, for the next of the chain, and now by a landing.
      try await forge.mergeByHand(b)
      let landed = try await world.orch("land", "--forge", "--no-test")
      #expect(landed.status == 0, "\(landed.errors)\(landed.output)")
      #expect(try await scene.text("a.txt") == "four")
      #expect(try await forge.pullRequests().allSatisfy { $0.state == .merged })
    }
  }

  @Test(arguments: [["review", "--pr", "4"], ["run", "--continue"]])
  func `other commands put branches on top of what was merged, too, before they begin`(arguments: [String]) async throws
  {
    try await ForgeWorld.with { scene in
      let (world, git) = (scene.world, scene.world.repository)
      try await scene.stack()
      try await scene.forge.mergeByHand(try await scene.number(of: "feature/a"))
      let result = try await world.orch(arguments)
      #expect(try await git.git("rev-parse", "feature/b~1") == scene.tip("main"), "\(result.errors)")
      #expect(try await scene.tip("feature/c") == git.git("rev-parse", "feature/c"))
      #expect(try await scene.forge.pullRequest(try await scene.number(of: "feature/b"))?.base == "main")
    }
  }

  @Test func `a task that had not begun starts on the base once what it needs was merged there`() async throws {
    try await ForgeWorld.with { scene in
      let (world, git) = (scene.world, scene.world.repository)
      try world.script(ForgeWorld.edits(("a", "a.txt", ["one", "two"]), ("b", "a.txt", ["three"])))
      try world.plan("a", "b: a")
      let killed = try await world.gitOrch(
        "run", "-j", "1", environment: ["GIT_ORCH_KILL_AT": "before-entry-task-starting:2"])
      try #require(killed.status == 137, "\(killed.errors)")
      try await scene.forge.mergeByHand(try await scene.number(of: "feature/a"))
      let result = try await world.orch("run", "--continue")
      #expect(result.status == 0, "\(result.errors)\(result.output)")
      #expect(try await git.git("rev-parse", "feature/b~1") == scene.tip("main"))
      #expect(try await scene.forge.pullRequest(try await scene.number(of: "feature/b"))?.base == "main")
      #expect(try await scene.text("a.txt", at: "feature/b") == "three")
    }
  }

  @Test func `killed before what was moved is pushed, it is pushed by the next look`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let (world, git) = (scene.world, scene.world.repository)
      try await scene.stack()
      try await scene.forge.mergeByHand(try await scene.number(of: "feature/a"))
      let killed = try await world.gitOrch(
        "status", "--refresh", environment: ["GIT_ORCH_KILL_AT": "before-git-push:1"])
      try #require(killed.status == 137, "\(killed.errors)")
      #expect(try await scene.tip("feature/c") != git.git("rev-parse", "feature/c"))
      let next = try await world.orch("status", "--refresh")
      #expect(next.status == 0, "\(next.errors)")
      for branch in ["feature/b", "feature/c"] {
        #expect(try await scene.tip(branch) == git.git("rev-parse", branch))
      }
      let tasks = try await world.orch("status", "--json").json()["tasks"] as? [[String: any Sendable]] ?? []
      #expect(tasks.dropFirst().allSatisfy { $0["pushedCommit"] as? String == $0["tip"] as? String })
      let again = try await world.orch("status", "--refresh")
      #expect(again.errors == "", "\(again.errors)")
    }
  }

  @Test func `a conflict in the middle stays as it is with what builds on it, and is reported once`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let (world, git) = (scene.world, scene.world.repository)
      try await scene.stack()
      // It is changed on the forge before it is merged.
      try await git.git("switch", "--quiet", "--detach", "feature/a")
      try await git.commit("a.txt", "other\n", message: "other")
      try await git.git("push", "--quiet", "origin", "HEAD:feature/a")
      try await git.git("switch", "--quiet", "elsewhere")
      try await scene.forge.mergeByHand(try await scene.number(of: "feature/a"))
      let before = try await git.git("rev-parse", "feature/b", "feature/c")
      let first = try await world.orch("status", "--refresh")
      #expect(first.status == 0, "\(first.errors)")
      #expect(try await git.git("rev-parse", "feature/b", "feature/c") == before)
      #expect(try await scene.forge.pullRequest(try await scene.number(of: "feature/b"))?.base == "main")
      _ = try await world.orch("status", "--refresh")
      #expect(try scene.recordedTexts().ranges(of: "conflict with").count <= 1)
    }
  }

  @Test func `of a parent that was amended only the child's own commits are kept`() async throws {
    try await ForgeWorld.with { scene in
      let (world, git) = (scene.world, scene.world.repository)
      try world.script(ForgeWorld.edits(("a", "a.txt", ["one", "two"]), ("b", "b.txt", ["b"])))
      try world.plan("a", "b: a")
      try #require(try await world.orch("run").status == 0)
      try await git.git("switch", "--quiet", "feature/a")
      try git.write("a.txt", "amended\n")
      try await git.git("commit", "--quiet", "-a", "--amend", "-m", "feat: a amended")
      try await git.git("push", "--quiet", "--force", "origin", "feature/a")
      try await git.git("switch", "--quiet", "-c", "elsewhere", "main")
      try await scene.forge.mergeByHand(1)
      // Found where a run is continued, too, though there is nothing left of it to do.
      let result = try await world.orch("land", "--no-test", "--forge", "b")
      #expect(result.status == 0, "\(result.errors)\(result.output)")
      #expect(try await scene.text("a.txt") == "amended")
      #expect(try await scene.text("b.txt") == "b")
      #expect(try await git.git("rev-list", "--count", "main~1..main", in: world.remote) == "1")
    }
  }

  @Test func `a merge commit leaves branches where they are, and turns their pull requests`() async throws {
    try await ForgeWorld.with { scene in
      let (world, git) = (scene.world, scene.world.repository)
      try await scene.stack()
      let before = try await git.git("rev-parse", "feature/b", "feature/c")
      try await scene.forge.mergeByHand(try await scene.number(of: "feature/a"), isSquash: false)
      let result = try await world.orch("status", "--refresh")
      #expect(result.status == 0, "\(result.errors)")
      #expect(try await git.git("rev-parse", "feature/b", "feature/c") == before)
      #expect(try await scene.forge.pullRequest(try await scene.number(of: "feature/b"))?.base == "main")
    }
  }
}
