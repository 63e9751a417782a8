import Basics
import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Agents

/// How much of a stream is read at once.
@Suite(.timeLimit(.minutes(2))) struct StreamReadingTests {
  /// Each line is an event, as of an agent of which only its output is known.
  private struct Lines: AgentEventReader {
    mutating func read(line: UnsafeRawBufferPointer, emit: (AgentEvent) -> Void) -> LineKind {
      emit(.text(String(decoding: line, as: UTF8.self)))
      return .event
    }
  }

  @Test func `between many short lines the limits of the attempt are looked at`() async throws {
    let scratch = try TemporaryDirectory()
    let file = scratch.path.appending("stream")
    let lines = 300_000
    try FileSystem.create(file, containing: String(repeating: "y\n", count: lines))
    let reading = try StreamReading(path: file, reader: Lines(), wakeup: AsyncSignal(), bound: nil)
    var counts: [Int] = []
    while true {
      let piece = await reading.read(limit: 1 << 20)
      counts.append(piece.events.count)
      if piece.isAtEnd { break }
    }
    #expect(counts.reduce(0, +) == lines)
    #expect(counts.allSatisfy { $0 <= FileFollower.pieceSize / 2 })
  }

  @Test func `of long lines as much is read at once as is asked for`() async throws {
    let scratch = try TemporaryDirectory()
    let file = scratch.path.appending("stream")
    let line = String(repeating: "x", count: 99_999) + "\n"
    try FileSystem.create(file, containing: String(repeating: line, count: 20))
    let reading = try StreamReading(path: file, reader: Lines(), wakeup: AsyncSignal(), bound: nil)
    let piece = await reading.read(limit: 1 << 20)
    #expect(piece.events.count == 10 && !piece.isAtEnd)
  }
}
