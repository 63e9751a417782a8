#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension FakeForge {
  /// How many forges of one process serve at the same time.
  ///
  /// Each keeps two threads waiting for connections, and Dispatch has 255: a large suite, whose tests all begin at once,
  /// would come to stand still. Besides, their clients have time limits and must get their share of the machine.
  actor Places {
    static let shared = Places(16)

    private var free: Int
    private var waiting: [(id: UUID, turn: AsyncStream<Never>.Continuation)] = []

    private init(_ count: Int) { free = count }

    /// - Throws: `CancellationError` when the task is cancelled before it is its turn.
    func take() async throws {
      if free > 0 {
        free -= 1
        return
      }
      let id = UUID()
      let (turn, continuation) = AsyncStream.makeStream(of: Never.self)
      waiting.append((id, continuation))
      // Ends when it is its turn, and when nobody waits any longer.
      for await _ in turn {}
      let isNotItsTurn = waiting.contains { $0.id == id }
      waiting.removeAll { $0.id == id }
      if isNotItsTurn { throw CancellationError() }
    }

    func giveBack() {
      guard let next = waiting.first else {
        free += 1
        return
      }
      waiting.removeFirst()
      next.turn.finish()
    }
  }
}
