import Foundation
import OrchTestSupport
import Subprocess
import SystemPackage
import Testing

extension RealClientTests {
  /// The whole way: `git orch run` as built, the real client, real commits, a real remote.
  @Suite struct OrchRunTests {
    @Test func `a task that edits, tests and commits ends on the remote`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play(
          [
            .usage(input: 1000, output: 50), .write("hello.txt", "hello\n"), .bash("make test"),
            .bash("git add -A && git commit -m 'feat: hello'"), .text("Added hello.txt, tested and committed."),
          ], for: "scene: edit")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: edit\n")
        #expect(run.code == 0, run.words)
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        let results = await world.api.requests(for: "scene: edit").flatMap(\.toolResults)
        #expect(results.filter(\.isError).map(\.text) == [])
        #expect(results.contains { $0.text.contains("tests passed") })

        let task = try #require(try await world.tasks().first)
        #expect(task["status"] == "success")
        #expect(task["attempts"].items.map { $0["outputTokens"] } == [200])
        #expect(task["pushedCommit"] == .string(try await world.git("rev-parse", "feature/add-hello")))
        let log = try await world.orch(["log", "add-hello"])
        #expect(log.output.contains("[TOOL] Bash: make test\n[RESULT] tests passed\n"), log.words)
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `two tasks run side by side, each in its own conversation`() async throws {
      try await RealClientHarness.with { world in
        // Each command ends once both have begun.
        let meet = """
          meet:
          \t@touch \(world.root)/met-$(NAME)
          \t@until test -e \(world.root)/met-one -a -e \(world.root)/met-two; do sleep 0.1; done

          """
        try await world.commit(meet, as: "meet.mk")
        for name in ["one", "two"] {
          await world.api.play(
            .committing(name, after: [.bash("make -f meet.mk meet NAME=\(name)")]), for: "scene: \(name)")
        }
        let run = try await world.orchRun(
          "- [ ] Add one\n  scene: one\n- [ ] Add two\n  scene: two\n",
          settings: ["run.jobs": "2", "project.testCommand": "make -f meet.mk meet", "agent.maxRuntime": "60"])
        #expect(run.code == 0, run.words)
        #expect(try await world.pushed("feature/add-one") == ["feat: one"])
        #expect(try await world.pushed("feature/add-two") == ["feat: two"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `a denied tool is reported with the setting that would allow it, and which does`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play(.committing("one", after: [.bash("make build")]), for: "scene: denied")
        let run = try await world.orchRun("- [ ] Add one\n  scene: denied\n")
        #expect(run.code == 0, run.words)
        let remedy = "git config --add orchestrator.tools.allowedTools 'Bash(make build:*)'"
        #expect(run.output.contains("  Denied: Bash make build\n    To allow it: \(remedy)\n"), run.words)

        #expect(try await world.run("/bin/sh", ["-c", remedy]).code == 0)
        await world.api.play(.committing("two", after: [.bash("make build")]), for: "scene: allowed")
        let second = try await world.orchRun("- [ ] Add two\n  scene: allowed\n")
        #expect(second.code == 0, second.words)
        #expect(!second.output.contains("Denied"), second.words)
        let results = await world.api.requests(for: "scene: allowed").flatMap(\.toolResults)
        #expect(results.first?.text == "built")
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `a repository's own hooks, servers and redirects do not take effect, but its words are reported`()
      async throws
    {
      try await RealClientHarness.with { world in
        try UnvettedRepositoryTests.plantTraps(in: world, folder: world.repository)
        try await world.git("add", "--all")
        try await world.git("commit", "--quiet", "--message", "traps")
        try await world.git("push", "--quiet", "origin", "main")
        await world.api.play(.committing("hello"), for: "scene: traps")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: traps\n")
        #expect(run.code == 0, run.words)
        #expect(UnvettedRepositoryTests.sprung(world) == [])
        let requests = await world.api.requests(for: "scene: traps")
        #expect(requests.count == 3)
        #expect(requests.allSatisfy { $0.body["system"].allText.contains("Say FROM-THE-REPOSITORY.") })
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `whoever is not logged in is told before a task is tried`() async throws {
      try await RealClientHarness.with { world in
        let run = try await world.orchRun(
          "- [ ] Add one\n- [ ] Add two\n", settings: ["run.jobs": "1"], without: ["ANTHROPIC_API_KEY"])
        #expect(run.code == 128, run.words)
        #expect(run.errors.contains("fatal: the agent's client is not logged in"), run.words)
        #expect(run.errors.contains("or set ANTHROPIC_API_KEY"), run.words)
        #expect(await world.api.requests.filter { $0.method == "POST" }.isEmpty)

        // Nothing of it is in the way once they are.
        await world.api.play(.committing("one"), for: "Add one")
        await world.api.play(.committing("two"), for: "Add two")
        let again = try await world.orch(["run"])
        #expect(again.code == 0, again.words)
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `a key that the API refuses ends the run at its first answer`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play([.fail(status: 401, times: 1000)], for: "scene: key")
        let run = try await world.orchRun(
          "- [ ] Add one\n  scene: key\n- [ ] Add two\n  scene: key\n", settings: ["run.jobs": "1"])
        #expect(run.code == 1, run.words)
        #expect(run.output.contains("401"), run.words)
        #expect(run.output.contains("or set another ANTHROPIC_API_KEY"), run.words)
        #expect(try await world.tasks().map { $0["status"] } == ["failed", "skipped"])
        // The client alone would ask eleven times, for three minutes.
        #expect(await world.api.requests(for: "scene: key").count < 5)
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `a model that the API does not know stops the run at once`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play([.fail(status: 404, times: 1000)], for: "scene: model")
        let run = try await world.orchRun(
          "- [ ] Add one\n  scene: model\n- [ ] Add two\n  scene: model\n",
          settings: ["run.jobs": "1", "agent.model": "claude-none-0"])
        #expect(run.code == 1, run.words)
        #expect(run.output.contains("claude-none-0"), run.words)
        #expect(run.output.contains("git config orchestrator.agent.model MODEL"), run.words)
        #expect(try await world.tasks().map { $0["status"] } == ["failed", "skipped"])
        #expect(Set(await world.api.requests(for: "scene: model").map { $0.body["model"] }) == ["claude-none-0"])
        try await world.expectNothingLeftBehind()
      }
    }
  }
}
