import Basics
import Foundation
import Git
import Journal
import OrchTestSupport
import Processes
import Settings
import SystemPackage
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(3))) struct RemoteLedgersTests {
  @Test func `another clone has the run's state once it has fetched`() async throws {
    let world = try await LedgerWorld.make()
    let other = try await world.clone("other")
    let journal = try await world.begin("one", "two")
    try await world.perform("one", journal)
    let writer = world.writer()
    _ = await writer.finish()
    try await other.ledgers.fetch()
    let (store, faults) = try await other.ledgers.store()
    #expect(faults == [])
    #expect(try store.runs().map(\.id) == [LedgerWorld.id])
    let folder = try store.run(nil)
    #expect(try folder.state().tasks.map(\.status) == [.success, .waiting])
    #expect(RemoteLedgers.host(of: folder) == "host-c1")
    #expect(!RemoteLedgers.hasLogs(folder))
    // Nothing else of the clone is touched.
    #expect(try other.store.runs().isEmpty)
    #expect(
      try await other.repository.git("config", "--get-all", "remote.origin.fetch")
        == "+refs/heads/*:refs/remotes/origin/*")
    // What came later, and that it is gone.
    try await world.perform("two", journal)
    _ = await writer.finish()
    try await other.ledgers.fetch()
    #expect(try await other.ledgers.store().store.run(nil).state().tasks.map(\.status) == [.success, .success])
    try await world.origin.git("update-ref", "-d", world.reference)
    try await other.ledgers.fetch()
    #expect(try await other.ledgers.store().store.runs().isEmpty)
  }

  @Test func `the copies can be removed at any time`() async throws {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one")
    try await world.perform("one", journal)
    _ = await world.writer().finish()
    let store = try await world.ledgers.store().store
    try FileSystem.remove(try store.run(nil).journal)
    #expect(try await world.ledgers.store().store.run(nil).state().tasks.map(\.status) == [.success])
    try store.folder.removeTree()
    #expect(try await world.ledgers.store().store.run(nil).state().tasks.map(\.status) == [.success])
  }

  @Test func `logs come along where they are in it`() async throws {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one")
    try await world.perform("one", journal)
    try FileSystem.create(journal.folder.attempt(1, of: "one").log, containing: "[INIT] Session\n")
    _ = await world.writer(redactor: Redactor(environment: [:], includes: [.logs])).finish()
    let folder = try await world.ledgers.store().store.run(nil)
    #expect(folder.attempt(1, of: "one").log.text == "[INIT] Session")
    #expect(RemoteLedgers.hasLogs(folder))
  }

  /// Puts a commit of these files where a ledger is expected.
  private func plant(_ world: LedgerWorld, _ files: [String: String], as name: String = LedgerWorld.id) async throws {
    var lines: [String] = []
    for (path, text) in files {
      let blob = try await world.repository.git(["hash-object", "-w", "--stdin"], input: text)
      lines.append("100644 \(blob) 0\t\(path)")
    }
    let index = world.repository.scratch.path.appending("index-\(files.count)-\(name)")
    let git = GitCommand(directory: world.repository.path, environment: world.repository.environment)
      .adding(["GIT_INDEX_FILE": index.string])
    try await git.require(
      .recording, ["update-index", "--add", "--index-info"], input: Array(lines.joined(separator: "\n").utf8))
    let tree = try await git.require(.saving, ["write-tree"]).text
    let commit = try await world.repository.git("commit-tree", "-m", "x", tree)
    try await world.repository.git("update-ref", LedgerReference.run(name, of: "origin"), commit)
  }

  @Test func `what is no ledger is told, and the others are shown`() async throws {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one")
    try await world.perform("one", journal)
    _ = await world.writer().finish()
    func id(_ number: Int) -> String { "20261122-203705-000\(number)" }
    let first = try #require(try RedactedJournalTests.golden().first)
    try await plant(world, ["x": "y"], as: id(1))
    try await plant(world, ["header.json": #"{"schema":9}"#], as: id(2))
    try await plant(world, ["header.json": #"{"schema":1}"#, "journal/000001.ndjson": "x"], as: id(3))
    try await plant(world, ["header.json": #"{"schema":1}"#, "journal/000001.ndjson": first + "\n"], as: id(4))
    try await plant(world, ["x": "y"], as: "not-an-id")
    let (store, faults) = try await world.ledgers.store()
    #expect(try store.runs().map(\.id) == [LedgerWorld.id])
    #expect(
      faults == [
        "the ledger of run \(id(1)) cannot be read: it has no header",
        "the ledger of run \(id(2)) has schema 9, which a newer git-orch wrote; this one reads 1",
        "the ledger of run \(id(3)) cannot be read: its journal has no beginning",
        "the ledger of run \(id(4)) cannot be read: it is that of run '20261122-203705-00ff'",
      ])
  }

  @Test func `what others put into a ledger stays in its folder, and shows no more than a ledger does`() async throws {
    let world = try await LedgerWorld.make()
    let time = #""time":"2026-11-22T20:37:05.123Z","schema":2"#
    let header =
      #"{\#(time),"type":"run-started","run":{"version":"1","id":"\#(LedgerWorld.id)","process":{"pid":1,"startTime":2,"boot":"x"},"base":{"branch":"main","commit":"\#(LedgerWorld.commit)"},"jobs":1,"agent":"a","secret":"s3cr3t","tasks":[{"id":"../../../out","title":"t","branch":"b","needs":[]}]}}"#
    let attempts = [
      #"{\#(time),"type":"attempt-starting","task":"../../../out","attempt":1,"session":"s","resumed":false}"#,
      #"{\#(time),"type":"attempt-launched","task":"../../../out","attempt":1,"process":{"pid":1,"startTime":1}}"#,
    ]
    try await plant(
      world,
      [
        "header.json": #"{"schema":1,"writer":{"host":"a\u001b[31m","clone":"x"}}"#,
        "journal/000001.ndjson": ([header] + attempts).joined(separator: "\n") + "\n",
        "logs/%2E.%2F..%2F..%2Fout/attempt-1.log": "x",
      ])
    let (store, faults) = try await world.ledgers.store()
    #expect(faults == [])
    let folder = try store.run(nil)
    let state = try folder.state()
    #expect(state.process.pid == 0)
    #expect(state.tasks.first?.attempts.first?.process == nil)
    #expect(folder.journal.text?.contains("s3cr3t") == false)
    #expect(RemoteLedgers.host(of: folder)?.contains("\u{1B}") == false)
    #expect(folder.path.entries?.sorted() == ["journal.ndjson", "ledger"])
  }
}
