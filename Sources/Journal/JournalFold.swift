#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Folds a journal piece by piece, as its file is read or as it grows; each line once.
package struct JournalFold {
  /// nil until the run's beginning was read, and of a journal that has none.
  package private(set) var state: RunState?

  private var reader: JournalReader
  /// The beginning of a line whose end has not come yet. What a crash has torn stays here.
  private var unfinished: [UInt8] = []
  private var hasBegun = false

  package init(path: String) { reader = JournalReader(path: path) }

  /// - Throws: `JournalError.newerSchema`.
  package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(JournalError) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let piece = rest[rest.startIndex..<end]
      rest = rest[(end + 1)...]
      if unfinished.isEmpty {
        try fold(Data(piece))
      } else {
        let line = Data(unfinished + piece)
        unfinished = []
        try fold(line)
      }
    }
    unfinished += rest
  }

  private mutating func fold(_ line: Data) throws(JournalError) {
    let entry = try reader.read(line)
    if let entry {
      if hasBegun {
        state?.apply(entry)
      } else if case .runStarted(let header) = entry.event {
        state = RunState(header: header, startedAt: entry.time)
      }
      hasBegun = true
    }
    state?.note(unreadableLines: reader.unreadableLines, unknownEntries: reader.unknownEntries)
  }
}
