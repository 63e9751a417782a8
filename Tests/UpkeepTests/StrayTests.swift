import Basics
import Engine
import Foundation
import Git
import Journal
import OrchTestSupport
import Processes
import SystemPackage
import Testing
import Upkeep

@Suite(.timeLimit(.minutes(5))) struct `What killed processes leave` {
  private func folder(_ path: FilePath) throws {
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
  }

  @Test func `goes: half-made and removed records, indices, homes, runs that never began`() async throws {
    let world = try await CleanupWorld.make()
    let run = try await world.run(1, "a")
    try await world.squash("a")
    try folder(world.record("half"))
    try world.repository.write("locked", "initializing", in: world.record("half"))
    let removed = world.orchestrator.appending("removed-worktrees/gone.1")
    try folder(removed)
    let lost = try await world.repository.git("commit-tree", "HEAD^{tree}", "-m", "only its log knows")
    try world.repository.write(
      "logs/HEAD", "\(String(repeating: "0", count: 40)) \(lost) a <a> 1 +0000\tx\n", in: removed)
    try world.repository.write("index.saving.1", "x", in: world.common)
    try world.repository.write("index.saving.2", "x", in: world.record("a"))
    try folder(world.orchestrator.appending("runs/\(run)/tasks/a/home"))
    try folder(world.orchestrator.appending("runs/20261102-000000-ffff"))
    try world.repository.write("journal.ndjson", "", in: world.orchestrator.appending("runs/20261102-000000-ffff"))
    let outcome = try await world.clean(world.cleanup(keep: 20))
    #expect(
      Set(outcome.removed.keys) == [
        "worktree worktrees/app/a", "branch feature/a", "record app/.git/worktrees/half",
        "record app/.git/orchestrator/removed-worktrees/gone.1", "temporary app/.git/index.saving.1",
        "home app/.git/orchestrator/runs/\(run)/tasks/a/home", "run 20261102-000000-ffff",
      ])
    #expect(try await world.repository.git("for-each-ref", "--contains", lost) != "")
    #expect(try await world.repository.git("fsck", "--no-dangling") == "")
  }

  @Test func `is not touched while it may be in the making`() async throws {
    let world = try await CleanupWorld.make()
    try folder(world.record("half"))
    try world.repository.write("locked", "initializing", in: world.record("half"))
    #expect(try await world.cleanup(days: 0, age: .zero).plan().isEmpty)
    try world.age(world.record("half"), days: 0.1)
    #expect(try await world.cleanup(days: 0, age: .zero).plan().going.count == 1)
    #expect(try await world.cleanup(days: 0).plan().isEmpty)
  }

  @Test func `a record with more in it than git begins with stays`() async throws {
    let world = try await CleanupWorld.make()
    try folder(world.record("odd"))
    try world.repository.write("index", "x", in: world.record("odd"))
    let outcome = try await world.clean(world.cleanup())
    #expect(outcome.removed.isEmpty)
    #expect(outcome.kept.keys.contains("record app/.git/worktrees/odd"))
  }

  @Test func `a record whose worktree is gone goes, unless it is locked or a disk may be missing`() async throws {
    let world = try await CleanupWorld.make()
    try await world.run(1, "a", "b")
    let lost = try await world.repository.git("commit-tree", "HEAD^{tree}", "-m", "detached")
    try await world.repository.git("checkout", "-q", "--detach", lost, in: world.worktree("a"))
    try await world.repository.git("worktree", "lock", world.worktree("b").string)
    for task in ["a", "b"] { try FileManager.default.removeItem(atPath: world.worktree(task).string) }
    let outcome = try await world.clean(world.cleanup(keep: 20))
    #expect(outcome.removed["record app/.git/worktrees/a"] != nil)
    #expect(outcome.kept["record app/.git/worktrees/b"] == "it is locked")
    #expect(try await world.repository.git("for-each-ref", "--contains", lost) != "")
    try await world.repository.git("worktree", "unlock", world.worktree("b").string)
    try FileManager.default.removeItem(atPath: world.worktree("b").removingLastComponent().string)
    let second = try await world.clean(world.cleanup(keep: 20))
    #expect(second.kept["record app/.git/worktrees/b"]?.contains("a disk may not be mounted") == true)
  }

  @Test(arguments: ["nothing changed", "changed", "new", "emptied", "without .git"])
  func `a folder without a record goes when the branch has all of it`(kind: String) async throws {
    let world = try await CleanupWorld.make()
    try await world.run(1, "a")
    let path = world.worktree("a")
    try FileManager.default.removeItem(atPath: world.record("a").string)
    switch kind {
    case "changed": try world.repository.write("a.txt", "work\n", in: path)
    case "new": try world.repository.write("work", "work\n", in: path)
    case "emptied": for file in ["a.txt", "README.md"] { unlink(path.appending(file).string) }
    case "without .git": unlink(path.appending(".git").string)
    default: break
    }
    let outcome = try await world.clean(world.cleanup(keep: 20))
    let goes = ["nothing changed", "emptied", "without .git"].contains(kind)
    #expect((outcome.removed["folder worktrees/app/a"] != nil) == goes)
    #expect(world.exists(path) == !goes)
    if !goes {
      let file = kind == "new" ? "work" : "a.txt"
      #expect(outcome.kept["folder worktrees/app/a"] == "its file '\(file)' is not so on branch 'feature/a'")
    }
  }

  @Test func `references and branches of reviews go when their commits are elsewhere`() async throws {
    let world = try await CleanupWorld.make()
    let own = try await world.repository.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "a reviewer's")
    for (name, commit) in [
      ("refs/orchestrator/review/20261102-000000-ffff/pr-1/head", own),
      ("refs/heads/orch/review/20261102-000000-ffff/pr-1", own),
      ("refs/heads/orch/review/20261102-000000-ffff/pr-2", "HEAD"),
    ] { try await world.repository.git("update-ref", name, commit) }
    let outcome = try await world.clean(world.cleanup())
    #expect(outcome.removed["review-reference refs/orchestrator/review/20261102-000000-ffff/pr-1/head"] != nil)
    #expect(outcome.removed["review-branch orch/review/20261102-000000-ffff/pr-2"] != nil)
    #expect(
      outcome.kept["review-branch orch/review/20261102-000000-ffff/pr-1"] == "its commits are on no other branch")
  }

  @Test func `an interrupted move is finished by the next cleanup`() async throws {
    let world = try await CleanupWorld.make()
    try await world.run(1, "a")
    try await world.squash("a")
    let trash = world.orchestrator.appending("trash/20261101-000000-aaaa")
    try folder(trash)
    rename(world.worktree("a").string, trash.appending("content").string)
    let outcome = try await world.clean(world.cleanup(keep: 20))
    #expect(Set(outcome.removed.keys) == ["record app/.git/worktrees/a", "branch feature/a"])
    #expect(world.exists(trash.appending("content/a.txt")) || outcome.deleted == ["20261101-000000-aaaa"])
  }
}
