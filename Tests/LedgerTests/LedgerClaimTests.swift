import Basics
import Foundation
import Git
import Journal
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Ledger

/// Which of several clones has a run.
@Suite(.timeLimit(.minutes(3))) struct LedgerClaimTests {
  /// The run as a clone has fetched it, and what it would push to have it.
  private struct Reading {
    let world: LedgerWorld
    let standing: LedgerStanding
    let copy: RunFolder
    let clone: String

    init(_ world: LedgerWorld, _ clone: String) async throws {
      (self.world, self.clone) = (world, clone)
      try await world.ledgers.fetch()
      copy = try await world.ledgers.store().store.run(LedgerWorld.id)
      standing = try #require(try await world.ledgers.standing(of: LedgerWorld.id))
    }

    func claim() async throws -> LedgerClaim.Outcome {
      let entry = JournalEntry(
        time: .now, event: .takenOver(id: "id-\(clone)", host: "host-\(clone)", from: "host-c1", again: ["two"]))
      let journal = try copy.journal.readBytes(limit: 1 << 20) + entry.line()
      return try await LedgerClaim(
        run: LedgerWorld.id, remote: "origin", commonDirectory: world.common,
        git: GitCommand(directory: world.repository.path, environment: world.repository.environment),
        identity: LedgerWriterIdentity(host: "host-\(clone)", boot: "b", clone: clone),
        redactor: Redactor(environment: [:])
      ).push(after: standing.tip, journal: journal, copy: copy)
    }
  }

  private func remoteTip(_ world: LedgerWorld) async throws -> String {
    try await world.origin.git("for-each-ref", "--format=%(objectname)", world.reference)
  }

  /// A run of which one task is done, and whose writer is quiet since.
  private func make() async throws -> (LedgerWorld, RunJournal, LedgerWriter) {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one", "two")
    try await world.perform("one", journal)
    let writer = world.writer()
    #expect(await writer.finish() == [])
    return (world, journal, writer)
  }

  @Test func `of clones that have read the same, one has the run`() async throws {
    let (world, _, _) = try await make()
    var readings: [Reading] = []
    for number in 2...5 { readings.append(try await Reading(world.clone("clone-\(number)"), "c\(number)")) }
    let outcomes = try await withThrowingTaskGroup(of: LedgerClaim.Outcome.self) { group in
      for reading in readings { group.addTask { try await reading.claim() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.count { $0 == .ours } == 1)
    let writer = try await world.origin.git("show", "\(world.reference):header.json")
    let winner = try #require(readings.first { writer.contains("\"host-\($0.clone)\"") })
    for outcome in outcomes where outcome != .ours {
      #expect(outcome == .lost(to: LedgerWriterIdentity(host: "host-\(winner.clone)", boot: "b", clone: winner.clone)))
    }
    #expect(
      try await world.origin.git("rev-parse", "\(world.reference)^") == "\(winner.standing.tip)",
      "it builds on what was read")
    #expect(try await winner.world.repository.git("rev-parse", world.reference) == remoteTip(world))
  }

  @Test func `what moves between reading and pushing is not overwritten`() async throws {
    let (world, journal, writer) = try await make()
    let reading = try await Reading(world.clone("other"), "c2")
    try await world.perform("two", journal)
    #expect(await writer.finish() == [])
    let tip = try await remoteTip(world)
    #expect(
      try await reading.claim() == .lost(to: LedgerWriterIdentity(host: "host-c1", boot: "b", clone: "c1")))
    #expect(try await remoteTip(world) == tip)
    try await world.origin.git("update-ref", "-d", world.reference)
    #expect(try await reading.claim() == .lost(to: nil))
    #expect(try await remoteTip(world) == "")
  }

  @Test func `a remote that refuses says so`() async throws {
    let (world, _, _) = try await make()
    let reading = try await Reading(world.clone("other"), "c2")
    try await world.origin.git("config", "receive.hideRefs", "refs/orchestrator")
    #expect(try await reading.claim() == .refused("it takes no pushes to '\(world.reference)'"))
    try await world.origin.git("config", "--unset", "receive.hideRefs")
    try await world.origin.addHook("pre-receive", "exit 1")
    guard case .refused(let words) = try await reading.claim() else { return #expect(Bool(false)) }
    #expect(words.contains("pre-receive hook declined"))
  }

  @Test func `who has lost a run notices, and writes nothing more`() async throws {
    let (world, journal, writer) = try await make()
    #expect(await writer.successor() == nil)
    let reading = try await Reading(world.clone("other"), "c2")
    #expect(try await reading.claim() == .ours)
    let tip = try await remoteTip(world)
    #expect(await writer.successor()?.host == "host-c2")
    try await world.perform("two", journal)
    #expect(await writer.finish() == [])
    #expect(try await remoteTip(world) == tip)
  }

  @Test func `looking at the ledgers of a remote gives no leave to overwrite them`() async throws {
    let (world, journal, writer) = try await make()
    let reading = try await Reading(world.clone("other"), "c2")
    #expect(try await reading.claim() == .ours)
    let tip = try await remoteTip(world)
    // As `status --remote` does, in the clone that has lost the run.
    try await world.ledgers.fetch()
    try await world.perform("two", journal)
    #expect(await writer.successor()?.host == "host-c2")
    #expect(try await remoteTip(world) == tip)
    // Another process of it, which knows nothing of earlier pushes.
    let notes = await world.writer().finish()
    #expect(
      notes == ["the ledger of this run on 'origin' is now written by the clone on 'host-c2'; this one stays local"])
    #expect(try await remoteTip(world) == tip)
  }

  @Test func `whoever has taken a run over writes its ledger on`() async throws {
    let (world, _, _) = try await make()
    let other = try await world.clone("other")
    let reading = try await Reading(other, "c2")
    #expect(try await reading.claim() == .ours)
    let copy = try await Reading(other, "c2").copy
    let folder = try other.store.create(LedgerWorld.id)
    try FileManager.default.copyItem(atPath: copy.journal.string, toPath: folder.journal.string)
    let journal = try await RunJournal(
      continuing: folder,
      with: .continued(
        process: ProcessIdentity(pid: 1, startTime: 1), version: "1", jobs: 1, agent: "claude", tasks: ["two"])
    ) { _, _ in }
    try await other.perform("two", journal)
    try await journal.append(.runEnded)
    #expect(await other.writer(clone: "c2").finish() == [])
    try await world.ledgers.fetch()
    let state = try await world.ledgers.store().store.run(nil).state()
    #expect(state.isSuccess && state.takeovers == ["id-c2"])
    #expect(try await other.repository.git("fsck", "--strict", "--no-dangling") == "")
  }

  @Test func `a ledger is written now and then although nothing happens`() async throws {
    let world = try await LedgerWorld.make()
    _ = try await world.begin("one")
    let clock = ManualClock()
    let writer = world.writer(clock: clock)
    let following = Task { await writer.follow { _ in } }
    try await waitUntil("it is written") { try await !remoteTip(world).isEmpty }
    let first = try await remoteTip(world)
    try await waitUntil("it is written again") {
      await clock.skip()
      return try await remoteTip(world) != first
    }
    following.cancel()
    await following.value
    #expect(
      try await world.origin.git("rev-parse", "\(world.reference)^{tree}", "\(first)^{tree}").split(separator: "\n")
        .count == 2)
    #expect(try await world.origin.git("diff", "--name-only", first, world.reference) == "")
  }

  @Test func `who is quiet for a quarter of an hour is taken for dead, and so is a run that has ended`() async throws {
    let (world, journal, writer) = try await make()
    let standing = try #require(try await world.ledgers.standing(of: LedgerWorld.id))
    var state = await journal.state
    let sign = standing.lastSign(state)
    #expect(standing.mayBeAlive(state, now: sign.addingTimeInterval(899)))
    #expect(!standing.mayBeAlive(state, now: sign.addingTimeInterval(901)))
    // A clock that is wrong makes nobody dead.
    #expect(standing.mayBeAlive(state, now: sign.addingTimeInterval(-3600)))
    try await journal.append(.runEnded)
    state = await journal.state
    #expect(!standing.mayBeAlive(state, now: sign))
    _ = await writer.finish()
  }
}
