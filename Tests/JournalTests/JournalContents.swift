@testable import Journal

/// A journal's entries one by one, which the program itself only folds.
struct JournalContents: Equatable {
  let entries: [JournalEntry]
  let unreadableLines: Int
  let unknownEntries: Int

  init(bytes: [UInt8]) throws(JournalError) {
    var reader = JournalReader(path: "journal")
    var entries: [JournalEntry] = []
    bytes.withUnsafeBytes { reader.feed($0) { entries.append($0) } }
    if let failure = reader.failure { throw failure }
    self.entries = entries
    unreadableLines = reader.unreadableLines
    unknownEntries = reader.unknownEntries
  }
}

extension JournalFold {
  init(_ bytes: [UInt8]) throws(JournalError) {
    self.init(path: "journal")
    var failure: JournalError?
    bytes.withUnsafeBytes { bytes in
      do throws(JournalError) { try feed(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
