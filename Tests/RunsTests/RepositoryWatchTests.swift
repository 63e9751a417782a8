import Foundation
import Journal
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Engine
@testable import Guarding

/// Which changes are told on which tasks.
@Suite(.timeLimit(.minutes(5))) struct RepositoryWatchTests {
  private let made: TemporaryRepository
  private let place: RepositoryContext
  private let journal: RunJournal
  private let watch: RepositoryWatch

  init() async throws {
    made = try await TemporaryRepository.withCommit()
    place = try await RepositoryContext.find(from: made.path, environment: made.environment)
    let header = RunHeader(
      version: "1", id: "r", process: ProcessIdentity(pid: 1, startTime: 2),
      base: BaseRecord(branch: "main", commit: "c"), remote: nil, localReason: nil, jobs: 2, agent: "claude",
      tasks: ["a", "b"].map { TaskHeader(id: $0, title: $0, branch: $0, needs: []) })
    journal = try await RunJournal(in: try place.store.create("r"), header: header) { _, _ in }
    watch = RepositoryWatch(
      commonDirectory: place.commonDirectory, checkout: place.checkout, environment: place.environment,
      journal: journal)
  }

  private func seen(_ task: String) async -> [String] {
    await journal.state.repositoryChanges.during(task).map(\.name)
  }

  @Test func `a change is reported on all that ran then, once, and on no others`() async throws {
    let a = try await watch.begin("a")
    let b = try await watch.begin("b")
    try await made.git("config", "core.pager", "evil")
    #expect(try await watch.end(a).changes.map(\.name) == ["core.pager"])
    try await made.git("tag", "v1")
    #expect(try await watch.end(b).changes.map(\.name) == ["core.pager", "refs/tags/v1"])
    #expect(await seen("a") == ["core.pager"])
    #expect(await seen("b") == ["core.pager", "refs/tags/v1"])
    let restore = await journal.state.repositoryChanges.all.first?.record.restore
    #expect(restore == "git config --local --unset-all core.pager")
    // Between two attempts the user may do anything.
    try await made.git("config", "core.pager", "less")
    let again = try await watch.begin("a")
    #expect(try await watch.end(again).isEmpty)
  }

  @Test(
    arguments: [
      (.reference, "refs/heads/a", true), (.reference, "refs/heads/a/b", false), (.reference, "refs/heads/x/a", false),
      (.reference, "refs/heads/A", false), (.reference, "refs/tags/a", false),
      (.reference, "refs/remotes/origin/a", true), (.reference, "refs/remotes/origin/other/a", false),
      (.reference, "refs/remotes/fork/a", false), (.reference, "refs/remotes/origin/pull", true),
      (.configuration, "branch.a.merge", true), (.configuration, "branch.a.remote", true),
      (.configuration, "branch.a.pushremote", false), (.configuration, "branch.a.b.merge", false),
      (.configuration, "branch.merge", false), (.configuration, "branch.A.merge", false),
    ] as [(RepositoryChange.Kind, String, Bool)])
  func `what is a task's own has exactly its names`(kind: RepositoryChange.Kind, name: String, isOwn: Bool) {
    let property = TaskProperty(
      task: "a", branches: ["a"], remoteBranches: ["pull"], remote: "origin", worktrees: ["/w"])
    let change = RepositoryChange(kind, name, old: "x", new: "y", restore: nil, path: "/r/.git/x")
    #expect(property.holds(change) == isOwn)
  }

  @Test func `what was put back has not changed`() async throws {
    let a = try await watch.begin("a")
    try await made.git("config", "core.pager", "evil")
    let b = try await watch.begin("b")
    try await made.git("config", "--unset", "core.pager")
    #expect(try await watch.end(b).changes.map(\.name) == ["core.pager"])
    #expect(try await watch.end(a).isEmpty)
    #expect(await journal.state.repositoryChanges.all.isEmpty)
  }

  @Test
  func `a task's own branch, worktree and upstream are its own; others' are reported to the one that may have done it`()
    async throws
  {
    let (path, watch, made) = (made.scratch.path.appending("w"), watch, made)
    try await made.git("branch", "b")
    let b = try await watch.begin("b")
    let (others, own) = try await watch.owning(
      TaskProperty(task: "a", branches: ["a"], remote: "origin", worktrees: [path.string])
    ) {
      let a = try await watch.begin("a")
      try await made.git("worktree", "add", "-q", "-b", "a", path.string)
      try await made.git("commit", "-q", "--allow-empty", "-m", "x", in: path)
      try await made.git("config", "branch.a.merge", "refs/heads/a")
      try await made.git("update-ref", "refs/remotes/origin/a", "a")
      return (try await watch.end(b), try await watch.end(a))
    }
    #expect(own.isEmpty)
    #expect(others.changes.isEmpty)
    #expect(
      Set(others.others.map(\.name)) == ["refs/heads/a", "branch.a.merge", "refs/remotes/origin/a", "w"])
    #expect(await journal.state.repositoryChanges.all.isEmpty)
    // Its end is no end of what it did before.
    let late = try await watch.begin("b")
    try await made.git("update-ref", "refs/heads/a", "main")
    #expect(try await watch.end(late).isEmpty == false)
  }

  @Test func `what changes in a worktree between two attempts is reported on those that ran meanwhile`() async throws {
    let path = made.scratch.path.appending("w")
    try await made.git("worktree", "add", "-q", "-b", "a", path.string)
    try made.write("left.txt", "a's", in: path)
    await watch.leave(path, of: "a")
    let b = try await watch.begin("b")
    try made.write("left.txt", "b's", in: path)
    try made.write("README.md", "b's", in: path)
    #expect(try await watch.end(b).isEmpty)
    let a = try await watch.begin("a")
    #expect(try await watch.end(a).isEmpty)
    let changes = await journal.state.repositoryChanges.all.map(\.record)
    #expect(
      changes.map { "\($0.name) \($0.old ?? "") \($0.new ?? "")" } == [
        "\(path)/README.md as committed modified", "\(path)/left.txt untracked untracked, changed again",
      ])
    #expect(changes.first?.restore?.contains("restore --source=HEAD") == true)
    #expect(await seen("b").count == 2)
    #expect(await seen("a").isEmpty)
    // While nobody else's work runs, it is the user who works there.
    await watch.leave(path, of: "a")
    try made.write("by-hand.txt", "", in: path)
    _ = try await watch.end(try await watch.begin("a"))
    #expect(await journal.state.repositoryChanges.all.count == 2)
  }

  @Test func `what this program keeps for itself is none, but what it saved before is`() async throws {
    try await made.git("update-ref", "refs/orchestrator/saved/r/a/1", "HEAD")
    let a = try await watch.begin("a")
    try await made.git("update-ref", "refs/orchestrator/saved/r/b/1", "HEAD")
    try await made.git("update-ref", "refs/orchestrator/review/r/pr-1/head", "HEAD")
    try await made.git("update-ref", "-d", "refs/orchestrator/saved/r/a/1")
    #expect(try await watch.end(a).changes.map(\.name) == ["refs/orchestrator/saved/r/a/1"])
  }

  @Test func `an old hook is kept in the run's folder`() async throws {
    try await made.addHook("pre-push", "exit 0")
    let a = try await watch.begin("a")
    try made.write(".git/hooks/pre-push", "evil")
    let change = try #require(try await watch.end(a).changes.first)
    let restore = try #require(change.restore)
    try await made.git("-c", "alias.sh=!f() { eval \"$1\"; }; f", "sh", restore)
    #expect(try made.read(".git/hooks/pre-push") == "#!/bin/sh\nexit 0\n")
    #expect(restore.contains("orchestrator/runs/r/repository/pre-push.old"))
  }

  @Test func `many who ask at once share a look`() async throws {
    let watch = watch
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask {
          let window = try await watch.begin("t\(number)")
          _ = try await watch.end(window)
        }
      }
      try await group.waitForAll()
    }
    #expect(await watch.looks < 100)
  }
}
