import Basics
import Foundation
import OrchTestSupport
import SystemPackage

#if DEBUG
  @testable import Journal
#else
  import Journal
#endif

extension FuzzTarget {
  static let journal = FuzzTarget(
    name: "journal", seeds: { try Seeds.files("JournalTests/Golden", ending: ".ndjson", in: $0) }
  ) { input, random in
    var fold = JournalFold(path: "journal.ndjson")
    do {
      try pieces(of: input, &random) { try fold.feed($0) }
    } catch let error as JournalError {
      return try checkShown(text: "\(error)", "a journal's fault")
    }
    guard let state = fold.state else { return }
    try Rendering.check(state)
    try check(input, state)
  }

  /// Each entry by itself: how it is told as it comes, and that it can be written again.
  private static func check(_ input: [UInt8], _ state: RunState) throws {
    #if DEBUG
      var reader = JournalReader(path: "journal.ndjson")
      var entries: [JournalEntry] = []
      input.withUnsafeBytes { bytes in reader.feed(bytes) { entries.append($0) } }
      let steps = try Rendering.fold(entries)
      if let last = steps.last?.1, last.tasks != state.tasks {
        throw Violation("a journal read in pieces is another than one read at once")
      }
      try Rendering.checkNarration(Array(steps.suffix(40)))
      let copy = try entries.map { try $0.line() }.joined()
      var again = JournalReader(path: "copy")
      var copies: [JournalEntry] = []
      Array(copy).withUnsafeBytes { bytes in again.feed(bytes) { copies.append($0) } }
      guard copies == entries else { throw Violation("entries are others once they were written and read") }
    #endif
  }
}
