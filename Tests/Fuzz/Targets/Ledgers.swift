import Journal
import Ledger
import OrchTestSupport

extension FuzzTarget {
  /// The journal in a ledger that somebody else wrote.
  static let ledger = FuzzTarget(
    name: "ledger", seeds: { try Seeds.files("JournalTests/Golden", ending: ".ndjson", in: $0) }
  ) { input, random in
    var journal = RedactedJournal(redactor: .ofOthers)
    pieces(of: input, &random) { _ = journal.feed($0) }
    guard let state = journal.state else { return }
    try Rendering.check(state)
    var fold = JournalFold(path: "journal.ndjson")
    let lines = journal.takeFull().flatMap(\.bytes) + (journal.last?.bytes ?? [])
    try lines.withUnsafeBytes { try fold.feed($0) }
    // What could not be read is counted where it was left out.
    guard fold.state?.tasks == state.tasks, fold.state?.phase == state.phase, fold.state?.unreadableLines == 0 else {
      throw Violation("a ledger's copy is another than what was read of it")
    }
  }
}
