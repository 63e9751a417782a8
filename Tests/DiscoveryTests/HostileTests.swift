import Discovery
import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Repositories that mean no good.
@Suite(.timeLimit(.minutes(5))) struct HostileTests {
  @Test(arguments: ["outside", "git", "untracked", "device", "itself", "folder"])
  func `nothing is read through a link but another tracked file`(kind: String) throws {
    var fixture = try Fixture(["a.txt": "a"])
    let secret = fixture.folder.path.appending("secret")
    try Data(#"{"name": "stolen", "scripts": {"test": "stolen"}}"#.utf8).write(to: URL(filePath: secret.string))
    try fixture.add(".git/config", "{\"name\": \"stolen\"}", isTracked: false)
    try fixture.add(".env", "{\"name\": \"stolen\"}", isTracked: false)
    let target = [
      "outside": secret.string, "git": ".git/config", "untracked": ".env", "device": "/dev/zero",
      "itself": "package.json", "folder": ".",
    ]
    try fixture.link("package.json", to: try #require(target[kind]))
    try fixture.link("README.md", to: try #require(target[kind]))
    let project = fixture.project()
    #expect(project.name == "folder" && project.testCommand == nil && project.keyFiles.isEmpty)
    #expect(!ProjectQuestion.prompt(about: project, in: fixture.files).contains("stolen"))
  }

  @Test func `a folder that is a link leads nowhere else`() throws {
    var fixture = try Fixture()
    let outside = try fixture.folder.makeDirectory("outside")
    try Data("instructions".utf8).write(to: URL(filePath: outside.appending("AGENT_INSTRUCTIONS.md").string))
    try fixture.link(".claude", to: outside.string)
    let files = ProjectFiles(root: fixture.root, tracked: [".claude/AGENT_INSTRUCTIONS.md"])
    #expect(files.text(of: ".claude/AGENT_INSTRUCTIONS.md") == nil)
    #expect(fixture.project().instructionsFile == nil)
  }

  @Test func `a link to a tracked file is that file`() throws {
    var fixture = try Fixture(["AGENTS.md": "rules"])
    try fixture.link("CLAUDE.md", to: "AGENTS.md")
    #expect(fixture.files.text(of: "CLAUDE.md") == "rules")
    #expect(fixture.project().rulesFiles == ["CLAUDE.md", "AGENTS.md"])
  }

  @Test func `what is not tracked, or gone, is not read`() throws {
    var fixture = try Fixture()
    try fixture.add("package.json", StackTests.tested, isTracked: false)
    #expect(fixture.files.text(of: "package.json") == nil)
    let secret = fixture.folder.path.appending("secret")
    try Data("secret".utf8).write(to: URL(filePath: secret.string))
    let files = ProjectFiles(root: fixture.root, tracked: ["gone.txt", "../secret", "/etc/passwd"])
    #expect(files.paths.count == 3)
    withExtendedLifetime(fixture) {
      for path in files.paths { #expect(files.text(of: path) == nil) }
    }
  }

  @Test func `a named pipe is not waited for`() throws {
    let fixture = try Fixture(["a": ""])
    #expect(mkfifo(fixture.root.appending("Makefile").string, 0o600) == 0)
    let files = ProjectFiles(root: fixture.root, tracked: ["Makefile"])
    withExtendedLifetime(fixture) { #expect(files.text(of: "Makefile") == nil) }
  }

  @Test func `a file of more than 1 MiB is not read`() throws {
    let big = "test:\n" + String(repeating: "#", count: ProjectFiles.mostBytes)
    let fixture = try Fixture(["Makefile": big, "go.mod": "module a\n"])
    #expect(fixture.project().testCommand?.command == "go test ./...")
    #expect(fixture.files.beginning(of: "Makefile", bytes: 6) == "test:\n")
  }

  @Test func `of very many files the shallow ones count`() throws {
    let fixture = try Fixture(["go.mod": "module a\n"])
    let many = (0..<20_000).map { "a/b/file\($0)" } + ["go.mod"]
    let files = ProjectFiles(root: fixture.root, tracked: many)
    #expect(files.paths.count == ProjectFiles.mostFiles && files.contains("go.mod"))
  }

  @Test(arguments: [
    "a\u{1b}[2J.sln", "a\nb.sln", "a\u{202e}b.sln", "a\u{200b}.sln", "a\u{7f}.sln",
  ])
  func `a name that could trick a terminal is as if it were not there`(name: String) throws {
    let fixture = try Fixture([name: "", "t/T.csproj": "Microsoft.NET.Test.Sdk"])
    #expect(!fixture.files.contains(name))
    #expect(fixture.project().testCommand?.command.contains(name) != true)
  }

  @Test func `a name is one word to the shell`() throws {
    let project = try Fixture([
      "$(touch x);'.sln": "", "b.sln": "", "t/T.csproj": "Microsoft.NET.Test.Sdk",
    ]).project()
    #expect(project.testCommand?.command == #"dotnet test '$(touch x);'\''.sln'"#)
    #expect(try Fixture(["-rf/go.mod": ""]).project().testCommand?.command == "go -C ./-rf test ./...")
  }

  @Test(arguments: [
    "", "[", "null", "[1]", #"{"scripts": []}"#, #"{"scripts": {"test": 7}}"#, #"{"name": {"a": 1}, "workspaces": 3}"#,
    String(repeating: "[", count: 100_000), #"{"a":"# + String(repeating: #"{"a":"#, count: 50_000),
  ])
  func `a package.json of any shape does no harm`(text: String) throws {
    let project = try Fixture([
      "package.json": text, "composer.json": text, "CMakePresets.json": text, "CMakeLists.txt": "",
    ])
    .project()
    #expect(project.testCommand == nil && project.name == "folder")
  }

  @Test func `files with commas are no key files, for the setting would cut them`() throws {
    let fixture = try Fixture(["a, b.sln": "", "README.md": "x"])
    #expect(fixture.project().keyFiles == ["README.md"])
  }
}
