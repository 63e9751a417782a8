import Foundation
import SystemPackage
import Testing

@testable import Journal

/// The format is described in git-orch-journal(5): all of it.
@Suite(.timeLimit(.minutes(1))) struct JournalPageTests {
  private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()

  private static func page() throws -> String {
    String(
      decoding: try Data(contentsOf: URL(filePath: root.appending("man/git-orch-journal.5").string)), as: UTF8.self)
  }

  /// The words that stand on lines of `.Cm`.
  private static func words() throws -> Set<Substring> {
    Set(
      try page().split(separator: "\n").filter {
        $0.hasPrefix(".Cm ") || $0.hasPrefix(".It Cm ") || $0.hasPrefix(".Pq Cm ")
      }
      .flatMap { $0.split(separator: " ") })
  }

  @Test func `the page has every type of event`() throws {
    let page = try Self.page()
    for form in JournalForm.all { #expect(page.contains("\n.It Cm \(form.type)\n"), "\(form.type)") }
  }

  @Test func `the page has every field, those of the records within included`() throws {
    let words = try Self.words()
    for form in JournalForm.all {
      for name in form.names { #expect(words.contains(Substring(name)), "\(form.type): \(name)") }
    }
    let golden = Self.root.appending("Tests/JournalTests/Golden/schema-2.ndjson")
    var names: Set<String> = []
    for line in String(decoding: try Data(contentsOf: URL(filePath: golden.string)), as: UTF8.self).split(
      separator: "\n")
    {
      Self.collect(try JSONSerialization.jsonObject(with: Data(line.utf8)), into: &names)
    }
    for name in names { #expect(words.contains(Substring(name)), "\(name)") }
  }

  @Test func `the page has every kind of effect`() throws {
    let page = try Self.page()
    let kinds: [EffectKind] = [
      .reference, .worktree, .configuration, .remoteBranch, .pullRequest, .pullRequestBase, .checkout, .file,
    ]
    for kind in kinds { #expect(page.contains("\n.It Cm \(kind.rawValue)\n"), "\(kind.rawValue)") }
  }

  private static func collect(_ value: Any, into names: inout Set<String>) {
    if let members = value as? [String: Any] {
      for (name, value) in members {
        names.insert(name)
        collect(value, into: &names)
      }
    } else if let elements = value as? [Any] {
      for element in elements { collect(element, into: &names) }
    }
  }
}
