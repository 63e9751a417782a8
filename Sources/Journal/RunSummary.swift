import Basics
import Platform
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a list of runs shows of one that has ended, so that nobody need read its journal for that.
///
/// It is next to the journal, follows from it, and may be deleted at any time: one that is missing, damaged or older
/// than the journal is made again.
package struct RunSummary: Codable, Equatable, Sendable {
  private static let schemaVersion = 1

  package let id: String
  /// Whether it is no run: a review or a landing.
  package let isReview: Bool
  /// nil in those that older versions wrote.
  private let isLanding: Bool?
  package let base: String
  package let startedAt: JournalTime
  package let endedAt: JournalTime
  package let cost: Double
  /// How many tasks are at each status.
  private let statuses: [String: Int]
  private let schema: Int
  /// The size of the journal from which it follows, in bytes: journals only grow.
  private let journalSize: Int64

  package var landing: Bool { isLanding ?? false }

  /// Whether every task ended as was hoped for.
  package var isAllGood: Bool { counts.allSatisfy(\.status.isGood) }

  /// How many tasks are at each status, in the statuses' own order.
  package var counts: [(status: TaskStatus, count: Int)] {
    TaskStatus.allCases.compactMap { status in statuses[status.rawValue].map { (status, $0) } }
  }

  /// nil for a run that has not ended.
  fileprivate init?(_ state: RunState, journalSize: Int64) {
    guard state.phase == .ended, let end = state.endedAt else { return nil }
    id = state.header.id
    isReview = !state.header.isRun
    isLanding = state.header.landing != nil
    base = state.header.base.branch
    startedAt = state.startedAt
    endedAt = end
    cost = state.cost
    statuses = Dictionary(state.ownTasks.map { ($0.status.rawValue, 1) }, uniquingKeysWith: +)
    schema = Self.schemaVersion
    self.journalSize = journalSize
  }

  fileprivate func isOf(_ folder: RunFolder, journalSize: Int64) -> Bool {
    schema == Self.schemaVersion && id == folder.id && self.journalSize == journalSize
  }
}

extension RunFolder {
  package var summaryFile: FilePath { FilePath("\(path)/summary.json") }

  /// The summary of a run that has ended, if it is there and no older than the journal.
  package func summary() -> RunSummary? {
    guard let journal = FileStamp(journal), let stamp = FileStamp(summaryFile), !stamp.isOlder(than: journal),
      let bytes = try? summaryFile.readBytes(limit: 1 << 20, .regularOnly),
      let summary = bytes.withUnsafeBytes({ try? JSONValue(checking: $0)?.decode(RunSummary.self) }),
      summary.isOf(self, journalSize: journal.size)
    else { return nil }
    return summary
  }

  /// Writes the summary of a run that has ended. Where it cannot be written, lists read the journal.
  package func writeSummary(of state: RunState) {
    guard let journal = FileStamp(journal), let summary = RunSummary(state, journalSize: journal.size) else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let bytes = try? encoder.encode(summary) else { return }
    try? bytes.write(to: URL(filePath: summaryFile.string), options: .atomic)
  }
}

/// What the system says of a file without opening it.
private struct FileStamp {
  let size: Int64
  private let seconds: Int
  private let nanoseconds: Int

  init?(_ path: FilePath) {
    var found = stat()
    guard stat(path.string, &found) == 0 else { return nil }
    size = Int64(found.st_size)
    #if canImport(Darwin)
      (seconds, nanoseconds) = (found.st_mtimespec.tv_sec, found.st_mtimespec.tv_nsec)
    #else
      (seconds, nanoseconds) = (found.st_mtim.tv_sec, found.st_mtim.tv_nsec)
    #endif
  }

  func isOlder(than other: FileStamp) -> Bool { (seconds, nanoseconds) < (other.seconds, other.nanoseconds) }
}
