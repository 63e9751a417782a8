import Basics
import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct FileReadingTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func file(_ bytes: [UInt8], _ name: String = "file") throws -> FilePath {
    let path = folder.path.appending(name)
    try Data(bytes).write(to: URL(filePath: path.string))
    return path
  }

  private func error(_ read: () throws(FileReadError) -> some Any) -> FileReadError? {
    do throws(FileReadError) {
      _ = try read()
      return nil
    } catch {
      return error
    }
  }

  @Test func `a file is read up to its limit`() throws {
    let path = try file(Array("hello\n".utf8))
    #expect(try path.readText(limit: 6) == "hello\n")
    #expect(error { () throws(FileReadError) in try path.readText(limit: 5) } == .tooLarge(limit: 5))
    #expect(try path.readText(limit: 4, .beginningOnly) == "hell")
    #expect(path.text == "hello")
    #expect(try file([]).readBytes(limit: 0) == [])
  }

  @Test func `a large file is read in pieces`() throws {
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
    #expect(try file(bytes).readBytes(limit: 1 << 20) == bytes)
  }

  @Test func `bytes that are not UTF-8 are an error with its place, or replaced`() throws {
    let path = try file(Array("a\nb".utf8) + [0xFF])
    #expect(error { () throws(FileReadError) in try path.readText(limit: 10) } == .notUTF8(byte: 3, line: 2))
    #expect(try path.readText(limit: 10, .repairsText) == "a\nb\u{FFFD}")
  }

  @Test func `what is missing, and folders, are errors`() {
    let missing = folder.path.appending("none")
    #expect(error { () throws(FileReadError) in try missing.readBytes(limit: 1) } == .missing)
    #expect(error { () throws(FileReadError) in try folder.path.readBytes(limit: 1) } == .directory)
    #expect(error { () throws(FileReadError) in try folder.path.readBytes(limit: 1, .plainFile) } == .directory)
    #expect(missing.text == nil)
  }

  @Test func `a link is followed unless it may not be one`() throws {
    let path = try file(Array("x".utf8))
    let link = folder.path.appending("link")
    try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: path.string)
    #expect(try link.readText(limit: 10, .regularOnly) == "x")
    #expect(error { () throws(FileReadError) in try link.readText(limit: 10, .noLinks) } == .link)
  }

  @Test func `a named pipe without a writer is an error, not a wait`() throws {
    let pipe = folder.path.appending("pipe")
    #expect(mkfifo(pipe.string, 0o600) == 0)
    #expect(error { () throws(FileReadError) in try pipe.readBytes(limit: 1, .regularOnly) } == .notRegular)
    #expect(error { () throws(FileReadError) in try TextFile.read(pipe) } == .notRegular)
    #expect(pipe.text == nil)
    #expect(pipe.readTail(limit: 10) == "")
  }

  @Test(
    arguments: [
      ("a\nbb\nccc\n", 100, "a\nbb\nccc\n"), ("a\nbb\nccc\n", 6, "ccc\n"), ("abcdef\n", 4, "def\n"), ("", 4, ""),
    ])
  func `a tail begins with a line`(text: String, limit: Int, tail: String) throws {
    #expect(try file(Array(text.utf8)).readTail(limit: limit) == tail)
  }

  @Test func `what a shell hands over as a descriptor is read`() throws {
    let (output, input) = try FileDescriptor.pipe()
    defer { try? output.close() }
    try input.closeAfter { _ = try input.writeAll("- [ ] a\n".utf8) }
    #expect(try TextFile.read(FilePath("/dev/fd/\(output.rawValue)")) == "- [ ] a\n")
  }

  @Test func `a scratch folder is gone after its use, whatever is in it`() async throws {
    let environment = ["TMPDIR": folder.path.string]
    let used = try await withScratchFolder(environment) { scratch in
      for name in ["a/b", "closed/c"] {
        try FileManager.default.createDirectory(
          atPath: scratch.pushing(FilePath(name)).string, withIntermediateDirectories: true)
      }
      try "x".write(toFile: scratch.pushing("closed/c/file").string, atomically: false, encoding: .utf8)
      chmod(scratch.pushing("closed/c").string, 0o500)
      chmod(scratch.appending("closed").string, 0)
      symlink("/", scratch.appending("link").string)
      return scratch
    }
    #expect(used.removingLastComponent() == folder.path && !used.exists && folder.path.exists)
    #expect(throws: Errno.noSuchFileOrDirectory) { try ScratchFolder(["TMPDIR": "/nowhere"]) }
  }

  @Test func `a text written by hand is text`() throws {
    #expect(try TextFile.read(file([0xEF, 0xBB, 0xBF] + Array("a\n".utf8))) == "a\n")
    let binary = try file(Array("a\n\0".utf8))
    #expect(error { () throws(FileReadError) in try TextFile.read(binary) } == .holdsNUL(line: 2))
    let blank = try file(Array(" \n".utf8))
    #expect(error { () throws(FileReadError) in try TextFile.read(blank) } == .empty)
  }
}
