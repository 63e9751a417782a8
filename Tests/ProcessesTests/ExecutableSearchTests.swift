import Basics
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct ExecutableSearchTests {
  let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  @discardableResult
  private func file(_ name: String, mode: Int = 0o755) throws -> FilePath {
    let path = scratch.path.appending(name)
    try scratch.makeDirectory(FilePath(name).removingLastComponent().string)
    try Data("#!/bin/sh\n".utf8).write(to: URL(filePath: path.string))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.string)
    return path
  }

  private func search(_ folders: String...) -> ExecutableSearch {
    let path = folders.map { $0.isEmpty || $0.hasPrefix("/") ? $0 : "\(scratch.path)/\($0)" }.joined(separator: ":")
    return ExecutableSearch(["PATH": path, "HOME": scratch.path.string])
  }

  @Test func `the first executable file counts; a folder and a plain file do not`() throws {
    try scratch.makeDirectory("a/tool")
    let plain = try file("b/tool", mode: 0o644)
    let first = try file("c/tool")
    try file("d/tool")
    #expect(search("/nosuch", "a", "b", "c", "d").find("tool") == .found(first))
    #expect(search("a").locate("tool") == nil)
    #expect(search("b", "a").find("tool") == .notExecutable(plain))
    #expect(search("/nosuch").find("tool") == .absent)
  }

  @Test func `a symbolic link to a program is one`() throws {
    let tool = try file("c/tool")
    let link = scratch.path.appending("c/alias")
    try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: tool.string)
    #expect(search("c").find("alias") == .found(link))
    try FileManager.default.removeItem(atPath: tool.string)
    #expect(search("c").find("alias") == .absent)
  }

  @Test func `the empty parts of PATH are not the current folder`() {
    #expect(search("", "/bin", "").folders == ["/bin"])
    #expect(ExecutableSearch(path: "").folders.isEmpty)
  }

  @Test func `without PATH there is a default`() {
    #expect(ExecutableSearch([:]).folders == ["/usr/local/bin", "/usr/bin", "/bin"])
    #expect(ExecutableSearch([:]).locate("sh") != nil)
  }

  @Test func `a path is taken as it is, and the tilde is the user's home`() throws {
    let tool = try file("bin/tool")
    #expect(search().find(tool.string) == .found(tool))
    #expect(search().find("~/bin/tool") == .found(tool))
    #expect(search("bin").find("~/nosuch") == .absent)
    #expect(search("bin").find("") == .absent)
    #expect(search("bin").find("tool\0") == .absent)
    #expect(search().find(scratch.path.string) == .notExecutable(scratch.path))
  }
}
