import Basics
import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct LinklessCopyTests {
  /// Two trees, and a folder that belongs to neither.
  private struct Trees {
    let scratch: TemporaryDirectory
    let source: FilePath
    let target: FilePath
    let elsewhere: FilePath

    init() throws {
      scratch = try TemporaryDirectory()
      source = try scratch.makeDirectory("source")
      target = try scratch.makeDirectory("target")
      elsewhere = try scratch.makeDirectory("elsewhere")
    }

    func copy(_ path: String) throws(Errno) -> LinklessCopy.Outcome {
      try LinklessCopy(from: source, to: target).copy(path)
    }

    func write(_ path: FilePath, _ text: String = "SECRET=1\n", mode: Int = 0o640) throws {
      try FileManager.default.createDirectory(
        atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(filePath: path.string))
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.string)
    }

    func link(_ path: FilePath, to destination: FilePath) throws {
      try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: destination.string)
    }

    func text(_ path: FilePath) -> String? { try? String(contentsOfFile: path.string, encoding: .utf8) }
  }

  @Test func `a file comes with its folders and its permissions, and nothing is overwritten`() throws {
    let trees = try Trees()
    try trees.write(trees.source.appending("a/b/.env"), mode: 0o600)
    try trees.write(trees.source.appending("run.sh"), mode: 0o751)
    #expect(try trees.copy("a/b/.env") == .copied)
    #expect(try trees.copy("run.sh") == .copied)
    #expect(trees.text(trees.target.appending("a/b/.env")) == "SECRET=1\n")
    for (name, mode) in [("a/b/.env", 0o600), ("run.sh", 0o751)] {
      let attributes = try FileManager.default.attributesOfItem(atPath: trees.target.appending(name).string)
      #expect(attributes[.posixPermissions] as? Int == mode)
    }
    try trees.write(trees.target.appending("run.sh"), "mine")
    #expect(try trees.copy("run.sh") == .present)
    #expect(trees.text(trees.target.appending("run.sh")) == "mine")
  }

  @Test func `a large file comes whole`() throws {
    let trees = try Trees()
    let text = String(repeating: "0123456789abcdef", count: 300_000)
    try trees.write(trees.source.appending("big"), text)
    #expect(try trees.copy("big") == .copied)
    #expect(trees.text(trees.target.appending("big")) == text)
  }

  @Test func `a link in the target takes nothing out of it`() throws {
    let trees = try Trees()
    try trees.write(trees.source.appending("conf/.env"))
    try trees.write(trees.source.appending("conf/deep/.env"))
    try trees.link(trees.target.appending("conf"), to: trees.elsewhere)
    for path in ["conf/.env", "conf/deep/.env"] {
      #expect(try trees.copy(path) == .skipped("'conf' is a link or a file there"))
    }
    #expect(trees.elsewhere.entries == [])
    // The file itself, dangling or not.
    try trees.write(trees.source.appending("x"))
    try trees.link(trees.target.appending("x"), to: trees.elsewhere.appending("x"))
    #expect(try trees.copy("x") == .present)
    #expect(trees.elsewhere.entries == [])
  }

  @Test func `a link in the source brings nothing from elsewhere`() throws {
    let trees = try Trees()
    try trees.write(trees.elsewhere.appending("key"))
    try trees.link(trees.source.appending("conf"), to: trees.elsewhere)
    try trees.link(trees.source.appending(".env"), to: trees.elsewhere.appending("key"))
    #expect(try trees.copy("conf/key") == .skipped("'conf' is a link or not a folder"))
    #expect(try trees.copy(".env") == .skipped("it is a link"))
    #expect(trees.target.entries == [])
  }

  @Test func `what is not a file is left out, and is not waited for`() throws {
    let trees = try Trees()
    #expect(mkfifo(trees.source.appending("fifo").string, 0o600) == 0)
    try FileManager.default.createDirectory(
      atPath: trees.source.appending("sub/x").string, withIntermediateDirectories: true)
    for (path, reason) in [
      ("fifo", "it is a FIFO"), ("sub", "it is a folder"), ("sub/", "it is a folder"), ("gone", "it is gone"),
      ("../elsewhere/key", "its path leads out of the folder"), ("/etc/passwd", "its path leads out of the folder"),
      ("sub/../../x", "its path leads out of the folder"),
      (".git/hooks/pre-commit", "its path leads out of the folder"),
      ("sub/.GIT/config", "its path leads out of the folder"),
    ] {
      #expect(try trees.copy(path) == .skipped(reason), "\(path)")
    }
    #expect(trees.target.entries == [])
  }

  @Test func `a file where a folder is needed is left alone`() throws {
    let trees = try Trees()
    try trees.write(trees.source.appending("conf/.env"))
    try trees.write(trees.target.appending("conf"), "mine")
    #expect(try trees.copy("conf/.env") == .skipped("'conf' is a link or a file there"))
    #expect(trees.text(trees.target.appending("conf")) == "mine")
  }

  @Test(arguments: [
    ("a/b.txt", false), (".gitignore", false), ("a/..b", false), ("../a", true), ("a/../b", true), ("/a", true),
    ("a//b", true), ("a/.GIT/config", true), (".", true),
  ])
  func `a path that leads out of its tree is known`(path: String, leads: Bool) {
    #expect(LinklessCopy.leadsElsewhere(path: path) == leads)
  }
}
