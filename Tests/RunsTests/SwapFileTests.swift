import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

@testable import Engine

/// Whether somebody has a to-do list open.
@Suite struct SwapFileTests {
  private static func vim(_ pid: Int32) -> Data {
    var bytes = [UInt8](repeating: 0, count: 4096)
    bytes.replaceSubrange(0..<2, with: Array("b0".utf8))
    withUnsafeBytes(of: pid.littleEndian) { bytes.replaceSubrange(24..<28, with: Array($0)) }
    return Data(bytes)
  }

  /// No process has it: the kernel's limit is lower.
  private static let nobody: Int32 = 0x7FFF_FFFE

  @Test(arguments: [".todo.md.swp", ".todo.md.swo"], [true, false])
  func `vim's counts while its process lives`(name: String, isAlive: Bool) async throws {
    try await withTemporaryDirectory { folder in
      let pid = isAlive ? getpid() : Self.nobody
      try Self.vim(pid).write(to: URL(filePath: folder.appending(name).string))
      let found = SwapFile.living(of: folder.appending("todo.md"))
      #expect(found?.file == (isAlive ? name : nil))
      #expect(found?.pid == (isAlive ? pid : nil))
    }
  }

  @Test(arguments: [true, false]) func `emacs' lock counts while its process lives`(isAlive: Bool) async throws {
    try await withTemporaryDirectory { folder in
      let pid = isAlive ? getpid() : Self.nobody
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending(".#todo.md").string, withDestinationPath: "me@host.example.\(pid):1764216000")
      #expect(SwapFile.living(of: folder.appending("todo.md"))?.file == (isAlive ? ".#todo.md" : nil))
    }
  }

  @Test func `what only looks like one, or is another file's, does not count`() async throws {
    try await withTemporaryDirectory { folder in
      try Self.vim(getpid()).write(to: URL(filePath: folder.appending(".other.md.swp").string))
      try Data("b0".utf8).write(to: URL(filePath: folder.appending(".todo.md.swp").string))
      try Data(repeating: 1, count: 100).write(to: URL(filePath: folder.appending(".todo.md.swo").string))
      try Data("text".utf8).write(to: URL(filePath: folder.appending(".#todo.md").string))
      #expect(SwapFile.living(of: folder.appending("todo.md")) == nil)
    }
  }
}
