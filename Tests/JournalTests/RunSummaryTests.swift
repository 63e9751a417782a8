import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Journal

@Suite(.timeLimit(.minutes(5))) struct RunSummaryTests {
  /// A run of which `one` succeeded, with its folder.
  private func withEndedRun(_ body: (RunFolder, RunState) async throws -> Void) async throws {
    try await withTemporaryDirectory { scratch in
      let folder = try RunStore(commonDirectory: scratch).create("20261122-203705-00ff")
      let journal = try await RunJournal(in: folder, header: JournalSamples.header) { _, _ in }
      try await journal.append(.taskEnded(task: "one", status: .success, message: nil, advice: []))
      try await journal.append(.runEnded)
      try await journal.close()
      try await body(folder, journal.state)
    }
  }

  @Test func `the summary of a run that has ended is that of its state`() async throws {
    try await withEndedRun { folder, state in
      #expect(folder.summary() == nil)
      folder.writeSummary(of: state)
      let summary = try #require(folder.summary())
      #expect(summary.id == state.header.id)
      #expect(summary.isReview)
      #expect(summary.endedAt == state.endedAt)
      #expect(summary.counts.map(\.status) == [.waiting, .success])
      #expect(summary.counts.map(\.count) == [1, 1])
    }
  }

  @Test func `a run that has not ended has none`() async throws {
    try await withEndedRun { folder, _ in
      folder.writeSummary(of: RunState(header: JournalSamples.header, startedAt: .now))
      #expect(folder.summary() == nil)
    }
  }

  @Test func `a summary that is damaged, or older than the journal, is none`() async throws {
    try await withEndedRun { folder, state in
      folder.writeSummary(of: state)
      let file = try FileDescriptor.open(folder.journal, .writeOnly, options: .append)
      try file.closeAfter { _ = try file.writeAll(try JournalEntry(time: .now, event: .resumed).line()) }
      #expect(folder.summary() == nil)
      folder.writeSummary(of: state)
      #expect(folder.summary() != nil)
      let manager = FileManager.default
      try manager.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: folder.summaryFile.string)
      #expect(folder.summary() == nil)
      try Data("{".utf8).write(to: URL(filePath: folder.summaryFile.string))
      #expect(folder.summary() == nil)
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct JournalFoldTests {
  @Test(arguments: [1, 7, 100, 100_000]) func `a journal is folded in pieces of any size`(size: Int) throws {
    let lines = try JournalSamples.firstEvents.flatMap { try JournalEntry(time: JournalSamples.time, event: $0).line() }
    let whole = try #require(try JournalFold(lines).state)
    var fold = JournalFold(path: "journal")
    var rest = (lines + Array("{\"schema\":2,\"ti".utf8))[...]
    while !rest.isEmpty {
      try Array(rest.prefix(size)).withUnsafeBytes { try fold.feed($0) }
      rest = rest.dropFirst(size)
    }
    #expect(fold.state == whole)
  }
}

@Suite(.timeLimit(.minutes(5))) struct RunFiguresTests {
  @Test func `the figures of a run that has ended are kept as long as they are those of its journal`() async throws {
    try await withTemporaryDirectory { scratch in
      let folder = try RunStore(commonDirectory: scratch).create("20261122-203705-00ff")
      let journal = try await RunJournal(in: folder, header: JournalSamples.header) { _, _ in }
      try await journal.append(JournalSamples.attemptStarting)
      folder.writeFigures(of: await journal.state)
      #expect(folder.figures() == nil)
      try await journal.append([
        .attemptEnded(
          task: "one", attempt: 1,
          result: AttemptRecord(
            end: .succeeded, cost: 1, inputTokens: 3, models: [ModelRecord(model: "m", cost: 1, inputTokens: 3)])),
        .taskEnded(task: "one", status: .success, message: nil, advice: []), .runEnded,
      ])
      try await journal.close()
      let state = await journal.state
      folder.writeFigures(of: state)
      #expect(folder.figures() == RunFigures(state))
      #expect(folder.figures()?.tasks.map(\.accounts.cost) == [1, 0])
      let file = try FileDescriptor.open(folder.journal, .writeOnly, options: .append)
      try file.closeAfter { _ = try file.writeAll(try JournalEntry(time: .now, event: .resumed).line()) }
      #expect(folder.figures() == nil)
      try Data("{".utf8).write(to: URL(filePath: folder.figuresFile.string))
      #expect(folder.figures() == nil)
    }
  }
}
