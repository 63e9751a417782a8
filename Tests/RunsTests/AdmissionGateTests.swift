import Foundation
import Journal
import OrchTestSupport
import Processes
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(5))) struct AdmissionGateTests {
  @Test(arguments: [1e18, 4e9]) func `no pause is longer than a month`(seconds: Double) async throws {
    let scratch = try TemporaryDirectory()
    let folder = try RunStore(commonDirectory: scratch.path).create("r")
    let header = RunHeader(
      version: "1", id: "r", process: ProcessIdentity(pid: 1, startTime: 2),
      base: BaseRecord(branch: "main", commit: "c"),
      remote: nil, localReason: nil, jobs: 1, agent: "claude", tasks: [])
    let journal = try await RunJournal(in: folder, header: header) { _, _ in }
    let gate = AdmissionGate(journal: journal, stop: StopRequest())
    try await gate.pause(until: Date(timeIntervalSinceNow: seconds), reason: "usage limit")
    guard case .paused(let until?, _) = await journal.state.phase else {
      Issue.record("no pause")
      return
    }
    #expect(until.date <= Date(timeIntervalSinceNow: 31 * 24 * 3600))
    try await journal.close()
    withExtendedLifetime(scratch) {}
  }
}
