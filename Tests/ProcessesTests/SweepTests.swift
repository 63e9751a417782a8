import Foundation
import Processes
import Testing

/// How processes are told apart, and how what a run left behind is found.
@Suite(.timeLimit(.minutes(2))) struct SweepTests {
  @Test func `a sweep ends what a run left behind and leaves other runs alone`() async throws {
    let run = "sweep-\(UUID().uuidString)"
    func sleeper(_ run: String) throws -> Process {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "trap '' TERM; while :; do sleep 600 & wait; done"]
      process.environment = ["PATH": "/usr/bin:/bin", "GIT_ORCH_RUN": "\(run)/task/1"]
      try process.run()
      return process
    }
    let ours = try sleeper(run)
    let other = try sleeper("\(run)-other")
    // Whoever has no name for it yet: the environment is there once exec is through.
    let found = await sweepRun(run, grace: .milliseconds(50))
    #expect(found >= 1)
    ours.waitUntilExit()
    #expect(ours.terminationReason == .uncaughtSignal)
    #expect(other.isRunning)
    _ = await sweepRun("\(run)-other", grace: .zero)
    other.waitUntilExit()
  }

  @Test func `a process is itself only as long as it lives`() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sleep")
    process.arguments = ["600"]
    try process.run()
    let identity = try #require(ProcessIdentity.of(pid: process.processIdentifier))
    #expect(identity.isAlive)
    #expect(!ProcessIdentity(pid: identity.pid, startTime: identity.startTime + 1).isAlive)
    identity.send(SIGKILL)
    process.waitUntilExit()
    #expect(!identity.isAlive)
    #expect(try JSONDecoder().decode(ProcessIdentity.self, from: JSONEncoder().encode(identity)) == identity)
  }
}
