import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Agents that hang, crash, are turned away, or print what nobody expects.
@Suite(.timeLimit(.minutes(5))) struct SupervisionTests {
  private static let finish = #"[{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]"#

  /// - Parameter limit: how long an agent may be silent. The next attempt must be done with everything in less, however
  ///   busy the machine is.
  private func world(_ first: String, retries: Int = 2, limit: String = "5m") async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try await world.set("agent.inactivityTimeout", limit)
    try await world.set("agent.maxRetries", "\(retries)")
    try world.script(#"{"a": [\#(first), \#(Self.finish)]}"#)
    try world.plan("a")
    return world
  }

  @Test func `an agent that hangs is stopped and resumed with a prompt that says so`() async throws {
    let world = try await world(#"[{"write": {"path": "half.txt", "content": "h"}}, "hang"]"#, limit: "5s")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.tasks()["a"]?[4] == "2")
    let first = try world.record("a", attempt: 1)
    let second = try world.record("a", attempt: 2)
    let begun = try #require(first["arguments"] as? [String])
    let resumed = try #require(second["arguments"] as? [String])
    let session = begun[try #require(begun.firstIndex(of: "--session-id")) + 1]
    #expect(resumed[try #require(resumed.firstIndex(of: "--resume")) + 1] == session)
    let prompt = try #require(second["prompt"] as? String)
    #expect(prompt.contains("no activity for 5 s"))
    #expect(prompt.contains("not committed: half.txt"))
    #expect(try world.survivors().isEmpty)
    // Both logs are there.
    let one = try await world.orch("log", "a", "--attempt", "1")
    #expect(one.output.contains("[INIT]"))
    #expect(try await world.orch("log", "a").output.contains("[COMPLETE]"))
  }

  @Test func `an agent that hangs forever is a timeout, its session told for resuming by hand`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("agent.inactivityTimeout", "1s")
    try await world.set("agent.maxRetries", "1")
    try world.script(#"{"a": [["hang"]]}"#)
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "timeout"])
    #expect(result.output.contains("✗ a (feature/a)\n  Status: timeout        Attempts: 2"))
    #expect(result.output.contains("Error: no activity for 1 s, 2 attempts"))
    #expect(result.output.contains("Resume by hand: git orch attach a"))
  }

  @Test func `pings are no activity`() async throws {
    let world = try await world(#"[{"ping-forever": 0.1}]"#, limit: "5s")
    #expect(try await world.orch("run").status == 0)
    #expect(try await world.tasks()["a"]?[4] == "2")
  }

  @Test func `a tool that runs long is activity, until the runtime is over`() async throws {
    let world = try await world(#"[{"heartbeat-forever": 0.1}]"#)
    try await world.set("agent.maxRuntime", "8s")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("not finished after 8 s"))
  }

  @Test(arguments: [
    #"[{"say": "x"}, {"crash": 9}]"#,
    #"[{"say": "x"}, {"exit": 3}]"#,
    #"[{"say": "x"}, "no-result"]"#,
    #"[{"say": "x"}, {"result": {"is_error": true, "subtype": "error_max_turns", "terminal_reason": "max_turns", "exit": 1}}]"#,
    #"[{"raw": "this is not JSON"}, {"exit": 1}]"#,
  ])
  func `an attempt that fails is followed by another`(first: String) async throws {
    let world = try await world(first)
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.tasks()["a"]?[4] == "2")
  }

  @Test(arguments: [
    #"{"raw": "garbage \u0007 { not json"}"#,
    #"{"raw-base64": "AAEC//79Cg=="}"#,
    #"{"raw": "{\"type\":\"teleport\",\"x\":1}"}"#,
    #"{"say": "a line\u2028that is one"}"#,
    #"{"huge-line": 20000000}"#,
    #"{"result": {"text": "first of two"}}"#,
  ])
  func `whatever else an agent prints, its work counts`(step: String) async throws {
    let world = try await OrchWorld.make()
    try world.script(
      #"{"a": [[\#(step), {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}"#)
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.tasks()["a"]?[4] == "1")
  }

  @Test func `an agent that says nothing at all has failed`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("agent.maxRetries", "0")
    let silent = world.repository.scratch.path.appending("silent")
    try """
    #!/bin/sh
    test "$1" = --version && echo '2.1.330 (Claude Code)'
    exit 0
    """.write(toFile: silent.string, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: silent.string)
    try await world.set("agent.command", silent.string)
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "failed"])
  }

  @Test func `what an agent leaves running is ended with it`() async throws {
    let world = try await OrchWorld.make()
    let pid = world.repository.scratch.path.appending("orphan.pid")
    try world.script(
      #"{"a": [[{"spawn-orphan": {"pid-file": "\#(pid)", "seconds": 600}}, {"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}"#
    )
    try world.plan("a")
    let result = try await world.gitOrch("run")
    #expect(result.status == 0, "\(result.errors)")
    let text = try String(contentsOfFile: pid.string, encoding: .utf8)
    let number = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(number, 0) != 0)
    #expect(try world.survivors().isEmpty)
  }

  @Test func `costs of a resumed session are counted once`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    // The agent reports what the whole session has cost: 0.50, then 0.75.
    try world.script(
      #"{"a": [[{"result": {"is_error": true, "cost": 0.5, "exit": 1}}], [{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}, {"result": {"cost": 0.25}}]]}"#
    )
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.tasks()["a"]?[8] == "0.7500")
  }

  @Test(arguments: [
    #"{"is_error": true, "error": "authentication_failed", "text": "Not logged in · Please run /login", "exit": 1}"#,
    #"{"is_error": true, "api_error_status": 404, "error": "model_not_found", "text": "There is an issue with the selected model (nosuch).", "exit": 1}"#,
  ])
  func `a fault that holds for all tasks stops the run at once`(failure: String) async throws {
    let world = try await OrchWorld.make()
    try world.script(#"{"a": [[{"result": \#(failure)}]], "b": [[{"result": \#(failure)}]]}"#)
    try world.plan("a", "b")
    let result = try await world.orch("run", "-j", "1")
    #expect(result.status == 1)
    let tasks = try await world.tasks()
    #expect(tasks["a"]?[2] == "failed")
    #expect(tasks["a"]?[4] == "1")
    #expect(tasks["b"]?[2] == "skipped")
  }
}
