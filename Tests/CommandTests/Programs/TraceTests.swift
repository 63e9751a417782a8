import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What `GIT_ORCH_TRACE` shows of a run.
@Suite(.timeLimit(.minutes(5))) struct TraceTests {
  private static let secret = "s3cr3t-t0ken-0123456789"

  @Test func `a run's processes, decisions and journal are in the file, and no secret`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let file = world.repository.scratch.path.appending("trace")
    let result = try await world.gitOrch(
      "run",
      environment: [
        "GIT_ORCH_TRACE": file.string, "ANTHROPIC_API_KEY": Self.secret,
        // Of no effect, but part of a command line.
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": "Authorization: Basic \(Self.secret)",
      ])
    #expect(result.status == 0, "\(result.errors)")
    let lines = try String(contentsOfFile: file.string, encoding: .utf8).split(separator: "\n").map(String.init)
    func line(_ parts: String...) -> String? { lines.first { line in parts.allSatisfy { line.contains($0) } } }

    let push = try #require(line("process: start", " push "))
    let pid = try #require(push.firstMatch(of: /start (\d+):/)?.1)
    #expect(line("process: end \(pid): exit status 0 after ") != nil)
    let agent = try #require(line("process: start", "scripted-agent", "--output-format"))
    let agentPid = try #require(agent.firstMatch(of: /start (\d+):/)?.1)
    #expect(line("process: end \(agentPid): exit status 0 after ") != nil)
    #expect(line("decision: proof of a: complete") != nil)
    #expect(line("journal: 1 ") != nil)
    #expect(!lines.joined().contains(Self.secret))
    #expect(!result.errors.contains("process: "))
  }

  @Test func `values of git -c cost a run no process`() async throws {
    func programs(git: [String]) async throws -> [String] {
      let world = try await OrchWorld.make()
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      let file = world.repository.scratch.path.appending("trace")
      let result = try await world.gitOrch("run", git: git, environment: ["GIT_ORCH_TRACE": file.string])
      #expect(result.status == 0, "\(result.errors)")
      let lines = try String(contentsOfFile: file.string, encoding: .utf8).split(separator: "\n")
      return lines.filter { $0.contains("process: start") }.map(String.init)
    }
    let plain = try await programs(git: [])
    let valued = try await programs(git: ["-c", "orchestrator.agent.maxRetries=1", "-c", "x.y=a b"])
    #expect(plain.count > 3)
    #expect(valued.count == plain.count, "\(plain.joined(separator: "\n"))\n\n\(valued.joined(separator: "\n"))")
  }

  @Test func `without it nothing is written, and with 1 it is on standard error`() async throws {
    let world = try await OrchWorld.make()
    let quiet = try await world.gitOrch("config", "--list")
    #expect(!quiet.errors.contains("process: "))
    let traced = try await world.gitOrch("config", "--list", environment: ["GIT_ORCH_TRACE": "1"])
    #expect(traced.errors.contains("process: start"))
    #expect(traced.output == quiet.output)
    let off = try await world.gitOrch("config", "--list", environment: ["GIT_ORCH_TRACE": "0"])
    #expect(off.errors == quiet.errors)
  }
}
