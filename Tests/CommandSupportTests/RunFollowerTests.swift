import Basics
import Foundation
import Journal
import OrchTestSupport
import RunViews
import SystemPackage
import Testing

/// What `log -f` and `status --watch` follow a run with.
@Suite(.timeLimit(.minutes(2))) struct RunFollowerTests {
  @Test func `what was read once is not read again, and the fold is that of the whole journal`() async throws {
    let scratch = try TemporaryDirectory()
    let store = RunStore(commonDirectory: scratch.path)
    let folder = try store.create("20261122-203705-00ff")
    let journal = try await RunJournal(in: folder, header: ViewSamples.header) { _, _ in }
    for number in 0..<50 { try await journal.append(.warned(message: "\(number)")) }
    let follower = try RunFollower(folder, in: store, wakeup: AsyncSignal())
    #expect(try follower.view().warnings.count == 50)

    // Whoever reads from the beginning finds no run in there now.
    let file = try FileDescriptor.open(folder.journal, .readWrite)
    try file.closeAfter {
      let size = try file.seek(offset: 0, from: .end)
      _ = try file.writeAll(toAbsoluteOffset: 0, [UInt8](repeating: 0x20, count: Int(size) - 1))
    }
    #expect(throws: JournalError.noHeader(path: folder.journal.string)) { try folder.state() }
    try await journal.append(.warned(message: "new"))
    let view = try follower.view()
    #expect(view.warnings.count == 51 && view.warnings.last == "new")
    try await journal.close()
  }
}
