import Agents
import Basics
import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Codex

@Suite(.timeLimit(.minutes(2))) struct CodexTests {
  static let codex = Codex(executable: "/bin/codex", version: "0.163.0", model: "gpt-5")

  private func read(_ text: String, _ reader: CodexStreamReader = Self.reader()) -> (
    events: [AgentEvent], summary: StreamSummary
  ) {
    var stream = AgentStream(reader: reader)
    var (events, summary) = ([AgentEvent](), StreamSummary())
    Array((text + "\n").utf8).withUnsafeBytes { stream.feed($0) { events.append($0) } }
    for event in events { summary.note(event) }
    return (events, summary)
  }

  private static func reader(usageSoFar: TokenUsage = TokenUsage(), answers: Bool = false) -> CodexStreamReader {
    CodexStreamReader(model: "gpt-5", usageSoFar: usageSoFar, answersBySchema: answers)
  }

  private func request(
    _ session: AgentSession, _ options: AgentOptions = AgentOptions(), sandbox: Sandbox? = nil
  ) -> AttemptRequest {
    var options = options
    options.repository = AgentRepository(
      commonDirectory: "/src/app/.git", worktreeRecord: "/src/app/.git/worktrees/a", checkout: "/src/app")
    return AttemptRequest(
      agent: Self.codex, session: session, options: options, workingDirectory: "/trees/a",
      files: AttemptFiles(prompt: "/r/p", schema: "/r/s.json", stream: "/r/o", errors: "/r/e", log: "/r/l"),
      limits: AttemptLimits(inactivity: .seconds(1), maxRuntime: .seconds(1)), environment: ["CODEX_THREAD_ID": "x"],
      mark: RunMark(run: "r", task: "a", attempt: 1), sandbox: sandbox)
  }

  private func settings(of invocation: Invocation) -> [String] {
    zip(invocation.arguments, invocation.arguments.dropFirst()).filter { $0.0 == "-c" }.map(\.1)
  }

  @Test func `a recorded attempt is read as it was`() throws {
    let file = try #require(
      Bundle.module.url(forResource: "edit", withExtension: "ndjson", subdirectory: "Samples/Codex"))
    let (events, summary) = read(try String(contentsOf: file, encoding: .utf8), Self.reader(answers: true))
    #expect(summary.sessionID == "01a21daa-f1c8-7960-b8d9-a20e78f40c3f")
    #expect(summary.model == "gpt-5")
    #expect(
      events.compactMap { if case .toolUse(let use) = $0 { use.summary } else { nil } } == [
        "cat AGENTS.md; echo hi > x.txt && git add -A && git commit -qm x; echo rc=$?",
        "git push nowhere; curl -sS https://example.com; touch /etc/zz; echo rc=$?",
      ])
    #expect(summary.usage == TokenUsage(input: 180, output: 60, cacheRead: 120))
    #expect(summary.structuredAnswer.map { String(decoding: $0, as: UTF8.self) } == #"{"verdict":"good"}"#)
    #expect(summary.end(exit: .code(0), cause: nil, errors: "") == .succeeded)
    let others = events.filter { if case .other = $0 { true } else { false } }
    #expect(others == [])
  }

  @Test func `what a conversation had used before is not counted again`() {
    let line = #"{"type":"turn.completed","usage":{"input_tokens":500,"cached_input_tokens":200,"output_tokens":90}}"#
    let before = TokenUsage(input: 180, output: 60, cacheRead: 120)
    #expect(
      read(line, Self.reader(usageSoFar: before)).summary.usage == TokenUsage(input: 120, output: 30, cacheRead: 80))
    // Twice in one process: only what came in between.
    #expect(read(line + "\n" + line).summary.usage == TokenUsage(input: 300, output: 90, cacheRead: 200))
  }

  @Test func `endless reconnecting is no progress`() {
    let (events, _) = read(
      #"{"type":"error","message":"Reconnecting... 2/5 (unexpected status 401 Unauthorized: no, url: http://x)"}"#
        + "\n"
        + #"{"type":"error","message":"Reconnecting... waiting for network"}"#)
    let progress = events.filter(\.isProgress)
    #expect(progress == [])
    guard case .apiRetry(let first)? = events.first, case .apiRetry(let second)? = events.last else {
      Issue.record("\(events)")
      return
    }
    #expect((first.attempt, first.maxRetries, first.status) == (2, 5, 401))
    #expect((second.attempt, second.maxRetries, second.status) == (0, 0, nil))
  }

  @Test(
    arguments: [
      ("unexpected status 401 Unauthorized: no, url: http://x", AgentFailure.Kind.invalidKey),
      ("unexpected status 404 Not Found: The model `gpt-9` does not exist, url: http://x", .unknownModel),
      ("unexpected status 429 Too Many Requests: slow down", .rateLimited(retryAfter: nil)),
      ("unexpected status 502 Bad Gateway: no", .serverError),
      ("Quota exceeded. Check your plan and billing details.", .usageLimit(resetsAt: nil)),
      ("Selected model is at capacity. Please try a different model.", .overloaded),
      ("We’re currently experiencing high demand, which may cause temporary errors.", .serverError),
      (#"{"error":{"type":"invalid_request_error","message":"bad input"}}"#, .badRequest),
      ("The 'gpt-9' model is not supported when using Codex with a ChatGPT account.", .unknownModel),
      ("Codex ran out of room in the model's context window. Start a new thread.", .promptTooLong),
      ("stream disconnected before completion: idle timeout", .serverError),
      ("Your access token could not be refreshed. Please log out and log in again.", .notLoggedIn),
      ("something else", .other),
    ]) func `a failure is told by the client's sentence`(message: String, kind: AgentFailure.Kind)
  {
    let line = #"{"type":"turn.failed","error":{"message":\#(JSON.string(message).text)}}"#
    #expect(read(line).summary.lastResult?.failure?.kind == kind)
  }

  @Test(
    arguments: [
      ("You’ve hit your usage limit. Try again at 2:33 PM.", "2026-11-27T14:33:00Z"),
      ("You've hit your usage limit. Upgrade to Pro or try again at 12:05 AM.", "2026-11-27T00:05:00Z"),
      ("You've hit your usage limit. Try again at Dec 1st, 2026 2:33 PM.", "2026-12-01T14:33:00Z"),
      ("You've hit your usage limit. Try again at 25:99 PM.", nil), ("You've hit your usage limit. Try later.", nil),
    ] as [(String, String?)]) func `a usage limit tells when it ends, by the user's clock`(
      message: String, end: String?
    ) throws
  {
    let now = try Date("2026-11-27T10:00:00Z", strategy: .iso8601)
    let zone = try #require(TimeZone(identifier: "UTC"))
    let moment = try end.map { try Date($0, strategy: .iso8601) }
    #expect(CodexFailure(message).kind(now: now, in: zone) == .usageLimit(resetsAt: moment))
  }

  @Test func `a new conversation is held to the worktree and to what a commit needs`() throws {
    let invocation = Self.codex.invocation(for: request(.new(UUID()), AgentOptions(model: "gpt-5", answerSchema: "{}")))
    #expect(invocation.arguments.prefix(3) == ["exec", "--json", "--ignore-rules"])
    #expect(invocation.arguments.last == "-")
    let settings = settings(of: invocation)
    #expect(settings.contains(#"sandbox_mode="workspace-write""#))
    #expect(settings.contains(#"approval_policy="never""#))
    #expect(
      settings.contains(
        #"sandbox_workspace_write.writable_roots=["/src/app/.git/worktrees/a","/src/app/.git/objects","#
          + #""/src/app/.git/refs","/src/app/.git/logs"]"#))
    #expect(settings.contains(#"projects={"/trees/a"={trust_level="untrusted"},"/src/app"={trust_level="untrusted"}}"#))
    #expect(settings.contains("project_doc_max_bytes=0"))
    let words = invocation.arguments.joined(separator: " ")
    #expect(words.contains("-m gpt-5") && words.contains("--output-schema /r/s.json"))
    #expect(invocation.environment["CODEX_THREAD_ID"] == nil)
  }

  private static let jira = AgentMCPServer(
    name: "jira",
    transport: .program("/bin/jira", arguments: ["--key", "a$b ${KEY}"], environment: ["TOKEN": "${KEY}"]),
    variables: ["KEY": "s3cret"])
  private static let web = AgentMCPServer(
    name: "web",
    transport: .remote(type: "http", url: "${U}", headers: ["Authorization": "${H}", "X-Plain": "yes"]),
    variables: ["U": "https://example.com/mcp", "H": "s3cret"])

  @Test func `MCP servers are given without their secrets, and the user's own are switched off`() throws {
    let codex = Codex(executable: "/bin/codex", version: "0.163.0", userServers: ["mine", "linear"])
    let linear = AgentMCPServer(name: "linear", transport: .remote(type: "sse", url: "x", headers: [:]))
    let plain = AgentMCPServer(
      name: "files", transport: .program("/bin/files", arguments: ["."], environment: ["A": "1"]))
    let options = AgentOptions(mcpServers: [Self.jira, Self.web, linear, plain])
    let invocation = codex.invocation(for: request(.new(UUID()), options))
    let servers = try #require(settings(of: invocation).first { $0.hasPrefix("mcp_servers=") })
    #expect(servers.contains(#""mine"={enabled=false}"#))
    #expect(servers.contains(#""linear"={default_tools_approval_mode="approve"}"#))
    #expect(
      servers.contains(
        #""jira"={command="/bin/sh",args=["-c","export TOKEN=\"${KEY}\"; exec \"/bin/jira\" \"--key\" \"a\\$b ${KEY}\""],env_vars=["KEY"],default_tools_approval_mode="approve"}"#
      ), "\(servers)")
    #expect(
      servers.contains(
        #""web"={url="https://example.com/mcp",http_headers={"X-Plain"="yes"},env_http_headers={"Authorization"="H"},"#),
      "\(servers)")
    #expect(servers.contains(#""files"={command="/bin/files",args=["."],env={"A"="1"},"#), "\(servers)")
    #expect(!invocation.arguments.contains { $0.contains("s3cret") })
    #expect(invocation.environment["KEY"] == "s3cret" && invocation.environment["H"] == "s3cret")
  }

  @Test func `servers that cannot be given say why`() {
    func obstacle(_ transport: AgentMCPServer.Transport) -> String? {
      Self.codex.obstacle(
        to: AgentMCPServer(name: "x", transport: transport, variables: ["U": "https://u:p@example.com/mcp", "H": "s"]))
    }
    #expect(Self.codex.obstacle(to: Self.jira) == nil && Self.codex.obstacle(to: Self.web) == nil)
    #expect(
      obstacle(.remote(type: "sse", url: "https://x", headers: [:]))
        == "is reached by 'sse', which Codex does not speak")
    #expect(obstacle(.remote(type: "http", url: "${U}", headers: [:]))?.contains("may hold a secret") == true)
    #expect(
      obstacle(.remote(type: "http", url: "https://x", headers: ["A": "Bearer ${H}"]))?.contains("partly a secret")
        == true)
    #expect(
      obstacle(.program("x", arguments: [], environment: ["A-B": "1"]))
        == "wants a variable 'A-B', which a shell cannot set")
  }

  @Test func `a conversation is taken up by its id`() {
    let invocation = Self.codex.invocation(for: request(.resumed(id: "t1", costSoFar: 0)))
    #expect(invocation.arguments.prefix(4) == ["exec", "resume", "t1", "--json"])
  }

  @Test func `one sandbox is enough, and a trusted repository may instruct it`() {
    var options = AgentOptions(trustsRepository: true)
    #expect(
      settings(of: Self.codex.invocation(for: request(.new(UUID()), options))).contains { $0.contains(#""trusted""#) })
    options.permissions.permissionMode = "plan"
    #expect(
      settings(of: Self.codex.invocation(for: request(.new(UUID()), options))).contains(#"sandbox_mode="read-only""#))
    options.permissions.skipPermissions = true
    #expect(
      settings(of: Self.codex.invocation(for: request(.new(UUID()), options)))
        .contains(#"sandbox_mode="danger-full-access""#))
  }

  @Test func `paths are written as TOML writes strings`() {
    #expect(quoted("a\"b\\c\n\u{7F}é") == #""a\"b\\c\u000A\u007Fé""#)
  }

  @Test func `a conversation that is gone is known by what it says`() {
    #expect(Self.codex.failure(inErrors: "Error: no rollout found for thread id x")?.kind == .sessionNotFound)
    #expect(Self.codex.failure(inErrors: "Error: no space left") == nil)
  }

  @Test func `what may be left out may be null instead`() throws {
    let schema = """
      {"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"string","enum":["x"]},
      "c":{"type":"array","items":{"type":"object","properties":{"d":{"type":"integer"}}}}}}
      """
    let strict = try #require(JSON(parsing: strictSchema(schema)))
    #expect(strict["required"] == ["a", "b", "c"])
    #expect(strict["additionalProperties"] == false)
    #expect(strict["properties"]?["a"]?["type"] == "string")
    #expect(strict["properties"]?["b"]?["type"] == ["string", "null"])
    #expect(strict["properties"]?["b"]?["enum"] == ["x", nil])
    #expect(strict["properties"]?["c"]?["items"]?["required"] == ["d"])
    #expect(strict["properties"]?["c"]?["items"]?["properties"]?["d"]?["type"] == ["integer", "null"])
  }

  @Test(arguments: [
    ("/bin/bash -lc 'git status'", "git status"), ("/bin/bash -lc 'echo '\\''a'\\'''", "echo 'a'"),
    ("bash -lc ls", "ls"), ("git -c a=b status", "git -c a=b status"),
  ]) func `a command is shown without the shell around it`(line: String, words: String) {
    #expect(CodexCommand.words(of: line) == words)
  }

  @Test func `its login is a key, its own file, or what it says`() async throws {
    let scratch = try Scratch()
    var environment = ["PATH": "/usr/bin:/bin", "HOME": scratch.work.string]
    let script = try scratch.write(
      "codex", "#!/bin/sh\n[ \"$1 $2\" = 'login status' ] && echo 'Not logged in' >&2\nexit 1\n", executable: true)
    let codex = Codex(executable: script, version: "0.163.0")
    func login() async -> AgentLogin { await codex.login(environment: environment, timeLimit: .seconds(60)) }
    #expect(await login() == .missing)
    try FileManager.default.createDirectory(
      atPath: "\(scratch.work)/.codex", withIntermediateDirectories: true)
    try Data("model_provider = \"mine\"\n".utf8).write(to: URL(fileURLWithPath: "\(scratch.work)/.codex/config.toml"))
    #expect(await login() == .unknown("its configuration names a provider of its own"))
    try Data("{\"tokens\": {}}".utf8).write(to: URL(fileURLWithPath: "\(scratch.work)/.codex/auth.json"))
    #expect(await login() == .kept(method: nil))
    environment["CODEX_API_KEY"] = "k"
    #expect(await login() == .variable("CODEX_API_KEY"))
  }
}
