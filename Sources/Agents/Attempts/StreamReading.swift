import Basics
import Platform
import Processes
import SystemPackage

/// Reads and decodes what an agent prints, outside Swift's pool: a large stream would take one of its few threads for
/// long, and the clocks and signals of all other agents wait for them.
actor StreamReading {
  /// What was new.
  struct Piece: Sendable {
    var events: [AgentEvent] = []
    var hasGrown = false
    var isAtEnd = false
  }

  private let executor = BlockingExecutor()
  private let follower: FileFollower
  private var stream: AgentStream
  private let bound: Bound?
  private var cutter = StreamCutter()
  private var errorsCutter = StreamCutter()

  /// How large the stream may become together with others: its file and that of the agent's errors, to be written to.
  struct Bound: Sendable {
    let budget: StreamBudget
    let stream: FileDescriptor
    let errors: FileDescriptor
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// - `wakeup`: is sent when there is more.
  init(path: FilePath, reader: any AgentEventReader, wakeup: AsyncSignal, bound: Bound?) throws(FileError) {
    self.bound = bound
    follower = try FileFollower(path: path, wakeup: wakeup)
    stream = AgentStream(reader: reader)
  }

  var counts: StreamCounts { stream.counts }

  /// From how many events on no more is read at once: whoever reads looks at the limits of the attempt in between, and a
  /// program can print short lines without end.
  private static let mostEvents = 2_000

  /// Reads what is new, at most about `limit` bytes.
  // Inlined, what it needs would be part of the frame of the caller, which then waits.
  @inline(never)
  func read(limit: Int) -> Piece {
    var piece = Piece()
    var left = limit
    repeat {
      piece.isAtEnd = follower.readAvailable(limit: min(left, FileFollower.pieceSize)) { bytes in
        left -= bytes.count
        piece.hasGrown = true
        stream.feed(bytes) { Self.add($0, to: &piece.events) }
        guard let bound else { return }
        cutter.note(bytes)
        bound.budget.add(bytes.count)
        cutter.cut(bound.stream, bound.budget)
      }
    } while !piece.isAtEnd && left > 0 && piece.events.count < Self.mostEvents
    if let bound { cutErrors(bound) }
    return piece
  }

  private func cutErrors(_ bound: Bound) {
    var status = stat()
    guard fstat(bound.errors.rawValue, &status) == 0, Int64(status.st_size) > errorsCutter.size else { return }
    bound.budget.add(Int(Int64(status.st_size) - errorsCutter.size))
    errorsCutter.note(size: Int64(status.st_size))
    errorsCutter.cut(bound.errors, bound.budget)
  }

  /// A last line without its end, once nothing more will come.
  func finish() -> [AgentEvent] {
    var events: [AgentEvent] = []
    stream.finish { Self.add($0, to: &events) }
    return events
  }

  /// Adds an event, but not a second sign of life in a row.
  private static func add(_ event: AgentEvent, to events: inout [AgentEvent]) {
    if event == .progress || event == .waiting, events.last == event { return }
    events.append(event)
  }
}
