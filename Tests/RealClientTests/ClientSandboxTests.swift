import Foundation
import OrchTestSupport
import Processes
import Subprocess
import SystemPackage
import Testing

private func sandboxWorks() async -> Bool {
  let availability = await SandboxTrial.shared.availability(ProcessInfo.processInfo.environment)
  return if case .works = availability { true } else { false }
}

extension RealClientTests {
  /// `git orch run` with `sandbox.agents`: the client at work in a sandbox.
  @Suite(.enabled("bubblewrap does not work here") { await sandboxWorks() }) struct ClientSandboxTests {
    private static let settings = ["sandbox.mode": "required", "sandbox.agents": "true"]

    @Test func `the client edits, tests and commits in a sandbox`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play(
          [
            .write("hello.txt", "hello\n"), .bash("make test"), .bash("git status --short"),
            .bash("git add -A && git commit -m 'feat: hello'"), .text("Done."),
          ], for: "scene: sandbox")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: sandbox\n", settings: Self.settings)
        #expect(run.code == 0, run.words)
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        let results = await world.api.requests(for: "scene: sandbox").flatMap(\.toolResults)
        #expect(results.filter(\.isError).map(\.text) == [])
        #expect(results.contains { $0.text.contains("tests passed") })
        // The conversation outlives the sandbox, and with it the home's other files.
        #expect(world.exists(world.home.pushing(".claude/projects")))
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `a client that is stopped ends itself, and its conversation is resumed in another sandbox`() async throws
    {
      try await RealClientHarness.with { world in
        await world.api.play(
          .committing("hello", after: [.bash("make test"), .stall(pingEvery: .milliseconds(200))]),
          for: "scene: stall")
        let run = try await world.orchRun(
          "- [ ] Add hello\n  scene: stall\n",
          settings: Self.settings.merging(["agent.inactivityTimeout": "5", "agent.retryDelay": "0"]) { $1 })
        #expect(run.code == 0, run.words)
        let resumed = try #require(await world.api.requests(for: "scene: stall").dropFirst(2).first).conversation
        #expect(resumed.contains("tests passed") && resumed.contains("no activity for 5 s"))
        let attempts = try #require(try await world.tasks().first)["attempts"].items
        #expect(attempts.map { $0["end"] } == ["timed-out", "succeeded"])
        #expect(Set(attempts.map { $0["session"] }).count == 1)
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `an agent in a sandbox is told of conflicts, too`() async throws {
      try await RealClientHarness.with { world in
        try await OrchConflictTests.tell(world, settings: Self.settings)
      }
    }

    @Test func `what the client's commands may not, they cannot`() async throws {
      try await RealClientHarness.with { world in
        for file in [".ssh/id_rsa", ".aws/credentials", ".config/gh/hosts.yml"] {
          try world.write("canary-of-home\n", to: world.home.pushing(FilePath(file)))
        }
        try await world.git("branch", "other/work")
        let git = world.repository.appending(".git")
        let before = try await world.git("config", "--list", "--local")
        let probe = """
          cat ~/.ssh/id_rsa ~/.aws/credentials ~/.config/gh/hosts.yml 2>/dev/null
          cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c '^GIT_ORCH_TEST_ROOT=' | awk '$1 > 30 { print "saw others" }'
          # What is written there is gone with the sandbox.
          for place in ~/planted \(world.root)/planted \(world.repository)/planted \(git)/planted \(git)/packed-refs; do
            echo planted > $place
          done
          for place in \(git)/config \(git)/hooks/pre-push \(git)/refs/heads/other/work \(git)/refs/heads/other/new \
            \(git)/refs/tags/t \(git)/refs/heads/feature/scripted \(git)/worktrees/planted .git; do
            ( echo planted >> $place ) 2>/dev/null && echo wrote $place
          done
          git config user.name Mallory 2>/dev/null && echo configured
          git branch other/new 2>/dev/null && echo branched
          git stash list; git tag t 2>/dev/null && echo tagged
          echo end of probe
          """
        await world.api.play(
          .committing(
            "hello",
            after: [
              .write("probe.sh", probe), .bash("sh probe.sh"), .bash("git rm -qf --cached --ignore-unmatch probe.sh"),
              .bash("rm probe.sh"),
            ]),
          for: "scene: probe")
        let run = try await world.orchRun(
          "- [ ] Add hello\n  scene: probe\n", settings: Self.settings.merging(["tools.allowedCli": "sh,rm"]) { $1 })
        #expect(run.code == 0, run.words)
        let results = await world.api.requests(for: "scene: probe").flatMap(\.toolResults).map(\.text)
        #expect(results.contains("end of probe"), "\(results)")
        for file in [world.home.appending("planted"), world.root.appending("planted"), world.home.appending(".bashrc")]
        {
          #expect(!world.exists(file))
        }
        let after = try await world.git("config", "--list", "--local")
        let own = Set(after.split(separator: "\n")).subtracting(before.split(separator: "\n"))
        #expect(own.allSatisfy { $0.hasPrefix("orchestrator.") || $0.hasPrefix("branch.feature/add-hello.") }, "\(own)")
        try await world.expectNothingLeftBehind()
      }
    }
  }
}
