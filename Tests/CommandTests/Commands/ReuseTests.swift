import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// `run.reuseWorktrees`: the next task gets the worktree of one that is done.
@Suite(.timeLimit(.minutes(5))) struct ReuseTests {
  /// Each task notes what it finds, and leaves an ignored file and its own, which is copied from the checkout, changed.
  private func world(_ reuse: String) async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try world.repository.write(".gitignore", "*.o\n.env\n")
    try await world.repository.git("add", ".gitignore")
    try await world.repository.git("commit", "-q", "-m", "rules")
    try await world.repository.git("push", "-q")
    try world.repository.write(".env", "mine\n")
    try await world.set("run.reuseWorktrees", reuse)
    try await world.set("worktree.copy", ".env")
    try await world.set("worktree.setup", "test ! -e set-up.o; echo $? >>../set-up.txt; touch set-up.o")
    let note = #"{"run": "ls -A > TASK.txt; cat .env >> TASK.txt; touch built.o; echo theirs > .env"}"#
    let steps = ["a", "b", "c"].map {
      #""\#($0)": [[\#(note.replacing("TASK", with: $0)), {"commit": "feat: \#($0)"}]]"#
    }
    try world.script("{" + steps.joined(separator: ", ") + "}")
    try world.plan("a", "b", "c")
    return world
  }

  @Test(arguments: [("off", false), ("clean", false), ("keep", true)])
  func `tasks find tracked files, what is copied, and ignored files only where they are kept`(
    _ reuse: String, _ keeps: Bool
  ) async throws {
    let world = try await world(reuse)
    let result = try await world.orch("run", "-j", "1")
    #expect(result.status == 0, "\(result.errors)")
    for task in ["a", "b", "c"] {
      let tip = try #require(try await world.remoteTip("feature/\(task)"))
      let found = try await world.repository.git("show", "\(tip):\(task).txt").split(separator: "\n").map(String.init)
      #expect(found.contains("built.o") == (keeps && task != "a"), "\(task)")
      #expect(found.last == "mine")
      #expect(!found.contains(task == "a" ? "b.txt" : "a.txt"))
      #expect(try await world.repository.git("rev-list", "--count", "main..\(tip)") == "1")
    }
    // Of the same worktree, or of a new one each.
    let setUps = try world.repository.read("set-up.txt", in: world.worktrees)
    #expect(setUps == (keeps ? "0\n1\n1\n" : "0\n0\n0\n"))
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(!FileManager.default.fileExists(atPath: world.worktrees.appending("c").string))
    let types = try world.journal().map(\.type)
    #expect(types.count { $0 == "worktree-removed" } == 3)
    #expect(!types.contains("warned") && !types.contains("repository-changed"), "\(result.errors)")
  }

  @Test func `a run that handed worktrees on is taken back as any other`() async throws {
    let world = try await world("clean")
    let before = try await world.repository.git("for-each-ref")
    #expect(try await world.orch("run", "-j", "1").status == 0)
    let undone = try await world.orch("undo")
    #expect(undone.status == 0, "\(undone.errors)")
    let after = try await world.repository.git("for-each-ref")
    #expect(
      after.split(separator: "\n").filter { !$0.contains("refs/orchestrator/") }.joined(separator: "\n") == before)
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
  }

  @Test func `one in which something unsaved could be is not handed on`() async throws {
    let world = try await world("keep")
    let hide = #"{"run": "git update-index --assume-unchanged README.md; echo changed >README.md"}"#
    try world.script(
      #"{"a": [[\#(hide), {"write": {"path": "a.txt", "content": "a\n"}}, {"commit": "feat: a"}]], "#
        + #""b": [[{"run": "cat README.md > b.txt"}, {"commit": "feat: b"}]], "c": [[{"run": "cat README.md > c.txt"}, {"commit": "feat: c"}]]}"#
    )
    let readMe = try world.repository.read("README.md")
    let result = try await world.orch("run", "-j", "1")
    #expect(result.status == 0, "\(result.errors)")
    for task in ["b", "c"] {
      let tip = try #require(try await world.remoteTip("feature/\(task)"))
      #expect(try await world.repository.git("show", "\(tip):\(task).txt") + "\n" == readMe)
    }
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
  }
}
