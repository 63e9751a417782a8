import Basics
import Foundation
import Journal
import Ledger
import Processes
import Settings
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct RedactedJournalTests {
  /// A journal with every type of entry and every field.
  static func golden() throws -> [String] {
    let file = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .appending("JournalTests/Golden/schema-2.ndjson")
    return String(decoding: try Data(contentsOf: URL(filePath: file.string)), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  static func redacted(
    _ lines: [String], _ redactor: Redactor = Redactor(environment: [:])
  ) -> (journal: RedactedJournal, lines: [JSON]) {
    var journal = RedactedJournal(redactor: redactor)
    var bytes: [UInt8] = []
    _ = Array((lines.joined(separator: "\n") + "\n").utf8).withUnsafeBytes { journal.feed($0) }
    for segment in journal.takeFull() { bytes += segment.bytes }
    bytes += journal.last?.bytes ?? []
    let redacted = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap {
      JSON(parsing: String($0))
    }
    return (journal, redacted)
  }

  /// The types that stay out as a whole, each for its reason: the agent's process and the user's; what takes a run back;
  /// the user's to-do list; a request that another entry answers.
  private static let typesLeftOut: Set<String> = [
    "attempt-launched", "attempt-job", "attached", "effect", "todo-read", "todo-marked", "retry-requested",
  ]
  /// The fields that do: local, of the agent's work, or the machine's.
  private static let fieldsLeftOut: Set<String> = [
    "run-started.run.settings", "attempt-ended.result.finalMessage", "attempt-ended.result.denied.remedy",
    "attempt-ended.result.denied.deniedBy", "repository-changed.changes.new", "repository-changed.changes.old",
    "repository-changed.changes.restore", "stop-requested.by.terminal", "aborted.by.terminal",
  ]

  @Test func `every entry is in the ledger, or left out for a reason`() throws {
    let lines = try Self.golden()
    let (journal, redacted) = Self.redacted(lines)
    #expect(journal.leftOut == 0)
    let types = Set(redacted.compactMap { $0["type"]?.string })
    let all = Set(lines.compactMap { JSON(parsing: $0)?["type"]?.string })
    #expect(all.subtracting(types).symmetricDifference(Self.typesLeftOut) == [])
  }

  @Test func `every field is in the ledger, or left out for a reason`() throws {
    func names(_ value: JSON, _ prefix: String) -> Set<String> {
      switch value {
      case .object(let members):
        members.reduce(into: Set<String>()) { found, member in
          found.insert(prefix + member.key)
          found.formUnion(names(member.value, "\(prefix)\(member.key)."))
        }
      case .array(let elements): elements.reduce(into: Set<String>()) { $0.formUnion(names($1, prefix)) }
      default: []
      }
    }
    var missing: Set<String> = []
    for line in try Self.golden() {
      let entry = try #require(JSON(parsing: line))
      let type = try #require(entry["type"]?.string)
      // Whatever it is, a beginning comes first.
      let first = try #require(try Self.golden().first)
      guard let kept = Self.redacted(type == "run-started" ? [line] : [first, line]).lines.last,
        kept["type"]?.string == type
      else { continue }
      missing.formUnion(names(entry, "\(type).").subtracting(names(kept, "\(type).")))
    }
    // A field that is new must be given a form in LedgerEvent, or a place in `fieldsLeftOut`.
    let below = { (name: String) in
      Self.fieldsLeftOut.contains { name.hasPrefix("\($0).") } || name.hasPrefix("undo-starting.effects.")
    }
    #expect(missing.filter { !below($0) }.subtracting(Self.fieldsLeftOut) == [])
  }

  @Test func `what no form names stays out`() throws {
    let first = try #require(try Self.golden().first)
    let time = #""time":"2026-11-22T20:37:05.123Z","schema":2"#
    let (_, lines) = Self.redacted([
      first, #"{\#(time),"type":"paid-by-card","number":"4111"}"#,
      #"{\#(time),"type":"pushed","task":"one","commit":"def","machine":"mine","more":{"x":[1]}}"#,
      #"{\#(time),"type":"pushed","task":"one","commit":"not a commit"}"#, "no JSON",
    ])
    #expect(lines.count == 2)
    #expect(lines.last?.keys == ["commit", "schema", "task", "time", "type"])
  }

  @Test func `the state that follows is the run's`() throws {
    let lines = try Self.golden()
    var fold = JournalFold(path: "x")
    try Array((lines.joined(separator: "\n") + "\n").utf8).withUnsafeBytes { try fold.feed($0) }
    let state = try #require(fold.state)
    let redacted = try #require(Self.redacted(lines).journal.state)
    #expect(redacted.tasks.map(\.status) == state.tasks.map(\.status))
    #expect(redacted.tasks.map(\.pullRequest) == state.tasks.map(\.pullRequest))
    #expect(redacted.tasks.map(\.tip) == state.tasks.map(\.tip))
    #expect(redacted.cost == state.cost)
    #expect(redacted.phase == state.phase)
    #expect(redacted.tasks.allSatisfy { ($0.lastWorktree?.path ?? "") == "" })
    #expect(redacted.process.pid == 0)
  }

  @Test func `what is included is in it`() throws {
    let redactor = Redactor(environment: [:], includes: [.paths, .settings, .logs])
    let lines = Self.redacted(try Self.golden(), redactor).lines
    let text = lines.map(\.text).joined(separator: "\n")
    #expect(text.contains("/w t/ö") && text.contains("orchestrator.agent.model") && text.contains("bye"))
  }

  @Test func `a journal is cut into segments that do not change`() throws {
    let first = try #require(try Self.golden().first)
    let line = #"{"schema":2,"time":"2026-11-22T20:37:05.123Z","type":"pushed","task":"one","commit":"def"}"#
    var journal = RedactedJournal(redactor: Redactor(environment: [:]))
    func feed(_ text: String) { _ = Array(text.utf8).withUnsafeBytes { journal.feed($0) } }
    feed(first + "\n" + String(repeating: line + "\n", count: 300))
    #expect(journal.takeFull().map { $0.bytes.count { $0 == 10 } } == [256])
    #expect(journal.last?.bytes.count { $0 == 10 } == 45)
    // Half a line is none yet.
    feed(String(line.prefix(20)))
    #expect(journal.last?.bytes.count { $0 == 10 } == 45)
    feed(line.dropFirst(20) + "\n")
    #expect(journal.last?.bytes.count { $0 == 10 } == 46)
    #expect(journal.takeFull().isEmpty)
  }
}
