import Foundation
import OrchTestSupport
import Subprocess
import SystemPackage
import Testing

extension RealClientTests {
  /// How a conversation goes on the wire, and that the scripted API speaks the client's language.
  @Suite struct ConversationTests {
    private static let writing = ["--permission-mode", "acceptEdits", "--allowedTools=Bash(make:*)"]

    @Test func `a text ends the run well, with one request and nothing sent elsewhere`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play([.usage(input: 1000, output: 50), .text("All done.")], for: "scene: text")
        let run = try await world.claude([], prompt: "scene: text")
        #expect(run.status == .exited(0))
        #expect(run.result["is_error"] == false)
        #expect(run.result["result"] == "All done.")
        #expect(run.result["usage"]["output_tokens"] == 50)
        #expect(await world.api.requests(for: "scene: text").count == 1)
        #expect(await world.api.surprises == [])
        #expect(await world.elsewhere.requests.isEmpty)
      }
    }

    @Test func `tool calls are carried out and their results sent back`() async throws {
      try await RealClientHarness.with { world in
        let file = world.worktree.appending("hello.txt")
        await world.api.play(
          [.write(file.string, "hello\n"), .read(file.string), .bash("make test"), .text("Done.")],
          for: "scene: tools")
        let run = try await world.claude(Self.writing, prompt: "scene: tools")
        #expect(run.rulings == [.ran(file.string), .ran(file.string), .ran("make test")])
        #expect(try world.contents(of: file) == "hello\n")
        let requests = await world.api.requests(for: "scene: tools")
        #expect(requests.count == 4)
        #expect(requests.last?.toolResults.map(\.text) == ["tests passed"])
      }
    }

    @Test func `an overloaded API is asked again until it answers`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play([.fail(status: 529, times: 2), .text("At last.")], for: "scene: busy")
        let run = try await world.claude([], prompt: "scene: busy")
        #expect(run.result["result"] == "At last.")
        #expect(run.events.filter { $0["subtype"] == "api_retry" }.map { $0["error_status"] } == [529, 529])
        #expect(await world.api.requests(for: "scene: busy").count == 3)
      }
    }

    @Test func `a client that only hears pings is ended by SIGTERM, and resumes with all that was said`() async throws {
      try await RealClientHarness.with { world in
        let session = UUID().uuidString.lowercased()
        await world.api.play(
          [.bash("make build"), .stall(pingEvery: .milliseconds(100)), .text("Resumed.")], for: "scene: stall")
        let stalled = try await world.claude(
          Self.writing + ["--session-id", session], prompt: "scene: stall"
        ) { process in
          try await world.api.waitForPings(3, of: "scene: stall")
          kill(process.value, SIGTERM)
        }
        #expect(stalled.status == .exited(143))
        #expect(stalled.result == .null)

        let resumed = try await world.claude(Self.writing + ["--resume", session], prompt: "Go on, please.")
        #expect(resumed.result["result"] == "Resumed.")
        #expect(resumed.result["session_id"] == .string(session))
        let said = try #require(await world.api.requests(for: "scene: stall").last).conversation
        #expect(said.contains("scene: stall"))
        #expect(said.contains("built"))
        #expect(said.contains("Go on, please."))
      }
    }

    @Test func `an API that never answers leaves the client waiting until it is stopped`() async throws {
      try await RealClientHarness.with { world in
        await world.api.play([.silence], for: "scene: silence")
        let run = try await world.claude([], prompt: "scene: silence") { process in
          try await world.api.waitForRequest(1, of: "scene: silence")
          kill(process.value, SIGTERM)
        }
        #expect(run.status == .exited(143))
      }
    }

    @Test func `a schema is answered by a structured output`() async throws {
      try await RealClientHarness.with { world in
        let schema = """
          {"type":"object","properties":{"titles":{"type":"array","items":{"type":"string"}}},\
          "required":["titles"],"additionalProperties":false}
          """
        let answer: JSON = ["titles": ["One", "Two"]]
        await world.api.play([.structured(answer), .text("Given.")], for: "scene: schema")
        let run = try await world.claude(["--tools", "", "--json-schema", schema], prompt: "scene: schema")
        #expect(run.status == .exited(0))
        #expect(run.result["structured_output"] == answer)
        #expect(await world.api.surprises == [])
      }
    }
  }
}
