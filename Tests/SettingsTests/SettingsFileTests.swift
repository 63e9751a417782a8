import Basics
import Settings
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct SettingsFileTests {
  private func file(_ yaml: String) throws -> SettingsFile {
    try SettingsFile(yaml: yaml, scope: .team, name: ".claude-orchestrator.yaml")
  }

  private func settings(_ yaml: String) throws -> Settings {
    try Settings(listing: ConfigListing(try file(yaml).entries))
  }

  /// Entries as `key=value` without `orchestrator.`.
  private func pairs(_ yaml: String) throws -> [String] {
    try file(yaml).entries.map { "\($0.key.dropFirst("orchestrator.".count))=\($0.value ?? "")" }
  }

  // MARK: What claude-code-orchestrator documents

  @Test func `the settings of a project mean what they meant`() throws {
    let yaml = """
      # Git settings (auto-detected if not specified)
      git:
        provider: auto  # "bitbucket" / "github" / auto-detect
        base_branch: develop
        destination_branch: develop
        repo_slug: my-repo

      worktree_dir: ../worktrees

      project:
        key_files:
          - src/main.py
          - tests/
        test_command: pytest tests/
      """
    let settings = try settings(yaml)
    #expect(settings[.gitProvider] == .auto)
    #expect(settings[.gitBaseBranch] == "develop")
    #expect(settings[.gitDestinationBranch] == "develop")
    #expect(settings[.gitRepoSlug] == "my-repo")
    #expect(settings[.worktreeDir] == "../worktrees")
    #expect(settings[.projectKeyFiles] == ["src/main.py", "tests/"])
    #expect(settings[.projectTestCommand] == "pytest tests/")
    #expect(settings.warnings.isEmpty)
  }

  @Test func `workflow, tools, agent and review mean what they meant`() throws {
    let yaml = """
      workflow:
        mode: yolo           # "review" or "yolo"
        auto_approve: true
        auto_pr: false
        stop_after_generate: true
        stop_after_run: yes
      tools:
        permission_mode: dontAsk
        allowed_cli:
          - gh
          - az
        allowed_tools:
          - "Bash(git:*)"
          - Edit
        disallowed_tools:
          - "Bash(rm:-rf:*)"
        add_dirs:
          - ../common-config
        skip_permissions: True
      agent:
        inactivity_timeout: 301
        max_runtime: 3601
        max_retries: 3
        use_resume: false
        retry_delay: 6
      review:
        automerge: true
        test_before_merge: false
        require_all_tests_pass: false
        tools:
          permission_mode: plan
          allowed_cli: gh, aws
          allowed_tools: [Read]
          disallowed_tools: []
      """
    let settings = try settings(yaml)
    #expect(settings[.workflowMode] == .yolo)
    #expect(settings[.workflowAutoApprove])
    #expect(!settings[.workflowAutoPr])
    #expect(settings[.workflowStopAfterGenerate])
    #expect(settings[.workflowStopAfterRun])
    #expect(settings[.toolsPermissionMode] == .dontAsk)
    #expect(settings[.toolsAllowedCli] == ["gh", "az"])
    #expect(settings[.toolsAllowedTools] == ["Bash(git:*)", "Edit"])
    #expect(settings[.toolsDisallowedTools] == ["Bash(rm:-rf:*)"])
    #expect(settings[.toolsAddDirs] == ["../common-config"])
    #expect(settings[.toolsSkipPermissions])
    #expect(settings[.agentInactivityTimeout] == .seconds(301))
    #expect(settings[.agentMaxRuntime] == .seconds(3601))
    #expect(settings[.agentMaxRetries] == 3)
    #expect(!settings[.agentUseResume])
    #expect(settings[.agentRetryDelay] == .seconds(6))
    #expect(settings[.reviewAutomerge])
    #expect(!settings[.reviewTestBeforeMerge])
    #expect(!settings[.reviewRequireAllTestsPass])
    #expect(settings[.reviewToolsPermissionMode] == .plan)
    #expect(settings[.reviewToolsAllowedCli] == ["gh", "aws"])
    #expect(settings[.reviewToolsAllowedTools] == ["Read"])
    #expect(settings[.reviewToolsDisallowedTools] == [])
    #expect(settings.origin(of: .reviewToolsDisallowedTools) != .builtIn)
  }

  @Test func `instructions of several lines stay as they are`() throws {
    let yaml = """
      project:
        test_command: "pytest tests/unit/"  # Quick command fallback
        test_instructions: |
          ## Testing

          1. Run unit tests first:
             ```bash
             pytest tests/unit/ -v
             ```
          *all* of them & more
        agent_instructions: '@docs/agents.md'
      """
    let settings = try settings(yaml)
    let text =
      "## Testing\n\n1. Run unit tests first:\n   ```bash\n   pytest tests/unit/ -v\n   ```\n*all* of them & more\n"
    #expect(settings[.projectTestInstructions] == text)
    #expect(settings[.projectAgentInstructions] == "@docs/agents.md")
  }

  @Test func `MCPs become the keys that git config has for them`() throws {
    let yaml = """
      mcps:
        enabled:
          - atlassian    # For Jira ticket updates
          - linear
        custom:
          - name: Our_db
            package: mcp-server-ours
            auth_type: env_vars
            env_vars: [DATABASE_URL, TOKEN]
            setup_instructions: pipx install it
            command: ours
      mcp:
        Other: {command: other, args: [--fast, "a, b"]}
      """
    #expect(
      try pairs(yaml) == [
        "mcps.enabled=", "mcps.enabled=atlassian", "mcps.enabled=linear",
        "mcp.Our_db.package=mcp-server-ours", "mcp.Our_db.authtype=env_vars", "mcp.Our_db.env=",
        "mcp.Our_db.env=DATABASE_URL",
        "mcp.Our_db.env=TOKEN", "mcp.Our_db.setup=pipx install it", "mcp.Our_db.command=ours",
        "mcp.Other.command=other", "mcp.Other.args=", "mcp.Other.args=--fast", "mcp.Other.args=a, b",
      ])
  }

  @Test(arguments: [
    ("git:\n  owner: me", "git.owner", 2, "git.repo_slug"),
    ("git:\n  repo: it\n", "git.repo", 2, "git.repo_slug"),
    ("review:\n  tools:\n    add_dirs: [../x]", "review.tools.add_dirs", 3, "tools.add_dirs"),
    ("review: {tools: {skip_permissions: false}}", "review.tools.skip_permissions", 1, "tools.skip_permissions"),
    ("trust: abc", "trust", 1, "git orch config --trust"),
  ])
  func `what has no meaning here is not ignored silently`(yaml: String, key: String, line: Int, advice: String) throws {
    let file = try file(yaml)
    #expect(file.entries.isEmpty)
    try #require(file.warnings.count == 1)
    #expect(file.warnings[0].hasPrefix("'\(key)' in .claude-orchestrator.yaml:\(line) is ignored: "))
    #expect(file.warnings[0].contains(advice))
  }

  // MARK: Shape

  @Test(arguments: [
    "workflow: {auto_approve: true}", "workflow: {autoApprove: true}", "workflow.auto_approve: true",
    "orchestrator.workflow.autoapprove: on", "{workflow: {\"auto_approve\": \"true\"}}",
    "\u{FEFF}workflow:\r\n  auto_approve: true\r\n",
  ])
  func `any spelling of a name is understood`(yaml: String) throws {
    #expect(try pairs(yaml).map { $0.split(separator: "=")[0] } == ["workflow.autoapprove"])
    #expect(try settings(yaml)[.workflowAutoApprove])
  }

  @Test(arguments: [
    "", "\n", "# nothing\n", "---\n", "null", "~", "git:\n", "git: {provider: ~}", "tools: {allowed_cli: }",
  ])
  func `nothing and null set nothing`(yaml: String) throws {
    #expect(try file(yaml).entries.isEmpty)
    #expect(try file(yaml).warnings.isEmpty)
  }

  @Test func `a quoted null is a text`() throws {
    #expect(try settings("git: {base_branch: 'null'}")[.gitBaseBranch] == "null")
  }

  @Test(arguments: [
    ("tools: {allowed_cli: [gh, az]}", ["gh", "az"]), ("tools: {allowed_cli: 'gh, az'}", ["gh", "az"]),
    ("tools: {allowed_cli: []}", []), ("tools: {allowed_cli: ''}", []), ("tools: {allowed_cli: [gh, ~]}", ["gh"]),
  ])
  func `a list replaces the one below it`(yaml: String, items: [String]) throws {
    var listing = ConfigListing(local: ["tools.allowedcli": "make"])
    listing.entries += try file(yaml).entries
    #expect(try Settings(listing: listing)[.toolsAllowedCli] == items)
  }

  @Test func `every entry knows its line`() throws {
    let entries = try file("git:\n  provider: github\n\nproject:\n  key_files:\n    - a\n    - b\n").entries
    #expect(entries.map(\.source) == [2, 5, 6, 7].map { "file:.claude-orchestrator.yaml:\($0)" })
    #expect(entries.allSatisfy { $0.scope == .team })
  }

  @Test func `a bad value is blamed on its line`() {
    let error = #expect(throws: SettingsError.self) { try settings("run:\n  jobs: many\n") }
    #expect(
      error?.description
        == "bad numeric value 'many' for 'orchestrator.run.jobs' in .claude-orchestrator.yaml:2: it must be a whole number"
    )
  }

  @Test(arguments: [
    (
      "workflow:\n  auto_aprove: true",
      "unknown setting 'workflow.auto_aprove' in .claude-orchestrator.yaml:2; did you mean 'workflow.auto_approve'?"
    ),
    ("zzz: {a: {b: c}}", "unknown setting 'zzz' in .claude-orchestrator.yaml:1"),
    ("git:\n  zzz: [1, 2]", "unknown setting 'git.zzz' in .claude-orchestrator.yaml:2"),
    ("'a\\e[2J': 1", "unknown setting 'a\\e[2J' in .claude-orchestrator.yaml:1"),
    ("\"a\\e[2J\": 1", "unknown setting 'a^[[2J' in .claude-orchestrator.yaml:1"),
  ])
  func `an unknown setting is warned about, with what was meant`(yaml: String, warning: String) throws {
    #expect(try file(yaml).warnings == [warning])
    #expect(try file(yaml).entries.isEmpty)
  }

  @Test(arguments: SettingsTable.all.filter { $0.name != SettingKey.trust.name })
  func `every setting of the table can be in the file`(row: SettingDescription) throws {
    var value = row.allowedValues?.first ?? (["integer", "dollars", "bytes"].contains(row.typeName) ? "1" : "1h")
    if row.name == SettingKey.slurmOptions.name { value = "--qos=low" }
    let names = row.name.split(separator: ".").map(String.init)
    let yaml = names.reversed().reduce(value) { "{\($1): \($0)}" }
    let file = try file(yaml)
    #expect(file.warnings.isEmpty)
    #expect(file.entries.last?.value == value)
    #expect(try Settings(listing: ConfigListing(file.entries)).warnings.isEmpty)
  }
}
