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
            .write("hello.txt", "hello\n"), .bash("make test"), .bash("git add -A && git commit -m 'feat: hello'"),
            .text("Added hello.txt, tested and committed."),
          ], for: "scene: edit")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: edit\n")
        #expect(run.status == .exited(0), "\(run.output)\(run.errors)")
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        let results = await world.api.requests(for: "scene: edit").flatMap(\.toolResults)
        #expect(results.filter(\.isError).map(\.text) == [])
        #expect(results.contains { $0.text.contains("tests passed") })
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `a denied tool is reported with the setting that would allow it`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play(
          [
            .bash("curl http://127.0.0.1:9/"), .write("hello.txt", "hello\n"),
            .bash("git add -A && git commit -m 'feat: hello'"), .text("Done, though I could not fetch."),
          ], for: "scene: denied")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: denied\n")
        #expect(run.status == .exited(0), "\(run.output)\(run.errors)")
        let said = run.output + run.errors
        #expect(said.contains("curl"))
        #expect(said.contains("orchestrator.tools.allowed"))
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `an overloaded API only delays a task`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play(.init([.fail(status: 529, times: 2)] + Self.committing), for: "scene: busy")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: busy\n")
        #expect(run.status == .exited(0), "\(run.output)\(run.errors)")
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `an agent that only hears pings is stopped and resumed with what it had said`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play(
          .init([.bash("make build"), .stall(pingEvery: .milliseconds(200))] + Self.committing), for: "scene: stall")
        let run = try await world.orchRun(
          "- [ ] Add hello\n  scene: stall\n",
          settings: ["agent.inactivityTimeout": "5", "agent.retryDelay": "0", "project.testCommand": "make build"])
        #expect(run.status == .exited(0), "\(run.output)\(run.errors)")
        let requests = await world.api.requests(for: "scene: stall")
        let resumed = try #require(requests.dropFirst(2).first).conversation
        // The call made before the stall, its result, and a prompt that says what happened.
        #expect(resumed.contains("built"))
        #expect(resumed.count > requests[1].conversation.count)
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `a tool that runs long is not taken for a stall`() async throws {
      try await RealClientHarness.with { world in
        // The client's heartbeat comes each 30 s; without it the 40 s limit would strike in these 50 s.
        try await world.commit("slow:\n\t@sleep 50\n\t@echo slow done\n", as: "slow.mk")
        await world.api.play(.init([.bash("make -f slow.mk slow")] + Self.committing), for: "scene: slow")
        let run = try await world.orchRun(
          "- [ ] Add hello\n  scene: slow\n",
          settings: ["agent.inactivityTimeout": "40", "project.testCommand": "make -f slow.mk slow"])
        #expect(run.status == .exited(0), "\(run.output)\(run.errors)")
        // One session from the first request to the last: the second holds the tool's result, not a new prompt.
        let results = await world.api.requests(for: "scene: slow").dropFirst().first?.toolResults.map(\.text)
        #expect(results == ["slow done"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `a repository's own hooks and redirects do not take effect`() async throws {
      try await RealClientHarness.with { world in
        try UnvettedRepositoryTests.plantTraps(in: world, folder: world.repository)
        try await world.git("add", "--all")
        try await world.git("commit", "--quiet", "--message", "traps")
        try await world.git("push", "--quiet", "origin", "main")
        await world.api.play(Self.scenario, for: "scene: traps")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: traps\n")
        #expect(run.status == .exited(0), "\(run.output)\(run.errors)")
        #expect(UnvettedRepositoryTests.sprung(world) == [])
        #expect(try await world.pushed("feature/add-hello") == ["feat: hello"])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `nothing survives of an agent whose command ignores SIGTERM`() async throws {
      try await RealClientHarness.with { world in
        try await world.commit("stubborn:\n\t@trap '' TERM; while :; do sleep 1; done\n", as: "stubborn.mk")
        await world.api.play([.bash("make -f stubborn.mk stubborn")], for: "scene: stubborn")
        let run = try await world.orchRun(
          "- [ ] Add hello\n  scene: stubborn\n",
          settings: [
            "agent.maxRuntime": "6", "agent.maxRetries": "0", "project.testCommand": "make -f stubborn.mk stubborn",
          ])
        #expect(run.status == .exited(1), "\(run.output)\(run.errors)")
        #expect(run.output.contains("timeout"))
        #expect(await world.api.requests(for: "scene: stubborn").count == 1)
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `an interrupt stops the agents and ends with 130`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play([.silence], for: "scene: interrupt")
        let run = try await world.orchRun("- [ ] Add hello\n  scene: interrupt\n") { process in
          try await world.api.waitForRequest(1, of: "scene: interrupt")
          kill(process.value, SIGINT)
        }
        #expect(run.status == .exited(130), "\(run.output)\(run.errors)")
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `two tasks run side by side, each in its own conversation`() async throws {
      try await RealClientHarness.with { world in
        for name in ["one", "two"] {
          await world.api.play(
            [
              .write("\(name).txt", "\(name)\n"), .bash("git add -A && git commit -m 'feat: \(name)'"), .text("Done."),
            ], for: "scene: \(name)")
        }
        let run = try await world.orchRun(
          "- [ ] Add one\n  scene: one\n- [ ] Add two\n  scene: two\n", settings: ["run.jobs": "2"])
        #expect(run.status == .exited(0), "\(run.output)\(run.errors)")
        #expect(try await world.pushed("feature/add-one") == ["feat: one"])
        #expect(try await world.pushed("feature/add-two") == ["feat: two"])
        try await world.expectNothingLeftBehind()
      }
    }

    private static let committing: [FakeMessagesAPI.Step] = [
      .write("hello.txt", "hello\n"), .bash("git add -A && git commit -m 'feat: hello'"), .text("Done."),
    ]
    private static let scenario = FakeMessagesAPI.Scenario(committing)
  }
}

extension RealClientHarness {
  /// Plans a to-do file without a model and runs it at once: `git orch run todo.md --yolo`.
  ///
  /// Settings are named without `orchestrator.`; the project's test command is `make test` unless they say otherwise.
  func orchRun(
    _ todo: String, settings: [String: String] = [:],
    whileRunning: (ProcessIdentifier) async throws -> Void = { _ in }
  ) async throws -> Finished {
    let all = ["generate.source": "markdown", "project.testCommand": "make test"].merging(settings) { _, own in own }
    for (key, value) in all { try await git("config", "orchestrator.\(key)", value) }
    try write(todo, to: root.appending("todo.md"))
    return try await run(
      "/usr/bin/env", ["git", "orch", "run", root.appending("todo.md").string, "--yolo"],
      whileRunning: whileRunning)
  }

  /// The subjects of the commits that a branch of the remote has over `main`, oldest first.
  func pushed(_ branch: String) async throws -> [String] {
    let subjects = try await git("log", "--reverse", "--format=%s", "main..\(branch)", in: remote)
    return subjects.split(separator: "\n").map(String.init)
  }

  /// Commits one file on `main` and pushes it.
  func commit(_ text: String, as name: String) async throws {
    try write(text, to: repository.appending(name))
    try await git("add", name)
    try await git("commit", "--quiet", "--message", "add \(name)")
    try await git("push", "--quiet", "origin", "main")
  }

  /// After any run: no process lives, no request went elsewhere or surprised the API, the user's checkout is as it was.
  func expectNothingLeftBehind(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    #expect(survivors() == [], sourceLocation: sourceLocation)
    #expect(await elsewhere.requests.map(\.target) == [], sourceLocation: sourceLocation)
    #expect(await api.surprises == [], sourceLocation: sourceLocation)
    let branch = try await git("symbolic-ref", "--short", "HEAD")
    #expect(branch == "main", sourceLocation: sourceLocation)
    let changes = try await git("status", "--porcelain", "--untracked-files=no")
    #expect(changes == "", sourceLocation: sourceLocation)
  }
}
