import Basics
import Foundation
import Processes
import SystemPackage
import Testing

/// How processes are told apart, and how what a run left behind is found.
@Suite(.timeLimit(.minutes(2))) struct SweepTests {
  @Test func `a sweep ends what a run left behind and leaves other runs alone`() async throws {
    let run = "sweep-\(UUID().uuidString)"
    let nothing = try FileDescriptor.open("/dev/null", .readWrite, options: .closeOnExec)
    defer { try? nothing.close() }
    let wakeup = AsyncSignal()
    // Children of ours, which nobody but us collects: how they ended can be told.
    func sleeper(_ run: String, _ wakeup: AsyncSignal) throws -> ChildProcess {
      let program = Invocation(
        shell: "trap '' TERM; while :; do sleep 600 & wait; done", environment: ["PATH": "/usr/bin:/bin"],
        directory: "/", mark: RunMark(run: run, task: "task", attempt: 1))
      return try ChildProcess(starting: program, input: nil, output: nothing, error: nothing, wakeup: wakeup)
    }
    let ours = try sleeper(run, wakeup)
    let other = try sleeper("\(run)-other", AsyncSignal())
    #expect(await sweepRun(run, grace: .milliseconds(50)) >= 1)
    while ours.exit == nil { await wakeup.wait() }
    #expect(ours.exit == .signal(SIGKILL))
    #expect(other.exit == nil)
    _ = await sweepRun("\(run)-other", grace: .zero)
    #expect(!other.identity.isAlive)
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
