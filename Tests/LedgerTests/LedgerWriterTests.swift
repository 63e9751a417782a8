import Basics
import Foundation
import Git
import Journal
import OrchTestSupport
import Settings
import SystemPackage
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(3))) struct LedgerWriterTests {
  @Test func `a ledger says what the run is, how it stands, and what became of each task`() async throws {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one", "two")
    try await world.perform("one", journal)
    #expect(await world.writer().finish() == [])
    let header = try await world.show("header.json")
    #expect(header["run"]?.string == LedgerWorld.id && header["kind"]?.string == "run")
    #expect(header["writer"]?["host"]?.string == "host-c1" && header["writer"]?["clone"]?.string == "c1")
    let state = try await world.show("state.json")
    #expect(state["phase"]?.string == "running")
    #expect(state["tasks"] == ["success": 1, "waiting": 1])
    #expect(state["costUSD"] == .number(0.5))
    let task = try await world.show("tasks/one.json")
    #expect(task["status"]?.string == "success" && task["branch"]?.string == "feature/one")
    #expect(task["tip"]?.string == LedgerWorld.commit)
    #expect(task["attempts"]?.elements.first?["costUSD"] == .number(0.5))
    #expect(try await world.show("tasks/two.json")["status"]?.string == "waiting")
    #expect(try await world.show("plan.json")["tasks"]?.elements.count == 2)
    let files = try await world.repository.git("ls-tree", "-r", "--name-only", world.reference)
    #expect(
      files == "header.json\njournal/000001.ndjson\nplan.json\nstate.json\ntasks/one.json\ntasks/two.json")
    #expect(try await world.repository.git("fsck", "--strict", "--no-dangling") == "")
  }

  @Test func `commits are in one line, and nobody's`() async throws {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one", "two")
    let writer = world.writer()
    _ = await writer.finish()
    try await world.perform("one", journal)
    _ = await writer.finish()
    // Nothing new, nothing written.
    _ = await writer.finish()
    try await world.perform("two", journal)
    try await journal.append(.runEnded)
    // Another process continues it, as after a kill.
    _ = await world.writer().finish()
    let log = try await world.repository.git("log", "--format=%an <%ae> %cn %p %s", "--reverse", world.reference)
    let lines = log.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.hasPrefix("git-orch <git-orch@localhost> git-orch") })
    #expect(
      lines.map { $0.split(separator: " ").count - $0.drop { $0 != ":" }.split(separator: " ").count } == [4, 5, 5])
    #expect(lines.last?.hasSuffix("run \(LedgerWorld.id): 2 success") == true)
  }

  @Test func `whatever becomes of the reference, the next ledger is whole`() async throws {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one", "two")
    let writer = world.writer()
    _ = await writer.finish()
    // Somebody makes it something else, then it is lost.
    try await world.repository.git("update-ref", world.reference, "HEAD")
    try await world.perform("one", journal)
    #expect(await writer.finish() == [])
    #expect(try await world.show("tasks/one.json")["status"]?.string == "success")
    #expect(try await world.repository.git("rev-list", "--count", world.reference) == "2")
    try await world.repository.git("update-ref", "-d", world.reference)
    try await world.perform("two", journal)
    #expect(await world.writer().finish() == [])
    #expect(try await world.show("tasks/two.json")["status"]?.string == "success")
    #expect(try await world.show("tasks/one.json")["status"]?.string == "success")
  }

  @Test func `changes that come together are written together, each soon`() async throws {
    let world = try await LedgerWorld.make()
    let tasks = (1...40).map { "t\($0)" }
    let journal = try await world.begin(tasks)
    let clock = ManualClock()
    let writer = world.writer(clock: clock)
    let following = Task { await writer.follow { _ in } }
    try await waitUntil("there is a ledger") { try await world.repository.git("for-each-ref", world.reference) != "" }
    for task in tasks { try await world.perform(task, journal) }
    // The first commit is the beginning; all of that waits for the second.
    #expect(try await world.repository.git("rev-list", "--count", world.reference) == "1")
    await clock.skip()
    try await waitUntil("the tasks are in the ledger") {
      try await world.show("state.json")["tasks"] == ["success": 40]
    }
    following.cancel()
    await following.value
    #expect(try await world.repository.git("rev-list", "--count", world.reference) == "2")
  }

  @Test func `logs and prompts are in it only if they are included`() async throws {
    let world = try await LedgerWorld.make()
    let journal = try await world.begin("one")
    try await world.perform("one", journal)
    let paths = journal.folder.attempt(1, of: "one")
    try FileSystem.create(paths.log, containing: "[INIT] Session\n[TOOL] Bash: GH_TOKEN=horsebatterystaple make\n")
    try FileSystem.create(paths.prompt, containing: "Do it with horsebatterystaple\n")
    try FileSystem.create(journal.folder.plan, containing: "tasks: []\n")
    _ = await world.writer().finish()
    #expect(!(try await world.repository.git("ls-tree", "-r", "--name-only", world.reference)).contains("log"))
    let redactor = Redactor(environment: SecretCorpus.environment, includes: [.logs, .prompts])
    _ = await world.writer(redactor: redactor).finish()
    #expect(
      try await world.repository.git("show", "\(world.reference):logs/one/attempt-1.log")
        == "[INIT] Session\n[TOOL] Bash: GH_TOKEN=*** make")
    #expect(try await world.repository.git("show", "\(world.reference):prompts/one/prompt-1.md") == "Do it with ***")
    #expect(try await world.repository.git("show", "\(world.reference):plan.yaml") == "tasks: []")
  }

  @Test func `names of tasks are no folders`() {
    #expect(LedgerPath.name("feature/x") == "feature%2Fx")
    #expect(LedgerPath.name("..") == "%2E.")
    #expect(LedgerPath.name(".git") == "%2Egit")
    #expect(LedgerPath.name("") == "%")
    #expect(LedgerPath.name("pr-12_a.b") == "pr-12_a.b")
  }
}
