import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// Agents that do to git what they were told not to.
@Suite(.timeLimit(.minutes(3))) struct MischiefTests {
  /// One task whose agent commits a file and then runs that command.
  private func world(_ command: String, commits: Bool = true) async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try await world.set("agent.maxRetries", "0")
    let commit = commits ? #"{"commit": "feat: a"},"# : ""
    try world.script(
      #"{"a": [[{"write": {"path": "a.txt", "content": "work\n"}}, \#(commit) {"run": "\#(command)"}]]}"#)
    try world.plan("a")
    return world
  }

  private func expectCheckoutUntouched(_ world: OrchWorld, sourceLocation: SourceLocation = #_sourceLocation)
    async throws
  {
    #expect(
      try await world.repository.git("status", "--porcelain") == "?? task_config.yaml", sourceLocation: sourceLocation)
    #expect(
      try await world.repository.git("rev-parse", "HEAD") == world.remoteTip("main"), sourceLocation: sourceLocation)
    #expect(try world.survivors().isEmpty, sourceLocation: sourceLocation)
  }

  @Test func `its worktree is removed by the agent`() async throws {
    let world = try await world("cd .. && rm -rf a", commits: false)
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "failed"])
    #expect(!result.output.contains("Worktree kept"))
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    try await expectCheckoutUntouched(world)
    // Nothing of it is in the next run's way.
    try world.script(RunTests.edits("a"))
    #expect(try await world.orch("run").status == 0)
  }

  @Test func `a worktree inside the checkout that is none any more is not taken for the checkout`() async throws {
    let world = try await world("rm .git", commits: false)
    try await world.set("worktreeDir", ".trees")
    try world.repository.write(".git/info/exclude", ".trees\n")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "failed"])
    #expect(result.output.contains("is not a git repository"))
    #expect(try world.repository.read(".trees/app/a/a.txt") == "work\n")
    try await expectCheckoutUntouched(world)
  }

  @Test func `the agent pushes, and continues`() async throws {
    let world = try await world("git push -q origin feature/a; echo more > b.txt; git add b.txt; git commit -qm more")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.output)")
    #expect(try await world.remoteTip("feature/a") == world.repository.git("rev-parse", "feature/a"))
  }

  @Test func `the agent pushes something else to its branch`() async throws {
    let world = try await world("git push -q origin $(git commit-tree -m other HEAD^{tree}):refs/heads/feature/a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "push-failed"])
    // What is there is not overwritten.
    let tip = try #require(try await world.remoteTip("feature/a"))
    #expect(try await world.repository.git("log", "-1", "--format=%s", tip, in: world.remote) == "other")
    try await expectCheckoutUntouched(world)
  }

  @Test func `the agent commits in the user's checkout`() async throws {
    let world = try await world("git -C ../../../app commit -q --allow-empty -m intruder")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "tampered"])
    #expect(
      result.output.contains("Error: the agent changed what is not its task's: refs/heads/main"), "\(result.output)")
    #expect(try await world.remoteTip("feature/a") == nil)
    // The command that is shown puts it back.
    let restore = try #require(result.output.firstMatch(of: /To put it back: (git update-ref .*)/)).1
    try await world.repository.git(restore.split(separator: " ").dropFirst().map(String.init))
    #expect(try await world.repository.git("rev-parse", "main") == world.remoteTip("main"))
  }

  @Test(arguments: [
    ("git checkout -q --detach && git branch -q -D feature/a", "the branch is gone", "detached at"),
    ("git branch -m other", "the branch is gone", "is on 'other'"),
    ("git checkout -q -b other", "the branch has no new commit", "is on 'other'"),
    ("git checkout -q --orphan other", "not committed", "is on 'other', which has no commit"),
    (
      "git update-ref refs/heads/feature/a $(git commit-tree -m new HEAD^{tree}) && git reset -q --hard",
      "no longer contains", "Error: "
    ),
  ])
  func `the agent leaves its branch`(command: String, words: String, place: String) async throws {
    let world = try await world(command, commits: !command.contains("-b other"))
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(result.output.contains(words) && result.output.contains(place), "\(result.output)")
    #expect(try await world.remoteTip("feature/a") == nil)
    #expect(try world.repository.read("a.txt", in: world.worktrees.appending("a")) == "work\n")
    try await expectCheckoutUntouched(world)
  }

  @Test func `a lock file that was left does not keep the work from being saved`() async throws {
    let world = try await world("touch $(git rev-parse --git-path index.lock)", commits: false)
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "uncommitted"])
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(try await world.repository.git("show", "\(saved):a.txt") == "work")
  }

  @Test func `a repository inside the worktree is not thrown away`() async throws {
    let world = try await world("git init -q sub && cd sub && echo inner > f && git add f && git commit -qm inner")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "uncommitted"])
    #expect(try world.repository.read("sub/f", in: world.worktrees.appending("a")) == "inner\n")
  }

  @Test func `a worktree that the agent locked stays, and the summary says so`() async throws {
    let world = try await world("git worktree lock .")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains(/Note: worktree of 'a' kept: .*locked/), "\(result.output)")
    #expect(FileManager.default.fileExists(atPath: world.worktrees.appending("a/a.txt").string))
  }
}
