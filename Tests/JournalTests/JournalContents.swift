import Foundation

@testable import Journal

/// A journal's entries one by one, which the program itself only folds.
struct JournalContents: Equatable {
  private(set) var entries: [JournalEntry] = []
  let unreadableLines: Int
  let unknownEntries: Int

  init(bytes: [UInt8]) throws(JournalError) {
    var reader = JournalReader(path: "journal")
    // What follows the last newline is what a crash has torn off.
    for line in bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
      if let entry = try reader.read(Data(line)) { entries.append(entry) }
    }
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
