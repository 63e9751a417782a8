import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Journal

/// The journals that users have must stay readable: the files in `Golden` are never changed, only added to.
@Suite(.timeLimit(.minutes(5))) struct GoldenTests {
  private static func golden(_ schema: Int) throws -> Data {
    let folder = FilePath(#filePath).removingLastComponent().appending("Golden")
    return try Data(contentsOf: URL(filePath: folder.appending("schema-\(schema).ndjson").string))
  }

  @Test(arguments: [(1, JournalSamples.firstEvents), (2, JournalSamples.events)])
  func `a journal of every schema is read`(schema: Int, events: [JournalEvent]) throws {
    let contents = try JournalContents(bytes: Array(try Self.golden(schema)))
    #expect(contents.entries == events.map { JournalEntry(time: JournalSamples.time, event: $0) })
    #expect(contents.unreadableLines == 0)
    #expect(contents.unknownEntries == 0)
  }

  @Test func `what is written is schema 2`() throws {
    let lines = try JournalSamples.events.flatMap { try JournalEntry(time: JournalSamples.time, event: $0).line() }
    #expect(String(decoding: lines, as: UTF8.self) == String(decoding: try Self.golden(2), as: UTF8.self))
  }

  @Test func `a run that was begun with schema 1 is continued with schema 2`() async throws {
    try await withTemporaryDirectory { scratch in
      let folder = try RunStore(commonDirectory: scratch).create("r")
      try Self.golden(1).write(to: URL(filePath: folder.journal.string))
      let journal = try await RunJournal(
        continuing: folder,
        with: .continued(
          process: ProcessIdentity(pid: 7, startTime: 8), version: "2", jobs: 1, agent: "claude", tasks: ["two"])
      ) { _, _ in }
      try await journal.append(.pushed(task: "two", commit: "xyz"))
      try await journal.close()
      let state = try folder.state()
      #expect(state.unreadableLines == 0)
      #expect(state.process.pid == 7)
      #expect(state[task: "one"]?.pushedCommit == "def")
      #expect(state[task: "two"]?.pushedCommit == "xyz")
    }
  }
}
