import Basics
import Foundation
import OrchTestSupport
import Settings
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct HostileFileTests {
  @Test(arguments: [
    ("git: foo", "1:6: 'git' must be a mapping of settings, not the string 'foo'"),
    ("git:\n  base_branch: [a]", "2:16: 'git.base_branch' must be a string, not a list"),
    ("git:\n  base_branch: {a: b}", "2:16: 'git.base_branch' must be a string, not a mapping"),
    ("tools: {allowed_cli: {gh: true}}", "1:22: 'tools.allowed_cli' must be a list of strings, not a mapping"),
    ("tools: {allowed_cli: [[gh]]}", "1:23: 'tools.allowed_cli' must be a list of strings; this is a list"),
    ("tools: {allowed_cli: ['']}", "1:23: 'tools.allowed_cli' must be a list of strings; this is the string ''"),
    ("- a", "1:1: settings must be a mapping such as 'git:', not a list"),
    ("just words", "1:1: settings must be a mapping such as 'git:', not the string 'just words'"),
    ("[a]: b", "1:1: the name of a setting must be a word, not a list"),
    ("mcps: {custom: {name: x}}", "1:16: 'mcps.custom' must be a list of maps, not a mapping"),
    ("mcps: {custom: [{package: x}]}", "1:17: an entry of 'mcps.custom' needs a 'name'"),
    ("git: {base_branch: \"a\\0b\"}", "1:7: 'git.base_branch' contains a NUL character"),
    ("git: {base_branch: a, baseBranch: b}", "1:23: 'git.baseBranch' is given twice, first on line 1"),
    ("git:\n  base_branch: a\ngit.base_branch: b", "3:1: 'git.baseBranch' is given twice, first on line 2"),
    ("git: {a: b}\ngit: {c: d}", "2:1: 'git' is given twice, first on line 1"),
    ("git: &a {provider: auto}\nproject: *a", "1:6: anchors and aliases are not allowed here; write the value out"),
    ("git: *a", "1:6: anchors and aliases are not allowed here; write the value out"),
    ("git: &a {provider: auto}", "1:6: anchors and aliases are not allowed here; write the value out"),
    (
      "agent: {command: !!python/object/apply:os.system [id]}",
      "1:18: tags such as 'tag:yaml.org,2002:python/object/apply:os.system' are not allowed here"
    ),
    ("agent: !evil {command: x}", "1:8: tags such as '!evil' are not allowed here"),
    ("a: b\n---\nc: d", "2:1: there is more than one document, where one is expected"),
    ("git: [", "2:1: not valid YAML: did not find expected node content"),
    ("git:\n\tprovider: auto", "2:1: not valid YAML: found character that cannot start any token"),
  ])
  func `what cannot be meant is an error with its line and column`(yaml: String, message: String) {
    let error = #expect(throws: SettingsError.self) {
      try SettingsFile(yaml: yaml, scope: .team, name: "f.yaml")
    }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("f.yaml:\(message)"), "\(text)")
  }

  @Test func `every fault is reported at once, in the order of the file`() {
    let error = #expect(throws: SettingsError.self) {
      try SettingsFile(yaml: "git: x\ntools: {allowed_cli: {}}\nagent: []\n", scope: .team, name: "f.yaml")
    }
    #expect(error?.description.split(separator: "\n").map { $0.prefix(9) } == ["f.yaml:1:", "f.yaml:2:", "f.yaml:3:"])
  }

  @Test func `a text that would grow without bound is refused at once`() {
    var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...30 {
      let uses = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      yaml += "a\(level): &a\(level) [\(uses)]\n"
    }
    let error = #expect(throws: SettingsError.self) { try SettingsFile(yaml: yaml, scope: .team, name: "f.yaml") }
    #expect(error?.description.contains("anchors and aliases are not allowed here") == true)
  }

  @Test(arguments: ["[", "{a: ", "- "])
  func `deep nesting is an error, not the end`(opening: String) async {
    let error = #expect(throws: SettingsError.self) {
      try SettingsFile(yaml: String(repeating: opening, count: 60_000), scope: .team, name: "f.yaml")
    }
    #expect(error?.description.hasPrefix("f.yaml:") == true)
  }

  @Test func `a control character is an error with its place`() {
    let error = #expect(throws: SettingsError.self) {
      try SettingsFile(yaml: "git:\n  base_branch: a\u{1}b\n", scope: .team, name: "f.yaml")
    }
    #expect(
      error?.description
        == "f.yaml:2:17: not valid YAML: the character U+0001 may only be written as an escape in double quotes")
  }

  // MARK: Files

  private func read(
    scope: ConfigScope = .team, _ make: (FilePath) throws -> Void
  ) async throws -> Result<SettingsFile?, SettingsError> {
    let scratch = try TemporaryDirectory()
    let path = scratch.path.appending("f.yaml")
    try make(path)
    let result = Result { () throws(SettingsError) in try SettingsFile.read(path, scope: scope, name: "f.yaml") }
    withExtendedLifetime(scratch) {}
    return result
  }

  private func message(_ result: Result<SettingsFile?, SettingsError>) -> String? {
    if case .failure(let error) = result { error.description } else { nil }
  }

  @Test func `no file is not a fault`() async throws {
    #expect(try await read { _ in }.get() == nil)
  }

  @Test func `a symbolic link is refused in the team's place and followed in the user's`() async throws {
    let make = { (path: FilePath) in
      let target = path.removingLastComponent().appending("elsewhere.yaml")
      try Data("git: {base_branch: x}".utf8).write(to: URL(fileURLWithPath: target.string))
      try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: target.string)
    }
    #expect(message(try await read(make))?.hasPrefix("f.yaml: it is a symbolic link; ") == true)
    #expect(try await read(scope: .user, make).get()?.entries.map(\.value) == ["x"])
  }

  @Test func `a dangling link is refused, too`() async throws {
    let result = try await read { path in
      try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: "/nonexistent")
    }
    #expect(message(result)?.hasPrefix("f.yaml: it is a symbolic link; ") == true)
  }

  @Test func `a folder and a pipe are no files, and nobody waits for them`() async throws {
    let folder = try await read {
      try FileManager.default.createDirectory(atPath: $0.string, withIntermediateDirectories: false)
    }
    #expect(message(folder) == "f.yaml: it is a folder")
    let pipe = try await read { #expect(mkfifo($0.string, 0o600) == 0) }
    #expect(message(pipe) == "f.yaml: it is not a regular file")
  }

  @Test func `a file of more than 256 KiB is refused`() async throws {
    for (size, isAllowed) in [(256 << 10, true), (256 << 10 + 1, false), (64 << 20, false)] {
      let result = try await read { path in
        try Data(repeating: UInt8(ascii: "#"), count: size).write(to: URL(fileURLWithPath: path.string))
      }
      #expect(message(result) == (isAllowed ? nil : "f.yaml: it is larger than 256 KiB"))
    }
  }

  @Test func `bytes that are not UTF-8 are an error with their line`() async throws {
    let result = try await read { path in
      try Data(Array("a: b\nc: ".utf8) + [0xff, 0x0a]).write(to: URL(fileURLWithPath: path.string))
    }
    #expect(message(result) == "f.yaml:2: it is not UTF-8")
  }
}
