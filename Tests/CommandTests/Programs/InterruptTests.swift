import Foundation
import OrchTestSupport
import Platform
import Subprocess
import SystemPackage
import Testing

/// Ctrl-C, twice, and SIGTERM.
@Suite(.timeLimit(.minutes(5))) struct InterruptTests {
  /// Two tasks of which the first has begun work and hangs, the second waits for its turn.
  private func world(_ steps: String = "") async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    let mark = world.repository.scratch.path.appending("begun")
    try world.script(
      #"{"a": [[\#(steps) {"write": {"path": "half.txt", "content": "half"}}, {"touch": "\#(mark)"}, "hang"]]}"#)
    try world.plan("a", "b")
    return world
  }

  @Test(arguments: [(SIGINT, Int32(130), "SIGINT"), (SIGTERM, 143, "SIGTERM"), (SIGHUP, 129, "SIGHUP")])
  func `one signal stops the agents, saves the work and shows the summary`(
    signal: Int32, status: Int32, name: String
  ) async throws {
    let world = try await world()
    let result = try await world.gitOrch("run", "-j", "1") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(signal, to: process)
    }
    #expect(result.status == status)
    #expect(try await world.statuses() == ["a": "interrupted", "b": "skipped"])
    #expect(result.output.contains("EXECUTION SUMMARY"))
    #expect(result.output.contains("Interrupted by \(name)"))
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(try await world.repository.git("show", "\(saved):half.txt") == "half")
    #expect(try world.repository.read("half.txt", in: world.worktrees.appending("a")) == "half")
    #expect(try world.survivors().isEmpty)
    // The lock is free again, and the run has ended properly.
    let report = try await world.gitOrch("status", "--json").json()
    #expect(report["phase"] as? String == "ended")
    #expect(report["interruptedBy"] as? String == name)
  }

  @Test func `a second signal kills an agent that does not listen`() async throws {
    let world = try await world(#""ignore-term","#)
    let result = try await world.gitOrch("run", "-j", "1") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(SIGINT, to: process)
      // The first has been heard once the journal says so.
      try await world.waitForStatus { $0["interruptedBy"] != nil }
      // Two that come at once are one, since git passes on what the terminal has sent already: as a user would, again.
      try await world.waitForStatus { report in
        world.send(SIGINT, to: process)
        return report["phase"] as? String == "ended"
      }
    }
    #expect(result.status == 130)
    #expect(try await world.statuses()["a"] == "interrupted")
    #expect(try world.survivors().isEmpty)
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(saved.hasSuffix("/a/1"))
  }

  @Test func `a run whose process was killed is reported as died`() async throws {
    let world = try await world()
    let result = try await world.gitOrch("run", "-j", "1") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      try await waitUntil("the agent's process is in the journal") {
        try world.journal().contains { $0.type == "attempt-launched" }
      }
      world.send(SIGKILL, to: process)
    }
    #expect(result.status == 137)
    let report = try await world.gitOrch("status", "--json").json()
    #expect(report["phase"] as? String == "died")
    let text = try await world.gitOrch("status")
    #expect(text.status == 0)
    #expect(text.output.contains("died before it ended"))
    // The agent works on, as agents do; it is ours to end here.
    let tasks = try #require(report["tasks"] as? [[String: Any]])
    let attempts = try #require(tasks[0]["attempts"] as? [[String: Any]])
    let pid = try #require(attempts[0]["pid"] as? Int)
    #expect(text.output.contains("\(pid)"))
    kill(Int32(pid), SIGKILL)
  }
}
