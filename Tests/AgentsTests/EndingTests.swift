import Agents
import Basics
import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

/// How agents are ended, and that nothing of them is left.
@Suite(.timeLimit(.minutes(2))) struct EndingTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// The process whose pid the script wrote to `orphan`.
  private func orphan() throws -> Int32 {
    try #require(Int32(try scratch.read("orphan").trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  private func isGone(_ pid: Int32) -> Bool {
    ProcessIdentity.of(pid: pid)?.isAlive != true
  }

  /// A script that says "ready" after `steps` and then hangs.
  private func trial(_ steps: String, killGrace: Duration = .seconds(60)) throws -> Trial {
    try Trial(
      scratch, script: #"{"default": [[\#(steps)\#(steps.isEmpty ? "" : ",") {"say": "ready"}, "hang"]]}"#,
      limits: AttemptLimits(inactivity: .seconds(60), maxRuntime: .seconds(120), killGrace: killGrace))
  }

  private var spawnOrphan: String { #"{"spawn-orphan": {"pid-file": "\#(scratch.file("orphan"))"}}"# }

  private func whenReady(_ action: @escaping @Sendable () -> Void) -> @Sendable (AgentEvent) async -> Void {
    { event in if event == .text("ready") { action() } }
  }

  @Test func `a graceful stop lets the agent end by itself`() async throws {
    let stop = StopRequest()
    let outcome = await (try trial("")).perform(stop: stop, observe: whenReady { stop.raise(to: .graceful) })
    #expect(outcome.end == .stopped)
    #expect(outcome.exit == .code(143))
    #expect(outcome.sessionID != nil)
  }

  @Test func `an agent that ignores SIGTERM is killed after its grace`() async throws {
    let stop = StopRequest()
    let outcome = await (try trial(#""ignore-term""#, killGrace: .milliseconds(200)))
      .perform(stop: stop, observe: whenReady { stop.raise(to: .graceful) })
    #expect(outcome.end == .stopped)
    #expect(outcome.exit == .signal(9))
  }

  @Test func `an immediate stop kills at once, during the grace of a graceful one too`() async throws {
    let stop = StopRequest()
    let outcome = await (try trial(#""ignore-term""#)).perform(
      stop: stop,
      observe: whenReady {
        stop.raise(to: .graceful)
        stop.raise(to: .immediate)
      })
    #expect(outcome.end == .stopped)
    #expect(outcome.exit == .signal(9))
  }

  @Test func `cancelling the task kills at once and still gives the outcome`() async throws {
    let trial = try trial(spawnOrphan)
    let ready = StopRequest()
    let work = Task { await trial.perform(observe: { if $0 == .text("ready") { ready.raise(to: .graceful) } }) }
    await ready.waitUntil(.graceful)
    work.cancel()
    let outcome = await work.value
    #expect(outcome.end == .stopped)
    #expect(outcome.exit == .signal(9))
    #expect(outcome.finalMessage == "ready")
    #expect(isGone(try orphan()))
  }

  @Test func `nothing is started once a stop is wished`() async throws {
    let stop = StopRequest()
    stop.raise(to: .graceful)
    let outcome = await (try trial("")).perform(stop: stop)
    #expect(outcome.end == .stopped)
    #expect(outcome.exit == nil)
    #expect(!FileManager.default.fileExists(atPath: scratch.file("stream-1").string))
  }

  @Test func `a stop wished while the agent starts ends it all the same`() async throws {
    let stop = StopRequest()
    let outcome = await (try trial("")).perform(stop: stop, launched: { _ in stop.raise(to: .immediate) })
    #expect(outcome.end == .stopped)
    #expect(outcome.exit == .signal(9))
  }

  @Test func `an orphan that ignores SIGTERM in a session of its own is gone after a normal end`() async throws {
    let outcome = await (try Trial(scratch, script: #"{"default": [[\#(spawnOrphan)]]}"#)).perform()
    #expect(outcome.end == .succeeded)
    #expect(outcome.survivors.isEmpty)
    #expect(isGone(try orphan()))
  }

  @Test func `a running tool dies with a killed agent, even without our mark`() async throws {
    let stop = StopRequest()
    let pid = scratch.file("orphan")
    let tool = "exec env -i sh -c 'echo $$ > \(pid).new; mv \(pid).new \(pid); exec sleep 600'"
    let trial = try Trial(scratch, script: #"{"default": [["ignore-term", {"run": "\#(tool)"}]]}"#)
    let attempt = Task { await trial.perform(stop: stop) }
    try await waitUntil("the program runs") { FileManager.default.fileExists(atPath: pid.string) }
    stop.raise(to: .immediate)
    #expect(await attempt.value.end == .stopped)
    #expect(isGone(try orphan()))
  }
}
