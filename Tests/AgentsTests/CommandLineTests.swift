import Basics
import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Agents
@testable import ClaudeCode

@Suite(.timeLimit(.minutes(5))) struct CommandLineTests {
  static let mark = RunMark(run: "r1", task: "t", attempt: 2)
  static let id = UUID(uuidString: "8B05F910-0000-4000-8000-0000000000AB")
  static let commitRules = ["Bash(git add:*)", "Bash(git rm:*)", "Bash(git mv:*)"] + CommitForms.rules

  static let outsideReads = OutsideRead.rules(except: [])
  static let denials = ["Agent(isolation:*)"] + outsideReads
  static let tools =
    "--tools=Agent,Task,Bash,Edit,ListMcpResourcesTool,NotebookEdit,Read,ReadMcpResourceDirTool,ReadMcpResourceTool,"
    + "ReportFindings,Skill,SubagentHandback,TaskStop,ToolSearch,WaitForMcpServers,WebFetch,WebSearch,Write"
  static let settings = "--settings=" + (ClientHooks(forbidsWorktrees: true).settings ?? "")

  private func arguments(_ options: AgentOptions, session: AgentSession? = nil) throws -> [String] {
    let session = try session ?? .new(#require(Self.id))
    return claude.invocation(session: session, options: options, environment: [:], directory: "/", mark: Self.mark)
      .arguments
  }

  @Test func `with the settings untouched the client gets this command line`() throws {
    #expect(
      try arguments(AgentOptions()) == [
        "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages", "--session-id",
        "8b05f910-0000-4000-8000-0000000000ab", "--setting-sources", "user", "--strict-mcp-config",
        Self.tools, Self.settings, "--permission-mode", "acceptEdits",
        "--allowedTools=" + Self.commitRules.joined(separator: ","),
        "--disallowedTools=" + Self.denials.joined(separator: ","),
      ])
  }

  @Test func `with everything set it gets this one`() throws {
    let permissions = ToolPermissions(
      permissionMode: "plan", allowedCLI: ["gh", " gh ", ""], allowedTools: ["WebFetch"],
      disallowedTools: ["Bash(curl:*)", "WebSearch"], addDirectories: ["/a", "/b c"], testCommand: "make test")
    let options = AgentOptions(
      model: "opus", permissions: permissions, maxTurns: 7, maxBudgetUSD: 2.5, systemPromptFile: "/p.md",
      trustsRepository: true)
    let arguments = try arguments(options, session: .resumed(id: "abc", costSoFar: 1))
    #expect(
      arguments == [
        "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages", "--resume", "abc",
        Self.tools, Self.settings, "--permission-mode", "plan",
        "--allowedTools="
          + (Self.commitRules + ["Bash(make test)", "Bash(make test:*)", "Bash(gh:*)", "WebFetch"])
          .joined(separator: ","),
        "--disallowedTools=" + (Self.denials + ["Bash(curl:*)", "WebSearch"]).joined(separator: ","),
        "--add-dir=/a", "--add-dir=/b c",
        "--model", "opus", "--max-turns", "7", "--max-budget-usd", "2.50", "--append-system-prompt-file", "/p.md",
      ])
  }

  @Test func `a note is taken by a hook, whatever its folder is called, once, and by no subagent`() async throws {
    try await withTemporaryDirectory { scratch in
      let folder = scratch.appending("it's \"a\" $(touch x) `folder`")
      try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
      let note = folder.appending("note.json")
      let text = try #require(ClientHooks(forbidsWorktrees: false, noteFile: note).settings)
      let hook = try #require(JSON(parsing: text)?["hooks"]?["PostToolUse"]?.elements.first?["hooks"]?.elements.first)
      let command = try #require(hook["command"]?.string)
      func take(_ input: String) throws -> String { try shell(command, input: input, in: scratch) }
      #expect(try take("{}") == "")
      try "a note".write(toFile: note.string, atomically: true, encoding: .utf8)
      #expect(try take(#"{"agent_id":"a1","tool_name":"Bash"}"#) == "")
      #expect(try take(#"{"tool_input":{"command":"echo \"agent_id\": 1"}}"#) == "a note")
      #expect(try take("{}") == "")
      #expect(scratch.entries ?? [] == [folder.lastComponent?.string ?? ""])
    }
  }

  private func shell(_ command: String, input: String, in folder: FilePath) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", #"printf '%s' "$2" | /bin/sh -c "$1""#, "sh", command, input]
    process.currentDirectoryURL = URL(filePath: folder.string)
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  @Test func `MCP servers are one argument without their secrets, which are in the environment`() throws {
    let options = AgentOptions(mcpServers: [
      AgentMCPServer(
        name: "db", transport: .program("/bin/db", arguments: ["a/b", "\"c\""], environment: ["URL": "${DB}"])),
      AgentMCPServer(
        name: "web", transport: .remote(type: "http", url: "${ORCH_1}", headers: [:]), variables: ["ORCH_1": "s3cret"]),
    ])
    let invocation = claude.invocation(
      session: try .new(#require(Self.id)), options: options, environment: ["DB": "s3cret"], directory: "/",
      mark: Self.mark)
    #expect(
      invocation.arguments.last
        == #"--mcp-config={"mcpServers":{"db":{"args":["a/b","\"c\""],"command":"/bin/db","env":{"URL":"${DB}"},"#
        + #""type":"stdio"},"web":{"type":"http","url":"${ORCH_1}"}}}"#)
    #expect(invocation.arguments.contains("--strict-mcp-config"))
    let rules = try #require(invocation.arguments.first { $0.hasPrefix("--allowedTools=") })
    #expect(rules.hasSuffix(",mcp__db,mcp__web"))
    #expect(invocation.environment["ORCH_1"] == "s3cret")
    #expect(invocation.environment["DB"] == "s3cret")
  }

  @Test func `lifted permissions take the place of a mode, and what leaves the worktree stays denied`() throws {
    let arguments = try arguments(
      AgentOptions(permissions: ToolPermissions(disallowedTools: ["WebSearch"], skipPermissions: true)))
    #expect(arguments.contains("--dangerously-skip-permissions"))
    #expect(!arguments.contains("--permission-mode"))
    #expect(arguments.contains("--disallowedTools=Agent(isolation:*),WebSearch"))
    #expect(arguments.contains(Self.tools))
    #expect(arguments.contains(Self.settings))
    let mode = try self.arguments(AgentOptions(permissions: ToolPermissions(permissionMode: "bypassPermissions")))
    #expect(mode.contains("--disallowedTools=Agent(isolation:*)"))
    #expect(mode.contains(Self.tools))
  }

  @Test func `a tool that the user allows by name is there, whatever the table says`() throws {
    let permissions = ToolPermissions(allowedTools: ["EnterWorktree", "Brew(hot)", "mcp__jira__get", "Bash(make:*)"])
    let arguments = try arguments(AgentOptions(permissions: permissions))
    #expect(arguments.contains(Self.tools + ",EnterWorktree,Brew"))
    // Who asks for worktrees gets them.
    #expect(!arguments.contains(Self.settings))
    #expect(!arguments.contains { $0.contains("isolation") })
  }

  @Test func `a program that the user allows, or that tests, is not hindered by our own rules`() {
    let allowed = ToolPermissions(allowedCLI: ["xargs", "docker"]).disallowedToolRules
    #expect(!allowed.contains { $0.contains("xargs") || $0.contains("docker") })
    #expect(allowed.contains("Bash(wc *--f*)"))
    let tested = ToolPermissions(testCommand: "ls t/*.sh | xargs -n1 sh").disallowedToolRules
    #expect(!tested.contains { $0.contains("xargs") })
    #expect(ToolPermissions(allowedCLI: ["git"]).disallowedToolRules == Self.denials)
  }

  @Test func `older clients have the tools that newer ones have only when asked`() {
    let now = ClientTool.available(version: ClientTool.tableVersion, allowedTools: [])
    let older = ClientTool.available(version: "2.1.20", allowedTools: [])
    let newer = ClientTool.available(version: "2.2.0", allowedTools: [])
    #expect(now == newer)
    #expect(!now.contains("Grep") && older.contains("Grep") && older.contains("TodoWrite"))
    for tool in ClientTool.table where tool.rule == .denied {
      #expect(!older.contains(tool.name) && !now.contains(tool.name))
    }
    #expect(Set(ClientTool.table.map(\.name)).count == ClientTool.table.count)
  }

  @Test func `a tool that is not in the table is known as unknown`() {
    #expect(ClientTool.unknown(among: ["Bash", "TeaTime", "mcp__x__y", "EnterWorktree"]) == ["TeaTime"])
    #expect(ClientTool.isNewer("2.1.331") && ClientTool.isNewer("3.0"))
    #expect(!ClientTool.isNewer("2.1.330") && !ClientTool.isNewer("2.1.9"))
  }

  @Test(arguments: [
    ("Bash", "anything", true), ("Bash(npm ci)", "npm ci", true), ("Bash(npm ci)", "npm ci x", false),
    ("Bash(npm:*)", "npm", true), ("Bash(npm:*)", "npm x", true), ("Bash(npm:*)", "npmx", false),
    ("Bash(wc *--f*)", "wc --f=x", true), ("Bash(wc *--f*)", "wc -l --f=x", true), ("Bash(wc *--f*)", "wc -l x", false),
    ("Bash(a *)", "a", true), ("Bash(a *b*c)", "a b c", true), ("Bash(a *b*c)", "a c b", false),
    ("Bash(a*a)", "a", false),
    ("Read(x)", "x", false),
  ]) func `a rule covers what the client says it covers`(rule: String, command: String, covers: Bool) {
    #expect(PermissionRule(rule).covers(command: command) == covers)
  }

  @Test(arguments: [
    ("npm test", ["Bash(npm test)", "Bash(npm test:*)"]),
    ("  make  ", ["Bash(make)", "Bash(make:*)"]),
    (
      "npm ci && npm test",
      ["Bash(npm ci && npm test)", "Bash(npm ci)", "Bash(npm ci:*)", "Bash(npm test)", "Bash(npm test:*)"]
    ),
    (
      "cd web && npm ci; cd .. || npm test",
      [
        "Bash(cd web && npm ci; cd .. || npm test)", "Bash(npm ci)", "Bash(npm ci:*)", "Bash(npm test)",
        "Bash(npm test:*)",
      ]
    ),
    (
      "a x || b |& tee log",
      [
        "Bash(a x || b |& tee log)", "Bash(a x)", "Bash(a x:*)", "Bash(b)", "Bash(b:*)", "Bash(tee log)",
      ]
    ),
    (
      "set -e\nmake test",
      [
        "Bash(set -e\nmake test)", "Bash(set -e)", "Bash(set -e:*)", "Bash(make test)", "Bash(make test:*)",
      ]
    ),
    ("pytest -k 'a && b > c'", ["Bash(pytest -k 'a && b > c')", "Bash(pytest -k 'a && b > c':*)"]),
    (
      "make test 2>&1 | sh",
      ["Bash(make test 2>&1 | sh)", "Bash(make test 2>&1)", "Bash(make test)", "Bash(make test:*)", "Bash(sh)"]
    ),
    ("make test2 &> log", ["Bash(make test2 &> log)", "Bash(make test2)", "Bash(make test2:*)"]),
    ("make test2>log", ["Bash(make test2>log)", "Bash(make test2)", "Bash(make test2:*)"]),
    ("pytest tests/*.py", ["Bash(pytest tests/*.py)", "Bash(pytest tests/*.py:*)"]),
    ("bash", ["Bash(bash)"]), ("echo ':)'", []), ("", []),
    ("(cd a && make)", ["Bash((cd a && make))", "Bash((cd a && make):*)"]),
  ]) func `the test command is allowed whole and in its parts, and no shell with it`(command: String, rules: [String]) {
    #expect(ToolPermissions(testCommand: command).allowedToolRules == Self.commitRules + rules)
  }

  @Test func `as it comes an agent may commit and cannot push`() {
    #expect(ToolPermissions().allowedToolRules == Self.commitRules)
  }

  @Test func `ties to a repository and an enclosing session do not reach the agent, what its git is told does`() {
    let environment = [
      "HOME": "/h", "PATH": "/bin", "ANTHROPIC_API_KEY": "k", "CLAUDE_CONFIG_DIR": "/c", "GIT_CONFIG_GLOBAL": "/g",
      "GIT_AUTHOR_NAME": "A", "GIT_DIR": "/x", "GIT_WORK_TREE": "/x", "GIT_INDEX_FILE": "/x", "GIT_PREFIX": "x",
      "GIT_CONFIG_PARAMETERS": "'a.b=c'", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c",
      "CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "s", "CLAUDE_CODE_ENTRYPOINT": "cli", "GIT_ORCH_RUN": "outer/x/1",
    ]
    let clean = claude.invocation(
      session: .resumed(id: "x", costSoFar: 0), options: AgentOptions(), environment: environment, directory: "/",
      mark: Self.mark
    ).environment
    #expect(
      clean == [
        "HOME": "/h", "PATH": "/bin", "ANTHROPIC_API_KEY": "k", "CLAUDE_CONFIG_DIR": "/c", "GIT_CONFIG_GLOBAL": "/g",
        "GIT_AUTHOR_NAME": "A", "GIT_CONFIG_PARAMETERS": "'a.b=c'", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b",
        "GIT_CONFIG_VALUE_0": "c", "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",
        "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1", "DISABLE_AUTOUPDATER": "1",
      ])
  }

  @Test(arguments: [
    (ToolPermissions(skipPermissions: true), "git config orchestrator.tools.skipPermissions false"),
    (
      ToolPermissions(permissionMode: "bypassPermissions"),
      "git config orchestrator.tools.permissionMode acceptEdits"
    ),
  ]) func `checks cannot be lifted by root outside a sandbox`(lifting: ToolPermissions, remedy: String) throws {
    #expect(throws: AgentError.permissionsNotSkippableAsRoot(product: "Claude Code", remedy: remedy)) {
      try ClaudeCode.check(lifting, environment: [:], isRoot: true)
    }
    try ClaudeCode.check(lifting, environment: ["IS_SANDBOX": "1"], isRoot: true)
    try ClaudeCode.check(lifting, environment: [:], isRoot: false)
    try ClaudeCode.check(ToolPermissions(), environment: [:], isRoot: true)
  }

  @Test(
    arguments: [
      ("Bash(rm:-rf:*)", "Bash(rm -rf:*)"), ("Bash(git:push)", "Bash(git push)"), ("Bash(rm:*)", nil),
      ("Bash(npm run test:unit)", nil), ("Bash(npm run test:unit:*)", nil), ("Bash(http://x)", nil), ("WebFetch", nil),
      ("Bash", nil), ("Bash(*)", nil),
    ] as [(String, String?)])
  func `a rule that matches no command is reported`(rule: String, meant: String?) {
    let allowed = ToolPermissions(allowedTools: [rule]).rulesWithoutEffect
    let denied = ToolPermissions(disallowedTools: [rule]).rulesWithoutEffect
    #expect(allowed.count == (meant == nil ? 0 : 1) && denied.count == allowed.count)
    guard let meant else { return }
    #expect(allowed.first?.contains("'\(meant)'") == true)
    #expect(denied.first?.contains("orchestrator.tools.disallowedTools") == true)
  }
}
