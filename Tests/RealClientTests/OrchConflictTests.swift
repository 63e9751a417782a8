import OrchTestSupport
import SystemPackage
import Testing

extension RealClientTests {
  /// What an agent at work hears of conflicts.
  @Suite struct OrchConflictTests {
    @Test func `an agent at work is told of a conflict with its next tool call, and the user's own hooks run`()
      async throws
    {
      try await RealClientHarness.with { world in
        try world.write(
          #"{"hooks":{"PostToolUse":[{"hooks":[{"type":"command","command":"echo own >> \#(world.root)/own"}]}]}}"#,
          to: world.home.appending(".claude").appending("settings.json"))
        try await Self.tell(world)
        #expect(try world.contents(of: world.root.appending("own")).hasPrefix("own\nown\n"))
      }
    }

    /// Two tasks write the same file, the second when the first is done; its agent waits for the note.
    static func tell(_ world: RealClientHarness, settings: [String: String] = [:]) async throws {
      let notes = "\(world.repository)/.git/orchestrator/runs/*/tasks/add-two/notes/conflicts.json"
      try await world.commit("meet:\n\t@until ls \(notes) >/dev/null 2>&1; do sleep 0.1; done\n", as: "meet.mk")
      let both = { (name: String, steps: [FakeMessagesAPI.Step]) -> [FakeMessagesAPI.Step] in
        [.write("shared.txt", "\(name)\n")] + steps
          + [.bash("git add -A && git commit -m 'feat: \(name)'"), .text("Done.")]
      }
      await world.api.play(.init(both("one", [])), for: "scene: one")
      await world.api.play(
        .init(both("two", [.bash("make -f meet.mk meet", timeout: .seconds(60))])), for: "scene: two")
      let run = try await world.orchRun(
        "- [ ] Add one\n  scene: one\n- [ ] Add two\n  scene: two\n",
        settings: [
          "run.jobs": "1", "project.testCommand": "make -f meet.mk meet", "agent.maxRuntime": "60",
        ].merging(settings) { $1 })
      #expect(run.code == 0, run.words)
      let requests = await world.api.requests(for: "scene: two")
      let told = requests.map { $0.conversation.contains("# Conflicts with other work") }
      #expect(told == [false, false, true, true])
      #expect(requests.last?.conversation.contains("- with `feature/add-one`") == true)
      #expect(requests.flatMap(\.toolResults).filter(\.isError).map(\.text) == [])
      try await world.expectNothingLeftBehind()
    }
  }
}
