import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

@testable import Basics

@Suite(.timeLimit(.minutes(5))) struct TreeRemovalTests {
  private let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private func write(_ path: FilePath) throws {
    try FileManager.default.createDirectory(
      atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
    try Data("x".utf8).write(to: URL(filePath: path.string))
  }

  @Test func `follows no link and opens up what is closed`() throws {
    let outside = scratch.path.appending("outside/file")
    try write(outside)
    let tree = scratch.path.appending("tree")
    try write(tree.appending("a/b/file"))
    symlink(outside.removingLastComponent().string, tree.appending("link").string)
    symlink(outside.string, tree.appending("a/link").string)
    mkfifo(tree.appending("pipe").string, 0o600)
    for folder in ["a/b", "a"] { chmod(tree.appending(folder).string, 0) }
    try tree.removeTree()
    #expect(!tree.exists)
    #expect(outside.exists)
    // A link itself goes, not what it leads to.
    symlink(outside.removingLastComponent().string, tree.string)
    try tree.removeTree()
    #expect(!tree.exists && outside.exists)
    try tree.removeTree()
  }

  @Test func `goes as deep as folders go`() throws {
    let tree = scratch.path.appending("tree")
    mkdir(tree.string, 0o700)
    // Deeper than descriptors last, and than a path can name.
    var folder = open(tree.string, O_RDONLY | O_DIRECTORY)
    for _ in 0..<3000 {
      mkdirat(folder, "deeper", 0o700)
      let next = openat(folder, "deeper", O_RDONLY | O_DIRECTORY)
      close(folder)
      folder = next
    }
    close(folder)
    try tree.removeTree()
    #expect(!tree.exists)
  }

  #if os(Linux)
    @Test(arguments: [
      ("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw", "/mnt2"),
      (#"36 35 98:0 / /a\040b\134c rw - tmpfs x rw"#, #"/a b\c"#), ("36 35", nil),
    ])
    func `a line of the table of mounts`(line: String, path: String?) {
      #expect(MountPoints.path(inLine: Array(line.utf8)[...]) == path)
    }
  #endif

  @Test func `what is mounted in a folder is found`() {
    let points = MountPoints(["/", "/a/b", "/a/bc"])
    #expect(points.first(in: "/a/b") == "/a/b")
    #expect(points.first(in: "/a") == "/a/b")
    #expect(points.first(in: "/a/b/c") == nil)
  }
}
