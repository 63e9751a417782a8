import Foundation
import OrchTestSupport
import Subprocess
import SystemPackage
import Testing

extension RealClientTests {
  /// `git orch run` when the API or a command does not do what it should.
  @Suite struct OrchSupervisionTests {
    @Test func `an API that is overloaded for a moment is asked again by the client`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play(.committing("hello", after: [.fail(status: 529, times: 1)]), for: "scene: busy")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: busy\n")
        #expect(run.code == 0, run.words)
        #expect(try await world.tasks().first?["attempts"].items.count == 1)
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `an API that is overloaded for longer is waited for, which costs no attempt`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play(
          .committing("hello", after: [.bash("make test"), .fail(status: 529, times: 3)]), for: "scene: busy")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: busy\n", settings: ["agent.maxRetries": "0"])
        #expect(run.code == 0, run.words)
        let attempts = try #require(try await world.tasks().first)["attempts"].items
        #expect(attempts.map { $0["end"] } == ["failed", "succeeded"])
        #expect(attempts.map { $0["resumed"] } == [false, true])
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `an API that stays overloaded is given up after six waits and the attempts`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play([.fail(status: 529, times: 1000)], for: "scene: busy")
        // Waits double from the retry delay; the client's own patience is tested above.
        let run = try await world.orchRun(
          "- [ ] Add hello\n  scene: busy\n", settings: ["agent.maxRetries": "1", "agent.retryDelay": "10ms"],
          environment: ["CLAUDE_CODE_MAX_RETRIES": "0"])
        #expect(run.code == 1, run.words)
        let task = try #require(try await world.tasks().first)
        #expect(task["status"] == "failed")
        #expect(task["attempts"].items.count == 8)
        #expect(task["message"].string?.contains("529") == true, run.words)
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `an agent that only hears pings is stopped and resumed with what it had said`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play(
          .committing("hello", after: [.bash("make test"), .stall(pingEvery: .milliseconds(200))]),
          for: "scene: stall")
        let run = try await world.orchRun(
          "- [ ] Add hello\n  scene: stall\n",
          settings: ["agent.inactivityTimeout": "5", "agent.retryDelay": "0"])
        #expect(run.code == 0, run.words)
        let requests = await world.api.requests(for: "scene: stall")
        let resumed = try #require(requests.dropFirst(2).first).conversation
        // The task, the call made before the stall with its result, and a prompt that says what happened.
        #expect(resumed.contains("scene: stall"))
        #expect(resumed.contains("tests passed"))
        #expect(!requests[1].conversation.contains("no activity for 5 s"))
        #expect(resumed.contains("no activity for 5 s"))
        let attempts = try #require(try await world.tasks().first)["attempts"].items
        #expect(attempts.map { $0["end"] } == ["timed-out", "succeeded"])
        #expect(Set(attempts.map { $0["session"] }).count == 1)
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `a tool that runs long is not taken for a stall`() async throws {
      try await RealClientHarness.with { world in
        // The client's last word is at 3 s, its heartbeat at 30 s: without that the limit would strike at 37 s.
        try await world.commit("slow:\n\t@sleep 40\n\t@echo slow done\n", as: "slow.mk")
        await world.api.play(.committing("hello", after: [.bash("make -f slow.mk slow")]), for: "scene: slow")
        let run = try await world.orchRun(
          "- [ ] Add hello\n  scene: slow\n",
          settings: ["agent.inactivityTimeout": "34", "project.testCommand": "make -f slow.mk slow"])
        #expect(run.code == 0, run.words)
        // One session from the first request to the last: the second holds the tool's result, not a new prompt.
        let results = await world.api.requests(for: "scene: slow").dropFirst().first?.toolResults.map(\.text)
        #expect(results == ["slow done"])
        #expect(try await world.tasks().first?["attempts"].items.count == 1)
        try await world.expectNothingLeftBehind()
      }
    }

    /// Ignores SIGTERM itself and leaves a process behind, in a session of its own, that does so too.
    private static func stubborn(ready: FilePath) -> String {
      let deaf = "trap '' TERM HUP INT; while :; do sleep 1; done"
      return """
        stubborn:
        \t@setsid sh -c "\(deaf)" > /dev/null 2>&1 & touch \(ready); \(deaf)

        """
    }

    @Test func `an agent out of time is ended with its command that ignores SIGTERM`() async throws {
      try await RealClientHarness.with { world in
        try await world.commit(Self.stubborn(ready: world.root.appending("ready")), as: "stubborn.mk")
        await world.api.play([.bash("make -f stubborn.mk stubborn")], for: "scene: stubborn")
        let run = try await world.orchRun(
          "- [ ] Add hello\n  scene: stubborn\n",
          settings: [
            "agent.maxRuntime": "6", "agent.maxRetries": "0", "project.testCommand": "make -f stubborn.mk stubborn",
          ])
        #expect(run.code == 1, run.words)
        #expect(try await world.tasks().first?["status"] == "timeout")
        #expect(world.exists(world.root.appending("ready")))
        #expect(await world.api.requests(for: "scene: stubborn").count == 1)
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `an interrupt ends agents with their commands that ignore signals, and the status is 130`() async throws
    {
      try await RealClientHarness.with { world in
        let ready = world.root.appending("ready")
        try await world.commit(Self.stubborn(ready: ready), as: "stubborn.mk")
        await world.api.play(
          [.write("hello.txt", "hello\n"), .bash("make -f stubborn.mk stubborn")], for: "scene: interrupt")
        let run = try await world.orchRun(
          "- [ ] Add hello\n  scene: interrupt\n",
          settings: ["project.testCommand": "make -f stubborn.mk stubborn"]
        ) { process in
          try await world.wait(for: ready)
          kill(process.value, SIGINT)
        }
        #expect(run.code == 130, run.words)
        let task = try #require(try await world.tasks().first)
        #expect(task["status"] == "interrupted")
        // What it had not committed is kept.
        let saved = try #require(task["saved"].items.first?["commit"].string)
        #expect(try await world.git("show", "\(saved):hello.txt") == "hello")
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `an interrupt while the API is awaited ends with 130 too`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play([.silence], for: "scene: interrupt")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: interrupt\n") { process in
          try await world.api.waitForRequest(1, of: "scene: interrupt")
          kill(process.value, SIGINT)
        }
        #expect(run.code == 130, run.words)
        try await world.expectNothingLeftBehind()
      }
    }
  }
}
