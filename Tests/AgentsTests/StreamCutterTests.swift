import Foundation
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

@testable import Agents

@Suite(.timeLimit(.minutes(5))) struct StreamCutterTests {
  private let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private func diskUse(_ path: FilePath) -> Int64 {
    var status = stat()
    return stat(path.string, &status) == 0 ? Int64(status.st_blocks) * 512 : -1
  }

  /// Whether parts of files can be freed here.
  private func canFree() throws -> Bool {
    let file = try FileDescriptor.open(
      scratch.path.appending("trial"), .readWrite, options: .create, permissions: .ownerReadWrite)
    defer { try? file.close() }
    try file.writeAll(Array(repeating: 1, count: 1 << 16))
    return platform_punch_hole(file.rawValue, 0, 1 << 15) == 0
  }

  /// Writes lines and has them noted, as an agent and a reader do; returns what is left of them.
  private func write(_ lines: Int, length: Int, budget: StreamBudget, pieceSize: Int = 64 << 10) throws -> FilePath {
    let path = scratch.path.appending("stream")
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .append, .truncate], permissions: .ownerReadWrite)
    defer { try? file.close() }
    var cutter = StreamCutter()
    var pending: [UInt8] = []
    func flush() throws {
      try file.writeAll(pending)
      pending.withUnsafeBytes { cutter.note($0) }
      budget.add(pending.count)
      cutter.cut(file, budget)
      pending = []
    }
    for number in 0..<lines {
      let head = "\(number) "
      pending += Array(head.utf8) + Array(repeating: UInt8(ascii: "x"), count: length - head.count - 1) + [0x0A]
      if pending.count >= pieceSize { try flush() }
    }
    try flush()
    return path
  }

  @Test func `beyond the limit the beginning and the end are kept, in whole lines`() throws {
    guard try canFree() else { return }
    let budget = StreamBudget(limit: 8 << 20)
    let path = try write(4_000, length: 10_000, budget: budget)
    #expect(diskUse(path) < 10 << 20)
    let follower = try FileFollower(path: path)
    var text: [UInt8] = []
    var gap: Int64 = 0
    _ = follower.readAvailable(gap: { gap += $0 }) { text += Array($0) }
    #expect(Int64(text.count) + gap == 40_000_000)
    let lines = text.split(separator: 0x0A)
    #expect(lines.allSatisfy { $0.count == 9_999 })
    #expect(lines.count > 200)
    #expect(lines.last?.starts(with: "3999 ".utf8) == true)
    #expect(budget.takeNotes().count == 1)
    #expect(budget.takeNotes().isEmpty)
  }

  @Test func `below the limit, and without one, nothing is freed`() throws {
    for limit: Int64 in [0, 100 << 20] {
      let budget = StreamBudget(limit: limit)
      let path = try write(2_000, length: 10_000, budget: budget)
      #expect(diskUse(path) >= 20_000_000)
      #expect(budget.takeNotes().isEmpty)
    }
  }

  @Test func `a stream without line ends is freed as well`() throws {
    guard try canFree() else { return }
    let path = try write(1, length: 6_000_000, budget: StreamBudget(limit: 1 << 20))
    // All in one piece: nothing to keep apart from it.
    #expect(diskUse(path) > 0)
    let budget = StreamBudget(limit: 1 << 20)
    let file = try FileDescriptor.open(path, .writeOnly, options: [.truncate])
    defer { try? file.close() }
    var cutter = StreamCutter()
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 64 << 10)
    for _ in 0..<220 {
      try file.writeAll(piece)
      piece.withUnsafeBytes { cutter.note($0) }
      budget.add(piece.count)
      cutter.cut(file, budget)
    }
    #expect(diskUse(path) < 9 << 20)
  }

  @Test func `an attempt within a run that has used its share keeps its result`() async throws {
    guard try canFree() else { return }
    let own = try Scratch()
    let line = String(repeating: "y", count: 60_000)
    let says = (0..<300).map { _ in #"{"say": "\#(line)"}"# }.joined(separator: ",")
    let trial = try Trial(own, script: #"{"tasks": {"task": [[\#(says)]]}}"#)
    var request = trial.request
    request.streams = StreamBudget(limit: 1)
    let outcome = await performAttempt(request, stop: StopRequest(), launched: { _ in }, observe: { _ in })
    #expect(outcome.end == .succeeded)
    #expect(outcome.counts.badLines == 0)
    #expect(diskUse(request.files.stream) < 9 << 20)
    #expect(request.streams?.takeNotes().isEmpty == false)
  }

  @Test func `what a run left earlier counts`() throws {
    let task = try scratch.makeDirectory("tasks/a")
    try Data(repeating: 1, count: 3 << 20).write(to: URL(filePath: task.appending("attempt-1.ndjson").string))
    #expect(StreamBudget(limit: 2 << 20, tasks: scratch.path.appending("tasks")).isExceeded)
    #expect(!StreamBudget(limit: 4 << 20, tasks: scratch.path.appending("tasks")).isExceeded)
    #expect(!StreamBudget(limit: 0, tasks: scratch.path.appending("tasks")).isExceeded)
  }
}
