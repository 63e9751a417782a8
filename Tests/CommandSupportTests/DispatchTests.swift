import CommandSupport
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import git_orch

@Suite(.timeLimit(.minutes(5))) struct CommandDispatchTests {
  @Test(
    arguments: [
      ([], .nothing),
      (["-h"], .usage), (["help"], .usage), (["help", "-h"], .usage),
      (["--help"], .manual(name: nil)),
      (["help", "run"], .manual(name: "run")), (["run", "--help"], .manual(name: "run")),
      (["-v"], .version), (["--version"], .version), (["version"], .version),
      (["run"], .run(name: "run")), (["run", "-h"], .run(name: "run")),
      (["run", "todo.md", "--help"], .run(name: "run")),
      ([""], .run(name: "")), (["../run"], .run(name: "../run")),
      (["--jobs"], .unknownOption("--jobs")), (["-"], .unknownOption("-")),
      (["help", "--all"], .unknownOption("--all")),
    ] as [([String], Request)])
  func `a command line asks for one thing`(arguments: [String], request: Request) {
    #expect(Request(arguments) == request)
  }

  @Test func `the folder of the suite comes before PATH, a hidden or useless file gives way`() throws {
    try withFolders { own, other in
      try addFile("git-orch-run", to: own)
      try addFile("git-orch-run", to: other)
      try addFile("git-orch-log", to: own, mode: 0o644)
      try addFile("git-orch-log", to: other)
      try addFile("git-orch-note", to: other, mode: 0o644)
      try FileManager.default.createDirectory(atPath: own + "/git-orch-folder", withIntermediateDirectories: false)
      try addFile("git-orch-.hidden", to: own)
      let search = CommandSearch(ownFolder: own, path: "/nowhere::\(other):\(own)")
      #expect(search.folders == [own, "/nowhere", other])
      #expect(search.command("run") == .found(path: own + "/git-orch-run"))
      #expect(search.command("log") == .found(path: other + "/git-orch-log"))
      #expect(search.command("note") == .notExecutable(path: other + "/git-orch-note"))
      #expect(search.command("folder") == .notExecutable(path: own + "/git-orch-folder"))
      #expect(search.command("gone") == .absent)
      #expect(search.names() == ["log", "run"])
    }
  }

  @Test(arguments: ["", "-x", ".hidden", "x/../../git-orch-run", "/bin/sh", "a b", "a\nb", "\u{FFFD}"])
  func `a name that is not a plain word is never looked for`(name: String) throws {
    try withFolders { own, _ in
      try FileManager.default.createDirectory(atPath: own + "/git-orch-x", withIntermediateDirectories: false)
      for file in ["git-orch-", "git-orch--x", "git-orch-.hidden", "git-orch-run", "git-orch-a b", "git-orch-a\nb"] {
        try addFile(file, to: own)
      }
      #expect(CommandSearch(ownFolder: own, path: nil).command(name) == .absent)
    }
  }

  @Test func `the usage lists the suite, then what else was found`() {
    let text = usageText(builtins, found: ["foo", "run"])
    #expect(text.contains("\n   run         Plan a to-do list"))
    #expect(text.contains("on PATH:\n\n   foo\n\nSee 'git orch help <command>'"))
    #expect(!usageText(builtins, found: ["run"]).contains("Other commands"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test(
    arguments: [
      ("stauts", ["status"]), ("foor", ["foo"]), ("g", ["generate"]), ("lo", ["log"]), ("xyzzyplugh", []),
    ] as [(String, [String])])
  func `an unknown name gets git's answer`(name: String, meant: [String]) {
    let heading = meant.isEmpty ? "" : "\nThe most similar command is\n"
    #expect(
      unknownCommandText(name, builtins, found: ["foo", "run"])
        == "git-orch: '\(name)' is not a git-orch command. See 'git orch -h'.\n" + heading
        + meant.map { "\t\($0)\n" }.joined())
  }

  @Test func `several names that are equally near are all told`() {
    #expect(
      unknownCommandText("lob", builtins, found: ["lot"]).hasSuffix("\nThe most similar commands are\n\tlog\n\tlot\n"))
  }

  @Test func `what somebody typed cannot steer the terminal`() {
    #expect(unknownCommandText("\u{1B}[2Jx", builtins, found: []).hasPrefix("git-orch: '^[[2Jx' is not"))
  }

  private func withFolders(_ body: (String, String) throws -> Void) throws {
    let scratch = try TemporaryDirectory()
    try body(try scratch.makeDirectory("own").string, try scratch.makeDirectory("other").string)
    withExtendedLifetime(scratch) {}
  }

  private func addFile(_ name: String, to folder: String, mode: Int = 0o755) throws {
    let attributes: [FileAttributeKey: Any] = [.posixPermissions: mode]
    try #require(
      FileManager.default.createFile(
        atPath: "\(folder)/\(name)", contents: Data("#!/bin/sh\n".utf8), attributes: attributes))
  }
}
