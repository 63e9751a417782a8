import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// What the provider refuses: too busy, too fast, too much.
@Suite(.timeLimit(.minutes(3))) struct LimitTests {
  private static let finish = #"[{"write": {"path": "TASK.txt", "content": "x"}}, {"commit": "feat: TASK"}]"#

  @Test(arguments: [
    #"{"is_error": true, "api_error_status": 429, "error": "rate_limit", "text": "API Error: Request rejected (429) · This request would exceed your rate limit."}"#,
    #"{"is_error": true, "api_error_status": 529, "error": "overloaded", "text": "API Error: Repeated 529 Overloaded errors."}"#,
  ])
  func `a busy provider is waited for, and no attempt is used up by it`(failure: String) async throws {
    let world = try await OrchWorld.make()
    try await world.set("agent.maxRetries", "0")
    try world.script(#"{"a": [[{"result": \#(failure)}], \#(Self.finish)]}"#)
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.tasks()["a"]?[4] == "2")
    // The delay is told, so that nobody takes it for a hang; and not as a second attempt of one.
    #expect(result.errors.contains(#/retry a attempt 2 in [1-5]s: API Error: /#), "\(result.errors)")
  }

  @Test func `a server that fails uses up attempts`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("agent.maxRetries", "1")
    try world.script(
      #"{"a": [[{"result": {"is_error": true, "api_error_status": 500, "error": "server_error", "text": "API Error: 500 Internal server error"}}]]}"#
    )
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    let task = try #require(try await world.tasks()["a"])
    #expect(task[2] == "failed")
    #expect(task[4] == "2")
    #expect(result.output.contains("500 Internal server error, 2 attempts"))
  }

  // MARK: - Usage limits

  private static let usedUp =
    #"{"is_error": true, "api_error_status": 429, "error": "rate_limit", "text": "You've hit your limit · resets 3pm (UTC)"}"#

  /// As the client prints it when it is signed in by OAuth.
  private static func rejection(resetsAt: String) -> String {
    #"{"event": {"type": "rate_limit_event", "rate_limit_info": {"status": "rejected", "resetsAt": \#(resetsAt), "rateLimitType": "five_hour"}}}"#
  }

  /// Agents for which `RESET` in the script is a moment so many seconds from their own start.
  private func useAgent(_ world: OrchWorld, resettingAfter seconds: Int) async throws {
    let agent = try world.addProgram(
      "agent",
      """
      script=$(mktemp) && sed "s/\\"RESET\\"/$(($(date +%s) + \(seconds)))/g" "$SCRIPTED_AGENT_SCRIPT" > "$script"
      export SCRIPTED_AGENT_SCRIPT="$script"
      exec '\(OrchWorld.programs)/scripted-agent' "$@"
      """)
    try await world.set("agent.command", agent.string)
  }

  @Test func `a usage limit pauses the whole run until it is reset`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("agent.maxRetries", "1")
    try await useAgent(world, resettingAfter: 6)
    let paused = world.repository.scratch.path.appending("paused")
    let finish = { (task: String) in Self.finish.replacing("TASK", with: task) }
    // While the run is paused for `a`, `b` fails: its next attempt has to wait for the same moment.
    try world.script(
      #"{"a": [[\#(Self.rejection(resetsAt: #""RESET""#)), {"result": \#(Self.usedUp)}], \#(finish("a"))], "b": [[{"say": "b"}, {"wait-for-file": "\#(paused)"}, {"exit": 3}], \#(finish("b"))]}"#
    )
    try world.plan("a", "b")
    let result = try await world.gitOrch("run") { _ in
      try await world.waitForStatus { $0["phase"] as? String == "paused" }
      let text = try await world.orch("status").output
      #expect(text.contains("(paused)"))
      #expect(text.contains(/Paused until 20.*: You've hit your limit/), "\(text)")
      try Data().write(to: URL(filePath: paused.string))
    }
    #expect(result.status == 0, "\(result.errors)")
    #expect(try await world.tasks().mapValues { $0[4] } == ["a": "2", "b": "2"])
    let journal = try world.journal()
    let resumed = try #require(journal.firstIndex { $0.type == "resumed" })
    let second = journal.indices.filter {
      journal[$0].type == "attempt-starting" && journal[$0].fields["attempt"] as? Int == 2
    }
    #expect(second.count == 2)
    #expect(second.allSatisfy { $0 > resumed })
    #expect(result.errors.contains(#/paused until [0-9:]{8}: /#))
    #expect(result.errors.contains("resumed agents may start again"))
  }

  @Test(arguments: [#""RESET""#, "1000", "null"])
  func `Ctrl-C during a pause ends it at once`(reset: String) async throws {
    // A moment that is past already, or unknown, must not make the agents ask without a pause.
    let world = try await OrchWorld.make()
    try await useAgent(world, resettingAfter: 86400)
    try world.script(#"{"a": [[\#(Self.rejection(resetsAt: reset)), {"result": \#(Self.usedUp)}]]}"#)
    try world.plan("a", "b")
    let result = try await world.gitOrch("run", "-j", "1") { process in
      try await world.waitForStatus { $0["phase"] as? String == "paused" }
      world.send(SIGINT, to: process)
    }
    #expect(result.status == 130)
    let tasks = try await world.tasks()
    #expect(tasks.mapValues { $0[2] } == ["a": "interrupted", "b": "skipped"])
    #expect(tasks["a"]?[4] == "1")
  }

  @Test func `Ctrl-C during the delay before a retry ends it at once`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("agent.retryDelay", "1h")
    try world.script(#"{"a": [[{"say": "x"}, {"exit": 3}]]}"#)
    try world.plan("a")
    let result = try await world.gitOrch("run") { process in
      try await world.waitForStatus { report in
        let tasks = report["tasks"] as? [[String: Any]]
        return tasks?.first?["status"] as? String == "retrying"
      }
      let text = try await world.orch("status").output
      #expect(text.contains("Next attempt"))
      world.send(SIGINT, to: process)
    }
    #expect(result.status == 130)
    #expect(try await world.tasks()["a"]?[2] == "interrupted")
    #expect(result.errors.contains(#/in (1h00m|59m..s): /#), "\(result.errors)")
  }
}
