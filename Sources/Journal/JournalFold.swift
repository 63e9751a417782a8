/// Folds a journal piece by piece, as its file is read or as it grows; each line once.
package struct JournalFold {
  /// nil until the run's beginning was read, and of a journal that has none.
  package private(set) var state: RunState?

  private var reader: JournalReader
  private var hasBegun = false

  package init(path: String) { reader = JournalReader(path: path) }

  /// - Parameter each: gets each entry, and the state with it.
  /// - Throws: `JournalError.newerSchema`.
  package mutating func feed(
    _ bytes: UnsafeRawBufferPointer, each: (JournalEntry, RunState) -> Void = { _, _ in }
  ) throws(JournalError) {
    reader.feed(bytes) { entry in
      defer { if let state { each(entry, state) } }
      if hasBegun {
        state?.apply(entry)
      } else if case .runStarted(let header) = entry.event {
        state = RunState(header: header, startedAt: entry.time)
      }
      hasBegun = true
    }
    if let failure = reader.failure { throw failure }
    state?.note(unreadableLines: reader.unreadableLines, unknownEntries: reader.unknownEntries)
  }
}
