import Foundation
import OrchTestSupport
import Subprocess
import SystemPackage
import Testing

extension RealClientTests {
  /// `git orch generate` with a model behind it.
  @Suite struct OrchGenerateTests {
    private static let todo = "# scene: plan\n\n- [ ] Say hello\n- [ ] Say goodbye, in the same words\n"
    private static let answer: JSON = [
      "tasks": [
        [
          "id": "say-hello", "title": "feat: say hello", "description": "Print a hello.", "files_hint": ["hello.sh"],
          "test_command": "sh hello.sh", "needs": [], "items": ["Say hello"],
        ],
        [
          "id": "say-goodbye", "title": "feat: say goodbye", "description": "Print a goodbye.", "files_hint": [],
          "test_command": "", "needs": ["say-hello"], "items": ["Say goodbye, in the same words"],
        ],
      ]
    ]

    /// Whether a plan stands there that holds both tasks, by reading it once more as `run` does.
    private static func expectPlan(
      in world: RealClientHarness, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      let plan = try world.contents(of: world.repository.appending("task_config.yaml"))
      for part in ["id: say-hello", "id: say-goodbye", "needs:\n      - say-hello", "base_branch: main"] {
        #expect(plan.contains(part), Comment(rawValue: plan), sourceLocation: sourceLocation)
      }
      let trial = try await world.orch(["run", "--dry-run"])
      #expect(trial.code == 0, trial.words, sourceLocation: sourceLocation)
      #expect(trial.output.contains("say-goodbye"), trial.words, sourceLocation: sourceLocation)
    }

    @Test func `the client makes a plan of the given form`() async throws {
      try await RealClientHarness.with { world in
        try UnvettedRepositoryTests.plantTraps(in: world, folder: world.repository)
        await world.api.play([.structured(Self.answer), .text("Given.")], for: "scene: plan")
        let run = try await world.orch(["generate", world.todoFile(Self.todo), "--source", "claude"])
        #expect(run.code == 0, run.words)
        #expect(run.errors.contains("planned 2 tasks with claude"), run.words)
        try await Self.expectPlan(in: world)
        let request = try #require(await world.api.requests(for: "scene: plan").first)
        #expect(request.conversation.contains("Say goodbye, in the same words"))
        #expect(request.conversation.contains("sub/Makefile"))
        #expect(request.body["tools"].items.map { $0["name"] } == ["StructuredOutput"])
        #expect(UnvettedRepositoryTests.sprung(world) == [])
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `the API makes a plan of the given form`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play([.fail(status: 529), .text(Self.answer.text)], for: "scene: plan")
        let run = try await world.orch(
          ["generate", world.todoFile(Self.todo), "--source", "api"], environment: ["ANTHROPIC_MODEL": "claude-x"])
        #expect(run.code == 0, run.words)
        #expect(run.errors.contains("planned 2 tasks with api"), run.words)
        try await Self.expectPlan(in: world)
        let requests = await world.api.requests(for: "scene: plan")
        #expect(requests.count == 2)
        let request = try #require(requests.last)
        #expect(request.target == "/v1/messages")
        #expect(request.body["model"] == "claude-x")
        #expect(request.body["output_config"]["format"]["schema"]["properties"]["tasks"] != .null)
        #expect(request.headers["x-api-key"] == "redacted")
        try await world.expectNothingLeftBehind()
      }
    }

    @Test func `without a key the to-do list itself is the plan, and the reason is reported`() async throws {
      try await RealClientHarness.with { world in
        let run = try await world.orch(
          ["generate", world.todoFile(Self.todo), "--source", "auto"], without: ["ANTHROPIC_API_KEY"])
        #expect(run.code == 0, run.words)
        #expect(run.errors.contains("api could not plan: ANTHROPIC_API_KEY is not set"), run.words)
        #expect(run.errors.contains("claude could not plan: Not logged in"), run.words)
        #expect(run.errors.contains("planned 2 tasks with markdown"), run.words)
        #expect(await world.api.requests.filter { $0.method == "POST" }.isEmpty)
        try await world.expectNothingLeftBehind()
      }
    }
  }
}
