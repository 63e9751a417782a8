import Processes

/// What became of the lines of a stream.
package struct StreamCounts: Sendable, Equatable {
  package var events = 0
  /// No JSON, no UTF-8, or no object with a type; a line torn off by a kill among them.
  package var badLines = 0
  package var overlongLines = 0
  package var unknownTypes = 0

  package init(events: Int = 0, badLines: Int = 0, overlongLines: Int = 0, unknownTypes: Int = 0) {
    (self.events, self.badLines, self.overlongLines, self.unknownTypes) =
      (events, badLines, overlongLines, unknownTypes)
  }
}

/// Decodes an agent's standard output as it comes, in pieces of any size. Bad lines are counted and skipped.
package struct AgentStream: Sendable {
  private var lines: LineSplitter
  private var reader: any AgentEventReader
  package private(set) var counts = StreamCounts()

  package init(reader: any AgentEventReader, lineLimit: Int = 16 << 20) {
    self.lines = LineSplitter(limit: lineLimit)
    self.reader = reader
  }

  package mutating func feed(_ bytes: UnsafeRawBufferPointer, _ emit: (AgentEvent) -> Void) {
    lines.feed(bytes) { line in read(line, &reader, &counts, emit) }
  }

  /// Decodes a last line that has no newline, once nothing more will come.
  package mutating func finish(_ emit: (AgentEvent) -> Void) {
    lines.finish { line in read(line, &reader, &counts, emit) }
  }
}

private func read(
  _ line: LineSplitter.Line, _ reader: inout any AgentEventReader, _ counts: inout StreamCounts,
  _ emit: (AgentEvent) -> Void
) {
  guard case .whole(let bytes) = line else {
    counts.overlongLines += 1
    return
  }
  switch reader.read(line: bytes, emit: emit) {
  case .event: counts.events += 1
  case .unknownType:
    counts.events += 1
    counts.unknownTypes += 1
  case .bad: counts.badLines += 1
  case .blank: break
  }
}
