import Agents
import Basics
import ClaudeCode
import Foundation
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

/// Whole attempts with the scripted agent: real processes, real files.
@Suite(.timeLimit(.minutes(2))) struct AttemptTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  static let quick = AttemptLimits(
    inactivity: .milliseconds(500), maxRuntime: .seconds(120), lingering: .seconds(60), killGrace: .seconds(60))

  @Test func `an agent that does its work succeeds, and everything of it is on record`() async throws {
    let id = UUID()
    let trial = try Trial(
      scratch,
      script: """
        {"tasks": {"task": [[{"say": "I begin."}, {"write": {"path": "a.txt", "content": "A"}},
          {"run": "printf '\\\\033[31mred\\\\033[0m'"}, {"denied": {"tool": "Bash", "input": {"command": "npm test"}}},
          {"result": {"text": "All done.", "cost": 0.25}}]]}}
        """, session: .new(id))
    let launched = Box<ProcessIdentity?>(nil)
    let events = Box<[AgentEvent]>([])
    let outcome = await trial.perform(
      launched: { identity in launched.set { $0 = identity } }, observe: { event in events.set { $0.append(event) } })
    #expect(outcome.end == .succeeded)
    #expect(outcome.exit == .code(0))
    #expect(outcome.sessionID == id.uuidString.lowercased())
    #expect(outcome.costUSD == 0.25)
    #expect(outcome.turns == 4)
    #expect(outcome.inputTokens == 400)
    #expect(outcome.outputTokens == 80)
    #expect(outcome.finalMessage == "All done.")
    #expect(outcome.denied.map(\.summary) == ["npm test"])
    #expect(outcome.denied.map(\.suggestion) == ["git config --add orchestrator.tools.allowedTools 'Bash(npm test)'"])
    #expect(outcome.survivors.isEmpty)
    #expect(launched.value?.isAlive == false)
    #expect(events.value.contains(.text("I begin.")))
    #expect(try String(contentsOfFile: "\(scratch.work)/a.txt", encoding: .utf8) == "A")
    let log = try scratch.read("log-1").split(separator: "\n").map(String.init)
    #expect(log[0] == "[INIT] Session: \(id.uuidString.lowercased().prefix(8))... Model: claude-scripted-1")
    #expect(log[1] == "[TEXT] I begin.")
    #expect(log[2] == "[TOOL] Write: a.txt")
    #expect(log[5] == "[RESULT] red")
    #expect(log.contains { $0.hasPrefix("[DENIED] Bash: npm test (to allow it: git config --add ") })
    #expect(log.last?.wholeMatch(of: /\[COMPLETE\] Duration: \d+\.\ds/) != nil)
    let record = try scratch.record("task.1")
    #expect(record.prompt == "Task: task\n\nDo it.\n")
    #expect(record.environment["GIT_ORCH_RUN"] == "\(trial.run)/task/1")
    #expect(record.environment["PWD"] == scratch.work.string)
  }

  @Test(arguments: [401, 403])
  func `a login that the API refuses ends it at once, with status and reason`(status: Int) async throws {
    let trial = try Trial(
      scratch,
      script: """
        {"tasks": {"task": [[{"api-retry": {"status": \(status), "error": "authentication_failed", "attempt": 1}}, "hang"]]}}
        """)
    let outcome = await trial.perform()
    #expect(
      outcome.end
        == .failed(
          AgentFailure(kind: .invalidKey, message: "the API refuses the login (\(status): authentication_failed)")))
  }

  @Test func `a request that the API does not take is distinguished from other failures`() async throws {
    let trial = try Trial(
      scratch,
      script:
        #"{"tasks": {"task": [[{"result": {"is_error": true, "api_error_status": 400, "text": "API Error: 400"}}]]}}"#)
    guard case .failed(let failure) = await trial.perform().end else {
      Issue.record("it did not fail")
      return
    }
    #expect(failure.kind == .badRequest)
  }

  @Test(arguments: [true, false])
  func `the words of its last 'git commit' are kept if that failed`(fails: Bool) async throws {
    let trial = try Trial(
      scratch,
      script: """
        {"tasks": {"task": [[{"run": "echo gpg failed to sign the data >&2; false git commit -m a"},
          {"run": "\(fails ? "true" : "true git commit -m b")"}]]}}
        """)
    #expect((await trial.perform().failedCommit?.contains("gpg failed to sign the data") == true) == fails)
  }

  @Test func `a system that has no process left for it is not a fault of the attempt`() async throws {
    let trial = try Trial(scratch, script: "{}")
    let outcome = await StartFault.$current.withValue({ _ in EAGAIN }) { await trial.perform() }
    #expect(outcome.isForWantOfMeans)
    guard case .notLaunched(let message) = outcome.end else {
      Issue.record("it was launched")
      return
    }
    #expect(message.hasSuffix("Resource temporarily unavailable"))
  }

  @Test func `limits run on the clock that stands still while the machine sleeps`() async throws {
    let clock = ManualClock()
    let trial = try Trial(scratch, script: #"{"default": [[{"say": "I begin."}, "hang"]]}"#, limits: Self.quick)
    var request = trial.request
    request.clock = clock
    let spoken = AsyncSignal()
    let attempt = Task { [request] in
      await performAttempt(request, stop: StopRequest(), launched: { _ in }) { event in
        if case .text = event { spoken.send() }
      }
    }
    await spoken.wait()
    // However long this takes: for the attempt no time has passed, as in a laptop that is closed.
    #expect(clock.now.offset == .zero)
    await clock.skip()
    #expect(await attempt.value.end == .timedOut(.inactivity, after: Self.quick.inactivity))
  }

  @Test func `the files are the user's alone, and an earlier attempt's are never written over`() async throws {
    let trial = try Trial(scratch, script: "{}")
    let first = await trial.perform()
    #expect(first.end == .succeeded)
    for name in ["stream-1", "errors-1", "log-1"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: scratch.file(name).string)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
    }
    let stream = try scratch.read("stream-1")
    let second = await trial.perform()
    #expect(second.end == .notLaunched("cannot open '\(scratch.file("stream-1"))': File exists"))
    #expect(try scratch.read("stream-1") == stream)
  }

  @Test func `a silent agent is stopped`() async throws {
    let trial = try Trial(scratch, script: #"{"default": [["hang"]]}"#, limits: Self.quick)
    let outcome = await trial.perform()
    #expect(outcome.end == .timedOut(.inactivity, after: Self.quick.inactivity))
    #expect(outcome.exit == .code(143))
    #expect(outcome.costUSD == 0)
  }

  @Test func `pings are no progress`() async throws {
    let trial = try Trial(scratch, script: #"{"default": [["ping-forever"]]}"#, limits: Self.quick)
    #expect(await trial.perform().end == .timedOut(.inactivity, after: Self.quick.inactivity))
  }

  @Test func `garbage is not progress`() async throws {
    let trial = try Trial(
      scratch, script: #"{"default": [[{"run": "true"}, {"raw": "garbage"}, {"raw": "[1]"}, "hang"]]}"#,
      limits: Self.quick)
    let outcome = await trial.perform()
    #expect(outcome.end == .timedOut(.inactivity, after: Self.quick.inactivity))
    #expect(outcome.counts.badLines == 2)
  }

  @Test func `heartbeats are progress, and the runtime limit holds all the same`() async throws {
    let limits = AttemptLimits(inactivity: .seconds(2), maxRuntime: .seconds(4))
    let trial = try Trial(scratch, script: #"{"default": [["heartbeat-forever"]]}"#, limits: limits)
    #expect(await trial.perform().end == .timedOut(.runtime, after: .seconds(4)))
  }

  @Test(arguments: [(false, true), (true, false)])
  func `an agent that stays after its result is ended, and judged by its result`(isError: Bool, succeeds: Bool)
    async throws
  {
    let trial = try Trial(
      scratch, script: #"{"default": [[{"result": {"is_error": \#(isError), "text": "over"}}, "linger"]]}"#,
      limits: AttemptLimits(inactivity: .seconds(60), maxRuntime: .seconds(120), lingering: .milliseconds(300)))
    let outcome = await trial.perform()
    #expect(outcome.exit == .code(143))
    #expect(outcome.end == (succeeds ? .succeeded : .failed(AgentFailure(kind: .other, message: "over"))))
  }

  @Test func `an agent that works on after a result is not ended as one that lingers`() async throws {
    let trial = try Trial(
      scratch,
      script: #"{"default": [["result", {"say": "More."}, {"sleep": 1}, {"result": {"text": "Second."}}]]}"#,
      limits: AttemptLimits(inactivity: .seconds(60), maxRuntime: .seconds(120), lingering: .milliseconds(300)))
    let outcome = await trial.perform()
    #expect(outcome.end == .succeeded)
    #expect(outcome.exit == .code(0))
    #expect(outcome.finalMessage == "Second.")
  }

  @Test func `a crash is reported with the end of standard error, made safe to show`() async throws {
    let trial = try Trial(
      scratch, script: #"{"default": [[{"stderr": "\u001b[31mout of memory\u001b[0m\n"}, {"crash": 9}]]}"#)
    let outcome = await trial.perform()
    #expect(outcome.end == .crashed("the agent ended without a result (killed by signal 9): out of memory"))
    #expect(outcome.exit == .signal(9))
    #expect(outcome.sessionID != nil)
    #expect(try scratch.read("log-1").contains("[ERROR] the agent ended without a result"))
  }

  @Test func `no result is not a success, whatever the exit status`() async throws {
    let trial = try Trial(scratch, script: #"{"default": [["no-result", {"say": "Bye."}, {"exit": 0}]]}"#)
    let outcome = await trial.perform()
    #expect(outcome.end == .crashed("the agent ended without a result (exit status 0)"))
    #expect(outcome.finalMessage == "Bye.")
  }

  @Test func `a good result is not a success when the exit status is bad`() async throws {
    let trial = try Trial(scratch, script: #"{"default": [["result", {"exit": 3}]]}"#)
    #expect(await trial.perform().end == .crashed("the agent failed after its result (exit status 3)"))
  }

  @Test func `a failure of the API is distinguished`() async throws {
    let trial = try Trial(
      scratch,
      script:
        #"{"default": [["api-retry", {"result": {"is_error": true, "api_error_status": 529, "error": "server_error", "text": "Overloaded"}}]]}"#
    )
    let outcome = await trial.perform()
    #expect(outcome.end == .failed(AgentFailure(kind: .overloaded, message: "Overloaded")))
    #expect(outcome.exit == .code(1))
    #expect(try scratch.read("log-1").contains("[RETRY] API 529 overloaded, try 1 of 10"))
  }

  @Test func `a resumed session costs what it cost since`() async throws {
    let id = UUID()
    let script = #"{"default": [[{"result": {"cost": 0.5}}], [{"result": {"cost": 0.25}}]]}"#
    let first = await (try Trial(scratch, script: script, session: .new(id))).perform()
    let name = id.uuidString.lowercased()
    let second = await
      (try Trial(
        scratch, script: script, session: .resumed(id: name, costSoFar: first.sessionCostUSD), attempt: 2)).perform()
    #expect(first.costUSD == 0.5)
    #expect(second.end == .succeeded)
    #expect(second.costUSD == 0.25)
    #expect(second.sessionCostUSD == 0.75)
    #expect(second.sessionID == name)
    #expect(try scratch.record("task.2").arguments.contains(["--resume", name]))
  }

  @Test func `a session that is not there cannot be resumed again`() async throws {
    let id = UUID().uuidString.lowercased()
    let outcome = await (try Trial(scratch, script: "{}", session: .resumed(id: id, costSoFar: 1))).perform()
    guard case .failed(let failure) = outcome.end else { return #expect(Bool(false), "\(outcome.end)") }
    #expect(failure.kind == .sessionNotFound)
    #expect(outcome.sessionID == nil)
    #expect(outcome.costUSD == 0)
    #expect(outcome.sessionCostUSD == 1)
  }

  @Test func `a program that cannot be started is an outcome`() async throws {
    var request = try Trial(scratch, script: "{}").request
    request.agent = ClaudeCode(executable: scratch.file("nosuch"), version: "2.1.330")
    let outcome = await performAttempt(request, stop: StopRequest(), launched: { _ in }, observe: { _ in })
    guard case .notLaunched(let why) = outcome.end else { return #expect(Bool(false), "\(outcome.end)") }
    #expect(why.contains("nosuch"))
    #expect(outcome.exit == nil)
    #expect(outcome.sessionID == nil)
  }

  @Test func `a working directory that is gone is an outcome`() async throws {
    var request = try Trial(scratch, script: "{}").request
    request.workingDirectory = scratch.file("nosuch")
    let outcome = await performAttempt(request, stop: StopRequest(), launched: { _ in }, observe: { _ in })
    guard case .notLaunched = outcome.end else { return #expect(Bool(false), "\(outcome.end)") }
  }

  @Test func `an odd stream costs nothing but its lines`() async throws {
    let trial = try Trial(
      scratch,
      script:
        #"{"default": [[{"raw": "no json"}, {"raw-base64": "//4ACg=="}, {"raw": "{\"type\":\"odd\"}"}, {"huge-line": 20000000}, {"event": {"type": "assistant", "message": {"content": [{"type": "text", "text": "a\u2028b"}]}}}]]}"#
    )
    let outcome = await trial.perform()
    #expect(outcome.end == .succeeded)
    #expect(outcome.counts == StreamCounts(events: 4, badLines: 2, overlongLines: 1, unknownTypes: 1))
  }
}
