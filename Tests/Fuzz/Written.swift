import Synchronization

/// Collects what is written to a terminal that is none.
final class Written: Sendable {
  private let words = Mutex("")

  var text: String { words.withLock { $0 } }

  func add(_ text: String) { words.withLock { $0 += text } }
}
