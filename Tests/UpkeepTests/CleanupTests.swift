import Basics
import Engine
import Foundation
import Git
import Journal
import Leftovers
import OrchTestSupport
import Processes
import SystemPackage
import Testing
import Upkeep

@Suite(.timeLimit(.minutes(5))) struct CleanupTests {
  // MARK: - What goes

  @Test func `a finished run goes with all that is its, and everything can be put back`() async throws {
    let world = try await CleanupWorld.make()
    let id = try await world.run(1, "a")
    try world.repository.write("build/out.o", "ignored", in: world.worktree("a"))
    try world.repository.write(".gitignore", "build\n")
    try await world.repository.git("add", ".gitignore")
    try await world.repository.git("commit", "-qm", "ignore")
    try await world.repository.git("merge", "-q", "main", in: world.worktree("a"))
    try await world.squash("a")
    try await world.repository.git("push", "-q", "-u", "origin", "feature/a")
    try await world.repository.git("update-ref", "refs/orchestrator/saved/\(id)/a/1", "feature/a")
    let references = try await world.references()
    let status = try await world.repository.git("worktree", "list", "--porcelain")
    let configuration = try await world.repository.git("config", "--local", "--list")

    let outcome = try await world.clean(world.cleanup())
    #expect(outcome.kept == [:])
    #expect(
      Set(outcome.removed.keys) == [
        "worktree worktrees/app/a", "branch feature/a", "saved-work refs/orchestrator/saved/\(id)/a/1", "run \(id)",
      ])
    #expect(!world.exists(world.worktree("a")) && !world.exists(world.record("a")))
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(try world.place.store.runs().isEmpty)
    #expect(try await world.repository.git("for-each-ref", "refs/heads/feature", "refs/orchestrator/saved") == "")
    #expect(try await !world.repository.git("config", "--local", "--list").contains("branch.feature/a"))
    #expect(try await world.clean(world.cleanup()).plan.isEmpty)

    for entry in outcome.removed.values { try await world.restore(entry) }
    #expect(try await world.references() == references)
    #expect(try await world.repository.git("worktree", "list", "--porcelain") == status)
    #expect(
      try await world.repository.git("config", "--local", "--list").split(separator: "\n").sorted()
        == configuration.split(separator: "\n").sorted())
    #expect(try world.repository.read("build/out.o", in: world.worktree("a")) == "ignored")
    #expect(try await world.repository.git("status", "--porcelain", in: world.worktree("a")) == "")
    #expect(try world.place.store.runs().map(\.id) == [id])
    #expect(try await world.repository.git("for-each-ref", "refs/orchestrator/trash") == "")
    #expect(try await world.repository.git("fsck", "--no-dangling") == "")
  }

  @Test func `what is young stays, and records longer, and those of the newest runs`() async throws {
    let world = try await CleanupWorld.make()
    let ids = [try await world.run(1, "a"), try await world.run(2, "b")]
    for task in ["a", "b"] { try await world.squash(task) }
    #expect(try await world.cleanup(days: 0.9).plan().going.isEmpty)
    let day = try await world.cleanup(days: 1.1).plan().going
    #expect(day.map(\.kind) == [.worktree, .worktree, .branch, .branch])
    #expect(try await world.cleanup(days: 1.1, age: .seconds(2 * 86_400)).plan().going.isEmpty)
    let month = try await world.cleanup(days: 31, keep: 1).plan().going
    #expect(month.filter { $0.kind == .run }.map(\.name) == [ids[0]])
    // A run that is named is meant.
    let named = try await world.cleanup(days: 0, runs: [ids[1]], keep: 20).plan().going
    #expect(named.map(\.kind) == [.worktree, .branch, .run])
    #expect(Set(named.map(\.run)) == [ids[1]])
  }

  @Test func `commits that only a log knew are kept by references`() async throws {
    let world = try await CleanupWorld.make()
    try await world.run(1, "a")
    let lost = try await world.repository.git("rev-parse", "HEAD", in: world.worktree("a"))
    try await world.repository.git("commit", "-q", "--amend", "-m", "amended", in: world.worktree("a"))
    try await world.squash("a")
    let outcome = try await world.clean(world.cleanup())
    #expect(outcome.removed.count == 3)
    let kept = try await world.repository.git("for-each-ref", "--format=%(objectname)", "refs/orchestrator/trash")
    #expect(kept.contains(lost))
  }

  // MARK: - What stays

  @Test(arguments: [
    ("changed", "it has uncommitted work: 'a.txt'"), ("untracked", "it has uncommitted work: 'new'"),
    ("detached", "it is at "), ("locked", "it is locked: mine"), ("rebase", "a rebase is in progress in it"),
    ("process", "process "),
  ])
  func `a worktree stays while something could be lost`(kind: String, reason: String) async throws {
    let world = try await CleanupWorld.make()
    let id = try await world.run(1, "a")
    try await world.squash("a")
    let path = world.worktree("a")
    let git = world.repository
    let sleeper = Process()
    switch kind {
    case "changed": try git.write("a.txt", "more\n", in: path)
    case "untracked": try git.write("new", "new\n", in: path)
    case "locked": try await git.git("worktree", "lock", "--reason", "mine", path.string)
    case "rebase":
      try FileManager.default.createDirectory(
        atPath: world.record("a").appending("rebase-merge").string, withIntermediateDirectories: true)
    case "process":
      sleeper.executableURL = URL(filePath: "/bin/sleep")
      sleeper.arguments = ["100"]
      sleeper.currentDirectoryURL = URL(filePath: path.string)
      try sleeper.run()
    default:
      try await git.git("checkout", "-q", "--detach", in: path)
      try await git.commit("b", "b", message: "lost", in: path)
    }
    let outcome = try await world.clean(world.cleanup())
    if sleeper.isRunning { sleeper.terminate() }
    #expect(outcome.kept["worktree worktrees/app/a"]?.hasPrefix(reason) == true)
    #expect(world.exists(path) && world.exists(world.record("a")))
    // What leads to it stays as well.
    #expect(outcome.kept["run \(id)"] == "its worktree '\(path)' stays")
    #expect(outcome.removed["run \(id)"] == nil)
    #expect((outcome.kept["branch feature/a"] != nil) == (kind != "detached"))
  }

  @Test func `a run that can be continued stays, unless it is given up`() async throws {
    let world = try await CleanupWorld.make()
    let id = try await world.run(1, "a", "b", ending: ["b": .failed])
    for task in ["a", "b"] { try await world.squash(task) }
    let outcome = try await world.clean(world.cleanup())
    #expect(outcome.removed.isEmpty)
    #expect(outcome.kept == ["run \(id)": "1 task is not done: continue it, or give --unfinished"])
    #expect(try await world.clean(world.cleanup(unfinished: true)).removed.count == 5)
  }

  @Test func `nothing of a run in progress is touched, and another's is`() async throws {
    let world = try await CleanupWorld.make()
    let live = try await world.run(2, "live", ends: false)
    let done = try await world.run(1, "done")
    for task in ["live", "done"] { try await world.squash(task) }
    let stray = world.orchestrator.appending("removed-worktrees/x")
    try FileManager.default.createDirectory(atPath: stray.string, withIntermediateDirectories: true)
    let outcome = try await RunLock.hold(
      at: world.place.store.lock, as: LockHolder(pid: 1, run: live, since: .now)
    ) {
      try await world.clean(world.cleanup(unfinished: true))
    }
    #expect(Set(outcome.removed.keys) == ["worktree worktrees/app/done", "branch feature/done", "run \(done)"])
    #expect(outcome.kept["run \(live)"] == "it is in progress")
    #expect(outcome.kept["record app/.git/orchestrator/removed-worktrees/x"] == "run \(live) is in progress")
    #expect(world.exists(world.worktree("live")) && world.exists(stray))
  }

  @Test func `a branch stays unless it has landed and nobody needs it`() async throws {
    let world = try await CleanupWorld.make()
    let request = PullRequestRecord(number: 7, url: "u", branch: "feature/top", base: "feature/based", commit: "c")
    try await world.run(
      1, "open", "out", "based", "top", "landed",
      more: [.pullRequestOpened(task: "top", pullRequest: request, adopted: false)])
    try await world.run(2, "next", "needed", ending: ["next": .failed], needs: ["next": ["needed"]])
    for task in ["out", "based", "landed", "needed"] { try await world.squash(task) }
    let outcome = try await world.clean(world.cleanup())
    #expect(outcome.removed["branch feature/landed"] != nil)
    #expect(outcome.kept["branch feature/open"] == "it has 1 commit that is not in 'main'")
    #expect(outcome.kept["branch feature/based"] == "it is the base of pull request #7, as far as is known here")
    #expect(outcome.kept["branch feature/top"] != nil)
    #expect(try await world.repository.git("branch", "--list", "feature/needed") != "")
  }

  @Test func `a branch that is checked out stays, and so does the base`() async throws {
    let world = try await CleanupWorld.make()
    try await world.run(1, "a")
    try await world.squash("a")
    try await world.repository.git("worktree", "remove", world.worktree("a").string)
    try await world.repository.git("checkout", "-q", "feature/a")
    let outcome = try await world.clean(world.cleanup())
    #expect(outcome.kept["branch feature/a"] == "it is checked out at '\(world.repository.path)'")
    // A task of the plan may be on the base itself.
    try await world.repository.git("checkout", "-q", "main")
    try await world.repository.git("config", "orchestrator.git.baseBranch", "feature/a")
    let place = try await RepositoryContext.find(
      from: world.repository.path, environment: world.repository.environment)
    try await world.run(2, "b")
    let changed = CleanupWorld(repository: world.repository, place: place)
    #expect(try await changed.clean(changed.cleanup()).removed["branch feature/a"] == nil)
  }
}
