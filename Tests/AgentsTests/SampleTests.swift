import Agents
import Basics
import Foundation
import Processes
import Testing

/// What the real client printed, byte for byte, and what it comes to.
@Suite(.timeLimit(.minutes(5))) struct SampleTests {
  struct Sample: CustomTestStringConvertible, Sendable {
    var name: String
    var exit: Int32 = 0
    var failure: AgentFailure.Kind?
    var crashes = false
    var cost = 0.0
    var output = 20
    var denied: [String] = []
    var mode = "acceptEdits"

    var testDescription: String { name }
  }

  static let folder = Bundle.module.bundleURL.appendingPathComponent("Samples")

  static let samples: [Sample] = [
    Sample(name: "api-401-invalid-key", exit: 1, failure: .invalidKey, output: 0),
    Sample(name: "api-404-model", exit: 1, failure: .unknownModel, output: 0),
    Sample(name: "api-429-gives-up", exit: 1, failure: .rateLimited(retryAfter: nil), output: 0),
    Sample(name: "api-429-retry-after", cost: 0.001),
    Sample(name: "api-500-gives-up", exit: 1, failure: .serverError, output: 0),
    Sample(name: "api-529-gives-up", exit: 1, failure: .overloaded, output: 0),
    Sample(name: "api-529-then-ok", cost: 0.001),
    Sample(name: "api-stream-breaks-once", cost: 0.00366, output: 93),
    Sample(name: "api-unreachable", exit: 1, failure: .serverError, output: 0),
    Sample(name: "background-task", cost: 0.003, output: 60),
    Sample(name: "bash-timeout", cost: 0.003, output: 60),
    Sample(name: "compaction", cost: 3.9652, output: 160),
    Sample(name: "error-max-budget", exit: 1, failure: .maxBudget, cost: 0.5002, output: 5000),
    Sample(name: "error-max-turns", exit: 1, failure: .maxTurns, cost: 0.001),
    Sample(name: "fallback-model", cost: 0.00003),
    Sample(name: "hooks", cost: 0.002, output: 40),
    Sample(name: "killed-sigint", failure: .other, cost: 0.001),
    Sample(name: "killed-sigkill", exit: -9, crashes: true, output: 0),
    Sample(name: "killed-sigterm", exit: 143, crashes: true, output: 0),
    Sample(name: "killed-sigterm-waiting", exit: 143, crashes: true, output: 0),
    Sample(name: "local-slash-command", output: 0),
    Sample(name: "mcp-server-failed", cost: 0.001),
    Sample(name: "mcp-tool", cost: 0.002, output: 40),
    Sample(name: "not-logged-in", exit: 1, failure: .notLoggedIn, output: 0),
    Sample(name: "partial-messages", cost: 0.002, output: 40),
    Sample(name: "partial-messages-stall", cost: 0.001),
    Sample(
      name: "permission-denied", cost: 0.003, output: 60,
      denied: [
        "Bash: touch denied.txt | git config orchestrator.tools.permissionMode acceptEdits",
        "Write: /repo/denied2.txt | git config orchestrator.tools.permissionMode acceptEdits",
      ], mode: "default"),
    Sample(
      name: "permission-denied-dontask", cost: 0.002, output: 40,
      denied: ["Bash: touch denied.txt | git config orchestrator.tools.permissionMode acceptEdits"], mode: "dontAsk"),
    Sample(name: "prompt-too-long", exit: 1, failure: .promptTooLong, output: 0),
    Sample(name: "rate-limit-event", cost: 0.0005),
    Sample(name: "resume", cost: 0.002),
    Sample(name: "resume-fork", cost: 0.002),
    Sample(name: "resume-unknown", exit: 1, failure: .sessionNotFound, output: 0),
    Sample(name: "stdin-interrupt", cost: 0.00162, output: 21),
    Sample(name: "stdin-permission-prompt", cost: 0.002, output: 40),
    Sample(name: "stdin-two-prompts", cost: 0.003, output: 60),
    Sample(name: "stop-max-tokens", cost: 0.002, output: 40),
    Sample(name: "stop-refusal", cost: 0.002, output: 40),
    Sample(name: "structured-output", cost: 0.002, output: 40),
    Sample(name: "structured-output-missing", cost: 0.002, output: 40),
    Sample(name: "structured-output-never-fits", exit: 1, failure: .other, cost: 0.005, output: 100),
    Sample(name: "structured-output-wrong-once", cost: 0.002, output: 40),
    Sample(name: "subagent", cost: 0.005, output: 100),
    Sample(name: "subagent-foreground", cost: 0.004, output: 80),
    Sample(name: "success-parallel-tools", cost: 0.002, output: 40),
    Sample(name: "success-text-only", cost: 0.001),
    Sample(name: "success-thinking", cost: 0.001),
    Sample(name: "success-tool-use", cost: 0.004, output: 80),
    Sample(name: "tool-error", cost: 0.004, output: 80),
    Sample(name: "tool-heartbeat", cost: 0.002, output: 40),
    Sample(name: "tool-output-too-large", cost: 0.002, output: 40),
  ]

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(name).ndjson")))
  }

  @Test(arguments: samples) func `a recorded stream decodes to its end, cost and denials`(sample: Sample) throws {
    let (_, summary, counts) = decode(
      try Self.bytes(sample.name), permissions: ToolPermissions(permissionMode: sample.mode))
    #expect(counts.badLines == 0)
    #expect(counts.overlongLines == 0)
    #expect(counts.unknownTypes == 0)
    #expect(abs((summary.lastResult?.sessionCostUSD ?? 0) - sample.cost) < 0.000001)
    #expect(summary.usage.output == sample.output)
    #expect(summary.denied.map { "\($0.tool): \($0.summary) | \($0.suggestion ?? "-")" } == sample.denied)

    let exit: ExitDescription = sample.exit < 0 ? .signal(-sample.exit) : .code(sample.exit)
    let end = summary.end(exit: exit, cause: nil, errors: "")
    switch end {
    case .succeeded: #expect(sample.failure == nil && !sample.crashes)
    case .failed(let failure):
      #expect(failure.kind == sample.failure)
      #expect(!failure.message.isEmpty)
    case .crashed: #expect(sample.crashes)
    default: Issue.record("\(end)")
    }
  }

  @Test(arguments: samples) func `what the models cost is what the process cost`(sample: Sample) throws {
    let (_, summary, _) = decode(
      try Self.bytes(sample.name), permissions: ToolPermissions(permissionMode: sample.mode))
    #expect(summary.models.usage == summary.usage)
    let resumed = sample.name.hasPrefix("resume") ? 0.001 : 0
    let cost = summary.models.all.reduce(0) { $0 + $1.costUSD }
    // Of a session that is resumed, only what was added.
    #expect(abs(cost - sample.cost + min(resumed, sample.cost)) < 0.000001)
  }

  @Test func `the API's own counts come as they are made, and add up to the result`() throws {
    let (events, summary, _) = decode(try Self.bytes("partial-messages"))
    let parts = events.compactMap { if case .usage(let part) = $0 { part } else { nil } }
    #expect(parts.count == 4)
    #expect(Set(parts.map(\.model)) == ["claude-opus-5-5"])
    #expect(parts.reduce(into: TokenUsage()) { $0 += $1.usage } == summary.usage)
    // None of it is counted twice.
    #expect(summary.streamed.all.isEmpty)
  }

  @Test func `every recorded stream is in the table`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
      .filter { $0.hasSuffix(".ndjson") }.map { String($0.dropLast(7)) }
    #expect(Set(files) == Set(Self.samples.map(\.name)))
  }

  @Test(arguments: [1, 2, 7, 100, 4096]) func `the size of the pieces changes nothing`(size: Int) throws {
    let bytes = try Self.bytes("success-tool-use")
    let (events, _, counts) = decode(bytes, pieceSize: size)
    #expect(events == decode(bytes).events)
    #expect(counts.events == 10)
  }

  @Test func `a run with tools becomes these events`() throws {
    let (events, summary, _) = decode(try Self.bytes("success-tool-use"))
    try #require(events.count == 10)
    guard case .initialised(let start) = events[0] else { return #expect(Bool(false), "\(events[0])") }
    #expect(start.sessionID == "40c702b0-6e33-4edb-a5a4-151524704875")
    #expect(start.model == "claude-opus-5-5")
    #expect(start.permissionMode == "acceptEdits")
    #expect(events[1] == .text("I will look first."))
    #expect(events[2] == .toolUse(ToolUse(id: "toolu_fakex000001", name: "Bash", summary: "git status --short")))
    #expect(
      events[3]
        == .toolResult(
          ToolResult(toolUseID: "toolu_fakex000001", summary: "(Bash completed with no output)", isError: false)))
    #expect(events[4] == .toolUse(ToolUse(id: "toolu_fakex000003", name: "Write", summary: "/repo/hello.txt")))
    #expect(summary.sessionID == start.sessionID)
    #expect(summary.turns == 4)
    #expect(summary.finalMessage == "Done: committed hello.txt.")
  }

  @Test func `only pings, requests and retries are no progress`() throws {
    // One request, two pings.
    let stalled = decode(try Self.bytes("partial-messages-stall")).events
    #expect(stalled.filter { !$0.isProgress } == [.waiting, .waiting, .waiting])
    let retried = decode(try Self.bytes("api-529-then-ok")).events.filter { !$0.isProgress }
    #expect(retried.count == 2)
    let heartbeats = decode(try Self.bytes("tool-heartbeat")).events
    #expect(!heartbeats.contains { !$0.isProgress })
  }

  @Test func `a warning of the rate limit carries its reset time`() throws {
    let notices = decode(try Self.bytes("rate-limit-event")).events.compactMap { event -> RateLimitNotice? in
      if case .rateLimit(let notice) = event { notice } else { nil }
    }
    #expect(
      notices == [
        RateLimitNotice(
          status: "allowed_warning", resetsAt: Date(timeIntervalSince1970: 1_795_400_000), window: "five_hour")
      ])
  }

  @Test func `an MCP server that could not start is reported by init alone`() throws {
    guard case .initialised(let start)? = decode(try Self.bytes("mcp-server-failed")).events.first else {
      return #expect(Bool(false))
    }
    #expect(start.mcpServers.map(\.status) == ["failed"])
  }
}
