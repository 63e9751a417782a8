import Basics
import Foundation
import Git
import Journal
import OrchTestSupport
import Settings
import SystemPackage
import Testing

@testable import Ledger

/// Every text of every entry has every secret in it, and no object of the repository has any.
@Suite(.timeLimit(.minutes(5))) struct LedgerSecretsTests {
  /// The paths of all strings in a value.
  private static func strings(_ value: JSON, _ path: [String] = []) -> [[String]] {
    switch value {
    case .string: [path]
    case .array(let elements): elements.indices.flatMap { strings(elements[$0], path + ["\($0)"]) }
    case .object(let members): members.sorted { $0.key < $1.key }.flatMap { strings($0.value, path + [$0.key]) }
    default: []
    }
  }

  private static func changing(_ value: JSON, _ path: ArraySlice<String>, _ change: (String) -> String) -> JSON {
    switch value {
    case .string(let text) where path.isEmpty: return .string(change(text))
    case .array(var elements):
      guard let index = path.first.flatMap({ Int($0) }) else { return value }
      elements[index] = changing(elements[index], path.dropFirst(), change)
      return .array(elements)
    case .object(var members):
      guard let name = path.first, let member = members[name] else { return value }
      members[name] = changing(member, path.dropFirst(), change)
      return .object(members)
    default: return value
    }
  }

  private static func journal(_ carriers: [String]) throws -> String {
    var lines: [String] = []
    let golden = try RedactedJournalTests.golden().compactMap { JSON(parsing: $0) }
    // What the fold needs to know the tasks by.
    let kept: Set<[String]> = [["type"], ["time"], ["task"], ["run", "id"]]
    var turn = 0
    for (number, entry) in golden.enumerated() {
      let places = strings(entry).filter { !kept.contains($0) && !($0.first == "run" && $0.last == "id") }
      var whole = entry
      for (index, place) in places.enumerated() {
        let carrier = carriers[(number + index) % carriers.count]
        whole = changing(whole, place[...]) { "\($0) \(carrier)" }
        // Alone, too: an entry that stays out for one field shows nothing of the others.
        for _ in 0..<2 where number > 0 {
          turn += 1
          let carrier = carriers[turn % carriers.count]
          lines.append(changing(entry, place[...]) { "\($0) \(carrier)" }.text)
        }
      }
      if number > 0 {
        lines.append(whole.text)
      } else {
        // The beginning must be read: its words and ids stay.
        var first = entry
        for place in places where ["title", "branch", "agent", "version", "remote", "host"].contains(place.last ?? "") {
          first = changing(first, place[...]) { "\($0) \(carriers[0])" }
        }
        lines.insert(first.text, at: 0)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func expectNone(
    _ secrets: [String], of carriers: [String], including includes: Set<LedgerInclusion>
  ) async throws {
    let world = try await LedgerWorld.make()
    let folder = try world.store.create(LedgerWorld.id)
    try FileSystem.create(folder.journal, containing: try journal(carriers))
    for name in ["one", "two", "pr-12"] {
      let paths = folder.attempt(1, of: name)
      try FileSystem.create(paths.log, containing: carriers.joined(separator: "\n") + "\n")
      try FileSystem.create(paths.prompt, containing: carriers.joined(separator: " and ") + "\n")
    }
    try FileSystem.create(folder.plan, containing: carriers.map { "- \($0)\n" }.joined())
    let redactor = Redactor(
      environment: SecretCorpus.environment, hiding: SecretCorpus.hidden, places: ["/code/the app"], includes: includes)
    let writer = world.writer(redactor: redactor)
    #expect(await writer.finish() == [])
    let everything = try await world.everything()
    #expect(everything.contains("\"type\":\"run-ended\""))
    #expect(everything.contains("\"type\":\"task-ended\""))
    for secret in secrets {
      let escaped = JSON.string(secret).text.dropFirst().dropLast()
      #expect(!everything.contains(secret) && !everything.contains(escaped), "\(secret)")
    }
  }

  @Test(arguments: [[], Set(LedgerInclusion.allCases)])
  func `no object has a secret of the environment`(includes: Set<LedgerInclusion>) async throws {
    try await Self.expectNone(
      SecretCorpus.known, of: SecretCorpus.known.map { "before \($0) after" }, including: includes)
  }

  @Test(arguments: [[], Set(LedgerInclusion.allCases)])
  func `no object has what looks like a secret`(includes: Set<LedgerInclusion>) async throws {
    let made = SecretCorpus.made.map(\.secret)
    try await Self.expectNone(
      made.map { String($0.suffix(16)) }, of: made.map { "it is '\($0)'." }, including: includes)
  }

  @Test(arguments: [[], Set(LedgerInclusion.allCases)])
  func `no object has what is next to a word for secrets`(includes: Set<LedgerInclusion>) async throws {
    try await Self.expectNone(
      SecretCorpus.placed.map(\.secret), of: SecretCorpus.placed.map { "said: \($0.text)" }, including: includes)
  }

  @Test func `no object has a local path`() async throws {
    let paths = ["/home/somebody/notes", "/code/the app/Sources", "/tmp/agent-7", "/var/lib/x", "~/.ssh/config"]
    try await Self.expectNone(
      ["somebody", "the app", "agent-7", "/var/lib", ".ssh", "/w t"], of: paths.map { "see \($0)" }, including: [])
  }
}
