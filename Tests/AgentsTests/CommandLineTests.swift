import Basics
import Foundation
import Processes
import SystemPackage
import Testing

@testable import Agents

@Suite(.timeLimit(.minutes(5))) struct CommandLineTests {
  static let mark = RunMark(run: "r1", task: "t", attempt: 2)
  static let id = UUID(uuidString: "8B05F910-0000-4000-8000-0000000000AB")
  static let commitRules = ["Bash(git add:*)", "Bash(git commit:*)", "Bash(git rm:*)", "Bash(git mv:*)"]

  static let outsideReads = [
    "Bash(git commit *F /*)", "Bash(git commit *F/*)", "Bash(git commit *F ~*)", "Bash(git commit *F .*)",
    "Bash(git commit *F */.*)", "Bash(git commit *F../*)", "Bash(git commit *F*/../*)", "Bash(git commit * --file*)",
    "Bash(git commit * --fil *)", "Bash(git commit * --fil=*)", "Bash(git commit * --tra*)",
    "Bash(git commit * --tr *)", "Bash(git commit * --tr=*)", "Bash(git commit * --squ*)", "Bash(git commit * --sq *)",
    "Bash(git commit * --sq=*)", "Bash(git commit * --cl*verbatim*)", "Bash(git commit * --cl*whitespace*)",
    "Bash(git commit * --allow-empty-m*)", "Bash(git * --pathspec-fr*)", "Bash(xargs *git *)",
  ]

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
        "--permission-mode", "acceptEdits",
        "--allowedTools=Bash(git add:*),Bash(git commit:*),Bash(git rm:*),Bash(git mv:*)",
        "--disallowedTools=" + Self.outsideReads.joined(separator: ","),
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
        "--permission-mode", "plan",
        "--allowedTools="
          + (Self.commitRules + ["Bash(make test)", "Bash(make test:*)", "Bash(gh:*)", "WebFetch"])
          .joined(separator: ","),
        "--disallowedTools=" + (Self.outsideReads + ["Bash(curl:*)", "WebSearch"]).joined(separator: ","),
        "--add-dir=/a", "--add-dir=/b c",
        "--model", "opus", "--max-turns", "7", "--max-budget-usd", "2.50", "--append-system-prompt-file", "/p.md",
      ])
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

  @Test func `lifted permissions take the place of a mode`() throws {
    let arguments = try arguments(
      AgentOptions(permissions: ToolPermissions(disallowedTools: ["WebSearch"], skipPermissions: true)))
    #expect(arguments.contains("--dangerously-skip-permissions"))
    #expect(!arguments.contains("--permission-mode"))
    #expect(arguments.contains("--disallowedTools=WebSearch"))
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

  @Test(arguments: [
    ("Bash", "npm i" as String?, nil as String?, "git config --add orchestrator.tools.allowedCli npm" as String?),
    ("Bash", "cd web && CI=1 npm i", nil, "git config --add orchestrator.tools.allowedCli npm"),
    ("Bash", "$(evil) x", nil, nil), ("Bash", "`x`; y", nil, nil),
    ("Bash", nil, nil, nil), ("Bash", "git commit -F /etc/passwd", nil, nil), ("Bash", "git -c x=y z", nil, nil),
    ("Bash", "git add -A && git push", nil, "git config --add orchestrator.tools.allowedTools 'Bash(git push:*)'"),
    ("Bash", "git add -A && npm i", nil, "git config --add orchestrator.tools.allowedCli npm"),
    ("Read", nil, "/etc/it's/x", "git config --add orchestrator.tools.addDirs '/etc/it'\\''s'"),
    ("Write", nil, "/repo/x", "git config --add orchestrator.tools.allowedTools Write"),
    ("mcp__jira__get", nil, nil, "git config --add orchestrator.tools.allowedTools mcp__jira__get"),
    ("a; rm -rf /", nil, nil, nil), ("-x", nil, nil, nil),
  ]) func `a denied tool is told with the setting that allows it, safe to paste`(
    tool: String, command: String?, path: String?, expected: String?
  ) {
    #expect(suggestedSetting(tool: tool, command: command, path: path, directory: "/repo") == expected)
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

  @Test func `a session is taken up by hand with one line`() {
    #expect(
      claude.resumeHint(sessionID: "abc-1", worktree: "../work trees/it's")
        == "cd '../work trees/it'\\''s' && claude --resume abc-1")
  }

  @Test func `permissions cannot be skipped by root outside a sandbox`() throws {
    let skipping = ToolPermissions(skipPermissions: true)
    #expect(throws: AgentError.permissionsNotSkippableAsRoot) {
      try ClaudeCode.checkPermissions(skipping, environment: [:], isRoot: true)
    }
    try ClaudeCode.checkPermissions(skipping, environment: ["IS_SANDBOX": "1"], isRoot: true)
    try ClaudeCode.checkPermissions(skipping, environment: [:], isRoot: false)
    try ClaudeCode.checkPermissions(ToolPermissions(), environment: [:], isRoot: true)
  }
}
