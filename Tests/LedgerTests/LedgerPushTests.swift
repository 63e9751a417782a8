import Basics
import Git
import Journal
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(3))) struct LedgerPushTests {
  private func remoteTip(_ world: LedgerWorld) async throws -> String {
    try await world.origin.git("for-each-ref", "--format=%(objectname)", world.reference)
  }

  private func tip(_ world: LedgerWorld) async throws -> String {
    try await world.repository.git("rev-parse", world.reference)
  }

  @Test func `the remote has what was written`() async throws {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one")
    let writer = world.writer()
    #expect(await writer.finish() == [])
    #expect(try await remoteTip(world) == tip(world))
    try await world.perform("one", journal)
    try await journal.append(.runEnded)
    #expect(await writer.finish() == [])
    #expect(try await remoteTip(world) == tip(world))
    // Where the next one begins, and nothing of the remote's configuration is changed.
    #expect(
      try await world.repository.git("rev-parse", LedgerReference.run(LedgerWorld.id, of: "origin")) == tip(world))
    #expect(
      try await world.repository.git("config", "--get-all", "remote.origin.fetch")
        == "+refs/heads/*:refs/remotes/origin/*")
    #expect(try await world.repository.git("fetch", "--all", "--prune") == "")
    #expect(
      try await world.repository.git("rev-parse", LedgerReference.run(LedgerWorld.id, of: "origin")) == tip(world))
  }

  @Test func `hooks do not run for it`() async throws {
    let world = try await LedgerWorld.make()
    try await world.repository.addHook("pre-push", "exit 1")
    _ = try await world.begin("one")
    #expect(await world.writer().finish() == [])
    #expect(try await remoteTip(world) == tip(world))
  }

  @Test func `a push whose answer did not come is no other writer's`() async throws {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one")
    #expect(await world.writer().finish() == [])
    try await world.perform("one", journal)
    #expect(await world.writer().finish() == [])
    // As if it had been killed before it knew: the remote is further than it was seen.
    try await world.repository.git("update-ref", "-d", LedgerReference.run(LedgerWorld.id, of: "origin"))
    try await journal.append(.runEnded)
    #expect(await world.writer().finish() == [])
    #expect(try await remoteTip(world) == tip(world))
    #expect(try await world.repository.git("rev-list", "--count", world.reference) == "3")
  }

  @Test func `what was removed on the remote is made again`() async throws {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one")
    let writer = world.writer()
    _ = await writer.finish()
    try await world.origin.git("update-ref", "-d", world.reference)
    try await world.perform("one", journal)
    #expect(await writer.finish() == [])
    #expect(try await remoteTip(world) == tip(world))
  }

  @Test func `of two writers one writes, and the other is told once`() async throws {
    let world = try await LedgerWorld.make()
    let other = try await world.clone("other")
    let (mine, theirs) = (try await world.begin("one"), try await other.begin("one"))
    let (first, second) = (world.writer(clone: "c1"), other.writer(clone: "c2"))
    #expect(await first.finish() == [])
    let notes = await second.finish()
    #expect(
      notes == [
        "the ledger of this run on 'origin' is now written by the clone on 'host-c1'; this one stays local"
      ])
    try await other.perform("one", theirs)
    #expect(await second.finish() == [])
    #expect(try await remoteTip(world) == tip(world))
    #expect(try await other.show("tasks/one.json")["status"]?.string == "success")
    try await world.perform("one", mine)
    #expect(await first.finish() == [])
    #expect(try await remoteTip(world) == tip(world))
  }

  @Test func `of writers at the same time one wins`() async throws {
    let world = try await LedgerWorld.make()
    var worlds: [LedgerWorld] = []
    for number in 1...4 { worlds.append(try await world.clone("clone-\(number)")) }
    let notes = try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
      for (number, world) in worlds.enumerated() {
        group.addTask {
          _ = try await world.begin("one")
          return (number, await world.writer(clone: "c\(number)").finish())
        }
      }
      return try await group.reduce(into: [[String]](repeating: [], count: 4)) { $0[$1.0] = $1.1 }
    }
    let winners = notes.indices.filter { notes[$0].isEmpty }
    #expect(winners.count == 1)
    let winner = try #require(winners.first)
    #expect(try await remoteTip(world) == tip(worlds[winner]))
    #expect(notes.joined().allSatisfy { $0.contains("'host-c\(winner)'") })
  }

  @Test func `a host that refuses hidden references is told of once, and the ledger stays local`() async throws {
    let world = try await LedgerWorld.make()
    try await world.origin.git("config", "receive.hideRefs", "refs/orchestrator")
    let journal = try await world.begin("one")
    let writer = world.writer()
    let notes = await writer.finish()
    #expect(notes.count == 1)
    #expect(notes.first?.hasPrefix("'origin' does not take the ledger of this run, which stays local: ") == true)
    #expect(notes.first?.contains("hidden ref") == true)
    try await world.perform("one", journal)
    #expect(await writer.finish() == [])
    #expect(try await world.show("tasks/one.json")["status"]?.string == "success")
    #expect(try await remoteTip(world) == "")
  }

  @Test func `a remote that is not there is told of at the end, with what helps`() async throws {
    let world = try await LedgerWorld.make()
    _ = try await world.begin("one")
    let notes = await world.writer(remote: "nowhere").finish()
    #expect(notes.count == 1)
    #expect(notes.first?.hasPrefix("the ledger of this run is not complete on 'nowhere': ") == true)
    #expect(notes.first?.hasSuffix("hint: git push nowhere \(world.reference)") == true)
    #expect(try await world.show("header.json")["run"]?.string == LedgerWorld.id)
  }

  @Test func `what somebody puts where the ledger is, is not published`() async throws {
    let world = try await LedgerWorld.make()
    try await world.repository.commit("private.txt", "mine", message: "not for others")
    _ = try await world.begin("one")
    try await world.repository.git("update-ref", world.reference, "HEAD")
    #expect(await world.writer().finish() == [])
    #expect(try await world.repository.git("rev-list", "--count", world.reference) == "1")
    let head = try await world.repository.git("rev-parse", "HEAD")
    await #expect(throws: (any Error).self) { try await world.origin.git("cat-file", "-e", head) }
  }
}
