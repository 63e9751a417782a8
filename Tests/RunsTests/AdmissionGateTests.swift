import Foundation
import Journal
import OrchTestSupport
import Processes
import Synchronization
import SystemPackage
import Testing

@testable import Attempts

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

  @Test func `who waits for the end of a pause hears at once that the budget is spent`() async throws {
    try await gate.pause(until: Date(timeIntervalSinceNow: 3600), reason: "usage limit")
    let waiting = Task { try await gate.admit() }
    let sleeping = Task { await gate.sleep(for: .seconds(3600), stop) }
    try await gate.halt(reason: "over budget", isOverBudget: true)
    #expect(try await waiting.value == .overBudget(reason: "over budget"))
    await sleeping.value
    #expect(await journal.state.phase == .ending(reason: "over budget"))
  }

  @Test func `a stop ends the wait of a pause`() async throws {
    try await gate.pause(until: Date(timeIntervalSinceNow: 3600), reason: "usage limit")
    let waiting = Task { try await gate.admit() }
    stop.raise(to: .graceful)
    #expect(try await waiting.value == .stopped)
    #expect(await pausedUntil() != nil)
  }

  // MARK: - Memory and disk

  /// What a probe answers, in bytes.
  private final class Amount: Sendable {
    private let state: Mutex<Int64>
    init(_ value: Int64) { state = Mutex(value) }
    var value: Int64 {
      get { state.withLock(\.self) }
      set { state.withLock { $0 = newValue } }
    }
  }

  private func gate(_ memory: Amount, clock: ManualClock, disk: Amount = Amount(.max)) -> AdmissionGate {
    let floors = Floors(
      memory: 500 << 20, disk: 1 << 30, folders: ["/w"], availableMemory: { memory.value },
      freeDisk: { _ in disk.value })
    return AdmissionGate(journal: journal, stop: stop, floors: floors, clock: clock)
  }

  /// What the tasks give, while the clock moves on for as long as one of them sleeps.
  private func values(
    of tasks: [Task<AdmissionGate.Admission, any Error>], skipping clock: ManualClock
  ) async throws -> [AdmissionGate.Admission] {
    let isDone = Amount(0)
    let skipper = Task { while isDone.value == 0 { await clock.skip() } }
    var values: [AdmissionGate.Admission] = []
    for task in tasks { values.append(try await task.value) }
    isDone.value = 1
    // Should it wait for somebody who sleeps.
    let last = Task { try? await clock.sleep(for: .seconds(1)) }
    await skipper.value
    last.cancel()
    await last.value
    return values
  }

  private func count(_ type: String) throws -> Int {
    let lines = try String(contentsOfFile: journal.folder.journal.string, encoding: .utf8)
    return lines.components(separatedBy: "\"\(type)\"").count - 1
  }

  @Test func `while memory is short nothing further starts, and it is reported once, and that it continues`()
    async throws
  {
    let (memory, clock) = (Amount(1 << 30), ManualClock())
    let gate = gate(memory, clock: clock)
    #expect(try await gate.admit() == .open)
    memory.value = 120 << 20
    let waiting = [Task { try await gate.admit() }, Task { try await gate.admit() }]
    // Far longer than is waited while nothing of ours runs: something does.
    for _ in 0..<200 { await clock.skip() }
    #expect(
      await journal.state.phase
        == .paused(
          until: nil,
          reason: "no further agent starts: only 120 MiB of memory are available (orchestrator.run.memoryFloor is "
            + "500 MiB)"))
    memory.value = 1 << 30
    #expect(try await values(of: waiting, skipping: clock) == [.open, .open])
    #expect(await journal.state.phase == .running)
    #expect(try count("paused") == 1)
    #expect(try count("resumed") == 1)
  }

  @Test func `with nothing at work that could give it back the run ends, and says why`() async throws {
    let (memory, clock) = (Amount(1 << 30), ManualClock())
    let gate = gate(memory, clock: clock, disk: Amount(5 << 20))
    let waiting = Task { try await gate.admit() }
    let admission = try await values(of: [waiting], skipping: clock)[0]
    #expect(
      admission
        == .halted(
          reason: "only 5 MiB are free on the disk of '/w' (orchestrator.run.diskFloor is 1 GiB), and no agent is at "
            + "work whose end could help"))
    #expect(clock.now.offset >= AdmissionGate.patience)
    #expect(await gate.status == admission)
  }

  @Test func `a stop ends the wait for memory`() async throws {
    let gate = gate(Amount(0), clock: ManualClock())
    let waiting = Task { try await gate.admit() }
    try await waitUntil("it is paused") { if case .paused = await journal.state.phase { true } else { false } }
    stop.raise(to: .graceful)
    #expect(try await waiting.value == .stopped)
  }

  @Test func `where no more can be started, fewer run from then on`() async throws {
    let clock = ManualClock()
    let gate = gate(Amount(.max), clock: clock)
    for _ in 0..<3 { #expect(try await gate.admit() == .open) }
    await gate.attemptEnded()
    try await gate.reduce()
    try await gate.reduce()
    #expect(await journal.state.warnings == ["the system lets no more agents start: at most 2 at a time from here on"])
    let third = Task { try await gate.admit() }
    for _ in 0..<3 { await clock.skip() }
    await gate.attemptEnded()
    #expect(try await values(of: [third], skipping: clock) == [.open])
  }
}
