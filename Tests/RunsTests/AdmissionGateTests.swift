import Foundation
import Journal
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(5))) struct AdmissionGateTests {
  private let scratch: TemporaryDirectory
  private let journal: RunJournal
  private let stop = StopRequest()
  private let gate: AdmissionGate

  init() async throws {
    scratch = try TemporaryDirectory()
    let folder = try RunStore(commonDirectory: scratch.path).create("r")
    let header = RunHeader(
      version: "1", id: "r", process: ProcessIdentity(pid: 1, startTime: 2),
      base: BaseRecord(branch: "main", commit: "c"),
      remote: nil, localReason: nil, jobs: 1, agent: "claude", tasks: [])
    journal = try await RunJournal(in: folder, header: header) { _, _ in }
    gate = AdmissionGate(journal: journal, stop: stop)
  }

  /// Until when the journal says that the run is paused.
  private func pausedUntil() async -> Date? {
    if case .paused(let until, _) = await journal.state.phase { until?.date } else { nil }
  }

  /// Seconds from now to the end of a pause that was asked for so; nil when there is none.
  private func pause(_ seconds: Double?) async throws -> Double? {
    try await gate.pause(until: seconds.map { Date(timeIntervalSinceNow: $0) }, reason: "usage limit")
    return await pausedUntil()?.timeIntervalSinceNow
  }

  @Test(arguments: [1e18, 4e9]) func `no pause is longer than eight days`(seconds: Double) async throws {
    let pause = try #require(try await pause(seconds))
    #expect(pause <= 8 * 24 * 3600)
    #expect(pause > 7 * 24 * 3600)
  }

  @Test func `without a moment it is a quarter of an hour`() async throws {
    let pause = try #require(try await pause(nil))
    #expect((840...900).contains(pause))
  }

  @Test(arguments: [-1.0, -1e18]) func `a moment that is past is a minute away`(seconds: Double) async throws {
    let pause = try #require(try await pause(seconds))
    #expect((30...60).contains(pause))
  }

  @Test func `a pause is prolonged and never shortened`() async throws {
    _ = try await pause(1000)
    let longer = try #require(try await pause(2000))
    #expect(longer > 1900)
    let shorter = try #require(try await pause(500))
    #expect(shorter > 1900)
  }

  @Test func `all who wait go on after the pause, which ends once`() async throws {
    try await gate.pause(until: Date(timeIntervalSinceNow: 0.05), reason: "usage limit")
    let (first, second) = (Task { try await gate.admit() }, Task { try await gate.admit() })
    #expect(try await first.value == .open)
    #expect(try await second.value == .open)
    #expect(await journal.state.phase == .running)
    let lines = try String(contentsOfFile: journal.folder.journal.string, encoding: .utf8)
    #expect(lines.components(separatedBy: "\"resumed\"").count == 2)
  }

  @Test func `what halts it first is the reason for all`() async throws {
    try await gate.halt(reason: "not logged in")
    try await gate.halt(reason: "something else")
    #expect(await gate.status == .halted(reason: "not logged in"))
    #expect(try await gate.admit() == .halted(reason: "not logged in"))
  }

  @Test func `a stop of one task ends that one's wait alone`() async throws {
    try await gate.pause(until: Date(timeIntervalSinceNow: 3600), reason: "usage limit")
    let (one, other) = (StopRequest(following: stop), StopRequest(following: stop))
    let (first, second) = (Task { try await gate.admit(one) }, Task { try await gate.admit(other) })
    one.raise(to: .graceful)
    #expect(try await first.value == .stopped)
    #expect(await pausedUntil() != nil)
    stop.raise(to: .graceful)
    #expect(try await second.value == .stopped)
  }

  @Test func `a stop ends the wait of a pause`() async throws {
    try await gate.pause(until: Date(timeIntervalSinceNow: 3600), reason: "usage limit")
    let waiting = Task { try await gate.admit() }
    stop.raise(to: .graceful)
    #expect(try await waiting.value == .stopped)
    #expect(await pausedUntil() != nil)
  }
}
