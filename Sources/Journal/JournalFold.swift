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
      Self.take(entry, &state, &hasBegun)
      if let state { each(entry, state) }
    }
    try note()
  }

  /// The same of many lines, all of them whole; before these there was no part of one. They are a part of the state once
  /// the next are fed, or after ``finish()``.
  mutating func feed(lines bytes: UnsafeRawBufferPointer) throws(JournalError) {
    reader.feed(lines: bytes) { Self.take($0, &state, &hasBegun) }
    try note()
  }

  mutating func finish() throws(JournalError) {
    reader.finish { Self.take($0, &state, &hasBegun) }
    try note()
  }

  private static func take(_ entry: JournalEntry, _ state: inout RunState?, _ hasBegun: inout Bool) {
    if hasBegun {
      state?.apply(entry)
    } else if case .runStarted(let header) = entry.event {
      state = RunState(header: header, startedAt: entry.time)
    }
    hasBegun = true
  }

  private mutating func note() throws(JournalError) {
    if let failure = reader.failure { throw failure }
    state?.note(unreadableLines: reader.unreadableLines, unknownEntries: reader.unknownEntries)
  }
}
