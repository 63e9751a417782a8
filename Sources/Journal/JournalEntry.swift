#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One line of a journal: when something happened, and what.
package struct JournalEntry: Codable, Equatable, Sendable {
  /// The version of the journal's schema that this program writes and the newest that it reads.
  package static let schemaVersion = 1

  package let schema: Int
  package let time: JournalTime
  package let event: JournalEvent

  package init(time: JournalTime, event: JournalEvent) {
    self.schema = Self.schemaVersion
    self.time = time
    self.event = event
  }

  /// The entry as one line of JSON, newline included.
  package func line() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }
}

/// A journal as read back from its file.
package struct JournalContents: Sendable, Equatable {
  package private(set) var entries: [JournalEntry] = []
  /// Complete lines that could not be read: events of a newer program, or damage. A torn last line is not counted.
  package private(set) var unreadableLines = 0

  /// Reads the lines of a journal.
  ///
  /// A last line without its newline is what a crash in the middle of a write leaves behind: it was never
  /// acknowledged, so it is ignored.
  /// - Throws: `JournalError.newerSchema` when the journal was written by a program with a newer schema.
  package init(bytes: some Collection<UInt8>, path: String) throws(JournalError) {
    let decoder = JSONDecoder()
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = Data(rest[rest.startIndex..<end])
      rest = rest[rest.index(after: end)...]
      if let entry = try? decoder.decode(JournalEntry.self, from: line) {
        guard entry.schema <= JournalEntry.schemaVersion else {
          throw .newerSchema(path: path, schema: entry.schema)
        }
        entries.append(entry)
      } else if let header = try? decoder.decode(Header.self, from: line), header.schema > JournalEntry.schemaVersion {
        throw .newerSchema(path: path, schema: header.schema)
      } else {
        unreadableLines += 1
      }
    }
  }

  private struct Header: Decodable {
    let schema: Int
  }
}
