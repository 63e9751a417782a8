import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// `git orch review` from the pull request to the merge.
@Suite(.timeLimit(.minutes(5))) struct ReviewTests {
  static let approval = #"{"structured": {"decision": "approve", "summary": "Looks right", "findings": []}}"#
  /// Passes once the reviewer's fix is there.
  static let testCommand = "test -f fixed.txt"

  private static let fixing = """
    [[{"write": {"path": "fixed.txt", "content": "mended\\n"}}, {"commit": "fix: what the review found"},
      {"structured": {"decision": "approve", "summary": "Good, with one fix", "findings": [
        {"severity": "major", "path": "a.txt", "line": 1, "message": "It was wrong", "fixed": true}]}}]]
    """

  @Test(arguments: ForgeWorld.Kind.allCases)
  func `a pull request that a run opened is reviewed, fixed, tested, approved, merged and seen as merged`(
    kind: ForgeWorld.Kind
  ) async throws {
    try await ForgeWorld.with(kind) { scene in
      try scene.world.script(
        "{\"a\": \(RunTests.edit.replacing("TASK", with: "a")), \"pr-1\": \(Self.fixing)}")
      try scene.world.plan("a")
      try await scene.world.set("project.testCommand", Self.testCommand)
      #expect(try await scene.world.orch("run").status == 0)
      let proven = try #require(try await scene.world.remoteTip("feature/a"))
      let bob = try await scene.asUser("bob")

      let result = try await bob.orch("review", "--from-run", "--automerge")

      #expect(result.status == 0, "\(result.errors)\(result.output)")
      let pull = try #require(try await scene.forge.pullRequest(1))
      #expect(pull.state == .merged)
      #expect(pull.mergedBy == "bob")
      // The fix was pushed before, upon what the run had pushed, and the squash holds both.
      let merged = try #require(try await bob.remoteTip("main"))
      #expect(try await bob.repository.git("show", "\(merged):fixed.txt", in: bob.remote) == "mended")
      #expect(try await bob.repository.git("rev-list", "--count", "\(merged)^..\(merged)", in: bob.remote) == "1")
      #expect(try await bob.repository.git("rev-parse", "\(pull.headCommit)^", in: bob.remote) == proven)
      let message = try await bob.repository.git("log", "-1", "--format=%B", merged, in: bob.remote)
      #expect(message.hasPrefix("feat: a (#1)"))

      #expect(try await bob.statuses() == ["pr-1": "merged"])
      let report = try await bob.orch("status", "--json").json()
      #expect(report["kind"] as? String == "review")
      let task = try #require((report["tasks"] as? [[String: Any]])?.first)
      #expect((task["tests"] as? [String: Any])?["passed"] as? Bool == true)
      #expect((task["tests"] as? [String: Any])?["commit"] as? String == pull.headCommit)
      #expect((task["posted"] as? [String: Any])?["decision"] as? String == "approve")
      let log = try await bob.orch("log", "pr-1")
      #expect(log.output.contains("fix: what the review found"))
      #expect(try await bob.repository.git("worktree", "list").split(separator: "\n").count == 1)
      #expect(try await bob.repository.git("symbolic-ref", "HEAD") == "refs/heads/main")
      #expect(try bob.survivors().isEmpty)
      #expect(await scene.forge.surprises == [])
      let texts = try scene.recordedTexts() + result.output + result.errors
      for secret in [ForgeWorld.token, "token-of-bob-0123456789"] { #expect(!texts.contains(secret)) }
    }
  }

  @Test func `the table shows what is open, and what is picked is reviewed`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      try await scene.openPullRequest("feature/user-auth", title: "feat: add user auth")
      try await scene.openPullRequest("fix/db-conn", title: "fix: database connection")
      try await scene.openPullRequest("evil", title: "a\u{1B}]0;owned\u{7}\u{1B}[2Jb\u{202E}c\nd")
      try scene.world.script("{\"pr-1\": [[\(Self.approval)]], \"pr-2\": [[\(Self.approval)]]}")
      try await scene.world.set("review.testBeforeMerge", "false")
      let bob = try await scene.asUser("bob")
      let terminal = try PseudoTerminal()
      try terminal.type("9\n1-2\n")

      let result = try await bob.run("git", ["orch", "review"], input: terminal.device)

      #expect(result.status == 0, "\(result.errors)")
      #expect(
        result.errors.contains(
          """
          Available Pull Requests:
           #   ID
          """), "\(result.errors)")
      #expect(result.errors.contains(" 2   2    fix: database connection         fix/db-conn         alice"))
      #expect(result.errors.contains(" 1   1    feat: add user auth              feature/user-auth   alice"))
      #expect(result.errors.contains("Select PRs to review (comma-separated numbers, 'all', or 'q' to quit): "))
      #expect(!result.errors.contains("\u{1B}") && !result.errors.contains("\u{7}"))
      #expect(!result.errors.contains("\u{202E}"))
      #expect(try await bob.statuses() == ["pr-1": "approved", "pr-2": "approved"])
      let reviews = try await scene.forge.pullRequests().map { $0.reviews.count }
      #expect(reviews == [1, 1, 0])
    }
  }

  @Test func `q does nothing, and without a terminal a hint says what to do`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      try await scene.openPullRequest("feature/a")
      let terminal = try PseudoTerminal()
      try terminal.type("q\n")
      let quit = try await scene.world.run("git", ["orch", "review"], input: terminal.device)
      #expect(quit.status == 0, "\(quit.errors)")

      let blind = try await scene.world.orch("review")
      #expect(blind.status == 128)
      #expect(blind.errors.contains("fatal: cannot choose pull requests without a terminal\nhint: name them: "))
      #expect(await scene.forge.requests.allSatisfy { $0.method == "GET" })
    }
  }

  @Test func `one's own pull request gets a comment, which is reported`() async throws {
    try await ForgeWorld.with { scene in
      try await scene.openPullRequest("feature/a")
      try scene.world.script("{\"pr-1\": [[\(Self.approval)]]}")
      try await scene.world.set("review.testBeforeMerge", "false")
      let result = try await scene.world.orch("review", "--pr", "1")
      #expect(result.status == 0, "\(result.errors)")
      let review = try #require(try await scene.forge.pullRequest(1)?.reviews.first)
      #expect(review.decision == .comment)
      #expect(
        result.output.contains(
          "Note: GitHub lets nobody review their own pull requests: the review is a comment"), "\(result.output)"
      )
    }
  }

  @Test func `changes are requested with remarks on their lines, and the answer is no`() async throws {
    try await ForgeWorld.with { scene in
      try await scene.openPullRequest("feature/a")
      try scene.world.script(
        """
        {"pr-1": [[{"structured": {"decision": "request_changes", "summary": "Not yet", "findings": [
          {"severity": "blocker", "path": "a.txt", "line": 1, "message": "This is wrong", "fixed": false},
          {"severity": "nit", "path": "a.txt", "line": 99, "message": "Elsewhere", "fixed": false}]}}]]}
        """)
      try await scene.world.set("review.testBeforeMerge", "false")
      let bob = try await scene.asUser("bob")
      let result = try await bob.orch("review", "--pr", "1", "--automerge")
      #expect(result.status == 1)
      #expect(try await bob.statuses() == ["pr-1": "changes-requested"])
      #expect(result.output.contains("blocker a.txt:1: This is wrong"))
      let pull = try #require(try await scene.forge.pullRequest(1))
      #expect(pull.state == .open)
      #expect(pull.reviews.map(\.decision) == [.requestChanges])
      #expect(pull.reviews[0].comments.map(\.line) == [1])
      #expect(pull.reviews[0].body.contains("Elsewhere"))
    }
  }

  @Test func `tests that fail keep it from being merged, whatever the reviewer says`() async throws {
    try await ForgeWorld.with { scene in
      try await scene.openPullRequest("feature/a")
      try scene.world.script("{\"pr-1\": [[\(Self.approval)]]}")
      try await scene.world.set("project.testCommand", "echo broken at 7; exit 3")
      try await scene.world.set("agent.maxRetries", "1")
      let bob = try await scene.asUser("bob")
      let result = try await bob.orch("review", "--pr", "1", "--automerge")
      #expect(result.status == 1)
      #expect(try await bob.statuses() == ["pr-1": "tests-failed"])
      #expect(try await bob.tasks()["pr-1"]?[4] == "2")
      let pull = try #require(try await scene.forge.pullRequest(1))
      #expect(pull.state == .open)
      #expect(pull.reviews[0].decision == .requestChanges)
      #expect(pull.reviews[0].body.contains("broken at 7"))
    }
  }

  @Test func `a review that is killed while it posts has posted once in the end, and asks nobody twice`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      try await scene.openPullRequest("feature/a")
      try scene.world.script("{\"pr-1\": [[\(Self.approval)]]}")
      try await scene.world.set("review.testBeforeMerge", "false")
      let bob = try await scene.asUser("bob")
      let gate = FakeForge.Gate()
      await scene.forge.fail(.init("POST", "/comments", .holdAnswer(gate)))
      let killed = try await bob.gitOrch("review", "--pr", "1") { process in
        await gate.reached()
        bob.send(SIGKILL, to: process)
      }
      #expect(killed.status == 137)
      await gate.open()

      let result = try await bob.orch("review", "--pr", "1")

      #expect(result.status == 0, "\(result.errors)")
      #expect(try await scene.forge.pullRequest(1)?.reviews.count == 1)
      #expect(try await bob.tasks()["pr-1"]?[4] == "0")
      #expect(result.errors.contains("was already posted"))
      #expect(try await bob.repository.git("worktree", "list").split(separator: "\n").count == 1)
    }
  }

  @Test func `what was approved is merged later without asking or posting again, and then left out`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      try scene.world.script(
        "{\"a\": \(RunTests.edit.replacing("TASK", with: "a")), \"pr-1\": [[\(Self.approval)]]}")
      try scene.world.plan("a")
      try await scene.world.set("project.testCommand", "test -f a.txt")
      #expect(try await scene.world.orch("run").status == 0)
      let bob = try await scene.asUser("bob")
      #expect(try await bob.orch("review", "--from-run").status == 0)
      #expect(try await scene.forge.pullRequest(1)?.state == .open)

      let merging = try await bob.orch("review", "--from-run", "-m")

      #expect(merging.status == 0, "\(merging.errors)")
      let pull = try #require(try await scene.forge.pullRequest(1))
      #expect(pull.state == .merged)
      #expect(pull.reviews.count == 1)
      #expect(try await bob.tasks()["pr-1"]?[4] == "0")

      let again = try await bob.orch("review", "--from-run", "--json")
      #expect(again.status == 0)
      let nothing = try again.json()
      #expect(nothing["kind"] as? String == "review")
      #expect((nothing["tasks"] as? [Any])?.isEmpty == true)
      #expect(again.errors.contains("skipped, as no longer open: #1"))
      // The run's logs are still a word away.
      #expect(try await bob.orch("log", "a").output.contains("feat: a"))
    }
  }

  @Test func `Ctrl-C stops the reviewer, and the review can be done again`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      try await scene.openPullRequest("feature/a")
      let mark = scene.world.repository.scratch.path.appending("begun")
      try scene.world.script("{\"pr-1\": [[{\"touch\": \"\(mark)\"}, \"hang\"]]}")
      try await scene.world.set("review.testBeforeMerge", "false")
      let bob = try await scene.asUser("bob")
      let result = try await bob.gitOrch("review", "--pr", "1") { process in
        try await bob.wait(for: mark)
        bob.send(SIGINT, to: process)
      }
      #expect(result.status == 130)
      #expect(try await bob.statuses() == ["pr-1": "interrupted"])
      #expect(try bob.survivors().isEmpty)
      #expect(try await scene.forge.pullRequest(1)?.reviews.isEmpty == true)

      try scene.world.script("{\"pr-1\": [[\(Self.approval)]]}")
      #expect(try await bob.orch("review", "--pr", "1").status == 0)
      #expect(try await scene.forge.pullRequest(1)?.reviews.count == 1)
    }
  }

  @Test func `run --with-review goes from the to-do list to the merged pull request`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      try world.script("{\"a\": \(RunTests.edit.replacing("TASK", with: "a")), \"pr-1\": [[\(Self.approval)]]}")
      try world.plan("a")
      try await world.set("review.automerge", "true")
      try await world.set("project.testCommand", "test -f a.txt")
      let result = try await world.orch("run", "--with-review", "--json")
      #expect(result.status == 0, "\(result.errors)")
      #expect(try await scene.forge.pullRequest(1)?.state == .merged)
      let documents = try #require(
        try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
      #expect(documents.map { $0["kind"] as? String } == ["run", "review"])
      #expect(documents.allSatisfy { $0["success"] as? Bool == true })
    }
  }

  @Test func `a fork's code is not run here unasked`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      let fork = world.repository.scratch.path.appending("fork.git")
      try await world.repository.git("clone", "--quiet", "--bare", world.remote.string, fork.string)
      let own = try await scene.openPullRequest("feature/own")
      let clone = world.repository.scratch.path.appending("mallory")
      try await world.repository.git("clone", "--quiet", fork.string, clone.string)
      try world.repository.write("m.txt", "m", in: clone)
      try await world.repository.git("add", "-A", in: clone)
      try await world.repository.git("commit", "--quiet", "-m", "m", in: clone)
      try await world.repository.git("push", "--quiet", "origin", "HEAD:topic", in: clone)
      let foreign = try await scene.forge.openFromFork(
        .init("mallory/widget", repository: fork), title: "m", head: "topic", base: "main", author: "mallory")
      try world.script("{\"default\": [[\(Self.approval)]], \"pr-1\": [[\(Self.approval)]]}")
      try await world.set("review.testBeforeMerge", "false")

      let named = try await world.orch("review", "--pr", "\(foreign.number)")
      #expect(named.status == 128)
      #expect(named.errors.contains("comes from a fork (mallory:topic), and reviewing it runs its code"))

      let all = try await world.orch("review", "-y")
      #expect(all.status == 0, "\(all.errors)")
      #expect(all.errors.contains("skipped #\(foreign.number), which comes from a fork"))
      #expect(try await world.statuses() == ["pr-\(own.number)": "approved"])
    }
  }

  @Test(arguments: [
    (["--pr", "0"], "--pr 0 is not a pull request"), (["--pr", "1", "--from-run"], "cannot be used together"),
    (["--parallel", "--sequential"], "cannot be combined"), (["-j", "0"], "--jobs takes a number"),
    (["20260101"], "name a run with --from-run"),
  ])
  func `options that make no sense are refused`(arguments: [String], words: String) async throws {
    let world = try await OrchWorld.make()
    let result = try await world.orch(["review"] + arguments)
    #expect(result.status == 129)
    #expect(result.errors.contains(words))
  }

  @Test func `where there is no forge, no such pull request or no run with one, that is reported`() async throws {
    let world = try await OrchWorld.make()
    let nowhere = try await world.orch("review", "-y")
    #expect(nowhere.status == 128)
    #expect(nowhere.errors.contains("fatal: there are no pull requests to review: "))
    try await ForgeWorld.with(.bitbucket) { scene in
      let none = try await scene.world.orch("review", "--pr", "7", "-y")
      #expect(none.status == 128)
      #expect(none.errors.contains("#7"), "\(none.errors)")
      let empty = try await scene.world.orch("review")
      #expect(empty.status == 0)
      #expect(empty.errors.contains("there are no open pull requests"))
      try scene.world.script(RunTests.edits("a"))
      try scene.world.plan("a")
      #expect(try await scene.world.orch("run", "--no-pr").status == 0)
      let run = try await scene.world.orch("review", "--from-run")
      #expect(run.status == 128)
      #expect(run.errors.contains("has no pull request that could be reviewed"))
    }
  }
}
