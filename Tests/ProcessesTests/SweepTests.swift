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

  @Test func `what a run starts for itself is left alone at its end, and found after its death`() async throws {
    let run = "sweep-\(UUID().uuidString)"
    let program = Invocation(
      shell: "sleep 600 & exec sleep 600", environment: ["PATH": "/usr/bin:/bin"], directory: "/")
    let call = Task { try await RunMark.$run.withValue(run) { try await program.run() } }
    while await ProcessWatch.shared.snapshot().marked(.deadRun(run)).count < 2 {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(await sweepRun(run, grace: .zero) == 0)
    #expect(await ProcessWatch.shared.snapshot().marked(.deadRun(run)).count == 2)
    #expect(await sweepDeadRun(run, grace: .zero) == 2)
    #expect(try await call.value.exit == .signal(SIGKILL))
  }

  @Test(arguments: [(nil, "inner"), ("outer/task/1", "outer/task/1")])
  func `the mark of a run around ours stays`(outer: String?, mark: String) async throws {
    var program = Invocation(shell: "echo $GIT_ORCH_RUN", environment: ["PATH": "/usr/bin:/bin"], directory: "/")
    program.environment["GIT_ORCH_RUN"] = outer
    let asks = program
    let output = try await RunMark.$run.withValue("inner") { try await asks.run() }
    #expect(String(decoding: output.standardOutput, as: UTF8.self) == "\(mark)\n")
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
